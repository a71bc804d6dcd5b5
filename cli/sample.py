"""`r1 sample`: prompts in, n responses to each out."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from . import console
from .generation import Generation, with_generation
from .options import DryRun, Executor, Json, Model, Out, Source

if TYPE_CHECKING:
    from r1data.sampling.until import StoppingRule

N = Annotated[
    int | None, typer.Option("-n", "--n", min=1, help="Responses a prompt: 16.", show_default=False)
]
Until = Annotated[
    int | None,
    typer.Option(
        "--until",
        metavar="K",
        min=1,
        help="Verify while sampling, and stop for a prompt once it has K correct responses, or is given up.",
        show_default=False,
    ),
]
Round = Annotated[
    int | None,
    typer.Option(
        "--round", min=1, help="--until: responses drawn before each look: n / 4.", show_default=False
    ),
]
Worth = Annotated[
    float, typer.Option("--worth", help="--until: the smallest pass rate that is worth more responses.")
]
GiveUp = Annotated[
    float,
    typer.Option(
        "--give-up",
        help="--until: the chance that may be taken of giving up a prompt of that pass rate; 0 gives none up.",
    ),
]
GoOn = Annotated[
    bool,
    typer.Option(
        "--continue",
        help="Samples in: go on with truncated responses, to --max-tokens in all; other rows pass as they are.",
    ),
]
Anyway = Annotated[
    bool, typer.Option("--anyway", help="--continue: though the rows were sampled with other settings.")
]
KeepFailed = Annotated[
    bool,
    typer.Option(
        "--keep-failed",
        help="Requests that fail for now become rows with finish_reason error, and are not asked again.",
    ),
]
Price = Annotated[
    float | None,
    typer.Option("--price-per-mtok", min=0, help="Price of a million response tokens.", show_default=False),
]
PriceIn = Annotated[
    float | None,
    typer.Option("--price-per-mtok-in", min=0, help="Price of a million prompt tokens.", show_default=False),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="--executor ray: engines on the cluster; by default one for its GPUs each."
    ),
]
RESPONSES = 16


@with_generation()
def command(
    source: Source,
    out: Out,
    model: Model,
    n: N = None,
    until: Until = None,
    round: Round = None,
    worth: Worth = 0.1,
    give_up: GiveUp = 0.05,
    go_on: GoOn = False,
    anyway: Anyway = False,
    keep_failed: KeepFailed = False,
    price_per_mtok: Price = None,
    price_per_mtok_in: PriceIn = None,
    executor: Executor = "local",
    workers: Workers = None,
    *,
    generation: Generation,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Sample responses to prompts.

    r1 sample prompts -o samples --model runs/r1-zero -n 16

    r1 sample prompts -o samples --model miniature:base | r1 filter - -o kept

    r1 sample prompts -o verified --model runs/r1-zero -n 64 --until 4

    r1 sample prompts -o samples --model m --engine vllm --executor ray --workers 8

    r1 sample samples -o longer --model runs/r1-zero --continue --max-tokens 65536
    """
    from r1data.data.source import open_source
    from r1data.sampling import sample
    from r1data.sampling.continue_truncated import Continue

    responses = n or (1 if go_on else RESPONSES)
    rule = _rule(responses, until, round, worth, give_up)
    plan = generation.plan(model, responses, rule)
    strategy = Continue(plan, anyway=anyway) if go_on else None
    opened = open_source(source)
    if dry_run:
        console.show(sample.preview(opened, plan, strategy), as_json=json)
        return
    prices = sample.Prices(price_per_mtok, price_per_mtok_in)
    options = replace(generation.options(), executor=executor, workers=workers)
    summary = sample.sample(
        opened, out, plan, options, strategy=strategy, prices=prices, keep_failed=keep_failed
    )
    console.show(summary.as_json(), as_json=json)
    sample.refuse_failed(summary, ", or with --keep-failed to have them as they are")


def _rule(n: int, until: int | None, size: int | None, worth: float, give_up: float) -> "StoppingRule | None":
    """When to stop early, where that is asked for."""
    from r1data.sampling.until import StoppingRule

    return None if until is None else StoppingRule.of(until, n, size, worth, give_up)
