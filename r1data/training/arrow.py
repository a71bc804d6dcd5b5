"""Rows on disk between preparing and training: Arrow files that are mapped, not read, by however many processes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from datasets import Dataset

ROWS_AT_ONCE = 1_000


def write(
    files: dict[str, Path], rows: Iterable[tuple[str, dict[str, Any]]], kinds: dict[str, Any]
) -> dict[str, int]:
    """Write (file's name, row) pairs, each to its file; returns rows per name. `kinds` are Arrow types by column."""
    schema = pa.schema(list(kinds.items()))
    counts = dict.fromkeys(files, 0)
    buffers: dict[str, list[dict[str, Any]]] = {name: [] for name in files}
    with ExitStack() as stack:
        writers = {name: _open(stack, path, schema) for name, path in files.items()}
        for name, row in rows:
            buffers[name].append(row)
            counts[name] += 1
            if len(buffers[name]) == ROWS_AT_ONCE:
                writers[name].write_table(pa.Table.from_pylist(buffers[name], schema=schema))
                buffers[name].clear()
        for name, buffer in buffers.items():
            writers[name].write_table(pa.Table.from_pylist(buffer, schema=schema))
    return counts


def read(path: Path) -> Dataset:
    """The rows of a file."""
    from datasets import Dataset

    return Dataset.from_file(str(path))


def _open(stack: ExitStack, path: Path, schema: pa.Schema) -> Any:
    sink = stack.enter_context(pa.OSFile(str(path), "wb"))
    return stack.enter_context(pa.ipc.new_stream(sink, schema))
