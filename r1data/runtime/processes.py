"""Local processes: started, tied to the life of their parent, killed together with their children, pooled for reuse.

Everything that starts a process uses these: workers of a stage (`local`), checkers that may hang (`workers`,
`serving`), steps of a recipe (`command_server`), vLLM's engine (`parent_watchdog`), training on several GPUs,
sandbox servers.

A process must not outlive its parent, even if the parent was killed by SIGKILL. There are three ways, because none
fits all cases:

- a pipe that the parent holds: the process reads it and ends when it is closed. Works everywhere, but only between
  two jobs;
- a kernel signal (`die_with_parent`): ends a process in the middle of a job, whatever it does. Linux only, and
  the "parent" is the thread that started the process;
- a watching thread (`end_with_parent`): for processes that a library starts, whose parent thread may end.

Not here: processes inside the sandbox, which must not import anything of this package (`sandbox.inside`); Ray's.
"""

import atexit
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from r1data.data.resources import PACKAGE

WATCH_SECONDS = 0.5
"""How often a watching thread looks for the parent. Ours."""
_PR_SET_PDEATHSIG = 1


def default_workers() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spare_memory() -> int:
    """Bytes that this machine, and the group that this process is in, have to spare; 0 where nobody says."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        spare = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return 0
    with contextlib.suppress(OSError, ValueError):  # "max" is no number
        group = Path("/sys/fs/cgroup")
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
        spare = min(spare, limit - used)
    return spare


def module_command(module: str, *arguments: str) -> list[str]:
    """The command line that runs a module with this Python.

    `-P`: no file in the folder where the user happens to be takes the place of a module.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment(**variables: str) -> Mapping[str, str]:
    """This process's environment, with this package importable and `variables` set."""
    paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **variables}


def die_with_parent(parent: int) -> None:
    """Asks the kernel for a SIGKILL when the thread that started this process ends. Does nothing outside Linux."""
    if sys.platform != "linux":
        return
    libc: Any = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # the kernel tells of deaths from now on; a parent that was gone before is seen by who has taken its place
    if os.getppid() != parent:
        os._exit(1)


def end_with_parent(end: Callable[[], object], parent: int | None = None) -> None:
    """Calls `end`, which should end this process, as soon as its parent is gone; returns at once.

    Args:
        end: called in a thread of its own.
        parent: the parent's number. None in a child of `multiprocessing`, whose own parent may be a fork server: there
            the process that asked for it counts.
    """

    def watch() -> None:
        if parent is None:
            from multiprocessing import connection, process

            asked_by = process.parent_process()
            if asked_by is None:
                return
            connection.wait([asked_by.sentinel])
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        end()

    # daemon: a thread that waits for the parent must not keep this process from its own end
    threading.Thread(target=watch, name="r1-parent", daemon=True).start()


def kill(process: "subprocess.Popen[Any]") -> None:
    """Kills a process and waits for it, so that no zombie is left."""
    process.kill()
    process.wait()


def signal_group(leader: int, number: int) -> None:
    """Sends a signal to a process and to all that it started and that stayed in its group; none may be left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)


def exit_reason(process: "subprocess.Popen[Any]", patience: float = 5.0) -> str:
    """How a process ended, in words; one that does not end within `patience` seconds is killed."""
    try:
        # Called when the pipe has broken, which happens a moment before the process ends.
        code = process.wait(patience)
    except subprocess.TimeoutExpired:
        kill(process)
        return "silent"
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Pooled(Protocol):
    """A process that a pool keeps, with the pipes to it."""

    process: "subprocess.Popen[Any]"

    def is_reusable(self, error: BaseException | None) -> bool:
        """Whether it may be used again after a use that ended with `error`, or well (None)."""

    def close(self) -> None:
        """Ends the process, waits for it and closes this side of its pipes."""

    def forget(self) -> None:
        """Closes this side of the pipes only."""


Key = TypeVar("Key")
Member = TypeVar("Member", bound=Pooled)


class ProcessPool(Generic[Key, Member]):
    """Processes that are started when they are needed, used by one thread at a time and kept for the next.

    Safe from any number of threads, and in forked children, which forget their parent's processes. They are ended at
    the interpreter's exit; a member must see to it by itself that it ends when this process is killed.

    Args:
        start: starts a process of the kind that a key names.
        size: processes in use at once; by default the cores. More callers wait.
    """

    def __init__(self, start: Callable[[Key], Member], size: int | None = None) -> None:
        self.size = size or default_workers()
        self._start = start
        self._reset()
        _POOLS.add(self)

    @contextlib.contextmanager
    def one(self, key: Key) -> Iterator[Member]:
        """A process for one use: a free one of that kind, or a new one. It is closed unless it says `is_reusable`."""
        with self._slots:
            member = self._take(key)
            error: BaseException | None = None
            try:
                yield member
            except BaseException as raised:
                error = raised
                raise
            finally:
                if member.is_reusable(error):
                    self._free.append(member)
                else:
                    self._end(member)

    def kill(self) -> None:
        """Kills all processes, also those in use: their users see a broken pipe, and close what is theirs."""
        for member in list(self._all):  # a copy: their users take them out of it as the pipes break
            kill(member.process)

    def close(self) -> None:
        """Ends all processes; for when none is in use."""
        for member in list(self._all):
            self._end(member)
        self._free.clear()

    def _take(self, key: Key) -> Member:
        with self._lock:
            # the one used last comes first: its caches are warm
            for member in [member for member in reversed(self._free) if self._all[member] == key]:
                self._free.remove(member)
                if member.process.poll() is None:
                    return member
                self._end(member)
            member = self._start(key)
            self._all[member] = key
            return member

    def _end(self, member: Member) -> None:
        self._all.pop(member, None)
        member.close()

    def _reset(self) -> None:
        self._free: list[Member] = []
        self._all: dict[Member, Key] = {}
        # new ones after a fork: another thread of the parent may have held the old ones
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(self.size)

    def _forget(self) -> None:
        """In a forked child: the processes belong to the parent."""
        for member in self._all:
            member.process.returncode = 0  # not this process's child: nothing to wait for
            member.forget()
        self._reset()


_POOLS: "weakref.WeakSet[ProcessPool[Any, Any]]" = weakref.WeakSet()


def _close_all() -> None:
    for pool in list(_POOLS):
        pool.close()


def _forget_all() -> None:
    for pool in list(_POOLS):
        pool._forget()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_forget_all)
