"""`r1 gc`: remove the files that no commit of a dataset names."""

import re
from typing import Annotated

import typer

from . import console
from .options import DatasetArgument, DryRunOption, JsonOption

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    if not match:
        raise typer.BadParameter(f"{text!r} is not an age; write 30m, 2h, 1d or a number of seconds")
    return float(match[1]) * UNITS[match[2] or "s"]


AgeOption = Annotated[
    float,
    typer.Option(
        "--older-than",
        metavar="AGE",
        parser=_seconds,
        help="Only remove files older than this, as a running command may still need them: 30m, 2h, 1d or seconds.",
    ),
]


def command(
    dataset: DatasetArgument,
    older_than: AgeOption = "1h",  # type: ignore[assignment]
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Remove files that no commit names: stray files in data/, unfinished files, damaged shards moved away by a repair.

    r1 gc samples --dry-run
    """
    from r1data.lineage.orphans import gc

    report = gc(dataset, older_than=older_than, dry_run=dry_run).as_json()
    if json:
        console.show(report, as_json=True, data_command=False)
        return
    removed_files, kept_files = report.pop("files"), report.pop("left")
    for word, litter in (
        ("would remove" if dry_run else "removed", removed_files),
        ("left alone", kept_files),
    ):
        for each in litter:
            console.say(f"  {word}  {each['file']}  {each['bytes']:,} bytes: {each['why']}")
    console.show(report)
