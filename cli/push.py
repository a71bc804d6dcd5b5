"""`r1 push`: copy a dataset to the Hugging Face hub, to S3 or to another folder."""

from typing import Annotated

import typer

from . import console
from .options import DatasetArgument, DryRunOption, IncompleteOption, JsonOption, RevisionOption

ToArgument = Annotated[
    str,
    typer.Argument(
        metavar="TO",
        help="org/name on the Hugging Face hub, or a URL or folder for the copy.",
        show_default=False,
    ),
]
PrivateOption = Annotated[
    bool,
    typer.Option("--private/--public", help="Who can see a repository that this command creates on the hub."),
]
MessageOption = Annotated[str | None, typer.Option("--message", help="Commit message on the hub.")]


def command(
    dataset: DatasetArgument,
    to: ToArgument,
    private: PrivateOption = True,
    revision: RevisionOption = None,
    message: MessageOption = None,
    incomplete: IncompleteOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Copy a dataset to the hub (with a dataset card), to S3 or to a folder, and verify every shard.

    r1 push sft org/name

    r1 push sft s3://bucket/sft
    """
    from r1data import exchange

    summary = exchange.push(
        dataset,
        to,
        private=private,
        revision=revision,
        message=message,
        incomplete=incomplete,
        dry_run=dry_run,
    )
    console.show(summary, as_json=json, data_command=False)
