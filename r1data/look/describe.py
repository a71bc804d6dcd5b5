"""What a dataset holds and which commands made it, back to the first source."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from r1data.shards import Dataset
from r1data.shards.plain import is_plain
from r1data.shards.stores import LOG, open_store

COUNTED = ("domain", "language", "verdict", "finish_reason", "kind", "split", "model")
"""Columns of few values, whose values `describe` counts."""


def describe(uri: str) -> dict[str, Any]:
    """Schema, rows, columns, counts of the telling columns, and the lineage up to the first parent."""
    dataset = Dataset(uri)
    entries = dataset.entries
    table = dataset.table([name for name in COUNTED if name in _columns(dataset)])
    counts = {name: _count(table[name]) for name in table.column_names}
    return {
        "dataset": dataset.uri,
        "schema": f"{dataset.schema.name} v{dataset.schema.version}",
        "rows": dataset.rows,
        "shards": len(entries),
        "bytes": sum(entry.bytes for entry in entries),
        "complete": dataset.complete,
        "digest": dataset.digest,
        "columns": _columns(dataset),
        "counts": counts,
        "lineage": list(lineage(dataset)),
    }


def _columns(dataset: Dataset) -> list[str]:
    first = next(dataset.shards(), None)
    return list(first.table().column_names) if first else []


def _count(column: pa.ChunkedArray) -> dict[str, int]:
    counted = Counter(column.to_pylist())
    return {str(value): number for value, number in counted.most_common(12)}


def lineage(dataset: Dataset) -> Iterator[Mapping[str, Any]]:
    """The command that made the dataset, then those that made its parents, nearest first.

    A parent that has moved away is named and ends its branch.
    """
    yield {
        "dataset": dataset.uri,
        "command": dataset.command["name"],
        "parameters": dataset.command["parameters"],
        "r1": dataset.commits[0].version,
        "created": dataset.commits[0].created,
    }
    for parent in dataset.parents():
        if is_plain(parent.uri):
            yield {"source": parent.uri, "digest": parent.digest}
        elif open_store(parent.uri).files(LOG):
            yield from lineage(Dataset(parent.uri))
        else:
            yield {"source": parent.uri, "digest": parent.digest, "found": False}
