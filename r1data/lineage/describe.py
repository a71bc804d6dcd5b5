"""Describes a dataset: its contents, read a shard at a time, and the commands that made it, back to its sources."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.plain import is_plain
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.runtime.task import QUARANTINED, count_quarantined

COUNTED_COLUMNS = (
    "domain",
    "language",
    "verdict",
    "verdict_cause",
    "finish_reason",
    "kind",
    "split",
    "model",
    "drop_reasons",
)
"""Columns with few distinct values, which `describe` counts; the values of a list one by one."""
MAX_VALUES = 12
VALUE_CHARACTERS = 100
"""Maximum values that are listed for a column, the most frequent ones. Ours."""


def describe(uri: str) -> dict[str, Any]:
    """Schema, rows, columns, value counts, and the lineage up to the first parent.

    Raises:
        DamagedShard: a shard is not what was committed.
    """
    dataset = Dataset(uri)
    columns: dict[str, None] = {}  # keys alone: a set that keeps the order of the shards
    counts: dict[str, Counter[str]] = {}
    for shard in dataset.shards():
        table = shard.table()
        columns |= dict.fromkeys(table.column_names)
        for name in COUNTED_COLUMNS:
            if name in table.column_names:
                counter = counts.setdefault(name, Counter())
                for value in table[name].to_pylist():
                    counter.update(map(str, value) if isinstance(value, list) else (str(value),))
    quarantined = count_quarantined(dataset.summary)
    return {
        "dataset": dataset.uri,
        "schema": f"{dataset.schema.name} {dataset.schema.label}",
        "rows": dataset.rows,
        "shards": len(dataset.entries),
        "bytes": sum(entry.bytes for entry in dataset.entries),
        "complete": dataset.complete,
        **({QUARANTINED: quarantined} if quarantined else {}),
        "digest": dataset.digest,
        "columns": list(columns),
        "counts": {name: _most_common(counter) for name, counter in counts.items() if counter},
        "lineage": list(lineage(dataset)),
    }


def _most_common(counter: Counter[str]) -> dict[str, int]:
    """The most frequent values, long ones cut, as rows from elsewhere may have them."""
    cut: Counter[str] = Counter()
    for value, count in counter.most_common(MAX_VALUES):
        cut[one_line(value, VALUE_CHARACTERS)] += count
    return dict(cut)


def lineage(dataset: Dataset) -> Iterator[Mapping[str, Any]]:
    """The command that made the dataset, then those that made its parents, nearest first.

    `depth` is the number of commands between. A parent that does not exist, cannot be reached or is damaged is listed
    with the reason and ends its branch; one that was visited already is only named.
    """
    yield from _lineage(dataset, 0, set())


def _lineage(dataset: Dataset, depth: int, visited: set[str]) -> Iterator[Mapping[str, Any]]:
    visited.add(dataset.uri)
    yield {
        "dataset": dataset.uri,
        "command": dataset.command["name"],
        "parameters": dataset.command["parameters"],
        "r1": dataset.commits[0].version,
        "created": dataset.commits[0].created,
        "depth": depth,
    }
    for parent in dataset.parents():
        entry = {"source": parent.uri, "digest": parent.digest, "depth": depth + 1}
        if parent.uri in visited:
            yield {**entry, "again": True}
            continue
        if is_plain(parent.uri):
            yield entry
            continue
        why = "not there"
        opened: Dataset | None = None
        try:
            if open_store(parent.uri).files(LOG):
                opened = Dataset(parent.uri)
        except (UserError, OSError) as error:
            why = str(error)
        if opened:
            yield from _lineage(opened, depth + 1, visited)
        else:
            yield {**entry, "found": False, "why": why}
