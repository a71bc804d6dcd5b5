"""Rows prepared for training: written once as Arrow files, mapped by every process, in an order drawn beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from r1data.errors import UserError
from r1data.training.loop.seeds import step_seed

if TYPE_CHECKING:
    from datasets import Dataset

ROWS_AT_ONCE = 1_000
"""Rows of a file that are in memory before they are written."""


def order(rows: int, needed: int, seed: int) -> list[int]:
    """`needed` indices: one shuffle of all rows after the other, each from (seed, pass).

    Drawn before training, so that a resumed run sees the same rows.
    """
    indices: list[int] = []
    while len(indices) < needed:
        shuffled = list(range(rows))
        # `len(indices)` tells the passes apart.
        Random(step_seed(seed, len(indices), 0)).shuffle(shuffled)
        indices += shuffled
    return indices[:needed]


def require_columns(columns: Sequence[str], needed: Sequence[str], why: str) -> None:
    """Raise UserError that names a missing column and how to set it."""
    for column in needed:
        if column not in columns:
            raise UserError(
                f"the data has no column {column!r}, which {why} needs; set it with r1 ingest --map {column}=YOURS"
            )


def left_out(reasons: Mapping[str, int], ways_out: Mapping[str, str], otherwise: str) -> str:
    """The rows that were left out by reason, and what to do, as the end of a message that none is left.

    Args:
        reasons: rows left out by reason; may be empty.
        ways_out: what to do, by reason.
        otherwise: what to do where none of the reasons has a way out.
    """
    way_out = next((ways_out[reason] for reason in reasons if reason in ways_out), otherwise)
    counts = ", ".join(f"{reason} {count:,}" for reason, count in reasons.items()) or "nothing"
    return f"(left out: {counts}); {way_out}"


def portions(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The rows in lists of `ROWS_AT_ONCE`, the last one shorter."""
    remaining = iter(rows)
    while portion := list(islice(remaining, ROWS_AT_ONCE)):
        yield portion


def write_arrow(
    files: dict[str, Path], rows: Iterable[tuple[str, dict[str, Any]]], kinds: dict[str, Any]
) -> dict[str, int]:
    """Write (file's name, row) pairs, each to its Arrow file, which any number of processes then map and none reads.

    Args:
        files: the files by name.
        rows: pairs of a file's name and a row for it.
        kinds: Arrow types by column.

    Returns:
        Rows per name.
    """
    schema = pa.schema(list(kinds.items()))
    counts = dict.fromkeys(files, 0)
    buffers: dict[str, list[dict[str, Any]]] = {name: [] for name in files}
    with ExitStack() as stack:
        writers = {}
        for name, path in files.items():
            sink = stack.enter_context(pa.OSFile(str(path), "wb"))
            writers[name] = stack.enter_context(pa.ipc.new_stream(sink, schema))
        for name, row in rows:
            buffers[name].append(row)
            counts[name] += 1
            if len(buffers[name]) == ROWS_AT_ONCE:
                writers[name].write_table(pa.Table.from_pylist(buffers[name], schema=schema))
                buffers[name].clear()
        for name, buffer in buffers.items():
            writers[name].write_table(pa.Table.from_pylist(buffer, schema=schema))
    return counts


def read_arrow(path: Path) -> Dataset:
    """The rows of a file that `write_arrow` wrote."""
    from datasets import Dataset

    return Dataset.from_file(str(path))


def longest(path: Path, column: str = "input_ids") -> int | None:
    """Tokens of the longest row of a file that `write_arrow` wrote; None where there is none."""
    import pyarrow.compute as pc

    if not path.is_file():
        return None
    with pa.memory_map(str(path)) as source:
        batches = pa.ipc.open_stream(source)
        lengths = [pc.max(pc.list_value_length(batch[column])).as_py() for batch in batches if batch.num_rows]
    return max(lengths, default=None)
