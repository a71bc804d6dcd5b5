"""Measures the memory and the processor time of all processes of a program together, from a /proc that they cannot see.

Memory is what the processes hold (resident and swapped pages, page tables, mappings, stacks in the kernel), what lies
on their disk, and what sockets and pipes may hold. Shared anonymous mappings are refused by the filter on system
calls: what they hold shows nowhere. The quick sum errs upwards only, the exact one is made where that is too much.
"""

import contextlib
import os
import re
import signal
import socket
import stat
from dataclasses import dataclass
from typing import Any

from .places import Files

_PAGE = os.sysconf("SC_PAGESIZE")
_TICK = os.sysconf("SC_CLK_TCK")
_VIRTUAL, _ANONYMOUS = 0, 1
TABLE = 512
"""Bytes of address space over those of its page tables, at most."""
MAPPING = 400
"""Bytes of a mapping in the kernel, with what links it to its pages."""
THREAD = 32 << 10
"""Bytes of a thread in the kernel."""
CHANNEL = 64 << 10
"""Bytes that a pipe holds (16 pages), and more than what waits on one epoll descriptor takes."""
UNSEEN = 256
"""Descriptors of a process that does not let us look."""
RATE = 12 << 30
"""Bytes a second that one core can fill, at most (in huge pages): how long it may be until the next look."""
FAST = 1 << 20
"""Bytes more from look to look, near the limit, by which a program fills its memory."""
PRIORITY = 10
"""Of processes that together come near the limit."""
SHORTEST, LONGEST = 0.001, 0.02
"""Seconds between two looks."""
MARGIN = 1.05
"""Of the limit: what it may be passed by between two looks."""
_NUMBER = re.compile(rb"\d+")


@dataclass(frozen=True, slots=True)
class _Known:
    """An exact sum, and of each process then what it could hold at most and its page faults."""

    bytes: int
    processes: dict[str, tuple[int, int]]


