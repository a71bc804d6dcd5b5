"""Runs `r1 …` on something hostile and notes what it did: `watch(…)`, judged by `assert_harmless(…)`.

The command runs in a session of its own, with a HOME and a TMPDIR of its own, forked from a process that has the
imports behind it (`tests.chaos.server`); `fresh` starts it from nothing, `strace` also sees what native code does.

    secret = tmp_path / "victim" / "secret.txt"      # outside of what the command is given
    watched = watch(["check", "dataset"], folder, canaries=[secret.parent])
    assert_harmless(watched)

What is seen: Python's own files, connections and processes (an audit hook, in every Python process that the command
starts), any access to the canaries (inotify), the memory of all its processes (each page once, read every 20 ms).
What is not, without strace: native code that opens a file for writing elsewhere, or connects. `strace` should not be
asked for where sandboxed programs run: paths in a file system of their own would be taken for the host's.
"""

import ast
import atexit
import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.chaos.processes import ENVIRONMENT, Server, living
from tests.conftest import R1
from tests.hostile import traces
from tests.hostile.inotify import Inotify

GIB = 1 << 30
LIMIT = 10.0
"""Seconds. On a machine with more to do than it has cores, it grows by as much (`_patience`)."""
OUTPUT = 64 << 20
"""Bytes that a command may write on stdout or stderr before it is ended."""
INTERVAL = 0.02
ROOT = Path(__file__).parents[2]
HOOK = ROOT / "tests" / "hostile" / "hook"
EVERYBODYS = ("/dev/null", "/dev/tty", "/dev/shm/", "/dev/pts/", "/proc/", "/sys/fs/cgroup/", "/memfd:")
"""Where a command may write without it being a place of somebody's."""
BYTECODE = re.compile(
    rf"({re.escape(str(ROOT))}|{re.escape(sys.prefix)})/.*/__pycache__(/[^/]+\.pyc(\.\d+)?)?"
)
"""What Python keeps of the modules that it imports."""
TRACEBACKS = (
    b"Traceback (most recent call last)",
    b"panicked at",
    b"Segmentation",
    b"core dumped",
    b"Fatal Python",
)

_server = Server()
atexit.register(_server.close)


@dataclass(slots=True)
class Watched:
    """What a command did."""

    arguments: list[str]
    code: int
    """Negative for a signal."""
    stdout: bytes
    stderr: bytes
    seconds: float
    memory: int
    """Bytes, the most that all its processes held together, beyond what the first held at its start."""
    limit: float
    terminal: bool = False
    """Whether stderr was one."""
    ended: str = ""
    """Why it was killed: `time`, `memory`, `output`."""
    touched: list[str] = field(default_factory=list)
    """`write PATH` and `remove PATH`, for paths that are neither in its folder nor in its HOME and TMPDIR."""
    read: list[str] = field(default_factory=list)
    """Canaries that were opened, listed, changed or removed."""
    connections: list[str] = field(default_factory=list)
    """Hosts off this machine that it connected to, or whose address it asked for."""
    started: list[tuple[str, ...]] = field(default_factory=list)
    """Command lines of programs that it started."""
    executed: list[str] = field(default_factory=list)
    """Files in its folder, or among the canaries, whose Python code was run."""
    unpickled: list[str] = field(default_factory=list)
    """Names that pickles asked for."""
    left: list[str] = field(default_factory=list)
    """Processes that outlived it."""

    @property
    def said(self) -> str:
        """stderr as text."""
        return self.stderr.decode(errors="backslashreplace")


