"""`r1 verify`: a verdict for every response, never a guessed one."""

from typing import Annotated

import typer

from . import console
from .options import DryRun, Executor, Json, Out, Source, Workers

TimeLimit = Annotated[
    float,
    typer.Option("--time-limit", min=0.01, help="Seconds for one answer; what takes longer is `timeout`."),
]
Verifier = Annotated[
    str | None,
    typer.Option("--verifier", metavar="NAME", help="For rows that name none; math by default."),
]


def command(
    source: Source,
    out: Out,
    time_limit: TimeLimit = 5.0,
    verifier: Verifier = None,
    workers: Workers = None,
    executor: Executor = "local",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Judge each response against its truth.

    r1 verify samples -o verified

    r1 verify responses.jsonl -o out --verifier choice
    """
    from r1data.shards import open_source
    from r1data.verify import table

    opened = open_source(source, "sample")
    if dry_run:
        console.show(table.plan(opened, out, time_limit=time_limit, verifier=verifier), as_json=json)
        return
    summary = table.run(
        opened, out, time_limit=time_limit, verifier=verifier, workers=workers, executor=executor
    )
    console.show(summary.as_json(), as_json=json)
