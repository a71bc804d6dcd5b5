"""The supervisor, which runs one program after the other: process 1 of its own namespaces; it starts and measures
programs.

Each start is a fork with a private, empty disk; every process is gone before the next start. The supervisor itself
reads neither sources, inputs nor outputs: the fork reads its task from the pipe, and the caller receives descriptors
of the output files that were opened before the program ran. So nothing of a program is in the memory from which the
next one is forked.
"""

import json
import math
import os
import select
import signal
import socket
import stat
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from . import child_actions, confine, groups, kernel, memory, pipes, starts
from .places import Files, Place

INODES = 4096
KILL = int(signal.SIGKILL)
SPARE = 64 << 20
"""Bytes of address space beyond what a program may use: stacks, mapped files."""
CHILD_SPACE = 2 << 30
"""The same for what node starts: as much as another node needs."""
PATIENCE = 20.0
"""Seconds until a start must be locked."""
LATELY = 0.1
"""Of a program's time, at its end: within it one that sleeps in short turns is met asleep."""
PAGE = os.sysconf("SC_PAGESIZE")
CORES = os.cpu_count() or 1


@dataclass(slots=True)
class End:
    """How a process ended: `why` says which limit it met, if any; `cpu` counts what it waited for, too."""

    code: int
    seconds: float
    cpu: float
    why: str
    asleep: bool
    """Whether it ran out of time while all of it slept, and had not been kept from a processor."""


def serve(place: Place, preload: Callable[[], None]) -> NoReturn:
    """Warms up, then starts what it is told to until there is nobody to tell it. Raises PipeClosed then."""
    # The maps first: without an identity in the new user namespace no file can be created (EOVERFLOW). The warm-up
    # before /run and /proc are covered: it may read them, programs must see neither this code nor any process.
    _settle(place)
    _disk("size=64m")  # some modules want to write while they are imported
    preload()
    kernel.unmount("/job")
    for folder in ("/run", "/proc"):
        kernel.mount("tmpfs", folder, "tmpfs", kernel.PRIVATE | kernel.MS_RDONLY, "size=4k,mode=555")
    _close_devices()
    supervisor = Supervisor(place)
    supervisor.reply({"ready": True})
    while True:
        supervisor.obey(supervisor.order())


def _settle(place: Place) -> None:
    """The maps of the new user namespace; the kernel's choice when memory runs out; no way to new rights."""
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else these files are not its own
    maps = {"uid_map": f"{USER} {USER} 1", "gid_map": f"{GROUP} {GROUP} 1"}
    for name, text in {"setgroups": "deny", **maps, "oom_score_adj": "1000"}.items():
        descriptor = os.open(f"self/{name}", os.O_WRONLY, dir_fd=place.proc)
        os.write(descriptor, text.encode())
        os.close(descriptor)
    # not dumpable again: a program runs as the same user, and could else look into this process
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # without a handler, nobody inside can signal process 1


