"""`r1 gc`: remove the files that no commit of a dataset names."""

import re
from typing import Annotated

import typer

from . import console
from .options import Dataset, DryRun, Json

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    if not found:
        raise typer.BadParameter(f"{text!r} is not an age; write 30m, 2h, 1d or a number of seconds")
    return float(found[1]) * UNITS[found[2] or "s"]


Age = Annotated[
    float,
    typer.Option(
        "--older-than",
        metavar="AGE",
        parser=_seconds,
        help="Only remove files older than this, as a running command may still need them: 30m, 2h, 1d or seconds.",
    ),
]


def command(dataset: Dataset, older_than: Age = "1h", dry_run: DryRun = False, json: Json = False) -> None:  # type: ignore[assignment]
    """Remove what no commit names: strangers in data/, unfinished files, damaged shards that a repair moved away.

    r1 gc samples --dry-run
    """
    from r1data.lineage.orphans import gc

    found = gc(dataset, older_than=older_than, dry_run=dry_run).as_json()
    if json:
        console.show(found, as_json=True, data_command=False)
        return
    gone, left = found.pop("files"), found.pop("left")
    for word, litter in (("would remove" if dry_run else "removed", gone), ("left alone", left)):
        for each in litter:
            console.say(
                console.printable(f"  {word}  {each['file']}  {each['bytes']:,} bytes: {each['why']}")
            )
    console.show(found)
