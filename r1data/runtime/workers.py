"""Killable worker processes: a call that takes too long ends with its process, and the next call gets a new one.

Safe from any number of threads, from forked children and from pool workers (`processes.ProcessPool`). Workers start
on first use and end with their parent, however it ends, because their stdin is a pipe that it holds. A worker does
its imports once and forks the process that works (`serving`): after a time-out, a replacement is ready in
milliseconds. No signals are handled in this process.
"""

import json
import os
import select
import signal
import struct
import subprocess
import time
from types import NoneType
from typing import IO, Any, cast

from r1data.runtime.processes import ProcessPool, kill, module_command, module_environment

START_SECONDS = 120.0
"""How long a worker may take to import what it needs, on a machine that is busy."""
JOBS = 20_000
"""Jobs after which a worker is replaced, so that caches in it cannot grow for ever."""


class TimedOut(Exception):
    """The job did not end in time; its process is gone."""


class Crashed(Exception):
    """The process died, or never came up; the message says which."""


def send(pipe: IO[bytes], message: dict[str, Any]) -> None:
    """One message: four bytes of length, then JSON in ASCII."""
    # json escapes all else, lone surrogates too, which the text of a model may hold and UTF-8 may not
    body = json.dumps(message).encode("ascii")
    pipe.write(struct.pack(">I", len(body)) + body)


def receive(pipe: IO[bytes]) -> dict[str, Any] | None:
    """The next message, None at the end."""
    head = _exactly(pipe, 4)
    if len(head) < 4:
        return None
    message: dict[str, Any] = json.loads(_exactly(pipe, struct.unpack(">I", head)[0]))
    return message


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    """`size` bytes, fewer only at the end."""
    data = b""
    while len(data) < size and (piece := pipe.read(size - len(data))):
        data += piece
    return data


class Worker:
    """One process running `python -m module`."""

    def __init__(self, module: str) -> None:
        """Start the process; it is ready when it has said so."""
        self.process = subprocess.Popen(
            module_command(module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # `_read` polls the descriptor: it would not see bytes that Python had read ahead
            env=module_environment(),
        )
        self.jobs = 0
        self.ready = False

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to `request` within its `time_limit` seconds. Raises TimedOut or Crashed."""
        try:
            if not self.ready:
                self._wait_until_ready()
            self.jobs += 1
            send(cast(IO[bytes], self.process.stdin), {**request, "job": self.jobs})
            return self._reply(time.monotonic() + request["time_limit"])
        except BrokenPipeError as error:
            raise Crashed("the checker's process is gone") from error

    def is_reusable(self, error: BaseException | None) -> bool:
        """Whether the process can take another job; after a time-out, and now and then, with another fork at work."""
        if not isinstance(error, (TimedOut, Crashed, NoneType)):
            return False
        if self.process.poll() is not None or not self.ready:
            return False
        if isinstance(error, TimedOut) or (error is None and self.jobs % JOBS == 0):
            self.ready = False
            self.process.send_signal(signal.SIGUSR1)
        return True

    def _reply(self, end: float) -> dict[str, Any]:
        """The reply to the last job; one to an earlier job, which was given up, is passed over."""
        # `ready` in the middle of a job: its fork is dead and another has taken over, so no reply will come
        while (message := self._receive(end)).get("job") != self.jobs:
            if "ready" in message and time.monotonic() >= end:
                raise TimedOut  # the kernel's timer was first
            if "ready" in message:
                raise Crashed("the checker's process ended in the middle of a job")
        return message

    def _wait_until_ready(self) -> None:
        try:
            end = time.monotonic() + START_SECONDS
            while "ready" not in self._receive(end):
                pass
        except TimedOut:
            raise Crashed(f"the checker's process was not ready within {START_SECONDS:g} s") from None
        self.ready = True

    def _receive(self, end: float) -> dict[str, Any]:
        size = struct.unpack(">I", self._read(4, end))[0]
        reply: dict[str, Any] = json.loads(self._read(size, end))
        return reply

    def _read(self, size: int, end: float) -> bytes:
        out = cast(IO[bytes], self.process.stdout).fileno()
        # not select(), which knows no descriptor above 1023: a process of many workers has them
        poll = select.poll()
        poll.register(out, select.POLLIN)
        data = b""
        while len(data) < size:
            if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
                raise TimedOut
            piece = os.read(out, size - len(data))
            if not piece:
                raise Crashed("the checker's process ended in the middle of a job")
            data += piece
        return data

    def close(self) -> None:
        """Kill the process and wait for it."""
        kill(self.process)
        self.forget()

    def forget(self) -> None:
        """Close this side of the pipes."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


class WorkerPool(ProcessPool[str, Worker]):
    """Workers for one module, kept between calls; at most `size` at a time, by default one a core."""

    def __init__(self, module: str, size: int | None = None) -> None:
        super().__init__(Worker, size)
        self.module = module

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to `request` within its `time_limit` seconds. Raises TimedOut or Crashed.

        Waiting for a free worker does not count against the limit.
        """
        with self.one(self.module) as worker:
            return worker.ask(request)
