"""One program in namespaces of its own: process 1 there, which starts it once an input and measures what it does.

Its own users, mounts, processes; private files anew for each start; every process gone before the next start. The
inputs are read one at a time, so a start's memory holds no later one. What a start wrote is read through descriptors
opened before, never by a path that the program could have changed, and is not interpreted here.
"""

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from . import confine, kernel, pipes, programs

if TYPE_CHECKING:
    from .zygote import Place

STEP = 0.02
"""Seconds between two looks at memory and output."""
PAGE = os.sysconf("SC_PAGESIZE")


@dataclass(slots=True)
class Files:
    """Descriptors of what one start reads and writes."""

    stdin: int
    stdout: int
    stderr: int
    result: int
    ready: int
    """An event: the process is locked."""
    scratch: int
    """-1 for none."""

    def written(self) -> tuple[int, int, int]:
        """Where output goes."""
        return self.stdout, self.stderr, self.result

    def close(self) -> None:
        """Closes all that are this start's alone."""
        for descriptor in (self.stdin, self.ready, *self.written()):
            os.close(descriptor)


@dataclass(slots=True)
class End:
    """How a process ended: `why` says which limit it met, if any; `cpu` counts what it waited for, too."""

    code: int
    seconds: float
    cpu: float
    why: str = ""


def serve(place: "Place") -> None:
    """Reads a program, then inputs until the caller says that there are no more; answers each."""
    _settle(place)
    header = pipes.receive(0)
    job = Job(place)
    program = programs.KINDS[header["language"]](header, job)
    while (run := pipes.receive(0)) != {}:
        reply = {"broken": program.broken} if program.broken else job.go(program, run)
        pipes.send(1, pipes.pack(reply))


def _settle(place: "Place") -> None:
    """The maps of the new user namespace, and nothing of the outer /proc or of these scripts in sight."""
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else these files are not its own
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{USER} {USER} 1"),
        ("gid_map", f"{GROUP} {GROUP} 1"),
    ):
        descriptor = os.open(f"self/{name}", os.O_WRONLY, dir_fd=place.proc)
        os.write(descriptor, text.encode())
        os.close(descriptor)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    for folder in ("/run", "/proc"):
        kernel.mount("tmpfs", folder, "tmpfs", kernel.PRIVATE | kernel.MS_RDONLY, "size=4k,mode=555")


USER, GROUP = os.getuid(), os.getgid()


