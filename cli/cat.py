"""`r1 cat`: rows out of a dataset, for other tools and for reading."""

import enum
import itertools
import json
import sys
from typing import Annotated

import typer

from r1data.errors import UserError

from .options import Source


class Format(enum.StrEnum):
    """How rows are written."""

    jsonl = "jsonl"
    arrow = "arrow"


Columns = Annotated[
    list[str] | None, typer.Option("--column", "-c", metavar="NAME", help="Only this column; repeat.")
]
Limit = Annotated[int | None, typer.Option("--limit", "-n", min=0, help="Only the first N rows.")]
Kind = Annotated[Format, typer.Option("--format", help="jsonl, or an Arrow stream for programs.")]


def command(source: Source, column: Columns = None, limit: Limit = None, format: Kind = Format.jsonl) -> None:
    """Write a dataset's rows to stdout.

    r1 cat samples -n 3 -c prompt -c response

    r1 cat samples --format arrow | python train.py
    """
    import pyarrow as pa

    from r1data.shards import open_source

    opened = open_source(source)
    left = limit
    stream = None
    for shard in opened.shards():
        table = shard.table()
        unknown = [name for name in column or [] if name not in table.column_names]
        if unknown:
            raise UserError(f"{source}: no column {unknown[0]!r}; it has: {', '.join(table.column_names)}")
        table = table.select(column) if column else table
        table = table if left is None else table.slice(0, left)
        if format is Format.jsonl:
            _write_lines(table.to_batches(max_chunksize=500))
        else:
            stream = stream or pa.ipc.new_stream(sys.stdout.buffer, table.schema)
            stream.write_table(table)
        left = None if left is None else left - len(table)
        if left == 0:
            break
    if stream:
        stream.close()


def _write_lines(batches: "list[object]") -> None:
    rows = itertools.chain.from_iterable(batch.to_pylist() for batch in batches)  # type: ignore[attr-defined]
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
