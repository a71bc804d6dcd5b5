"""Runs a stage over shards: one function from a table to a table, executed by many workers and committed as it goes.

The stage knows nothing of files, workers or resume. An output shard has the name of its input shard, so that a
finished one is the marker from which a rerun resumes, whatever the number and location of workers. `executors`
decides where calls run, `retries` what happens when a worker dies.
"""

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from r1data.data.commits import Command
from r1data.data.locations import absolute
from r1data.data.source import AnyShard, Source
from r1data.data.stores.layout import OLD_QUARANTINE, QUARANTINE, quarantine_names
from r1data.data.writer import Summary, Writer
from r1data.errors import RowsLost, UserError
from r1data.runtime.executors import Executor, checked_name
from r1data.runtime.local import LocalExecutor
from r1data.runtime.processes import default_workers
from r1data.runtime.progress import track
from r1data.runtime.retries import run_with_retries
from r1data.runtime.task import Drafts, Goal, Measure, Stage, Task, count_quarantined

__all__ = [
    "Output",
    "checked_name",
    "default_workers",
    "refuse_shared_folders",
    "report_quarantine",
    "run_stage",
]

Pending = tuple[AnyShard, "Future[Drafts] | None"]


@dataclass(frozen=True, slots=True)
class Output:
    """Where one of a stage's tables goes; `measure` counts what is reported of it, in numbers that add up."""

    path: str
    schema: str
    measure: Measure | None = None


def run_stage(
    source: Source,
    outputs: Mapping[str, Output],
    stage: Stage,
    *,
    command: Command,
    workers: int | None = None,
    executor: str = "local",
    title: str | None = None,
    announce: bool = True,
    report: bool = True,
) -> dict[str, Summary]:
    """Runs `stage` over every shard of `source` and commits what it makes.

    Args:
        outputs: by the key under which the stage returns a table; the first is announced on a pipe, unless `announce`
            is off, and rows that kill their workers are quarantined there.
        stage: picklable; returns one table, or one for each key of `outputs`.
        command: identifies the result; the same folder with another command is refused.
        workers: calls at once; by default the cores. The result does not depend on it.
        executor: `local`, `ray` or `ray://HOST:PORT`. The result does not depend on it.
        report: off where the caller says itself that rows were quarantined.

    Returns:
        One summary for each output.

    Raises:
        UserError: an output holds something else, or a shard of the input is damaged.
        RowsLost: the pipe it reads from broke off, a shard was given up, or, once all else is committed, rows were
            quarantined: those that kill their worker, or that the stage raises on.
    """
    writers = {
        key: Writer.open(
            output.path,
            schema=output.schema,
            command=command,
            parents=source.parents(),
            announce=announce and number == 0,
        )
        for number, (key, output) in enumerate(outputs.items())
    }
    refuse_shared_folders(writers.values())
    first = next(iter(writers.values()))
    # listed before the first shard is run: what is quarantined from now on is this run's
    left_over = {file.name for folder in (QUARANTINE, OLD_QUARANTINE) for file in first.store.files(folder)}
    with (
        track(title or command.name, total=source.rows, unit="rows") as bar,
        _ShardPool(executor, workers) as pool,
    ):
        # twice as many as workers: while the first one is waited for, those behind it leave no worker idle
        for shard, future in _in_order(
            _submit_shards(source, writers, outputs, stage, pool), pool.workers * 2
        ):
            for key, draft in (future.result() if future else {}).items():
                writers[key].adopt(draft)
            for name in left_over.intersection(quarantine_names(shard.name)):
                if not count_quarantined(first.committed[shard.name].counts):
                    first.store.remove(name)  # of a run that was killed before it committed the shard
            bar.advance(shard.rows)
    summaries = {
        key: writer.finish(complete=source.complete, parents=source.parents())
        for key, writer in writers.items()
    }
    if report:
        report_quarantine(
            first.uri, sum(count_quarantined(entry.counts) for entry in first.committed.values())
        )
    return summaries


def _submit_shards(
    source: Source,
    writers: Mapping[str, Writer],
    outputs: Mapping[str, Output],
    stage: Stage,
    pool: "_ShardPool",
) -> Iterator[Pending]:
    for shard in source.shards():
        inputs = ((shard.name, shard.sha256),)
        finished = [writer.has(shard.name, inputs) for writer in writers.values()]
        if all(finished):
            yield shard, None
            continue
        goals = tuple(Goal(key, writer.target, outputs[key].measure) for key, writer in writers.items())
        yield shard, pool.submit(Task(shard, stage, goals))


def _in_order(submitted: Iterator[Pending], ahead: int) -> Iterator[Pending]:
    """Keeps up to `ahead` shards in flight, in the order of the input; what is in flight outlives a broken pipe."""
    # In order, whoever is done first: then the log and the references are the same in every run. A bounded number of
    # them, since a source may be a pipe that gives shards faster than they are worked on.
    waiting: deque[Pending] = deque()
    try:
        for item in submitted:
            waiting.append(item)
            while len(waiting) >= ahead or (waiting and _ready(waiting[0][1])):
                yield waiting.popleft()
    except RowsLost:
        yield from waiting
        raise
    yield from waiting


def _ready(future: "Future[Drafts] | None") -> bool:
    return future is None or future.done()


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


class _ShardPool:
    """The shards in flight, as many as there are workers: a thread sees each one through, an executor does the work."""

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

    def submit(self, task: Task) -> "Future[Drafts]":
        """What becomes of a shard; see `retries` for what its result raises."""
        return self._threads.submit(run_with_retries, self._executor, task)


def _leave_interrupts() -> None:
    """Ctrl-C goes to the main thread, and not to workers that this thread starts."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def refuse_shared_folders(writers: Iterable[Writer]) -> None:
    """Raises UserError where two outputs of one run would lie in one place."""
    places = [os.path.normpath(absolute(writer.uri)) for writer in writers]
    if len(set(places)) < len(places):
        raise UserError(f"{places[0]}: two outputs cannot share a folder; name another for one of them")


def report_quarantine(uri: str, rows: int) -> None:
    """Raises RowsLost where rows of a dataset were quarantined."""
    if rows:
        raise RowsLost(
            f"{uri}: {rows} {'rows' if rows > 1 else 'row'} could not be processed and "
            f"{'were' if rows > 1 else 'was'} quarantined, with the reason, in {uri}/{QUARANTINE}; all else is "
            "committed: mend the input and run it into another -o, or go on without"
        )
