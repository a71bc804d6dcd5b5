"""Processes of this machine, each with a pipe of its own, so that a death is told for one call alone.

Every call runs in a process, the only one and the first included: a row that kills its worker must not kill the
command. A worker starts when there is a call for it, which takes half a second. It dies with the parent, even if
that is killed; it leaves Ctrl-C to the parent; what a stage prints goes to stderr, because stdout carries references.

Not covered: functions of a script itself (`__main__`), which no worker can import. Outside Linux, a worker whose
parent was killed ends with the call that it has.
"""

import ctypes
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any

from r1data.errors import RowsLost
from r1data.runtime.executors import Answer, Call, Closed, Result, WorkerDied, answer, default_workers

STARTS = 3
"""How often a worker may die before its first call; then it is the machine, or the installation."""
_PR_SET_PDEATHSIG = 1


class LocalExecutor:
    """A worker for each thread that asks, and no more than `workers` of them."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or default_workers()
        self._free: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False

    def run(self, call: Call[Result]) -> Result:
        message = pickle.dumps(call)
        worker = self._take()
        try:
            said = worker.ask(message)
            if said.death is not None:
                raise WorkerDied(said.death)
        except WorkerDied:
            self._end(worker)
            if self._closed:
                raise Closed from None
            raise
        self._give_back(worker)
        result: Result = said.open()
        return result

    def abort(self) -> None:
        with self._lock:
            self._closed = True
            workers = [*self._free, *self._busy]
        for worker in workers:
            worker.kill()

    def close(self) -> None:
        self.abort()

    def _take(self) -> "_Worker":
        with self._lock:
            if self._closed:
                raise Closed
            if self._free:
                worker = self._free.pop()
                self._busy.add(worker)
                return worker
        return self._started()

    def _started(self) -> "_Worker":
        for _ in range(STARTS):
            worker = _Worker()
            with self._lock:
                self._busy.add(worker)
                closed = self._closed
            if closed:
                worker.kill()
                raise Closed
            if worker.is_ready():
                return worker
            self._end(worker)
        raise RowsLost(
            f"worker processes die as they start ({worker.exit_reason()}); what is committed is kept: run again "
            "to go on, with fewer --workers if memory is short"
        )

    def _give_back(self, worker: "_Worker") -> None:
        with self._lock:
            self._busy.discard(worker)
            self._free.append(worker)

    def _end(self, worker: "_Worker") -> None:
        worker.kill()
        with self._lock:
            self._busy.discard(worker)


class _Worker:
    """One process and this side of its pipe."""

    def __init__(self) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from r1data.runtime.local import serve; serve({theirs.fileno()}, {os.getpid()})"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=2
        )
        theirs.close()

    def is_ready(self) -> bool:
        try:
            return bool(self.pipe.recv())
        except (EOFError, OSError):
            return False

    def ask(self, message: bytes) -> Answer:
        """What comes of a pickled call. Raises WorkerDied."""
        try:
            self.pipe.send_bytes(message)
            reply = self.pipe.recv_bytes()
        except (EOFError, OSError):
            raise WorkerDied(self.exit_reason()) from None
        said: Answer = pickle.loads(reply)
        return said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def exit_reason(self) -> str:
        """How the process ended; it is made to where it only closed its pipe."""
        try:
            code = self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()
            return "silent"
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def serve(descriptor: int, parent: int) -> None:
    """A worker's life: calls from the pipe at `descriptor`, until the other end is closed."""
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = Connection(descriptor)
    pipe.send(True)
    while True:
        try:
            message = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(pickle.dumps(answer(lambda message=message: pickle.loads(message)())))  # type: ignore[misc]


def _die_with(parent: int) -> None:
    """Asks the kernel for a SIGKILL when the thread that started this process is gone."""
    if sys.platform != "linux":
        return
    libc: Any = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before we could ask
        os._exit(1)
