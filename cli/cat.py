"""`r1 cat`: rows out of a dataset, for other tools and for reading."""

import enum
import sys
from typing import Annotated, Any

import typer

from r1data.errors import UserError

from .options import SourceArgument


class RowFormat(enum.StrEnum):
    """How rows are written."""

    jsonl = "jsonl"
    arrow = "arrow"


ColumnsOption = Annotated[
    list[str] | None, typer.Option("--column", "-c", metavar="NAME", help="Only this column; repeat.")
]
LimitOption = Annotated[int | None, typer.Option("--limit", "-n", min=0, help="Only the first N rows.")]
FormatOption = Annotated[
    RowFormat, typer.Option("--format", help="jsonl, or an Arrow stream for other programs.")
]
PrettyOption = Annotated[
    bool,
    typer.Option(
        "--pretty",
        help="To read: prompt, thoughts, answer, verdict, wrapped to the width; NO_COLOR is heeded.",
    ),
]


def command(
    source: SourceArgument,
    column: ColumnsOption = None,
    limit: LimitOption = None,
    format: FormatOption = RowFormat.jsonl,
    pretty: PrettyOption = False,
) -> None:
    """Write a dataset's rows to stdout.

    r1 cat samples -n 3 -c prompt -c response

    r1 cat samples --pretty -n 20 | less -R

    r1 cat samples --format arrow | python train.py
    """
    from r1data.data.rows import Rows, one_schema
    from r1data.data.source import open_source
    from r1data.data.text import json_line
    from r1data.data.values import to_rows

    if pretty and format is not RowFormat.jsonl:
        raise UserError(
            f"--pretty is text to read, and --format {format} is for programs; leave one of them out"
        )
    opened = open_source(source)
    if format is RowFormat.jsonl:
        rows = (
            row
            for table in Rows(opened).tables(column or [], limit)
            # 500 rows at a time as Python values: a shard of long responses takes several times its size as such.
            for batch in table.to_batches(max_chunksize=500)
            for row in to_rows(batch, source)
        )
        if pretty:
            from .reading import print_rows

            print_rows(rows)
            return
        for row in rows:
            sys.stdout.write(json_line(row) + "\n")
    elif sys.stdout.isatty():
        raise UserError("an Arrow stream is not for a terminal; send it into a file or a program")
    else:
        import pyarrow as pa

        schema, tables = one_schema(opened, column or [], limit)
        stream: Any = pa.ipc.new_stream(sys.stdout.buffer, schema)
        for table in tables:
            stream.write_table(table)
        stream.close()
