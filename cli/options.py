"""Arguments and options that commands share, so that they mean the same everywhere."""

from typing import Annotated

import typer

from r1data.errors import UserError

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="DS",
        help="A dataset's path or URL, a JSONL, JSON, CSV or Parquet file, or - for a pipe.",
        show_default=False,
    ),
]
SourceOrBenchmarkArgument = Annotated[
    str,
    typer.Argument(
        metavar="DS|NAME",
        help="A dataset, a file, - for a pipe, or a benchmark: {benchmarks}; NAME=FILE reads its questions from FILE.",
        show_default=False,
    ),
]
SourcesArgument = Annotated[
    list[str], typer.Argument(metavar="DS...", help="Datasets or files; - for a pipe.", show_default=False)
]
DatasetArgument = Annotated[
    str, typer.Argument(metavar="DS", help="A dataset's path or URL.", show_default=False)
]
OutOption = Annotated[
    str, typer.Option("--out", "-o", metavar="DS", help="The dataset to write.", show_default=False)
]
OutDirOption = Annotated[
    str,
    typer.Option("--out", "-o", metavar="DIR", help="The checkpoint folder to write.", show_default=False),
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="A model's folder, a hub id, or miniature:base, miniature:student.",
        show_default=False,
    ),
]
DroppedOption = Annotated[
    str | None,
    typer.Option("--dropped", metavar="DS", help="Write the dropped rows here, each with its reasons."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="Number of processes; the result does not depend on it. [default: the cores]"
    ),
]


def _executor(name: str) -> str:
    from r1data.runtime.executors import checked_name

    try:
        return checked_name(name)
    except UserError as error:
        raise typer.BadParameter(str(error)) from None


ExecutorOption = Annotated[
    str,
    typer.Option(
        "--executor",
        metavar="NAME",
        callback=_executor,
        help="Where workers run: local (processes here), ray, or ray://HOST:PORT; the result does not depend on it.",
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", help="Random seed; each row's own is derived from it and the row's id.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and write nothing.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")]
RevisionOption = Annotated[
    str | None,
    typer.Option("--revision", help="Branch on the hub; to read, also a tag or a commit. [default: main]"),
]
IncompleteOption = Annotated[
    bool,
    typer.Option(
        "--incomplete", help="Accept a dataset whose command has not finished, with the rows that are there."
    ),
]
OutputPriceOption = Annotated[
    float | None,
    typer.Option(
        "--output-token-price",
        min=0,
        help="Price of a million response tokens, for the cost estimate.",
        show_default=False,
    ),
]
InputPriceOption = Annotated[
    float | None,
    typer.Option(
        "--input-token-price",
        min=0,
        help="Price of a million prompt tokens, for the cost estimate.",
        show_default=False,
    ),
]


def parse_domain_counts(texts: list[str], option: str) -> dict[str, int]:
    """Counts by domain from `DOMAIN=COUNT` texts. Raises UserError, which names the option, for anything else."""
    counts = {}
    for text in texts:
        domain, _, count = text.partition("=")
        if not domain or not count.isdecimal():
            raise UserError(f"{option} {text}: write DOMAIN=COUNT, such as math=395285 or math:zh=100000")
        counts[domain] = int(count)
    return counts
