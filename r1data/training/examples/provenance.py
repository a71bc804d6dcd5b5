"""Where a training run's rows come from, for the model's card: the set's history, its decontamination, its licences.

Gathered before training, when the rows are read, and kept in the run's folder: at the end of a run of days the set may
have moved.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.records import Record
from r1data.data.rows import Rows
from r1data.data.source import DatasetSource
from r1data.errors import UserError
from r1data.lineage.history import history, readable_lineage
from r1data.training.output.checkpoint import TrainingRun, write_json

PROVENANCE = "provenance.json"
COUNTED = ("license", "domain", "language")
"""Columns whose values a card counts."""
MAX_VALUES = 1_000
"""Different values that are counted of a column: a stranger's set may have as many as rows."""
UNSTATED = "none"


class Provenance:
    """Counts the rows that pass through `rows`, and writes what is known of them."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
        self.has_column: set[str] = set()

    def rows(self, rows: Iterable[Record]) -> Iterator[Record]:
        """The rows as they are; those of other splits than `train` are not counted."""
        for row in rows:
            if row.get("split", "train") == "train":
                self._count(row)
            yield row

    def _count(self, row: Record) -> None:
        for name, counter in self.counts.items():
            if name in row:
                self.has_column.add(name)
                value = UNSTATED if row[name] is None else str(row[name])
                if value in counter or len(counter) < MAX_VALUES:
                    counter[value] += 1
                else:
                    counter["others"] += 1

    def write(self, run: TrainingRun, rows: Iterable[Record]) -> None:
        """Write it into the run's folder; `rows` is what training was given."""
        source = rows.source if isinstance(rows, Rows) else None
        dataset = source.dataset if isinstance(source, DatasetSource) else None
        counts = {name: dict(self.counts[name]) for name in COUNTED if name in self.has_column}
        write_json(run.work / PROVENANCE, {"counts": counts, **(_of_dataset(dataset) if dataset else {})})


def read(run: TrainingRun) -> dict[str, Any]:
    """What `Provenance.write` wrote; empty where a run of an earlier version wrote none."""
    path = run.work / PROVENANCE
    return json.loads(path.read_text()) if path.is_file() else {}


def _of_dataset(dataset: Dataset) -> dict[str, Any]:
    steps = [step for step in readable_lineage(dataset) if step.get("command") == "build"]
    return {
        "digest": dataset.digest,
        "rows": dataset.rows,
        "history": history(dataset),
        "decontamination": _decontamination(steps[0], dataset) if steps else None,
    }


def _decontamination(step: Mapping[str, Any], dataset: Dataset) -> dict[str, Any]:
    """Digests of the evaluation files that the build compared with, the n-gram, and the rows that it left out."""
    parameters = step["parameters"]
    try:
        summary = (dataset if step["dataset"] == dataset.uri else Dataset(step["dataset"])).summary
    except UserError:
        summary = {}
    dropped = summary.get("dropped") if isinstance(summary, Mapping) else None
    return {
        "against": list(parameters.get("decontaminate") or ()),
        "ngram": parameters.get("ngram"),
        "dropped": dropped.get("contaminated") if isinstance(dropped, Mapping) else None,
    }
