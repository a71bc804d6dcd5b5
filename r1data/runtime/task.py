"""One shard's work in a worker: reads it, runs the stage, writes the output to where the run picks it up."""

import math
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from r1data.data import parquet
from r1data.data.bad_rows import quarantine_table
from r1data.data.dataset import Shard
from r1data.data.plain import TableShard
from r1data.data.schema import Schema
from r1data.data.source import AnyShard
from r1data.data.stores.layout import QUARANTINE_REASON, quarantine_names
from r1data.data.stores.local import LocalStore
from r1data.data.writer import Draft, Target
from r1data.errors import RowError, UserError
from r1data.runtime.failing_rows import run_without_failing

Stage = Callable[[pa.Table], pa.Table | Mapping[str, pa.Table]]
Measure = Callable[[pa.Table], Mapping[str, float]]
Drafts = Mapping[str, Draft]

QUARANTINED, _OLD_QUARANTINED = "quarantined", "set_aside"
"""Name of the count of quarantined rows, in a shard's counts and in the summary. Older versions wrote the second."""
REASON, OLD_REASON = QUARANTINE_REASON, "set_aside_reason"
"""Column of quarantined rows that says why. Older versions wrote the second."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Where one of the stage's tables goes, and what is counted of it."""

    key: str
    target: Target
    measure: Measure | None


Results = list[tuple[Goal, pa.Table, Mapping[str, float]]]


@dataclass(frozen=True, slots=True)
class Task:
    """All that a worker needs for a shard; picklable. `quarantine` maps the rows that are left out to their reasons."""

    shard: AnyShard
    stage: Stage
    goals: tuple[Goal, ...]
    quarantine: Mapping[int, str] = field(default_factory=dict)

    def __call__(self) -> Drafts:
        """Runs the stage and writes its tables, and before them the quarantined rows."""
        self._find_folders()
        table = self.shard.table()
        results, quarantine = self._run_rows(table, 0, len(table))
        # before the drafts: once a commit counts quarantined rows, they are there
        quarantined_rows = self._write_quarantine(table, quarantine)
        count = {QUARANTINED: quarantined_rows} if quarantined_rows else {}
        return {
            goal.key: goal.target.draft(
                self.shard.name, rows, self.inputs, {**counts, **(count if goal is self.goals[0] else {})}
            )
            for goal, rows, counts in results
        }

    def probe(self, start: int, stop: int) -> None:
        """Runs the stage on the rows from `start` to `stop` and throws the result away."""
        self._run_rows(self.shard.table(), start, stop)

    @property
    def inputs(self) -> tuple[tuple[str, str], ...]:
        return ((self.shard.name, self.shard.sha256),)

    def _run_rows(self, table: pa.Table, start: int, stop: int) -> tuple[Results, Mapping[int, str]]:
        """The stage's results on the rows that it does not fail on, and the others with their reasons."""
        return run_without_failing(
            self._run, table, start=start, stop=stop, quarantine=self.quarantine, shard=self.shard.name
        )

    def _run(self, table: pa.Table) -> Results:
        result = self.stage(table)
        tables = result if isinstance(result, Mapping) else {self.goals[0].key: result}
        for goal in self.goals:
            _refuse_nulls(tables[goal.key], goal.target.schema)
        return [
            (goal, tables[goal.key], goal.measure(tables[goal.key]) if goal.measure else {})
            for goal in self.goals
        ]

    def _write_quarantine(self, table: pa.Table, quarantine: Mapping[int, str]) -> int:
        """Keeps the rows that the stage could not process and those that its source could not take; their number."""
        tables = []
        if isinstance(self.shard, TableShard) and self.shard.bad_rows:
            tables.append(quarantine_table(self.shard.bad_rows))
        if quarantine:
            # a stranger's column of one of these names gives way
            ours = tables[0].column_names if tables else [REASON]
            rows = table.take(sorted(quarantine)).select([n for n in table.column_names if n not in ours])
            reasons = pa.array([quarantine[row] for row in sorted(quarantine)], pa.string())
            tables.insert(0, rows.append_column(REASON, reasons))
        if not tables:
            return 0
        rows = pa.concat_tables(tables, promote_options="default")
        store, name = self.goals[0].target.store, quarantine_names(self.shard.name)[0]
        store.place(store.stage(name, parquet.encode(rows)), name)
        return len(rows)

    def _find_folders(self) -> None:
        for path in self._folders():
            if not path.is_dir():
                raise UserError(
                    f"{path}: a worker on {socket.gethostname()} does not find this folder; use one that all "
                    "machines share, or s3://"
                )

    def _folders(self) -> Iterator[Any]:
        stores = [goal.target.store for goal in self.goals]
        if isinstance(self.shard, Shard):
            stores.append(self.shard.store)
        return (store.path for store in stores if isinstance(store, LocalStore))


def _refuse_nulls(table: pa.Table, schema: Schema) -> None:
    """Raises RowError where a row lacks what the schema says that each row has."""
    for name in schema.required:
        if name in table.column_names and table[name].null_count:
            raise RowError(
                f"column {name!r} of schema {schema.name!r} must not be null; fill it or remove the row"
            )


def count_quarantined(counts: Mapping[str, Any]) -> int:
    """How many rows were quarantined, by the counts of a shard or a summary, whatever version of r1 wrote them."""
    numbers = (counts.get(QUARANTINED, 0), counts.get(_OLD_QUARANTINED, 0))
    # a summary may be a stranger's
    return sum(int(number) for number in numbers if isinstance(number, int | float) and math.isfinite(number))
