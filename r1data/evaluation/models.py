"""Whose responses rows are: the column `model`, a path, a name, or `unknown`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.text import one_line

SHOWN = 5
SHOWN_CHARS = 60
"""Models that a message names, and characters of each name. Ours."""


def models_of(tables: Iterable[pa.Table]) -> list[str]:
    """The models of rows, in order."""
    models: set[str] = set()
    for table in tables:
        models.update(table["model"].unique().to_pylist())
    return sorted(models)


def rows_of(tables: Iterable[pa.Table], model: str) -> Iterator[pa.Table]:
    """The rows of one model."""
    return (table.filter(pc.equal(table["model"], model)) for table in tables)


def listed(models: Collection[str]) -> str:
    """For a message: `2 models (a, b)`."""
    names = [one_line(model, SHOWN_CHARS) for model in sorted(models)]
    if len(names) > SHOWN:
        names = [*names[:SHOWN], f"{len(names) - SHOWN:,} more"]
    return f"{len(models):,} model{'' if len(models) == 1 else 's'} ({', '.join(names)})"
