"""Labels of responses: what the data's own authors say of whether each is right."""

from __future__ import annotations

import pyarrow as pa

LABELS = ("label", "is_correct")
"""Columns that may say it; the first that holds truth values is read. A letter or a class is no such label."""


def labels_of(table: pa.Table) -> list[bool | None]:
    """Whether each response is right by the table's own label; None for each where it has none."""
    for name in LABELS:
        if name in table.column_names and pa.types.is_boolean(table[name].type):
            values: list[bool | None] = table[name].to_pylist()
            return values
    return [None] * len(table)
