"""The queue before the checkers: bounded, fair between requests, and nothing in it is lost.

Each request's jobs wait in a line of their own, and the checkers take one job of each line in turn, so that a rollout
of thousands does not keep a single response waiting. A job whose checker dies is done once more, in case it was not
the job's doing; where the second dies too, or the job does not end in time, its reply says so and the others go on.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from r1data.runtime.workers import Crashed, TimedOut, WorkerPool

Request = Mapping[str, Any]
Reply = dict[str, Any]
Lost = Literal["limit", "crash"]
"""The key of a reply to a job that gave no answer: it did not end in time, or its checker died."""
TRIES = 2
"""Checkers that may die of a job before it is given up. Ours."""
WORKER = "r1data.training.verdict_service.worker"
SHORTEST_WAIT, LONGEST_WAIT = 1, 60
"""Seconds that a client whose request is turned away is told to wait, at least and at most. Ours."""


class Busy(Exception):
    """The queue is full; `seconds` is how long to wait before trying again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the queue is full; try again in {seconds} s")
        self.seconds = seconds


class CheckQueue:
    """Jobs for the checkers' processes.

    Args:
        workers: checkers at work at once.
        limit: jobs that may wait; beyond that, `Busy`.
        observe: called with the seconds that each job took a checker.
    """

    def __init__(self, workers: int, limit: int, observe: Callable[[float], None] = lambda seconds: None):
        self.workers = workers
        self.limit = limit
        self.waiting = 0
        self.working = 0
        self.deaths = 0
        self._observe = observe
        self._seconds = 0.01  # a running mean of what a job takes
        self._processes = WorkerPool(WORKER, workers)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="r1-checker")
        self._lines: deque[deque[tuple[Request, asyncio.Future[Reply]]]] = deque()
        self._available = asyncio.Semaphore(0)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to take jobs; within a running event loop."""
        self._tasks = [asyncio.create_task(self._take()) for _ in range(self.workers)]

    def admit(self, jobs: int) -> None:
        """Raises Busy where so many jobs wait that there is no room for these."""
        if self.waiting + jobs > self.limit:
            raise Busy(self.patience())

    async def run(self, requests: Sequence[Request]) -> list[Reply]:
        """The replies to jobs, in order: each is what the checker says, or has one of `Lost` as its key.

        Nothing is turned away here: what is under way is finished (`admit`).

        Args:
            requests: each with its `budget`, the seconds after which its checker is killed.
        """
        futures: list[asyncio.Future[Reply]] = [asyncio.get_running_loop().create_future() for _ in requests]
        if futures:
            self._lines.append(deque(zip(requests, futures, strict=True)))
            self.waiting += len(futures)
            for _ in futures:
                self._available.release()
        # Where the client is gone, the futures are cancelled with this call, and the checkers pass them over.
        return list(await asyncio.gather(*futures))

    def patience(self) -> int:
        """Seconds in which about half of what waits will be done."""
        seconds = self._seconds * self.waiting / self.workers / 2
        return max(SHORTEST_WAIT, min(LONGEST_WAIT, round(seconds)))

    async def close(self) -> None:
        """Stop taking jobs and end the checkers, in the middle of their jobs if need be."""
        for task in self._tasks:
            task.cancel()
        self._processes.kill()
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)
        self._processes.close()

    async def _take(self) -> None:
        """One checker's share of the work, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await self._available.acquire()
            request, future = self._next()
            if future.done():
                continue
            self.working += 1
            start = time.monotonic()
            try:
                reply = await loop.run_in_executor(self._threads, self._ask, request)
            except Exception as error:  # noqa: BLE001  a fault of ours: the request fails, the checker goes on
                with contextlib.suppress(asyncio.InvalidStateError):
                    future.set_exception(error)
            else:
                with contextlib.suppress(asyncio.InvalidStateError):  # cancelled meanwhile
                    future.set_result(reply)
            finally:
                self.working -= 1
                seconds = time.monotonic() - start
                self._seconds += (seconds - self._seconds) / 100
                self._observe(seconds)

    def _next(self) -> tuple[Request, "asyncio.Future[Reply]"]:
        line = self._lines.popleft()
        job = line.popleft()
        if line:
            self._lines.append(line)
        self.waiting -= 1
        return job

    def _ask(self, request: Request) -> Reply:
        """The reply of a checker; in a thread."""
        death = ""
        for _ in range(TRIES):
            try:
                return self._processes.ask({**request, "time_limit": request["budget"]})
            except TimedOut:
                self.deaths += 1
                return {"limit": f"not done after {request['budget']:g} s"}
            except Crashed as error:
                self.deaths += 1
                death = str(error)
        return {"crash": f"{death}, {TRIES} times"}