def _close_devices() -> None:
    """Read-only mounts for devices, which may still be written to.

    They are the machine's own: anybody may set their times to now, which others and the next program would see.
    """
    for entry in os.scandir("/dev"):
        if not entry.is_symlink() and stat.S_ISCHR(entry.stat().st_mode):
            # none of the mount's flags may be taken away here; bubblewrap cannot add this one and leave it a device
            flags = os.statvfs(entry.path).f_flag & (kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
            kernel.mount(
                "none", entry.path, None, kernel.MS_BIND | kernel.MS_REMOUNT | kernel.MS_RDONLY | flags
            )


def _disk(size: str, flags: int = 0) -> None:
    """An empty disk at /job."""
    kernel.mount("tmpfs", "/job", "tmpfs", kernel.PRIVATE | flags, f"{size},nr_inodes={INODES},mode=755")
    for folder in ("io", "tmp", "shm"):
        os.mkdir(f"/job/{folder}")  # noqa: PTH102 pathlib costs a tenth of a millisecond here


USER, GROUP = os.getuid(), os.getgid()


class Supervisor:
    """What lasts from one start to the next."""

    def __init__(self, place: Place) -> None:
        """`place` is what the warm process left."""
        self.place = place
        self.replies = socket.socket(fileno=1)
        self.scratch = os.memfd_create("scratch")
        self.compiled = False
        self.use = memory.Use(place.proc, place.before)
        self.group: groups.ProgramGroup | None = None
        self._slept = False

    def order(self) -> dict[str, Any]:
        """The next order. Raises PipeClosed where there can be none."""
        poll = select.poll()
        poll.register(0, select.POLLIN)
        poll.register(self.place.caller, select.POLLIN)
        if any(descriptor != 0 or not event & select.POLLIN for descriptor, event in poll.poll()):
            raise pipes.PipeClosed
        return pipes.receive(0)

    def obey(self, order: dict[str, Any]) -> None:
        """One start, whose task follows on the pipe: how it ended, with the descriptors of what it wrote."""
        if order["fresh"]:
            self._forget(order["room"])
        files = self._files(order)
        try:
            end = self._watch(order, files)
            if order["seal"]:
                kernel.mount("tmpfs", "/opt", None, kernel.PRIVATE | kernel.MS_REMOUNT | kernel.MS_RDONLY)
            grouped = self.group is not None
            message = {"code": end.code, "seconds": end.seconds, "cpu": end.cpu, "why": end.why}
            message["asleep"] = end.asleep
            self.reply(message | {"group": grouped}, files.written())
        finally:
            files.close()
            kernel.unmount("/job")

    def reply(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        """One message to the caller."""
        rights = struct.pack(f"{len(descriptors)}i", *descriptors)
        self.replies.sendmsg(
            [json.dumps(message).encode("ascii")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
        )

    def _forget(self, room: int) -> None:
        """Nothing of the program before; a disk of `room` bytes for a compiler to write to."""
        os.close(self.scratch)
        self.scratch = os.memfd_create("scratch")
        if self.compiled:
            kernel.unmount("/opt")
        if room:
            kernel.mount("tmpfs", "/opt", "tmpfs", kernel.PRIVATE, f"size={room}")
        self.compiled = bool(room)

    def _files(self, order: dict[str, Any]) -> Files:
        """An empty disk with somewhere to read and to write."""
        # Input and output lie on the same disk and must not use up the program's share; tmpfs counts in whole pages.
        size = order["limits"]["disk"] + 2 * order["limits"]["output"] + order["input"] + 16 * PAGE
        _disk(f"size={size}", kernel.MS_NOEXEC if order["trusted"] else 0)
        # O_APPEND: a program that opens /dev/stdout anew, with an offset of its own, is not written over
        new = os.O_CREAT | os.O_EXCL | os.O_APPEND
        return Files(
            os.open("/job/io/stdin", os.O_CREAT | os.O_RDONLY, 0o600),
            os.open("/job/io/stdout", new | os.O_RDWR, 0o600),
            os.open("/job/io/stderr", new | os.O_RDWR, 0o600),
            os.memfd_create("result"),
            os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC),
            self.scratch,
        )

    def _watch(self, order: dict[str, Any], files: Files) -> End:
        """Forks, and ends everything when the child is done or has met a limit."""
        questions = self._questions(order) if order["trusted"] else None
        files.connection = questions.theirs.fileno() if questions else None
        child = self._fork(order)
        if child == 0:
            self._become(order, files)
        ended = os.pidfd_open(child)
        asleep = False
        poll = select.poll()
        if questions:
            questions.watch(poll, child)
        try:
            why = self._wait(poll, ended, questions, files, order)
            end = time.monotonic()
            asleep = why == "timeout" and (self._slept or self._sleeps(files, order["limits"], end))
        finally:
            os.close(ended)
            if questions:
                questions.close()
        # all that the program started goes before the reply, and only then is its output read: nobody writes any more
        code, cpu = _end_all(child)
        if self.group:
            cpu = self.group.cpu()
            why = why or ("memory" if self.group.ran_out() else "")
        if not files.has_begun():
            raise RuntimeError(f"a start was not locked ({code}): {os.pread(files.stderr, 300, 0)!r}")
        return End(code, end - files.began, cpu, why, asleep)

    def _questions(self, order: dict[str, Any]) -> child_actions.Questions:
        space = order["limits"]["memory"] + self.use.own + CHILD_SPACE
        return child_actions.Questions(self.place.proc, order["trusted"], space)

    def _fork(self, order: dict[str, Any]) -> int:
        """A child in the control group, with the limits of this start; anywhere, where groups do not work out."""
        if order["group"] and self.place.group is not None:
            try:
                self.group = self.group or groups.ProgramGroup(self.place.group)
                self.group.limit(order["limits"], order["input"])
                return kernel.fork_into(self.group.folder)
            except OSError:  # the sums are taken in any case
                self.group = None
        return os.fork()

    def _become(self, order: dict[str, Any], files: Files) -> NoReturn:
        """In the child: reads the task, locks itself and starts it."""
        try:
            task = pipes.receive(0)
            feed = os.open("/job/io/stdin", os.O_WRONLY)
            pipes.send(feed, task.pop("stdin").encode("utf-8", "surrogatepass"))
            confine.lock(self.place, files, order["limits"], self.use.own + SPARE)
            starts.STARTS[order["start"]](task)
        except Exception as error:  # noqa: BLE001 told, and then the process ends
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(127)

    def _wait(
        self,
        poll: select.poll,
        ended: int,
        questions: child_actions.Questions | None,
        files: Files,
        order: dict[str, Any],
    ) -> str:
        """Until the child ends: "", or the limit it met. Raises PipeClosed when the caller is gone."""
        limits = order["limits"]
        self._slept = False
        poll.register(ended, select.POLLIN)
        poll.register(self.place.caller, select.POLLIN)
        poll.register(0, 0)  # only its end: the task may still lie in it, for the child to read
        self.use.begin()
        forked = now = time.monotonic()
        deadline = forked + limits["seconds"]
        look = now + self.use.next_look(0, limits)
        while True:
            if now >= deadline:
                # the limit counts from when the process was locked, which takes long where all is busy
                began = files.began if files.has_begun() else now
                deadline = began + limits["seconds"]
                if deadline <= now or began > forked + PATIENCE:
                    return "timeout"
            # poll counts in whole milliseconds; who sleeps is woken late where others fill memory
            wait = 0 if self.use.is_filling else math.ceil(1000 * (min(look, deadline) - now))
            events = [descriptor for descriptor, _ in poll.poll(max(0, wait))]
            if 0 in events or self.place.caller in events:
                raise pipes.PipeClosed
            if questions:
                events = questions.answer(poll, events)
            if events:
                return ""
            now = time.monotonic()
            if now >= look:
                if met := self._met(files, order, (now - forked) * CORES):
                    return met
                # one look at the end may meet a program that sleeps in short turns between two of them
                self._slept = self._slept or self._sleeps(files, limits, now)
                look = time.monotonic() + self.use.next_look(self.use.last, limits)

    def _sleeps(self, files: Files, limits: dict[str, Any], now: float) -> bool:
        """Whether all of it sleeps, shortly before its time is over or then."""
        if not files.has_begun() or now - files.began < limits["seconds"] * (1 - LATELY):
            return False
        return self.use.is_asleep(now - files.began)

    def _met(self, files: Files, order: dict[str, Any], could_use: float) -> str:
        """The limit that is met now, or ""; `could_use`: processor seconds that there were since the start."""
        limits = order["limits"]
        if any(os.fstat(file).st_size > limits["output"] for file in files.written()):
            return "output"
        if self.use.held(limits["memory"], files, order["input"]) > limits["memory"]:
            return "memory"
        cpu_seconds = confine.cpu_seconds(limits)
        if could_use <= cpu_seconds:
            return ""
        return "timeout" if (self.group or self.use).cpu() > cpu_seconds else ""


def _end_all(child: int) -> tuple[int, float]:
    """Kills every other process here and waits for all; the child's exit code (negative: a signal), all CPU seconds."""
    code, cpu = 0, 0.0
    while True:
        # again in each turn: a process may have forked between the last kill and its own death
        try:  # noqa: SIM105 a context manager costs more than all the rest
            os.kill(-1, KILL)  # process 1 of a namespace: all others in it, and nobody outside
        except ProcessLookupError:
            pass  # none is left but zombies
        try:
            pid, status, usage = os.wait3(0)
        except ChildProcessError:
            return code, cpu
        cpu += usage.ru_utime + usage.ru_stime
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
