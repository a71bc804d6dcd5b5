"""`r1 sample`: prompts in, n responses to each out."""

from typing import Annotated

import typer

from . import console
from .generation import Generation, with_generation
from .options import DryRun, Json, Model, Out, Source

N = Annotated[int, typer.Option("-n", "--n", min=1, help="Responses a prompt.")]


@with_generation()
def command(
    source: Source,
    out: Out,
    model: Model,
    n: N = 16,
    *,
    generation: Generation,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Sample responses to prompts.

    r1 sample prompts -o samples --model runs/r1-zero -n 16

    r1 sample prompts -o samples --model miniature:base | r1 filter - -o kept
    """
    from r1data import sampling
    from r1data.shards import open_source

    plan = generation.plan(model, n)
    opened = open_source(source)
    if dry_run:
        console.show(sampling.preview(opened, plan), as_json=json)
        return
    summary = sampling.sample(opened, out, plan, generation.options())
    console.show(summary.as_json(), as_json=json)
    sampling.refuse_failed(summary)
