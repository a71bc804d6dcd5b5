"""`r1 export`: rows in the formats of other tools, to train with or to review."""

from typing import Annotated

import typer

from . import console
from .options import DryRunOption, IncompleteOption, JsonOption, SourceArgument
from .registries import export_format

FormatOption = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="NAME",
        callback=export_format,
        help="The tool to write for: {exports}.",
        show_default=False,
    ),
]
FolderOption = Annotated[
    str, typer.Option("--out", "-o", metavar="PATH", help="The folder to write.", show_default=False)
]
ParquetOption = Annotated[
    bool,
    typer.Option("--parquet", help="Write Parquet instead of JSON lines, where a format has both (trl)."),
]
RowsPerFileOption = Annotated[
    int | None,
    typer.Option(
        "--rows-per-file", min=1, help="At most this many records in a file. [default: one file per split]"
    ),
]
StudentOption = Annotated[
    str | None,
    typer.Option(
        "--student",
        metavar="MODEL",
        help="Write conversations as this model's token ids and labels, thoughts whole (trl).",
        show_default=False,
    ),
]


def command(
    source: SourceArgument,
    to: FormatOption,
    out: FolderOption,
    parquet: ParquetOption = False,
    rows_per_file: RowsPerFileOption = None,
    student: StudentOption = None,
    incomplete: IncompleteOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Write rows in another tool's format.

    r1 export sft --to trl -o for-trl

    r1 export kept --to label-studio -o review
    """
    from r1data.exchange.export.run import export

    summary = export(
        source,
        to,
        out,
        parquet=parquet,
        rows_per_file=rows_per_file,
        student=student,
        incomplete=incomplete,
        dry_run=dry_run,
    )
    console.show(summary, as_json=json, data_command=False)
