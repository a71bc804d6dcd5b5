"""Local worker processes, each with its own pipe, so that a death is attributed to exactly one call.

Every call runs in a worker process, even a single one: a row that kills its worker must not kill the command. A
worker is started when there is a call for it, which takes half a second. It dies with its parent, even if that is
killed; it leaves Ctrl-C to the parent; output printed by a stage goes to stderr, because stdout carries references.

Not covered: functions defined in a script itself (`__main__`), which workers cannot import. Outside Linux, a worker
whose parent was killed only ends after its current call.
"""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from multiprocessing.connection import Connection

from r1data.errors import RowsLost
from r1data.runtime.executors import Answer, Call, Closed, Result, WorkerDied, answer
from r1data.runtime.pandas_on_demand import import_pandas_on_demand
from r1data.runtime.processes import ProcessPool, default_workers, die_with_parent, exit_reason, kill
from r1data.runtime.terminal import clean_streams

STARTS = 3
"""How often a worker may die before its first call; then it is the machine, or the installation."""


class LocalExecutor:
    """A worker for each thread that asks, and no more than `workers` of them."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or default_workers()
        self._processes: ProcessPool[None, _Worker] = ProcessPool(lambda _: _Worker(), self.workers)
        self._closed = False

    def run(self, call: Call[Result]) -> Result:
        message, death = pickle.dumps(call), ""
        for _ in range(STARTS):
            try:
                result: Result = self._ask(message).open()
                return result
            except _DiedAtStart as error:
                death = str(error)
        raise RowsLost(
            f"worker processes die as they start ({death}); what is committed is kept: run again "
            "to go on, with fewer --workers if memory is short"
        )

    def abort(self) -> None:
        # in this order: a worker that starts after the second line sees what the first one set
        self._closed = True
        self._processes.kill()

    def close(self) -> None:
        self._closed = True
        self._processes.close()

    def _ask(self, message: bytes) -> Answer:
        """What comes of a pickled call. Raises WorkerDied, _DiedAtStart or Closed."""
        try:
            with self._processes.one(None) as worker:
                if self._closed:
                    raise Closed
                worker.wait_until_ready()
                return worker.ask(message)
        except (WorkerDied, _DiedAtStart):
            if self._closed:
                raise Closed from None
            raise


class _DiedAtStart(Exception):
    """A worker that ended before it could take a call; the message says how."""


class _Worker:
    """One process and this side of its pipe."""

    def __init__(self) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        # the parent's own search path: a stage may lie in a folder that only this process was told of
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from r1data.runtime.local import serve; serve({theirs.fileno()}, {os.getpid()})"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=2
        )
        theirs.close()  # while a copy of it is open here, the worker's death would not end what is read from the pipe
        self.ready = False

    def wait_until_ready(self) -> None:
        if not self.ready:
            try:
                self.ready = bool(self.pipe.recv())
            except (EOFError, OSError):
                raise _DiedAtStart(exit_reason(self.process)) from None

    def ask(self, message: bytes) -> Answer:
        """What comes of a pickled call. Raises WorkerDied."""
        try:
            self.pipe.send_bytes(message)
            reply = self.pipe.recv_bytes()
        except (EOFError, OSError):
            raise WorkerDied(exit_reason(self.process)) from None
        answer: Answer = pickle.loads(reply)
        if answer.death is not None:  # the process lives, but is short of memory: the next one starts afresh
            raise WorkerDied(answer.death)
        return answer

    def is_reusable(self, error: BaseException | None) -> bool:
        return error is None

    def close(self) -> None:
        kill(self.process)
        self.forget()

    def forget(self) -> None:
        self.pipe.close()


def serve(descriptor: int, parent: int) -> None:
    """A worker's life: calls from the pipe at `descriptor`, until the other end is closed."""
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import_pandas_on_demand()
    pipe = Connection(descriptor)
    pipe.send(True)
    # what stages of other packages, and libraries below them, print goes to the terminal of the command
    with clean_streams():
        _serve_calls(pipe)


def _serve_calls(pipe: Connection) -> None:
    while True:
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):  # the latter where the command was killed: its end of the pipe was reset
            return
        # unpickled within `answer`: a stage that cannot be imported here is an error of the call, not a death
        pipe.send_bytes(pickle.dumps(answer(lambda message=message: pickle.loads(message)())))  # type: ignore[misc]