def watch(
    arguments: Sequence[object],
    folder: Path,
    *,
    limit: float = LIMIT,
    memory: int = GIB,
    canaries: Iterable[Path] = (),
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    settings: Mapping[str, float] | None = None,
    fresh: bool = False,
    strace: bool = False,
    terminal: bool = False,
    screen: bool = False,
) -> Watched:
    """Runs `r1 arguments…` in `folder` and watches it.

    Args:
        arguments: words; a `Path` or a number becomes text. A lone surrogate stands for a byte of a file's name.
        limit: seconds after which it is killed.
        memory: bytes after which it is killed.
        canaries: files and folders outside of `folder` that it must not touch, read or list.
        environment: variables beside those of this process.
        stdin: what it reads; nothing by default.
        settings: `module:NAME` → value, constants that would make the test wait, such as pauses between tries.
        fresh: a new process with imports of its own, slower by them.
        strace: traced too (a fresh process); the test is skipped where strace is not installed.
        terminal: stderr is a terminal of 100 columns, as for a user who looks on.
        screen: stdout is that terminal too.
    """
    if strace and not shutil.which("strace"):
        pytest.skip("strace is not installed; the audit hook and inotify watch alone")
    words = [str(argument) for argument in arguments]
    places = [place.resolve() for place in canaries]
    constants = {"WATCH_SET": " ".join(f"{name}:{value}" for name, value in (settings or {}).items())}
    with tempfile.TemporaryDirectory(prefix="watch-") as name, Inotify(places) as notified:
        run = Run(
            words, folder, Path(name), places, {**constants, **(environment or {})}, stdin, terminal, screen
        )
        run.start(fresh=fresh or strace, strace=strace)
        watched = run.follow(limit * _patience(), memory)
        traced = traces.acts(Path(name)) if strace else []
        _sort(watched, [*_acts(run.log), *traced], (folder.resolve(), Path(name).resolve()), places)
        watched.read += notified.events()
    return watched


class Run:
    """A command while it runs."""

    def __init__(
        self,
        words: list[str],
        folder: Path,
        own: Path,
        canaries: Sequence[Path],
        environment: Mapping[str, str],
        stdin: bytes,
        terminal: bool,
        screen: bool = False,
    ) -> None:
        self.words, self.folder, self.own = words, folder, own
        self.log = own / "log"
        self.log.touch()
        for name in ("home", "tmp"):
            (own / name).mkdir()
        (own / "stdin").write_bytes(stdin)
        self.environment = {
            "HOME": str(own / "home"),
            "TMPDIR": str(own / "tmp"),
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": str(HOOK),
            "COLUMNS": "",
            "WATCH_LOG": str(self.log),
            "WATCH_FOLDER": str(folder.resolve()),
            "WATCH_READS": os.pathsep.join(map(str, canaries)),
            **environment,
        }
        self.master = -1
        self.terminal = terminal or screen
        self.stdout_too = screen
        self.screen = bytearray()

    def start(self, *, fresh: bool, strace: bool) -> None:
        streams = [
            os.open(self.own / "stdin", os.O_RDONLY),
            os.open(self.own / "stdout", os.O_WRONLY | os.O_CREAT | os.O_APPEND),
            self._terminal() if self.terminal else os.open(self.own / "stderr", os.O_WRONLY | os.O_CREAT),
        ]
        if self.stdout_too:
            os.dup2(streams[2], streams[1])
        self.process: subprocess.Popen[bytes] | None = None
        if fresh:
            words = [*(traces.command(self.own) if strace else []), str(R1), *self.words]
            options = {"cwd": self.folder, "env": {**ENVIRONMENT, **self.environment}}
            stdin, stdout, stderr = streams
            self.process = subprocess.Popen(  # type: ignore[call-overload]
                words, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True, **options
            )
            self.pid = self.process.pid
        else:
            self.pid = _server.start(self.words, self.folder, streams, self.environment)
        self.handle = os.pidfd_open(self.pid)
        for stream in streams:
            os.close(stream)

    def _terminal(self) -> int:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.environment |= {"TERM": "xterm-256color"}
        return slave

    def follow(self, limit: float, memory: int) -> Watched:
        """Waits for the end, or makes it."""
        start = time.monotonic()
        meter = Meter(self.pid)
        ended = ""
        while not self._over(INTERVAL):
            if time.monotonic() - start > limit:
                ended = "time"
            elif meter.peak(memory) > memory:
                ended = "memory"
            elif any((self.own / name).stat().st_size > OUTPUT for name in ("stdout", *self._stderr())):
                ended = "output"
            if ended:
                self._kill(meter)
                break
        seconds = time.monotonic() - start
        os.close(self.handle)
        code = self.process.wait() if self.process else _server.reap(self.pid)
        left = [] if ended else self._survivors()
        self._kill(meter)
        stdout = (self.own / "stdout").read_bytes()
        stderr = (self.own / "stderr").read_bytes() if not self.terminal else self._screen()
        return Watched(
            self.words,
            code,
            stdout,
            stderr,
            seconds,
            meter.most,
            limit,
            terminal=self.terminal,
            ended=ended,
            left=left,
        )

    def _stderr(self) -> tuple[str, ...]:
        return () if self.terminal else ("stderr",)

    def _over(self, seconds: float) -> bool:
        """True once it has ended; reads what a terminal shows meanwhile."""
        readers = [self.handle, *([self.master] if self.terminal else [])]
        ready = select.select(readers, [], [], seconds)[0]
        if self.master in ready:
            self.screen += _available(self.master)
        return self.handle in ready

    def _screen(self) -> bytes:
        while select.select([self.master], [], [], 0)[0] and (piece := _available(self.master)):
            self.screen += piece
        os.close(self.master)
        return bytes(self.screen)

    def _survivors(self) -> list[str]:
        """Command lines of what lives a while after the end."""
        end = time.monotonic() + 3.0
        while (left := [pid for pid, session in living() if session == self.pid]) and time.monotonic() < end:
            time.sleep(0.05)
        return [_command_line(pid) for pid in left]

    def _kill(self, meter: "Meter") -> None:
        members = {pid for pid, session in living() if session == self.pid} | set(tree(self.pid))
        for pid in members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


