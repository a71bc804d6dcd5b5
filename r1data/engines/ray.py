"""One engine on each of several workers of a Ray cluster: on the GPUs of many machines, or several on one machine.

Each worker loads the model once, into the engine that would run locally, and works as long as there are requests;
each gets as many at a time as keep it full. If a worker dies, the others take over its requests. With several
workers the composition of batches depends on timing, so a rerun gives the same rows except for rounding, as with
vLLM.

Not covered: a model that is sharded over several machines. The model's name must mean the same on every machine.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from r1data.engines.base import Completion, EngineOptions, Request, Sampling, Waiting, choose, load_engine
from r1data.errors import R1Error, UserError
from r1data.runtime.ray import RayExecutor

AT_ONCE = 512
"""Requests that a worker holds where the options do not say how many run together. Ours: twice vLLM's."""
Indexed = tuple[int, Completion]
"""A completion and its request's position."""


class RayEngine:
    """Workers with an engine each; `executor` and `workers` of the options say where and how many.

    Raises UserError where there is no such cluster, or a worker cannot load the model.
    """

    exact = False

    def __init__(self, name: str, model: str | Path, options: EngineOptions) -> None:
        self.name = choose(name)
        cluster = RayExecutor(None if options.executor == "ray" else options.executor, options.workers)
        self.ray, self.cluster = cluster.ray, cluster
        self.unclaimed: list[Indexed] = []
        self.at_once = 2 * options.max_batch if options.max_batch else AT_ONCE
        gpus = int(self.ray.cluster_resources().get("GPU", 0))
        count = options.workers or max(1, gpus // options.tensor_parallel_size)
        if gpus and count * options.tensor_parallel_size > gpus:
            raise UserError(
                f"--workers {count}: the cluster has {gpus} GPUs for them; give --workers {gpus} or fewer"
            )
        # two calls at once: `put` has to be heard while `run` goes on
        needs = {"num_cpus": 1, "num_gpus": options.tensor_parallel_size if gpus else 0, "max_concurrency": 2}
        actor = self.ray.remote(**needs)(EngineWorker)
        here = replace(options, executor="local", workers=None)
        self.workers = [actor.remote(str(Path.cwd()), self.name, str(model), here) for _ in range(count)]
        self._await_models()

    def generate(self, requests: Iterable[Request | None], sampling: Sampling) -> Iterator[Indexed]:
        """Completions with their request's position, in the order in which they come.

        Raises R1Error where no worker is left, and what a worker's engine raises.
        """
        waiting, again = Waiting(requests), list[tuple[int, Request]]()
        self.unclaimed = []
        running = {number: dict[int, Request]() for number in range(len(self.workers))}
        arrived: queue.SimpleQueue[tuple[int, Indexed | Exception]] = queue.SimpleQueue()
        # a thread for each worker, since waiting for the next item of a stream blocks
        listeners = [
            threading.Thread(target=self._listen, args=(number, sampling, arrived), daemon=True)
            for number in running
        ]
        for listener in listeners:
            listener.start()
        try:
            while running:
                self._spread(waiting, again, running)
                if not any(running.values()):
                    break
                number, result = arrived.get()
                if isinstance(result, tuple):
                    self.unclaimed.append(result)
                    del running[number][result[0]]
                    yield result
                    self.unclaimed.pop()
                elif number in running:
                    again += self._requests_of_dead_worker(result, running.pop(number))
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            with suppress(queue.Empty):
                while True:
                    number, result = arrived.get(block=False)
                    if isinstance(result, tuple):
                        self.unclaimed.append(result)
            raise
        finally:
            # also where the caller stops early: a worker would wait for more requests for ever
            for number in running:
                self.workers[number].put.remote(None)
        if not running:
            raise R1Error("no Ray worker is left; what is committed is kept: run again to go on")
        for listener in listeners:
            listener.join()

    def _spread(
        self, waiting: Waiting, again: list[tuple[int, Request]], running: dict[int, dict[int, Request]]
    ) -> None:
        """Gives each worker what it has room for, those with the least first."""
        for number in sorted(running, key=lambda number: len(running[number])):
            room = self.at_once - len(running[number])
            # what a dead worker held goes first: those rows would else be the last that their shards wait for
            batch, again[:] = again[:room], again[room:]
            batch += waiting.take(room - len(batch))
            if batch:
                running[number].update(batch)
                self.workers[number].put.remote(batch)

    def _listen(
        self, number: int, sampling: Sampling, arrived: queue.SimpleQueue[tuple[int, Indexed | Exception]]
    ) -> None:
        """Passes on what one worker makes, and its end."""
        try:
            for reference in self.workers[number].run.options(num_returns="streaming").remote(sampling):
                arrived.put((number, self.ray.get(reference)))
        except Exception as error:  # noqa: BLE001 - raised, or taken for a death, by the one who waits
            arrived.put((number, error))

    def _requests_of_dead_worker(
        self, error: Exception, requests: dict[int, Request]
    ) -> list[tuple[int, Request]]:
        """The requests that a dead worker held. Raises what was no death."""
        if isinstance(error, self.ray.exceptions.RayTaskError):
            raise _translate_error(error)
        return list(requests.items())

    def _await_models(self) -> None:
        try:
            self.ray.get([worker.ready.remote() for worker in self.workers])
        except self.ray.exceptions.RayError as error:
            raise _translate_error(error) from error


class EngineWorker:
    """An engine elsewhere: `put` gives it requests while `run` gives back completions."""

    def __init__(self, folder: str, name: str, model: str, options: EngineOptions) -> None:
        with suppress(OSError):
            os.chdir(folder)
        self.engine = load_engine(name, model, options)
        self.inbox: queue.SimpleQueue[list[tuple[int, Request]] | None] = queue.SimpleQueue()
        self.positions: list[int] = []
        self.running = 0

    def ready(self) -> None:
        """Answers once the model is loaded."""

    def put(self, requests: list[tuple[int, Request]] | None) -> None:
        """More requests with their positions; None: no more will come."""
        self.inbox.put(requests)

    def run(self, sampling: Sampling) -> Iterator[Indexed]:
        """Completions of what `put` brings, until there is no more."""
        self.positions, self.running = [], 0
        for index, completion in self.engine.generate(self._requests(), sampling):
            self.running -= 1
            yield self.positions[index], completion

    def _requests(self) -> Iterator[Request | None]:
        """Waits where nothing runs; else says that there is nothing now."""
        while True:
            try:
                batch: Any = self.inbox.get(block=self.running == 0)
            except queue.Empty:
                yield None
                continue
            if batch is None:
                return
            for position, request in batch:
                self.positions.append(position)
                self.running += 1
                yield request


def _translate_error(error: Exception) -> Exception:
    """What went wrong in a worker, as its own engine says it where it does."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, R1Error):
        return cause
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return UserError(
        f"a Ray worker cannot run the model ({lines[-1]}); install this version of r1data, its engine "
        "and the model on every machine of the cluster"
    )
