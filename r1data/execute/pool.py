"""A pool of processes on this machine. One worker means no process at all."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self, TypeVar

from r1data.errors import RowsLost

Result = TypeVar("Result")


def default_workers() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool:
    """Runs picklable calls; starts its processes with the second call, so that one shard costs no start-up."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or default_workers()
        self._executor: ProcessPoolExecutor | None = None
        self._calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if self._executor is None:
            return
        if kind is not None:
            for process in list((self._executor._processes or {}).values()):
                process.terminate()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def submit(self, call: Callable[[], Result]) -> "Future[Result]":
        """Runs `call`, here for the first one or with one worker, else in a process."""
        self._calls += 1
        if self.workers == 1 or self._calls == 1:
            return _done(call)
        if self._executor is None:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(self.workers, context, initializer=_ignore_interrupt)
        return self._executor.submit(call)

    def result(self, future: "Future[Result]", name: str) -> Result:
        """The call's result.

        Raises:
            RowsLost: the worker died; what was committed before is kept.
        """
        try:
            return future.result()
        except BrokenProcessPool:
            raise RowsLost(
                f"a worker died on shard {name} or beside it (killed, or out of memory); "
                "what is committed is kept: run again to go on, with fewer --workers if memory is short"
            ) from None


def _done(call: Callable[[], Result]) -> "Future[Result]":
    future: Future[Result] = Future()
    future.set_result(call())
    return future


def _ignore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
