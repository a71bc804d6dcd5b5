"""`r1 check`: are the bytes those that were committed?"""

import typer

from . import console
from .options import Dataset, Json


def command(dataset: Dataset, json: Json = False) -> None:
    """Verify every checksum of a dataset; exit 1 where one fails.

    r1 check samples
    """
    from r1data import look

    found = look.check(dataset)
    console.show(found, as_json=json, data_command=False)
    if found["damaged"]:
        console.say(f"r1: {dataset}: {len(found['damaged'])} damaged; first: {found['damaged'][0]}")
        raise typer.Exit(1)