class Meter:
    """The memory of a process and all below it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.most = 0
        self._first = _own(pid)
        self._resident = 0

    def peak(self, limit: int) -> int:
        """The most so far, in bytes.

        A quick sum counts shared pages more than once; only where it has grown, each page is counted once.
        """
        pids = list(tree(self.pid))
        resident = sum(_resident(pid) for pid in pids)
        if resident > self._resident * 1.02 + (4 << 20) or resident > limit > self.most:
            self._resident = max(self._resident, resident)
            self.most = max(self.most, sum(_own(pid) for pid in pids) - self._first)
        return self.most


def tree(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from tree(int(child))


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    return 0


def _own(pid: int) -> int:
    """Bytes of a process, those that it shares divided by how many share them."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _patience() -> float:
    """By how much longer everything takes on this machine just now."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def _available(master: int) -> bytes:
    try:
        return os.read(master, 1 << 16)
    except OSError:  # EIO: nobody writes any more
        return b""


def _command_line(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return str(pid)


def _acts(log: Path) -> Iterator[tuple[object, ...]]:
    for line in log.read_text().splitlines():
        with contextlib.suppress(SyntaxError, ValueError):  # torn by a kill
            yield ast.literal_eval(line)


def _sort(
    watched: Watched, acts: Iterable[tuple[object, ...]], own: tuple[Path, ...], canaries: Sequence[Path]
) -> None:
    """Puts the acts into the lists of `watched`."""
    inside = tuple(f"{place}/" for place in own)
    outside = tuple(f"{place}/" for place in canaries)
    for kind, subject in dict.fromkeys(acts):
        text = str(subject)
        if kind in ("write", "remove"):
            is_canary = f"{text}/".startswith(outside)
            allowed = f"{text}/".startswith(inside) or text.startswith(EVERYBODYS) or BYTECODE.fullmatch(text)
            if is_canary or not allowed:
                watched.touched.append(f"{kind} {text}")
        elif kind == "read":
            if f"{text}/".startswith(outside):
                watched.read.append(f"read {text}")
        elif kind == "connect":
            host = str(subject[0]) if isinstance(subject, tuple) else text
            if not is_here(host):
                watched.connections.append(host)
        elif kind == "start" and isinstance(subject, tuple):
            watched.started.append(subject)
        elif kind == "run":
            watched.executed.append(text)
        elif kind == "unpickle":
            watched.unpickled.append(text)


def is_here(host: str) -> bool:
    """True for an address of this machine: loopback, or the path of a socket."""
    host = host.removeprefix("::ffff:")
    return host in ("", "None", "localhost", "::1", "::", "0.0.0.0") or host.startswith(
        ("127.", "/", "@", "\0")
    )


def assert_harmless(
    watched: Watched,
    *,
    codes: Sequence[int] = (0, 1, 2),
    payloads: Iterable[bytes] = (),
    complains: bool = True,
) -> None:
    """Fails with all that is wrong with a run.

    Args:
        codes: exit codes that are right here.
        payloads: bytes that must be neither on stdout nor on stderr, such as a title's escape sequence.
        complains: where the exit code is 1 or 2, stderr must end with the one line that starts with `r1: `.
    """
    found = list(faults(watched, codes, payloads, complains))
    assert not found, "\n".join([f"r1 {' '.join(watched.arguments)}", *found, watched.said[-3000:]])


def faults(
    watched: Watched, codes: Sequence[int], payloads: Iterable[bytes], complains: bool
) -> Iterator[str]:
    """What is wrong with a run, a line each."""
    if watched.ended:
        yield f"killed for its {watched.ended}: {watched.seconds:.1f} s, {watched.memory >> 20} MiB"
    elif watched.code not in codes:
        yield f"exit code {watched.code}, not among {tuple(codes)}"
    both = watched.stdout + watched.stderr
    yield from (f"it says {mark.decode()!r}" for mark in TRACEBACKS if mark in both)
    yield from (f"it shows {payload!r}" for payload in payloads if payload in both)
    for name in ("touched", "read", "connections", "executed", "left"):
        if values := getattr(watched, name):
            yield f"{name}: {values[:10]}"
    for name in ("stdout", "stderr"):
        if hidden := unshown(getattr(watched, name), terminal=watched.terminal and name == "stderr"):
            yield f"{name} has characters that do not show: {hidden[:10]}"
    if complains and watched.code in (1, 2) and not watched.ended:
        yield from _complaint(watched)


def _complaint(watched: Watched) -> Iterator[str]:
    lines = watched.said.rstrip("\n").split("\n")
    if not lines[-1].startswith("r1: "):
        yield f"the last line is not the error: {lines[-1][:200]!r}"
    if sum(line.startswith("r1: ") for line in lines) > 1:
        yield "more than one line starts with `r1: `"


OURS = (b"\x1b[?25l", b"\x1b[?25h", b"\x1b[2K", b"\x1b[1A", b"\r")
"""What the progress bar sends to a terminal, beside colours."""


def unshown(data: bytes, *, terminal: bool = False) -> list[str]:
    """Characters that move, hide or turn: controls but newline and tab, direction, zero width, bytes that are no UTF-8.

    Colours, and what the progress bar itself sends, are not counted where they went to a `terminal`.
    """
    if terminal:
        for sequence in OURS:
            data = data.replace(sequence, b"")
        data = re.sub(rb"\x1b\[[0-9;]*m", b"", data)
    text = data.decode(errors="surrogateescape")
    if text.isascii() and text.isprintable():
        return []
    hidden = {
        repr(char)
        for before, char in zip(" " + text, text, strict=False)
        if char not in "\n\t" and unicodedata.category(char) in HIDDEN and not _joins(before, char)
    }
    return sorted(hidden)


def _joins(before: str, char: str) -> bool:
    """Whether it is a joiner behind a letter, mark or emoji, where Persian, Hindi and emoji are written with it."""
    return char in "\u200c\u200d" and not before.isascii() and unicodedata.category(before)[0] in "LMS"


HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
