"""`r1 ingest`: files of other people's making become datasets."""

from typing import Annotated

import typer

from r1data.errors import UserError

from . import console
from .options import DryRun, Executor, Json, Out, Source, Workers

Map = Annotated[
    list[str] | None, typer.Option("--map", metavar="NAME=COLUMN", help="Take NAME from the file's COLUMN.")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Give every row this value.")
]
ShardRows = Annotated[int, typer.Option("--shard-rows", min=1, help="Rows in a shard.")]

Rows = Annotated[
    int | None, typer.Option("--rows", min=1, help="Rows of each task of reasoning-gym.", show_default=False)
]
Seed = Annotated[
    int | None, typer.Option("--seed", help="Of the tasks' rows; 0 by default.", show_default=False)
]
Config = Annotated[
    list[str] | None,
    typer.Option(
        "--config", metavar="NAME=VALUE", help="A task's setting, or TASK.NAME=VALUE for one of several."
    ),
]


def command(
    source: Source,
    out: Out,
    map: Map = None,
    set: Set = None,
    shard_rows: ShardRows = 2_000,
    rows: Rows = None,
    seed: Seed = None,
    config: Config = None,
    workers: Workers = None,
    executor: Executor = "local",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Read JSONL, JSON, CSV, Parquet or a hub dataset into a dataset, or make rows of reasoning-gym's tasks.

    r1 ingest gsm8k.jsonl -o prompts --map prompt=question --map truth=answer --set domain=math
    r1 ingest reasoning-gym:sudoku,chain_sum -o prompts --rows 1000 --config chain_sum.max_terms=8
    """
    from r1data import ingest
    from r1data.prompts.tasks import parse_config

    wanted = ingest.Wanted(rows, seed, parse_config(config or []))
    rename, constant = _pairs(map, "--map"), _pairs(set, "--set")
    if dry_run:
        console.show(ingest.preview(source, rename=rename, constant=constant, wanted=wanted), as_json=json)
        return
    summary = ingest.ingest(
        source,
        out,
        rename=rename,
        constant=constant,
        shard_rows=shard_rows,
        wanted=wanted,
        workers=workers,
        executor=executor,
    )
    console.show(summary.as_json(), as_json=json)


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    pairs = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UserError(f"{option} {text}: write NAME=VALUE")
        pairs[name] = value
    return pairs
