"""Control groups (cgroup v2), where they can be had: the kernel itself counts a program's memory, processes and time.

A server gets a group below the nearest group above this process in which it may make one and whose children have the
controllers: systemd delegates such groups to users, container engines rarely do. It has two children: `server` for the
server's own processes, `program` for those of one program after the other, with the limits. The groups are removed with
the server; those of a process that was killed are removed by the next start of a server.

Where none can be had, the sums that `inside.memory` takes hold alone; they are taken in any case.
"""

import contextlib
import itertools
import os
import time
from pathlib import Path

from r1data.sandbox.inside.groups import FILES

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
CONTROLLERS = {"memory", "pids"}
NAME = "r1-sandbox"
NOBODY = 65534
TRIES, PAUSE = 50, 0.02
"""How often, and after how many seconds again: processes join and leave a group with some delay."""
_numbers = itertools.count()


def parent(root: Path | None = None, own: Path | None = None) -> Path | None:
    """The group in which servers get theirs; None where there is none. `root`: where the hierarchy is mounted."""
    root = root or ROOT
    with contextlib.suppress(OSError):
        line = next((line for line in (own or OWN).read_text().splitlines() if line.startswith("0::")), None)
        if line is None or not (root / "cgroup.controllers").exists() or "/.." in line:
            return None
        here = root / line[3:].strip("/")
        for group in (here, *here.parents):
            if _is_usable(group):
                return group
            if group == root:
                break
    return None


def _is_usable(group: Path) -> bool:
    # to move a process one must be allowed to write to the group above both that it leaves and that it joins
    names = ("", "cgroup.procs")
    with contextlib.suppress(OSError):
        controllers = set((group / "cgroup.subtree_control").read_text().split())
        return controllers >= CONTROLLERS and all(os.access(group / name, os.W_OK) for name in names)
    return False


class Group:
    """The groups of one server."""

    def __init__(self, path: Path) -> None:
        """Makes them. Raises OSError, and leaves nothing then."""
        self.path = path
        try:
            for folder in (path, path / "server", path / "program"):
                folder.mkdir()
            # opened here: behind the walls nothing of the hierarchy is in sight
            self.join = os.open(path / "cgroup.procs", os.O_WRONLY)
        except OSError:
            _remove(path)
            raise
        self.program = os.open(path / "program", os.O_RDONLY | os.O_DIRECTORY)

    def close(self) -> None:
        """Closes the descriptors, which the server has by now."""
        os.close(self.join)
        os.close(self.program)

    def take_effect(self) -> bool:
        """Once the server is ready: its processes leave for their own group, so that limits can be put on the other.

        They joined the group above before they got a view of the hierarchy: it has to have both groups in it.
        """
        try:
            for _ in range(TRIES):
                for pid in (self.path / "cgroup.procs").read_text().split():
                    with contextlib.suppress(ProcessLookupError):
                        (self.path / "server" / "cgroup.procs").write_text(pid)
                with contextlib.suppress(OSError):  # busy: a process has not left yet
                    (self.path / "cgroup.subtree_control").write_text("+memory +pids")
                    self._give_away()
                    return (self.path / "program" / "memory.max").exists()
                time.sleep(PAUSE)
        except OSError:
            pass
        return False

    def _give_away(self) -> None:
        """To whoever root becomes inside: the server sets limits, and its programs start in the group."""
        if os.geteuid() != 0:
            return
        names = ["cgroup.procs", "program/cgroup.procs", *(f"program/{name}" for name in FILES)]
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                os.chown(self.path / name, NOBODY, NOBODY)

    def remove(self) -> None:
        """Removes them; what still runs in them keeps them until the next start of a server."""
        for _ in range(TRIES):
            if _remove(self.path):
                return
            time.sleep(PAUSE)


def create() -> Group | None:
    """The groups of a new server; None where none can be had."""
    above = parent()
    if above is None:
        return None
    _sweep(above)
    try:
        return Group(above / f"{NAME}-{os.getpid()}-{next(_numbers)}")
    except OSError:
        return None


def _sweep(above: Path) -> None:
    """Removes the groups of processes that are gone."""
    for path in above.glob(f"{NAME}-*"):
        pid = path.name.removeprefix(f"{NAME}-").partition("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists():
            _remove(path)


def _remove(path: Path) -> bool:
    """Whether it is gone; a group with processes stays."""
    try:
        for folder in (path / "program", path / "server", path):
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()
    except OSError:
        return False
    return True
