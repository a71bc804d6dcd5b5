"""What a program takes, measured from outside: the memory and processor time of all that a sandbox server runs.

The kernel counts where this process may make a control group (root; version 1 or 2): that includes pages in no
process's resident set, page tables, pipes and sockets. Elsewhere the processes are looked at every few milliseconds.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
STEP = 0.003


@dataclass
class Reading:
    """Bytes at the peak beyond those at the start, and processor seconds, of all processes; how they were measured."""

    memory: int = 0
    cpu: float = 0.0
    by: str = ""


@contextlib.contextmanager
def metered(family: set[int]) -> Iterator[Reading]:
    """Measures these processes and all that come from them, while the block runs."""
    if os.geteuid() == 0 and (GROUPS / "memory/tasks").exists():
        with _by_group(family) as reading:
            yield reading
    else:
        with _by_looks(family) as reading:
            yield reading


@contextlib.contextmanager
def _by_group(family: set[int]) -> Iterator[Reading]:
    places = {name: _own(name) for name in ("memory", "cpuacct")}
    groups = {name: place / f"r1-meter-{os.getpid()}" for name, place in places.items()}
    try:
        for group in groups.values():
            group.mkdir()
            for pid in family:
                (group / "cgroup.procs").write_text(str(pid))
        start = int((groups["memory"] / "memory.usage_in_bytes").read_text())
        (groups["memory"] / "memory.max_usage_in_bytes").write_text("0")
        cpu = int((groups["cpuacct"] / "cpuacct.usage").read_text())
        reading = Reading(by="control group")
        yield reading
        reading.memory = int((groups["memory"] / "memory.max_usage_in_bytes").read_text()) - start
        reading.cpu = (int((groups["cpuacct"] / "cpuacct.usage").read_text()) - cpu) / 1e9
    finally:
        for name, group in groups.items():
            for pid in (group / "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    (places[name] / "cgroup.procs").write_text(pid)
            group.rmdir()


def _own(controller: str) -> Path:
    line = next(
        line for line in Path("/proc/self/cgroup").read_text().splitlines() if f":{controller}:" in line
    )
    place = GROUPS / controller / line.split(":", 2)[2].strip("/")
    return place if place.exists() else GROUPS / controller


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


def settle(seconds: float = 0.05) -> None:
    """Lets what ended go."""
    time.sleep(seconds)
