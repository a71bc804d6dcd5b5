"""What a program takes, measured from outside: the memory and processor time of all that a sandbox server runs.

The kernel counts where control groups of version 1 can be made (`Groups`, by root, also for a nobody who is told of
them), or where the sandbox itself has groups of version 2: that includes pages in no process's resident set, page
tables, pipes and sockets. Elsewhere the processes are looked at every few milliseconds.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from r1data.sandbox.servers import Server

MOUNT = Path("/sys/fs/cgroup")
VARIABLE = "R1_METER"
"""The name of the groups, for a process that could not make them."""
NOBODY = 65534
STEP = 0.003


@dataclass
class Reading:
    """Bytes at the peak beyond those at the start, and processor seconds, of all processes; how they were measured."""

    memory: int = 0
    cpu: float = 0.0
    by: str = ""


class Groups:
    """Groups of version 1 for memory and processor time."""

    def __init__(self, name: str) -> None:
        self.places = {controller: _place(controller) / name for controller in ("memory", "cpuacct")}
        self.memory, self.cpu = self.places["memory"], self.places["cpuacct"]

    @classmethod
    def make(cls) -> "Groups | None":
        """New ones, that nobody may use too; None where there can be none."""
        groups = cls(f"r1-meter-{os.getpid()}")
        try:
            for place in groups.places.values():
                place.mkdir()
                for file in ("cgroup.procs", "memory.max_usage_in_bytes", "cpuacct.usage"):
                    if (place / file).exists():
                        os.chown(place / file, NOBODY, NOBODY)
        except OSError:
            groups.remove()
            return None
        os.environ[VARIABLE] = groups.memory.name
        return groups

    def remove(self) -> None:
        """Removes them; whoever was measured must be gone."""
        os.environ.pop(VARIABLE, None)
        for place in self.places.values():
            with contextlib.suppress(OSError):
                place.rmdir()

    @contextlib.contextmanager
    def metered(self, family: set[int]) -> Iterator[Reading]:
        """Measures these and all that come from them, while the block runs."""
        for place in self.places.values():
            for pid in family:
                (place / "cgroup.procs").write_text(str(pid))
        start = _number(self.memory / "memory.usage_in_bytes")
        (self.memory / "memory.max_usage_in_bytes").write_text("0")
        cpu = _number(self.cpu / "cpuacct.usage")
        reading = Reading(by="groups of version 1")
        yield reading
        reading.memory = _number(self.memory / "memory.max_usage_in_bytes") - start
        reading.cpu = (_number(self.cpu / "cpuacct.usage") - cpu) / 1e9


def metered(server: Server) -> contextlib.AbstractContextManager[Reading]:
    """Measures what a new server runs, while the block does, in the best way that there is."""
    family = descendants({server.process.pid})
    if os.environ.get(VARIABLE):
        return Groups(os.environ[VARIABLE]).metered(family)
    if server.group is not None and server.grouped:
        return _by_own_groups(server.group.path / "program")
    return _by_looks(family)


@contextlib.contextmanager
def _by_own_groups(group: Path) -> Iterator[Reading]:
    reading = Reading(by="groups of version 2")
    yield reading
    reading.memory = _number(group / "memory.peak")
    reading.cpu = int((group / "cpu.stat").read_text().split()[1]) / 1e6


@contextlib.contextmanager
def _by_looks(family: set[int]) -> Iterator[Reading]:
    reading, done = Reading(by="looks"), threading.Event()

    def look() -> None:
        spent: dict[int, float] = {}
        while not done.wait(STEP):
            pids = descendants(family) - family
            reading.memory = max(reading.memory, sum(map(_held, pids)))
            spent |= {pid: _spent(pid) for pid in pids}
            reading.cpu = sum(spent.values())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield reading
    finally:
        done.set()
        thread.join()


def descendants(family: set[int]) -> set[int]:
    """These processes and all that come from them, as far as they are alive or not waited for."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = list(family)
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid and child not in found]
    return set(found)


def _place(controller: str) -> Path:
    """The group that this process is in."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    own = next((line.split(":", 2)[2] for line in lines if controller in line.split(":")[1].split(",")), "/")
    place = MOUNT / controller / own.strip("/")
    return place if place.exists() else MOUNT / controller


def _number(file: Path) -> int:
    return int(file.read_text())


def _held(pid: int) -> int:
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) << 10
    return 0


def _spent(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return 0.0
