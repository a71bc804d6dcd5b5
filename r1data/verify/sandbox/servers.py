"""Servers: a warm process behind the wall each, taken by one call at a time, replaced when it breaks.

Safe from any number of threads (a free server is taken or one is started, at most one a core), from forked children
(they forget their parent's) and from pool workers. A server ends with its parent, however that ends: it watches the
parent's pidfd. No signal is used in this process.
"""

import atexit
import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import threading
import time
from typing import IO, Any, NamedTuple, cast

from r1data.verify.sandbox import environment
from r1data.verify.sandbox.inside import pipes
from r1data.verify.sandbox.job import SandboxFailed

START_SECONDS = 60.0
"""How long a server may take to import what it needs, on a machine that is busy."""
CALLS = 5_000
"""Calls after which a server is replaced."""


class Kind(NamedTuple):
    """What servers differ in."""

    way: str
    libraries: bool
    preload: tuple[str, ...]


class Broken(SandboxFailed):
    """The server ended or did not answer; the message says which."""


class Server:
    """One process group: the launcher, the wall, the warm interpreter."""

    def __init__(self, kind: Kind) -> None:
        """Starts it; the first answer waits until it is ready."""
        self.kind = kind
        caller = os.pidfd_open(os.getpid())
        os.set_inheritable(caller, True)
        layout = environment.layout(kind.way, kind.libraries, kind.preload, caller)
        self.process = subprocess.Popen(
            [environment.interpreter(), "-S", "-s", "-P", "-B", "-m", "inside.launch", json.dumps(layout)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env={"PYTHONPATH": str(environment.PACKAGE), "PATH": os.defpath},
            pass_fds=[caller],
        )
        os.close(caller)
        self.calls = 0
        self.ready = False

    def wait_until_ready(self) -> None:
        """Raises Broken with what the wall said when it could not be built."""
        if self.ready:
            return
        self.receive(START_SECONDS)
        self.ready = True

    def send(self, *messages: dict[str, Any]) -> None:
        """Raises Broken where nobody listens."""
        try:
            pipes.send(cast(IO[bytes], self.process.stdin).fileno(), b"".join(map(pipes.pack, messages)))
        except BrokenPipeError:
            raise Broken("the sandbox's server is gone") from None

    def receive(self, seconds: float) -> dict[str, Any]:
        """The next answer. Raises Broken when it takes longer, or the server ends."""
        end = time.monotonic() + seconds
        size = struct.unpack(">I", self._read(4, end))[0]
        reply: dict[str, Any] = json.loads(self._read(size, end))
        return reply

    def _read(self, size: int, end: float) -> bytes:
        out = cast(IO[bytes], self.process.stdout).fileno()
        poll = select.poll()
        poll.register(out, select.POLLIN)
        pieces = []
        while size:
            if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
                raise Broken("the sandbox's server did not answer")
            piece = os.read(out, size)
            if not piece:
                raise Broken(f"the sandbox's server ended: {self._complaint()}")
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _complaint(self) -> str:
        self._kill()
        lines = cast(IO[bytes], self.process.stderr).read().decode("utf-8", "replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Kill all of it and wait for it."""
        if self.process.returncode is None:
            self._kill()
        self.forget()

    def forget(self) -> None:
        """Close this side of the pipes."""
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


class Servers:
    """Servers of all kinds, kept between calls."""

    def __init__(self, size: int | None = None) -> None:
        """At most `size` at work at a time; by default one a core."""
        self.size = size or len(os.sched_getaffinity(0))
        self._reset()
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.close)

    @contextlib.contextmanager
    def one(self, kind: Kind) -> Any:
        """A server for one call. It is killed if the call does not end well, and kept otherwise."""
        with self._slots:
            server = self._take(kind)
            try:
                server.wait_until_ready()
                yield server
                server.calls += 1
            except BaseException:
                self._end(server)
                raise
            if server.calls < CALLS:
                self._free.append(server)
            else:
                self._end(server)

    def close(self) -> None:
        """End all servers."""
        for server in list(self._all):
            self._end(server)
        self._free.clear()

    def _take(self, kind: Kind) -> Server:
        """A free server of that kind that lives, or a new one in the place of one of another kind."""
        with self._lock:
            for server in [server for server in self._free if server.kind == kind]:
                self._free.remove(server)
                if server.process.poll() is None:
                    return server
                self._end(server)
            server = Server(kind)
            self._all.add(server)
            return server

    def _end(self, server: Server) -> None:
        self._all.discard(server)
        server.close()

    def _reset(self) -> None:
        self._free: list[Server] = []
        self._all: set[Server] = set()
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(self.size)

    def _forget(self) -> None:
        """In a forked child: the servers belong to the parent."""
        for server in self._all:
            server.process.returncode = 0  # not this process's child: nothing to wait for
            server.forget()
        self._reset()


SERVERS = Servers()
