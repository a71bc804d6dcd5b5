"""Handles dying workers: retries the shard, then isolates the row that is responsible, quarantines it and continues.

A row is quarantined after at least three deaths of a worker that had it: twice with its whole shard, then in ever
smaller slices, finally alone. The result equals that of the stage on the other rows, whatever died on the way.

Not covered: rows that only kill in combination; their shard is given up.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from r1data.errors import RowsLost
from r1data.runtime.executors import Closed, Executor, WorkerDied
from r1data.runtime.task import Drafts, Task

TRIES = 2
"""How often a shard is tried before its rows are searched."""
ROUNDS = 3
"""Searches in a row that may find nothing before the shard is given up."""
MOST_ROWS = 16
"""Rows of a shard that may be quarantined; where more of them kill, it is the stage or the machine. Ours, all three."""


def run_with_retries(executor: Executor, task: Task) -> Drafts:
    """What a shard's task makes, whatever number of workers it takes; blocks until then.

    Raises:
        RowsLost: its workers die and no row, or too many rows, can be made out as the cause.
        Closed: the run ended meanwhile.
    """
    fruitless = 0
    while True:
        try:
            return _run_shard(executor, task)
        except WorkerDied as death:
            # a worker may also die of something else, such as other programs' memory: hence rows are tried again alone
            deadly_rows = _search(executor, task, 0, task.shard.rows)
            fruitless = 0 if deadly_rows else fruitless + 1
            if fruitless == ROUNDS:
                raise RowsLost(
                    _give_up_message(task, f"{TRIES * ROUNDS} times ({death}), and no single row did it")
                ) from None
        task = replace(task, quarantine={**task.quarantine, **deadly_rows})
        if len(task.quarantine) > MOST_ROWS:
            raise RowsLost(_give_up_message(task, f"on more than {MOST_ROWS} of its rows"))


def _run_shard(executor: Executor, task: Task) -> Drafts:
    for _ in range(TRIES - 1):
        try:
            return executor.run(task)
        except WorkerDied:
            continue
    return executor.run(task)


def _search(executor: Executor, task: Task, start: int, stop: int) -> Mapping[int, str]:
    """The rows, and how their workers died, that kill alone; `start` to `stop` together did it before."""
    deadly_rows: dict[int, str] = {}
    for first, last in _split(start, stop):
        rows_left = (last - first) - sum(first <= row < last for row in task.quarantine)
        if rows_left == 0 or len(deadly_rows) > MOST_ROWS:
            continue
        death = _death(executor, task, first, last)
        # A half may survive although the whole killed its worker: by chance, or since it takes rows of both halves.
        if death is None:
            continue
        if last - first == 1:
            deadly_rows[first] = death
        else:
            deadly_rows.update(_search(executor, task, first, last))
    return deadly_rows


def _split(start: int, stop: int) -> list[tuple[int, int]]:
    middle = (start + stop) // 2
    return [(start, middle), (middle, stop)] if stop - start > 1 else [(start, stop)]


def _death(executor: Executor, task: Task, start: int, stop: int) -> str | None:
    """How a worker dies of these rows; None where it lives, whatever else the stage says of so few."""
    try:
        executor.run(partial(task.probe, start, stop))
    except WorkerDied as death:
        return f"its worker died each time it met this row: {death}"
    except Closed:
        raise
    except Exception:  # noqa: BLE001 - a slice may be no fit input; what counts is the whole shard's error
        return None
    return None


def _give_up_message(task: Task, why: str) -> str:
    return (
        f"shard {task.shard.name}: its worker died {why}; what is committed is kept: run again to go on, "
        "with fewer --workers if memory is short"
    )
