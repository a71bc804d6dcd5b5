"""`r1 ingest`: files of other people's making become datasets."""

import enum
from typing import Annotated

import typer

from r1data.errors import UserError

from . import console
from .options import Dropped, DryRun, Executor, Json, Out, Source, Workers

Map = Annotated[
    list[str] | None, typer.Option("--map", metavar="NAME=COLUMN", help="Take NAME from the file's COLUMN.")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Give every row this value.")
]


class Tool(enum.StrEnum):
    """Tools that samples are reviewed in."""

    label_studio = "label-studio"
    argilla = "argilla"


ShardRows = Annotated[int, typer.Option("--shard-rows", min=1, help="Rows in a shard.")]

Rows = Annotated[
    int | None, typer.Option("--rows", min=1, help="Rows of each task of reasoning-gym.", show_default=False)
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the rows that tasks make; a file's are there.")]
Config = Annotated[
    list[str] | None,
    typer.Option(
        "--config", metavar="NAME=VALUE", help="A task's setting, or TASK.NAME=VALUE for one of several."
    ),
]

From = Annotated[
    Tool | None,
    typer.Option("--from", help="DS is what came back from this tool's review; told by its shape otherwise."),
]
Onto = Annotated[
    str | None,
    typer.Option(
        "--onto", metavar="DS", help="The dataset whose rows were reviewed: decisions go onto them."
    ),
]
RequireAll = Annotated[
    bool, typer.Option("--require-all", help="Refuse where a row of --onto has no decision.")
]


def command(
    source: Source,
    out: Out,
    map: Map = None,
    set: Set = None,
    shard_rows: ShardRows = 2_000,
    rows: Rows = None,
    seed: Seed = 0,
    config: Config = None,
    from_: From = None,
    onto: Onto = None,
    dropped: Dropped = None,
    require_all: RequireAll = False,
    workers: Workers = None,
    executor: Executor = "local",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Read JSONL, JSON, CSV, Parquet or a hub dataset into a dataset, or make rows of reasoning-gym's tasks.

    r1 ingest gsm8k.jsonl -o prompts --map prompt=question --map truth=answer --set domain=math
    r1 ingest reasoning-gym:sudoku,chain_sum -o prompts --rows 1000 --config chain_sum.max_terms=8
    r1 ingest results.json --from label-studio --onto kept -o reviewed --dropped rejected
    """
    if onto is not None:
        if map or set:
            raise UserError(
                "--map and --set are for plain files; with --onto rows have their columns already"
            )
        _take_back(source, out, onto, from_, dropped, require_all, dry_run, json)
        return
    if from_ or dropped or require_all:
        raise UserError(
            "--from, --dropped and --require-all go with --onto DS, the dataset that was reviewed"
        )
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


def _take_back(
    results: str,
    out: str,
    onto: str,
    tool: Tool | None,
    dropped: str | None,
    require_all: bool,
    dry_run: bool,
    json: bool,
) -> None:
    """What reviewers decided, onto the rows that they saw."""
    from r1data.review import apply
    from r1data.review.results import read_results
    from r1data.shards import open_source

    if onto == "-":
        raise UserError("--onto -: results are compared with all rows first; name the dataset")
    reviewed = open_source(onto, "sample")
    plan = apply.Plan(read_results(results, tool.value if tool else None), require_all)
    if dry_run:
        said = {"source": results, "onto": onto, "out": out, **apply.survey(reviewed, plan)}
    else:
        said = apply.run(reviewed, out, plan, dropped=dropped).as_json()
    console.show(said, as_json=json)


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    pairs = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UserError(f"{option} {text}: write NAME=VALUE")
        pairs[name] = value
    return pairs
