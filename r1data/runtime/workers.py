"""Killable worker processes: a call that takes too long ends with its process, and the next call gets a new one.

Safe from any number of threads (a free worker is taken, or one is started, at most one a core), from forked
children (they forget their parent's workers) and from pool workers. Workers start on first use and end with
their parent, however it ends. A worker has imported what it needs and forks the process that works (`serving`): after
a time-out the next one is there in milliseconds. No signals are handled in this process.
"""

import atexit
import json
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from typing import IO, Any, cast

from r1data.data.resources import PACKAGE

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
    got = b""
    while len(got) < size and (piece := pipe.read(size - len(got))):
        got += piece
    return got


class Worker:
    """One process running `python -m module`."""

    def __init__(self, module: str) -> None:
        """Start the process; it is ready when it has said so."""
        paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        # -P: nothing in the folder where the user happens to be takes the place of a module
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        self.jobs = 0
        self.ready = False

    @property
    def alive(self) -> bool:
        """Whether the process is there to fork another hand."""
        return self.process.poll() is None

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

    def renew(self) -> None:
        """End what works, and have another take its place."""
        self.ready = False
        self.process.send_signal(signal.SIGUSR1)

    def _reply(self, end: float) -> dict[str, Any]:
        """The reply to the last job; one to an earlier job, which was given up, is passed over."""
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
        poll = select.poll()
        poll.register(out, select.POLLIN)
        got = b""
        while len(got) < size:
            if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
                raise TimedOut
            piece = os.read(out, size - len(got))
            if not piece:
                raise Crashed("the checker's process ended in the middle of a job")
            got += piece
        return got

    def close(self) -> None:
        """Kill the process and wait for it."""
        self.process.kill()
        self.process.wait()
        self.forget()

    def forget(self) -> None:
        """Close this side of the pipes."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


class Pool:
    """Workers for one module, kept between calls."""

    def __init__(self, module: str, size: int | None = None) -> None:
        """At most `size` at a time; by default one a core."""
        self.module = module
        self.size = size or os.cpu_count() or 1
        self._reset()
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.close)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to `request`. Waiting for a free worker does not count against its time limit."""
        with self._slots:
            worker = self._take()
            try:
                reply = worker.ask(request)
            except TimedOut:
                self._keep(worker, renewed=True)
                raise
            except Crashed:
                self._keep(worker, renewed=False)
                raise
            except BaseException:
                self._end(worker)
                raise
            self._keep(worker, renewed=worker.jobs % JOBS == 0)
            return reply

    def _keep(self, worker: Worker, *, renewed: bool) -> None:
        """Put a worker back that still lives, if `renewed` with another process to work."""
        if not worker.alive or not worker.ready:
            self._end(worker)
            return
        if renewed:
            worker.renew()
        self._free.append(worker)

    def close(self) -> None:
        """End all workers."""
        for worker in list(self._all):
            self._end(worker)
        self._free.clear()

    def _take(self) -> Worker:
        """A free worker that lives, or a new one."""
        with self._lock:
            while self._free:
                worker = self._free.pop()
                if worker.alive:
                    return worker
                self._end(worker)
            return self._start()

    def _start(self) -> Worker:
        worker = Worker(self.module)
        self._all.add(worker)
        return worker

    def _end(self, worker: Worker) -> None:
        self._all.discard(worker)
        worker.close()

    def _reset(self) -> None:
        self._free: list[Worker] = []
        self._all: set[Worker] = set()
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(self.size)

    def _forget(self) -> None:
        """In a forked child: the workers belong to the parent."""
        for worker in self._all:
            worker.process.returncode = 0  # not this process's child: nothing to wait for
            worker.forget()
        self._reset()