class Use:
    """Of all processes in sight but those that were there before, and the one that asks."""

    def __init__(self, proc: int, before: frozenset[str]) -> None:
        """`proc`: the folder /proc; `own`: bytes of this process's address space."""
        self.proc, self.before = proc, before
        self.own = _columns(proc, "self")[_VIRTUAL]
        self._cores = len(os.sched_getaffinity(0))
        self._buffer = _socket_buffer()
        self._most_mappings = int(_status(proc, "sys/vm/max_map_count") or 1 << 20)
        self.last = 0
        self.is_filling = False
        self._known: _Known | None = None

    def begin(self) -> None:
        """Before a start: nothing is known of its processes."""
        self._known = None
        self.is_filling = False

    def held(self, limit: int, files: Files, own_files: int) -> int:
        """Bytes, exact where less exact sums are above `limit`; `own_files` of the disk's are not the program's."""
        before = self.last
        beside = max(0, _disk_use() - own_files) + os.fstat(files.result).st_blocks * 512 + self._in_sockets()
        self.last = beside + sum(self._at_most(name) for name in self._names())
        if self.last > limit and self._known:
            self.last = min(self.last, beside + self._known.bytes + self._growth(self._known.processes))
        if self.last > limit:
            _signal_all(signal.SIGSTOP)
            self._known = self._look_closely()
            self.last = beside + self._known.bytes
            # what is over its limit stays stopped until it is killed: it fills faster than we get to the kill
            if self.last <= limit:
                _signal_all(signal.SIGCONT)
        self.is_filling = self._known is not None and self.last > before + FAST
        return self.last

    def _look_closely(self) -> "_Known":
        """The exact sum. Nobody runs meanwhile: it takes a millisecond for ten megabytes, and others fill faster."""
        names = self._names()
        sum_ = self._in_descriptors(names) + sum(map(self._exact, names))
        processes = {name: (self._at_most(name), _faults(self.proc, name)) for name in names}
        return _Known(sum_, processes)

    def _growth(self, known: dict[str, tuple[int, int]]) -> int:
        """Bytes that can have come since the exact sum: what a process holds more, and copies of what it shared."""
        growth = 0
        for name in self._names():
            most, faults = self._at_most(name), _faults(self.proc, name)
            most_then, faults_then = known.get(name, (0, 0))
            if faults < faults_then:  # another process by that number
                most_then, faults_then = 0, 0
            growth += max(0, most - most_then) + (faults - faults_then) * _PAGE
        return growth

    def next_look(self, held: int, limits: dict[str, Any]) -> float:
        """Seconds within which no program can fill what is left of its memory."""
        rate = RATE * min(self._cores, limits["processes"])
        seconds: float = (limits["memory"] * MARGIN - held) / rate
        return min(max(seconds, SHORTEST), LONGEST)

    def cpu(self) -> float:
        """Processor seconds of all that live, of those that they waited for, and of those that nobody has yet."""
        return sum(_cpu(self.proc, name) for name in self._names())

    def is_asleep(self, seconds: float) -> bool:
        """Whether all wait, and have not waited for a processor: of `seconds`, those take less than half with what ran.

        False where the kernel does not tell how long a thread that could run was not let.
        """
        threads = [
            f"{name}/task/{thread}"
            for name in self._names()
            for thread in _entries(self.proc, f"{name}/task")
        ]
        waited = 0.0
        for thread in threads:
            state = _status(self.proc, f"{thread}/stat").rpartition(b")")[2].split()[:1]
            times = _status(self.proc, f"{thread}/schedstat").split()
            if not state:  # it has just ended
                continue
            if state[0] not in (b"S", b"T", b"Z", b"X") or len(times) < 2:
                return False
            waited += int(times[1]) / 1e9
        return bool(threads) and waited + self.cpu() < seconds / 2

    def _names(self) -> list[str]:
        # not os.getpid(): numbers in this /proc are those of the outer namespace
        own = os.readlink("self", dir_fd=self.proc)
        return [
            name
            for name in os.listdir(self.proc)  # noqa: PTH208
            if name.isdigit() and name not in self.before and name != own
        ]

    def _at_most(self, name: str) -> int:
        return self._upper(name) + len(_descriptors(self.proc, name)) * CHANNEL

    def _upper(self, name: str) -> int:
        """Resident pages, and at most so much for tables and mappings: one mapping for each page."""
        columns = _columns(self.proc, name)
        mappings = min(columns[_VIRTUAL] // _PAGE, self._most_mappings)
        return columns[_ANONYMOUS] + columns[_VIRTUAL] // TABLE + mappings * MAPPING

    def _exact(self, name: str) -> int:
        """Bytes of a process, shared pages divided by those who share them; in full where it does not let us look."""
        status = dict(
            line.split(b":", 1) for line in _status(self.proc, f"{name}/status").splitlines() if b":" in line
        )
        if b"VmRSS" not in status:  # it is gone, or has given back all that it had
            return 0
        _lower_priority(self.proc, name, int(status[b"NSpid"].split()[-1]))
        tables, swapped, threads = (
            int(_NUMBER.findall(status[key])[0]) for key in (b"VmPTE", b"VmSwap", b"Threads")
        )
        kernel = (tables << 10) + threads * THREAD
        try:
            rollup = _status(self.proc, f"{name}/smaps_rollup").splitlines()
            kernel += _count_lines(self.proc, f"{name}/maps") * MAPPING
        except PermissionError:
            return self._upper(name) + kernel + (swapped << 10)
        resident = next((int(line.split()[1]) for line in rollup if line.startswith(b"Pss_Anon:")), 0)
        return ((resident + swapped) << 10) + kernel

    def _in_sockets(self) -> int:
        """Of the program's network namespace; also those that no process holds, because they lie in another socket."""
        text = _status(self.proc, "self/net/sockstat")
        return int(_NUMBER.findall(text)[0]) * self._buffer

    def _in_descriptors(self, names: list[str]) -> int:
        """A pipe once, however many hold it; all others that wait for something once for each process."""
        pipes: set[str] = set()
        others = 0
        for name in names:
            for target in _descriptors(self.proc, name, links=True):
                if target.startswith("pipe:"):
                    pipes.add(target)
                else:
                    others += target in ("", "anon_inode:[eventpoll]")
        return (len(pipes) + others) * CHANNEL


def _columns(proc: int, name: str) -> list[int]:
    """Of statm, in bytes: the address space, and resident pages of no file; 0 once it is gone.

    Pages that forks share count in full. Those of files are the machine's, or on the program's disk and counted there.
    """
    text = _status(proc, f"{name}/statm")
    if not text:
        return [0, 0]
    size, resident, of_files = map(int, text.split()[:3])
    return [size * _PAGE, (resident - of_files) * _PAGE]


def _lower_priority(proc: int, name: str, pid: int) -> None:
    """Of a process, or the next look comes late: many that fill leave us no processor. `pid`: its number in here."""
    with contextlib.suppress(OSError):
        for which in (os.PRIO_PROCESS, os.PRIO_PGRP):
            os.setpriority(which, pid, PRIORITY)
    # where the kernel weighs whole sessions, and theirs is another than ours
    with contextlib.suppress(OSError):
        descriptor = os.open(f"{name}/autogroup", os.O_WRONLY, dir_fd=proc)
        try:
            os.write(descriptor, b"%d" % PRIORITY)
        finally:
            os.close(descriptor)


def _signal_all(number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, number)


def _entries(proc: int, path: str) -> list[str]:
    """The names in a folder of a process; none once that is gone."""
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY, dir_fd=proc)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []
    try:
        return os.listdir(folder)  # noqa: PTH208
    except ProcessLookupError:
        return []
    finally:
        os.close(folder)


