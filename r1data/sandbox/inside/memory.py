"""Measures the memory of all processes of a program together, from a /proc that they cannot see."""

import os
from collections.abc import Callable

_PAGE = os.sysconf("SC_PAGESIZE")
_VIRTUAL, _RESIDENT = 0, 1


class Use:
    """Of all processes in sight but those that were there before, and the one that asks."""

    def __init__(self, proc: int, before: frozenset[str]) -> None:
        """`proc`: the folder /proc; `own`: bytes of this process's address space."""
        self.proc, self.before = proc, before
        self.own = _resident(proc, "self", _VIRTUAL)

    def exceeds(self, limit: int) -> bool:
        """Whether they hold more bytes; the exact count takes longer and is made where the quick one says so."""
        # pages of the warm interpreter count once for each fork in the quick sum, so that it errs only upwards
        return self._sum(_resident) > limit and self._sum(_proportional) > limit

    def _sum(self, held: Callable[[int, str], int]) -> int:
        # not os.getpid(): numbers in this /proc are those of the outer namespace
        own = os.readlink("self", dir_fd=self.proc)
        names = set(filter(str.isdigit, os.listdir(self.proc))) - self.before - {own}  # noqa: PTH208
        return sum(held(self.proc, name) for name in names)


def _resident(proc: int, pid: str, column: int = _RESIDENT) -> int:
    """Bytes of a process, pages that it shares with others counted in full; 0 once it is gone."""
    text = _status(proc, f"{pid}/statm")
    return int(text.split()[column]) * _PAGE if text else 0


def _proportional(proc: int, pid: str) -> int:
    """Bytes of a process, shared pages divided by those who share them; in full where it does not let us look."""
    try:
        lines = _status(proc, f"{pid}/smaps_rollup").splitlines()
    except PermissionError:
        return _resident(proc, pid)
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(b"Pss:")), 0)


def _status(proc: int, path: str) -> bytes:
    """A file of a process; empty once that is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY, dir_fd=proc)
    except (FileNotFoundError, ProcessLookupError):
        return b""
    try:
        return os.read(descriptor, 4096)
    except ProcessLookupError:
        return b""
    finally:
        os.close(descriptor)
