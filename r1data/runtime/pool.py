"""The shards in flight: a thread sees each one through, an executor does the work."""

import signal
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from r1data.runtime.executors import Executor, checked_name
from r1data.runtime.local import LocalExecutor
from r1data.runtime.retries import run_with_retries
from r1data.runtime.task import Made, Task


def open_executor(name: str, workers: int | None = None) -> Executor:
    """The executor of that name.

    Args:
        name: `local`, `ray` (the cluster this machine belongs to, else one on this machine for as long as this
            takes), or `ray://HOST:PORT`.
        workers: calls at once; by default the cores of this process, or of the cluster.

    Raises:
        UserError: no such executor, or it cannot be had here.
    """
    if checked_name(name) == "local":
        return LocalExecutor(workers)
    from r1data.runtime.ray import RayExecutor  # ray itself is an extra, asked for here alone

    return RayExecutor(None if name == "ray" else name, workers)


class Pool:
    """Runs tasks on an executor, its workers' number at once; what is left of them ends with the block."""

    def __init__(self, executor: str, workers: int | None) -> None:
        self._executor = open_executor(executor, workers)
        self.workers = self._executor.workers
        self._threads = ThreadPoolExecutor(self.workers, "shard", initializer=_leave_interrupts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if kind is not None:
            self._executor.abort()
        self._threads.shutdown(cancel_futures=True)
        self._executor.close()

    def submit(self, task: Task) -> "Future[Made]":
        """What becomes of a shard; see `retries` for what its result raises."""
        return self._threads.submit(run_with_retries, self._executor, task)


def _leave_interrupts() -> None:
    """Ctrl-C goes to the main thread, and not to workers that this thread starts."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
