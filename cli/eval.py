"""`r1 eval`: how good is a model? Samples, verifies, scores."""

from typing import Annotated

import typer

from . import console
from .generation import Generation, with_generation
from .options import DryRun, Json, Model, Out, Source

K = Annotated[int, typer.Option("-k", "--k", min=1, help="Responses per prompt; the paper uses 4 to 64.")]


@with_generation(temperature=0.6, top_p=0.95)
def command(
    source: Source,
    model: Model,
    out: Out,
    k: K = 16,
    *,
    generation: Generation,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Evaluate a model: pass@1, pass@k and cons@k with standard errors.

    r1 eval problems --model runs/r1 -o scores -k 16
    """
    from r1data.data.source import open_source
    from r1data.evaluation import evaluate
    from r1data.sampling import sample

    plan = generation.plan(model, k)
    opened = open_source(source)
    if dry_run:
        console.show(sample.preview(opened, plan), as_json=json)
        return
    summary, scores = evaluate.evaluate(opened, out, plan, generation.options())
    if json:
        console.show({**summary.as_json(), **scores.as_json()}, as_json=True)
    else:
        console.show({**summary.as_json(), "verdicts": scores.verdicts, "unknown": scores.unknown})
        console.show(scores.lines())
    sample.refuse_failed(summary)
