"""Command lines as processes that can be killed: alone or with their workers, and what is left of them found."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conftest import R1

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Bytecode is kept, as on a user's machine: without it the start of a command takes three times as long."""
PATIENCE = 120.0


class Server:
    """The other side of `tests.chaos.server`, started with the first command that asks for it."""

    def __init__(self) -> None:
        self._talk: socket.socket | None = None

    def start(
        self,
        arguments: Sequence[str],
        folder: Path,
        files: Sequence[int],
        environment: Mapping[str, str] | None = None,
    ) -> int:
        """The pid of a new child; `environment` is added to the server's own."""
        request = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment or {}),
        }
        return int(self._ask(request, files))

    def reap(self, pid: int) -> int:
        """The exit code of a child that has ended; negative for a signal."""
        return int(self._ask({"reap": pid}, []))

    def close(self) -> None:
        if self._talk is not None:
            self._talk.close()
            self._process.wait()

    def _ask(self, request: dict[str, Any], files: Sequence[int]) -> Any:
        if self._talk is None:
            self._talk, theirs = socket.socketpair()
            command = [sys.executable, "-m", "tests.chaos.server"]
            root = Path(__file__).parents[2]
            self._process = subprocess.Popen(command, stdin=theirs, env=ENVIRONMENT, cwd=root)
            theirs.close()
            self._talk.recv(16)
        socket.send_fds(self._talk, [json.dumps(request).encode()], files)
        return json.loads(self._talk.recv(1 << 10))


class Member:
    """One `r1 …` of a pipe, leader of a session of its own."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, streams: tuple[int, int, int], server: Server | None
    ) -> None:
        self.server = server
        if server is None:
            stdin, stdout, stderr = streams
            options: dict[str, Any] = {"cwd": folder, "env": ENVIRONMENT, "start_new_session": True}
            self._process = subprocess.Popen(
                [R1, *arguments], stdin=stdin, stdout=stdout, stderr=stderr, **options
            )
            self.pid = self._process.pid
        else:
            self.pid = server.start(arguments, folder, streams)
        self._handle = os.pidfd_open(self.pid)
        self.code: int | None = None

    def running(self, seconds: float = 0.0) -> bool:
        """True where it has not ended, nor does within `seconds`."""
        return self.code is None and not select.select([self._handle], [], [], seconds)[0]

    def kill(self, number: int, *, group: bool) -> None:
        """Sends a signal to the process, or to its workers too."""
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, number)

    def end(self) -> int:
        """Waits for its end and returns the exit code."""
        if self.code is None:
            assert not self.running(PATIENCE), f"process {self.pid} does not end"
            os.close(self._handle)
            self.code = self._process.wait() if self.server is None else self.server.reap(self.pid)
        return self.code


class Pipe:
    """Commands joined stdout to stdin, as a shell starts them; the last one's stdout leads nowhere.

    All are started from nothing, but for `sample`, whose imports take seconds; `forked`: none is.
    """

    def __init__(
        self, commands: Sequence[Sequence[str]], folder: Path, server: Server, *, forked: bool = False
    ) -> None:
        self.errors = [os.memfd_create(f"stderr-{number}") for number in range(len(commands))]
        self.members: list[Member] = []
        source = os.open(os.devnull, os.O_RDONLY)
        for number, arguments in enumerate(commands):
            last = number + 1 == len(commands)
            arriving, sink = (-1, os.open(os.devnull, os.O_WRONLY)) if last else os.pipe()
            error = os.dup(self.errors[number])
            forks = server if forked or arguments[0] == "sample" else None
            self.members.append(Member(arguments, folder, (source, sink, error), forks))
            for file in (source, sink, error):
                os.close(file)
            source = arriving

    def running(self, seconds: float = 0.0) -> bool:
        end = time.monotonic() + seconds
        return any(member.running(max(0.0, end - time.monotonic())) for member in self.members)

    def end(self) -> list[int]:
        """The exit codes of all."""
        try:
            return [member.end() for member in self.members]
        finally:
            for pid in self.survivors():
                os.kill(pid, signal.SIGKILL)

    def survivors(self, patience: float = 0.0) -> list[int]:
        """Processes of these commands that live, once `patience` seconds have not brought their end."""
        sessions = {member.pid for member in self.members}
        end = time.monotonic() + patience
        while (left := [pid for pid, session in living() if session in sessions]) and time.monotonic() < end:
            time.sleep(0.05)
        return left

    def said(self) -> str:
        """All that they wrote on stderr."""
        return "".join(os.pread(error, 1 << 20, 0).decode(errors="replace") for error in self.errors)

    def __del__(self) -> None:
        for error in self.errors:
            os.close(error)


def living() -> Iterator[tuple[int, int]]:
    """Each process that is no zombie, with its session."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            if state not in "ZX":
                yield int(entry.name), int(session)


def finish(commands: Sequence[Sequence[str]], folder: Path, server: Server) -> Pipe:
    """Runs commands to their good end."""
    pipe = Pipe(commands, folder, server, forked=True)
    assert not any(pipe.end()), pipe.said()
    return pipe
