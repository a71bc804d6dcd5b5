"""`r1 ingest`: plain files become datasets."""

import enum
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from r1data.errors import UserError

from . import console
from .options import (
    DroppedOption,
    DryRunOption,
    ExecutorOption,
    JsonOption,
    OutOption,
    SourceArgument,
    WorkersOption,
)

if TYPE_CHECKING:
    from r1data.exchange.ingest import GeneratedRows
    from r1data.exchange.translation import LanguagePair

MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="NAME=COLUMN", help="Fill NAME from the file's COLUMN; repeat."),
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Give every row this value; repeat.")
]


class Tool(enum.StrEnum):
    """Tools that samples are reviewed in."""

    label_studio = "label-studio"
    argilla = "argilla"
    r1 = "r1"


QuarantineBadOption = Annotated[
    bool,
    typer.Option(
        "--quarantine-bad",
        help="Quarantine rows that cannot be taken, instead of refusing the file for them. A file that cannot be "
        "read on from there is still refused: a broken JSON list, an open quote in CSV, damaged Parquet.",
    ),
]

ThinkOpenedOption = Annotated[
    bool,
    typer.Option(
        "--think-opened",
        help="The prompts of all responses ended in <think>, as the chat templates of R1 and its like do: put the tag "
        "back. Rows whose own prompt ends so get it without this.",
    ),
]

ShardRowsOption = Annotated[int, typer.Option("--shard-rows", min=1, help="Rows per shard.")]

RowsOption = Annotated[
    int | None,
    typer.Option(
        "--rows",
        min=1,
        help="Rows to generate: of each reasoning-gym task, or of self-cognition.",
        show_default=False,
    ),
]
SeedOption = Annotated[
    int,
    typer.Option("--seed", help="Seed of tasks, packs and translations; rows of a file do not depend on it."),
]
ConfigOption = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        metavar="NAME=VALUE",
        help="A setting of the task, or TASK.NAME=VALUE for one of several; repeat.",
    ),
]

ModelNameOption = Annotated[
    str | None,
    typer.Option("--model-name", help="pack:self-cognition: the model's name.", show_default=False),
]
ModelAuthorOption = Annotated[
    str | None,
    typer.Option("--model-author", help="pack:self-cognition: who made the model.", show_default=False),
]
TranslateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--translate",
        metavar="LANG[=COLUMN]",
        help="Give it twice: a file of parallel texts becomes translation tasks, both ways.",
    ),
]
PromptFileOption = Annotated[
    list[str] | None,
    typer.Option("--prompt-file", metavar="[LANG=]PATH", help="--translate: ask with this text; repeat."),
]

FromOption = Annotated[
    Tool | None,
    typer.Option(
        "--from", help="DS holds results of a review in this tool. [default: recognised by their shape]"
    ),
]
ApplyToOption = Annotated[
    str | None,
    typer.Option(
        "--apply-to",
        metavar="DS",
        help="The dataset that was reviewed; the decisions in DS are applied to its rows.",
    ),
]
RequireAllOption = Annotated[
    bool, typer.Option("--require-all", help="Fail if a row of --apply-to has no decision.")
]


def command(
    source: SourceArgument,
    out: OutOption,
    map: MapOption = None,
    set: SetOption = None,
    shard_rows: ShardRowsOption = 2_000,
    quarantine_bad: QuarantineBadOption = False,
    think_opened: ThinkOpenedOption = False,
    rows: RowsOption = None,
    seed: SeedOption = 0,
    config: ConfigOption = None,
    model_name: ModelNameOption = None,
    model_author: ModelAuthorOption = None,
    translate: TranslateOption = None,
    prompt_file: PromptFileOption = None,
    from_: FromOption = None,
    apply_to: ApplyToOption = None,
    dropped: DroppedOption = None,
    require_all: RequireAllOption = False,
    workers: WorkersOption = None,
    executor: ExecutorOption = "local",
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Read JSONL, JSON, CSV, Parquet or a hub dataset into a dataset, or make rows of tasks and packs.

    r1 ingest gsm8k.jsonl -o prompts --map prompt=question --map truth=answer --set domain=math
    r1 ingest reasoning-gym:sudoku,chain_sum -o prompts --rows 1000 --config chain_sum.max_terms=8
    r1 ingest pack:self-cognition -o itself --model-name R1-mini --model-author "Example Lab"
    r1 ingest parallel.csv -o translations --translate en=english --translate zh=chinese
    r1 ingest results.json --from label-studio --apply-to kept -o reviewed --dropped rejected
    """
    if apply_to is not None:
        if map or set or translate or quarantine_bad or think_opened:
            raise UserError(
                "--map, --set, --translate, --quarantine-bad and --think-opened are for plain files; with "
                "--apply-to rows have their columns already, so leave them out"
            )
        _apply_review(source, out, apply_to, from_, dropped, require_all, dry_run, json)
        return
    if from_ or dropped or require_all:
        raise UserError(
            "--from, --dropped and --require-all go with --apply-to DS, the dataset that was reviewed; add it"
        )
    from r1data.exchange import ingest
    from r1data.exchange.tasks import parse_config

    generated = ingest.GeneratedRows(rows, seed, parse_config(config or []), model_name, model_author)
    arguments: _Arguments = {
        "rename": _pairs(map, "--map"),
        "constant": _pairs(set, "--set"),
        "generated": generated,
        "translate": _language_pair(translate, prompt_file, seed),
        "quarantine_bad": quarantine_bad,
        "think_opened": think_opened,
    }
    if dry_run:
        summary = ingest.preview(source, **arguments, notify=console.say)
    else:
        summary = ingest.ingest(
            source,
            out,
            **arguments,
            shard_rows=shard_rows,
            workers=workers,
            executor=executor,
            notify=console.say,
        ).as_json()
    console.show(summary, as_json=json)


class _Arguments(TypedDict):
    """The arguments, besides the source, that determine the rows."""

    rename: dict[str, str]
    constant: dict[str, str]
    generated: "GeneratedRows"
    translate: "LanguagePair | None"
    quarantine_bad: bool
    think_opened: bool


def _language_pair(
    languages: list[str] | None, prompt_files: list[str] | None, seed: int
) -> "LanguagePair | None":
    """The languages to translate between, if any."""
    if not languages:
        if prompt_files:
            raise UserError(
                "--prompt-file: goes with --translate here; add that, or give the file to the command "
                "that asks a model"
            )
        return None
    from r1data.exchange import translation

    return translation.pair(languages, prompt_files or [], seed)


def _apply_review(
    results: str,
    out: str,
    apply_to: str,
    tool: Tool | None,
    dropped: str | None,
    require_all: bool,
    dry_run: bool,
    json: bool,
) -> None:
    """Applies reviewers' decisions to the rows that they reviewed."""
    from r1data.data.source import open_source
    from r1data.exchange.review import apply
    from r1data.exchange.review.results import read_results

    if apply_to == "-":
        raise UserError("--apply-to -: results are compared with all rows first; name the dataset")
    reviewed = open_source(apply_to, "sample")
    plan = apply.ReviewPlan(read_results(results, tool.value if tool else None), require_all)
    if dry_run:
        summary = {"source": results, "onto": apply_to, "out": out, **apply.survey(reviewed, plan)}
    else:
        summary = apply.run(reviewed, out, plan, dropped=dropped).as_json()
    console.show(summary, as_json=json)


def _pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    pairs = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UserError(f"{option} {text}: write NAME=VALUE")
        pairs[name] = value
    return pairs
