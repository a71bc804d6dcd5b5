"""`r1 pull`: take a dataset over from the Hugging Face hub, from S3 or from another folder."""

from typing import Annotated

import typer

from . import console
from .options import DryRun, Incomplete, Json, Out, Revision

Origin = Annotated[
    str,
    typer.Argument(
        metavar="FROM",
        help="org/name on the Hugging Face hub, or a dataset's URL or folder.",
        show_default=False,
    ),
]


def command(
    source: Origin,
    out: Out,
    revision: Revision = None,
    incomplete: Incomplete = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Copy a dataset here, every shard checked; the copy has the same digest and goes on where the first stopped.

    r1 pull org/name -o sft

    r1 pull s3://bucket/sft -o sft
    """
    from r1data import exchange

    said = exchange.pull(source, out, revision=revision, incomplete=incomplete, dry_run=dry_run)
    console.show(said, as_json=json)
