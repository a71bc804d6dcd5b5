"""A stage over shards: one function from a table to a table, run in a pool of processes, committed as it goes.

The stage knows nothing of files, workers or resume. An output shard has its input's name, so that a finished one
is the marker from which a rerun goes on, whatever the number of workers.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

import pyarrow as pa

from r1data.errors import RowsLost, UserError
from r1data.execute.pool import Pool, default_workers
from r1data.progress import track
from r1data.shards.commits import Command
from r1data.shards.locations import absolute
from r1data.shards.source import AnyShard, Source
from r1data.shards.writer import Draft, Summary, Target, Writer

__all__ = ["Output", "default_workers", "run_stage"]

Stage = Callable[[pa.Table], pa.Table | Mapping[str, pa.Table]]
Measure = Callable[[pa.Table], Mapping[str, float]]
Made = Mapping[str, Draft]
Pending = tuple[AnyShard, "Future[Made] | None"]


@dataclass(frozen=True, slots=True)
class Output:
    """Where one of a stage's tables goes; `measure` counts what is reported of it, in numbers that add up."""

    path: str
    schema: str
    measure: Measure | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """One shard's work as a worker needs it: all of it picklable."""

    shard: AnyShard
    stage: Stage
    targets: tuple[tuple[str, Target, Measure | None], ...]

    def __call__(self) -> "Made":
        inputs = ((self.shard.name, self.shard.sha256),)
        result = self.stage(self.shard.table())
        tables = result if isinstance(result, Mapping) else {self.targets[0][0]: result}
        made = {}
        for key, target, measure in self.targets:
            counts = measure(tables[key]) if measure else None
            made[key] = target.draft(self.shard.name, tables[key], inputs, counts)
        return made


def run_stage(
    source: Source,
    outputs: Mapping[str, Output],
    stage: Stage,
    *,
    command: Command,
    workers: int | None = None,
    title: str | None = None,
) -> dict[str, Summary]:
    """Runs `stage` over every shard of `source` and commits what it makes.

    Args:
        outputs: by the key under which the stage returns a table; the first is announced on a pipe.
        stage: picklable; returns one table, or one for each key of `outputs`.
        command: identifies the result; the same folder with another command is refused.
        workers: processes; by default the cores. The result does not depend on it.

    Returns:
        One summary for each output.

    Raises:
        UserError: an output holds something else, or a shard of the input is damaged.
        RowsLost: the pipe it reads from broke off; what arrived is committed.
    """
    writers = {
        key: Writer.open(
            output.path, schema=output.schema, command=command, parents=source.parents(), announce=number == 0
        )
        for number, (key, output) in enumerate(outputs.items())
    }
    _refuse_shared_folders(writers)
    with track(title or command.name, total=source.rows, unit="rows") as bar, Pool(workers) as pool:
        for shard, future in _in_order(_submitted(source, writers, outputs, stage, pool), pool.workers * 2):
            for key, draft in (pool.result(future, shard.name) if future else {}).items():
                writers[key].adopt(draft)
            bar.advance(shard.rows)
    return {
        key: writer.finish(complete=source.complete, parents=source.parents())
        for key, writer in writers.items()
    }


def _submitted(
    source: Source, writers: Mapping[str, Writer], outputs: Mapping[str, Output], stage: Stage, pool: Pool
) -> Iterator[Pending]:
    for shard in source.shards():
        inputs = ((shard.name, shard.sha256),)
        finished = [writer.has(shard.name, inputs) for writer in writers.values()]
        if all(finished):
            yield shard, None
            continue
        targets = tuple((key, writer.target, outputs[key].measure) for key, writer in writers.items())
        yield shard, pool.submit(_Task(shard, stage, targets))


def _in_order(submitted: Iterator[Pending], ahead: int) -> Iterator[Pending]:
    """Keeps up to `ahead` shards in flight, in the order of the input; what is in flight outlives a broken pipe."""
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


def _ready(future: "Future[Made] | None") -> bool:
    return future is None or future.done()


def _refuse_shared_folders(writers: Mapping[str, Writer]) -> None:
    places = [os.path.normpath(absolute(writer.uri)) for writer in writers.values()]
    if len(set(places)) < len(places):
        raise UserError(f"{places[0]}: two outputs cannot share a folder")