def _descriptors(proc: int, name: str, *, links: bool = False) -> list[str]:
    """Of a process, by number, or by what they lead to."""
    folder = -1
    try:
        folder = os.open(f"{name}/fd", os.O_RDONLY | os.O_DIRECTORY, dir_fd=proc)
        numbers = os.listdir(folder)  # noqa: PTH208
        return [_link(folder, number) for number in numbers] if links else numbers
    except PermissionError:  # it hides, or it has ended: then it has no memory either
        return [""] * UNSEEN if _columns(proc, name)[_VIRTUAL] else []
    except (FileNotFoundError, ProcessLookupError):  # it ended between any two of these calls
        return []
    finally:
        if folder >= 0:
            os.close(folder)


def _link(folder: int, name: str) -> str:
    try:
        target = os.readlink(name, dir_fd=folder)
        # a named pipe holds as much as any other, and its name says nothing
        if target.startswith("/") and stat.S_ISFIFO((pipe := os.stat(name, dir_fd=folder)).st_mode):
            return f"pipe:{pipe.st_dev}:{pipe.st_ino}"
        return target
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
    except PermissionError:
        return ""


def _faults(proc: int, name: str) -> int:
    """minflt and majflt of stat: each brings one page at most that does not show in what the process holds."""
    fields = _status(proc, f"{name}/stat").rpartition(b")")[2].split()
    return sum(map(int, fields[7:10:2]))


def _cpu(proc: int, name: str) -> float:
    """utime, stime, cutime and cstime of stat, in seconds."""
    fields = _status(proc, f"{name}/stat").rpartition(b")")[2].split()
    return sum(map(int, fields[11:15])) / _TICK


def _disk_use() -> int:
    disk = os.statvfs("/job")
    return (disk.f_blocks - disk.f_bfree) * disk.f_frsize


def _socket_buffer() -> int:
    """Bytes that one socket may hold: one more message is taken while there is room, and it may be as large."""
    first, second = socket.socketpair()
    with first, second:
        return 2 * first.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def _count_lines(proc: int, path: str) -> int:
    descriptor = _open(proc, path)
    if descriptor is None:
        return 0
    lines = 0
    try:
        while piece := os.read(descriptor, 1 << 20):
            lines += piece.count(b"\n")
    except ProcessLookupError:
        pass
    finally:
        os.close(descriptor)
    return lines


def _status(proc: int, path: str) -> bytes:
    """A file of a process; empty once that is gone."""
    descriptor = _open(proc, path)
    if descriptor is None:
        return b""
    try:
        return os.read(descriptor, 4096)
    except ProcessLookupError:
        return b""
    finally:
        os.close(descriptor)


def _open(proc: int, path: str) -> int | None:
    try:
        return os.open(path, os.O_RDONLY, dir_fd=proc)
    except (FileNotFoundError, ProcessLookupError):
        return None