class Job:
    """The state between two starts of a program."""

    def __init__(self, place: "Place") -> None:
        """Nothing is mounted yet."""
        self.place = place
        self.mounted = False

    def go(self, program: "programs.Program", run: dict[str, Any]) -> dict[str, Any]:
        """Starts the program on one input: how it ended and what it wrote, uninterpreted."""
        limits = program.limits
        files = self.fresh_files(run["stdin"].encode("utf-8", "surrogatepass"), limits, program.scratch)
        try:
            end = self.watch(lambda: program.start(run), files, limits)
            _was_locked(files, end)
            texts = [_read(descriptor, limits["output"]) for descriptor in files.written()]
        finally:
            files.close()
        if max(map(len, texts)) > limits["output"]:
            end.why = end.why or "output"
        written = [text[: limits["output"]].decode("utf-8", "replace") for text in texts]
        return asdict(end) | dict(zip(("stdout", "stderr", "result"), written, strict=True))

    def fresh_files(self, stdin: bytes, limits: dict[str, Any], scratch: int) -> Files:
        """An empty disk with the input on it and somewhere to write."""
        if self.mounted:
            kernel.unmount("/job")
        size = limits["disk"] + 2 * limits["output"] + len(stdin) + 16 * PAGE
        kernel.mount("tmpfs", "/job", "tmpfs", kernel.PRIVATE, f"size={size},nr_inodes=4096,mode=755")
        self.mounted = True
        for folder in ("io", "tmp", "shm"):
            os.mkdir(f"/job/{folder}")  # noqa: PTH102 pathlib costs a tenth of a millisecond here
        new = os.O_CREAT | os.O_EXCL | os.O_APPEND
        feed = os.open("/job/io/stdin", new | os.O_WRONLY, 0o600)
        pipes.send(feed, stdin)
        os.close(feed)
        return Files(
            os.open("/job/io/stdin", os.O_RDONLY),
            os.open("/job/io/stdout", new | os.O_RDWR, 0o600),
            os.open("/job/io/stderr", new | os.O_RDWR, 0o600),
            os.memfd_create("result"),
            os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC),
            scratch,
        )

    def watch(self, start: Callable[[], None], files: Files, limits: dict[str, Any]) -> End:
        """Forks, lets the child `start`, and ends everything when it is done or has met a limit."""
        begin = time.monotonic()
        child = os.fork()
        if child == 0:
            try:
                confine.lock(self.place, files, limits)
                start()
            except Exception as error:  # noqa: BLE001 told, and then the process ends
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
            finally:
                os._exit(127)
        ended = os.pidfd_open(child)
        try:
            why = self._wait(ended, files, limits, begin + limits["seconds"])
            seconds = time.monotonic() - begin
        finally:
            os.close(ended)
        code, cpu = _end_all(child)
        return End(code, seconds, cpu, why)

    def _wait(self, ended: int, files: Files, limits: dict[str, Any], deadline: float) -> str:
        """Until the child ends: "", or the limit it met. Raises Ended when the caller is gone."""
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        poll.register(self.place.caller, select.POLLIN)
        poll.register(0, 0)
        while (left := deadline - time.monotonic()) > 0:
            events = [descriptor for descriptor, _ in poll.poll(1 + 1000 * min(STEP, left))]
            if 0 in events or self.place.caller in events:
                raise pipes.Ended
            if events:
                return ""
            if any(os.fstat(file).st_size > limits["output"] for file in files.written()):
                return "output"
            if self._memory("statm") > limits["memory"] and self._memory("smaps_rollup") > limits["memory"]:
                return "memory"
        return "timeout"

    def _memory(self, file: str) -> int:
        """Bytes that the program's processes hold together; `statm` counts shared pages once for each."""
        total = 0
        own = os.readlink("self", dir_fd=self.place.proc)
        for name in os.listdir(self.place.proc):  # noqa: PTH208
            if name.isdigit() and name != own and name not in self.place.before:
                total += _held(self.place.proc, f"{name}/{file}")
        return total


def _held(proc: int, path: str) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY, dir_fd=proc)
    except FileNotFoundError:
        return 0
    try:
        text = os.read(descriptor, 4096)
    except ProcessLookupError:
        return 0
    finally:
        os.close(descriptor)
    if path.endswith("statm"):
        return int(text.split()[1]) * PAGE
    return next((int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith(b"Pss:")), 0)


def _end_all(child: int) -> tuple[int, float]:
    """Kills every other process here and waits for all; the child's exit code (negative: a signal), all CPU seconds."""
    code, cpu = 0, 0.0
    while True:
        with contextlib.suppress(ProcessLookupError):  # none is left but zombies
            os.kill(-1, signal.SIGKILL)
        try:
            pid, status, usage = os.wait3(0)
        except ChildProcessError:
            return code, cpu
        cpu += usage.ru_utime + usage.ru_stime
        if pid == child:
            code = os.waitstatus_to_exitcode(status)


def _was_locked(files: Files, end: End) -> None:
    try:
        os.eventfd_read(files.ready)
    except BlockingIOError:
        raise RuntimeError(f"a start was not locked ({end.code}): {_read(files.stderr, 300)!r}") from None


def _read(descriptor: int, limit: int) -> bytes:
    """What was written, and one byte more than the limit where it was more."""
    return os.pread(descriptor, limit + 1, 0)
