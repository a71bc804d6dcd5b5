"""What a dataset holds and which commands made it, back to the first source. Read a shard at a time."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from r1data.data.commits import Parent
from r1data.data.dataset import Dataset
from r1data.data.plain import is_plain
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.errors import UserError
from r1data.runtime.task import QUARANTINED, count_quarantined

COUNTED = ("domain", "language", "verdict", "finish_reason", "kind", "split", "model", "drop_reasons")
"""Columns of few values, whose values `describe` counts; a list's values one by one."""
MOST = 12
"""Values that are counted apart, the most frequent ones; ours."""


def describe(uri: str) -> dict[str, Any]:
    """Schema, rows, columns, counts of the telling columns, and the lineage up to the first parent.

    Raises:
        DamagedShard: a shard is not what was committed.
    """
    dataset = Dataset(uri)
    columns, counts = _survey(dataset)
    quarantined = count_quarantined(dataset.summary)
    return {
        "dataset": dataset.uri,
        "schema": f"{dataset.schema.name} v{dataset.schema.version}",
        "rows": dataset.rows,
        "shards": len(dataset.entries),
        "bytes": sum(entry.bytes for entry in dataset.entries),
        "complete": dataset.complete,
        **({QUARANTINED: quarantined} if quarantined else {}),
        "digest": dataset.digest,
        "columns": columns,
        "counts": {name: dict(counted.most_common(MOST)) for name, counted in counts.items()},
        "lineage": list(lineage(dataset)),
    }


def _survey(dataset: Dataset) -> tuple[list[str], dict[str, Counter[str]]]:
    """The columns that any shard has, and how often each value of the counted ones occurs."""
    columns: dict[str, None] = {}
    counts: dict[str, Counter[str]] = {}
    for shard in dataset.shards():
        table = shard.table()
        columns |= dict.fromkeys(table.column_names)
        for name in COUNTED:
            if name in table.column_names:
                counts.setdefault(name, Counter()).update(_values(table[name].to_pylist()))
    return list(columns), {name: counted for name, counted in counts.items() if counted}


def _values(column: list[Any]) -> Iterator[str]:
    for value in column:
        yield from map(str, value) if isinstance(value, list) else (str(value),)


def lineage(dataset: Dataset) -> Iterator[Mapping[str, Any]]:
    """The command that made the dataset, then those that made its parents, nearest first.

    `depth` is the number of commands between. A parent that is not there, cannot be reached or is damaged is named,
    with the reason, and ends its branch; one that was told of already is named and not told again.
    """
    yield from _lineage(dataset, 0, set())


def _lineage(dataset: Dataset, depth: int, told: set[str]) -> Iterator[Mapping[str, Any]]:
    told.add(dataset.uri)
    yield {
        "dataset": dataset.uri,
        "command": dataset.command["name"],
        "parameters": dataset.command["parameters"],
        "r1": dataset.commits[0].version,
        "created": dataset.commits[0].created,
        "depth": depth,
    }
    for parent in dataset.parents():
        yield from _parent(parent, depth + 1, told)


def _parent(parent: Parent, depth: int, told: set[str]) -> Iterator[Mapping[str, Any]]:
    named = {"source": parent.uri, "digest": parent.digest, "depth": depth}
    if parent.uri in told:
        yield {**named, "again": True}
    elif is_plain(parent.uri):
        yield named
    else:
        found = _open(parent.uri)
        if isinstance(found, Dataset):
            yield from _lineage(found, depth, told)
        else:
            yield {**named, "found": False, "why": found}


def _open(uri: str) -> Dataset | str:
    """A dataset, or why there is none."""
    try:
        return Dataset(uri) if open_store(uri).files(LOG) else "not there"
    except (UserError, OSError) as error:
        return str(error)
