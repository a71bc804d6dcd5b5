"""`r1 export`: rows in the formats of other tools, to train with or to review."""

import enum
from typing import Annotated

import typer

from . import console
from .options import DryRun, Incomplete, Json, Source


class To(enum.StrEnum):
    """The tools whose formats are known."""

    trl = "trl"
    verl = "verl"
    llama_factory = "llama-factory"
    openai = "openai"
    label_studio = "label-studio"
    argilla = "argilla"


Format = Annotated[To, typer.Option("--to", help="Whose format.", show_default=False)]
Folder = Annotated[
    str, typer.Option("--out", "-o", metavar="PATH", help="The folder to write.", show_default=False)
]
Parquet = Annotated[
    bool, typer.Option("--parquet", help="Parquet instead of JSON lines, where a format has both (trl).")
]
RowsPerFile = Annotated[
    int | None,
    typer.Option("--rows-per-file", min=1, help="Records of a file at most; by default one file a split."),
]


def command(
    source: Source,
    to: Format,
    out: Folder,
    parquet: Parquet = False,
    rows_per_file: RowsPerFile = None,
    incomplete: Incomplete = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write rows in another tool's format.

    r1 export sft --to trl -o for-trl

    r1 export kept --to label-studio -o review
    """
    from r1data.exchange.export.run import export

    said = export(
        source,
        to.value,
        out,
        parquet=parquet,
        rows_per_file=rows_per_file,
        incomplete=incomplete,
        dry_run=dry_run,
    )
    console.show(said, as_json=json, data_command=False)
