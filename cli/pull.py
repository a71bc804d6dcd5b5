"""`r1 pull`: copy a dataset from the Hugging Face hub, from S3 or from another folder."""

from typing import Annotated

import typer

from . import console
from .options import DryRunOption, IncompleteOption, JsonOption, OutOption, RevisionOption

OriginArgument = Annotated[
    str,
    typer.Argument(
        metavar="FROM",
        help="org/name on the Hugging Face hub, or a dataset's URL or folder.",
        show_default=False,
    ),
]


def command(
    source: OriginArgument,
    out: OutOption,
    revision: RevisionOption = None,
    incomplete: IncompleteOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Copy a dataset here and verify every shard; the same command resumes an interrupted copy.

    r1 pull org/name -o sft

    r1 pull s3://bucket/sft -o sft
    """
    from r1data import exchange

    summary = exchange.pull(source, out, revision=revision, incomplete=incomplete, dry_run=dry_run)
    console.show(summary, as_json=json)
