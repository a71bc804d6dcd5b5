"""Describes a dataset: its contents, read a shard at a time, and the commands that made it, back to its sources."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.commits import Parent
from r1data.data.dataset import Dataset
from r1data.data.parents import why_unopened
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
MAX_VALUES, VALUE_CHARACTERS = 12, 100
"""Maximum values that are listed for a column, the most frequent ones, and characters of each. Ours."""


def describe(uri: str, *, all_parents: bool = False) -> dict[str, Any]:
    """Schema, rows, columns, value counts, and the lineage up to the first parent.

    Args:
        all_parents: as for `lineage`.

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
                counter.update(count_values(table[name]))
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
        "lineage": list(lineage(dataset, all_parents=all_parents)),
    }


def _most_common(counter: Counter[str]) -> dict[str, int]:
    """The most frequent values, long ones cut, as rows from elsewhere may have them."""
    cut: Counter[str] = Counter()
    for value, count in counter.most_common(MAX_VALUES):
        cut[one_line(value, VALUE_CHARACTERS)] += count
    return dict(cut)


def count_values(column: pa.ChunkedArray) -> Counter[str]:
    """How often each value occurs, as text; a list's one by one; of types that r1 does not write there, none."""
    counter: Counter[str] = Counter()
    if pa.types.is_list(column.type):
        if column.null_count:
            counter[str(None)] = column.null_count
        column = pc.list_flatten(column)
    if not _is_countable(column.type):
        return Counter()
    # counted before they are Python objects: a shard of a few bytes may hold millions of rows
    for each in pc.value_counts(column).to_pylist():
        counter[str(each["values"])] += each["counts"]
    return counter


def _is_countable(kind: pa.DataType) -> bool:
    """Texts and plain numbers: others may have no hash, as lists of lists, or no form in Python, as some dates."""
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null, pa.types.is_boolean)
    return any(is_kind(kind) for is_kind in (*texts, pa.types.is_integer, pa.types.is_floating))


def lineage(dataset: Dataset, *, all_parents: bool = False) -> Iterator[Mapping[str, Any]]:
    """The command that made the dataset, then those that made its parents, nearest first.

    `depth` is the number of commands between. A parent that does not exist, cannot be reached, is damaged or may not be
    opened (`data.parents`, unless `all_parents`) is listed with the reason and ends its branch; one that was visited
    already is only named.
    """
    visited: set[str] = set()
    # a stack of its own: a chain of parents may be as long as a stranger likes, and Python's stack is not
    pending: list[tuple[Dataset | Parent, int]] = [(dataset, 0)]
    while pending:
        member, depth = pending.pop()
        if isinstance(member, Parent):
            entry = {"source": member.uri, "digest": member.digest, "depth": depth}
            if member.uri in visited:
                yield {**entry, "again": True}
                continue
            why = None if all_parents else why_unopened(member.uri, [dataset.uri])
            if why is None and is_plain(member.uri):
                yield entry
                continue
            opened = None if why else _open(member.uri)
            if not isinstance(opened, Dataset):
                yield {**entry, "found": False, "why": why or opened}
                continue
            member = opened
        visited.add(member.uri)
        yield {
            "dataset": member.uri,
            "command": member.command["name"],
            "parameters": member.command["parameters"],
            "r1": member.commits[0].version,
            "created": member.commits[0].created,
            "depth": depth,
        }
        pending += [(parent, depth + 1) for parent in reversed(member.parents())]


def _open(uri: str) -> Dataset | str:
    """The dataset at a parent's place, or why there is none."""
    try:
        return Dataset(uri) if open_store(uri).files(LOG) else "not there"
    except (UserError, OSError) as error:
        return str(error)
