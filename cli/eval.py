"""`r1 eval`: how good is a model? Samples, verifies, scores."""

from dataclasses import replace
from typing import Annotated

import typer

from . import console
from .generation import Generation, with_generation
from .options import DryRunOption, JsonOption, ModelOption, OutOption, SourceOrBenchmarkArgument

ResponsesOption = Annotated[
    int | None,
    typer.Option(
        "-k",
        "--k",
        min=1,
        help="Responses per prompt; the paper uses 4 to 64. Default: the benchmark's, else 16.",
    ),
]


@with_generation(temperature=None, top_p=None, max_tokens=None, template=None)
def command(
    source: SourceOrBenchmarkArgument,
    model: ModelOption,
    out: OutOption,
    k: ResponsesOption = None,
    *,
    generation: Generation,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Evaluate a model: pass@1, pass@k and cons@k with standard errors.

    Defaults are the benchmark's, else temperature 0.6, top-p 0.95, 32,768 tokens and template auto.

    r1 eval problems --model runs/r1 -o scores -k 16

    r1 eval aime24 --model runs/r1 -o scores

    r1 eval gsm8k=test.jsonl --model runs/r1 -o scores
    """
    from r1data.evaluation import benchmarks, evaluate
    from r1data.sampling import lengths, sample

    opened, benchmark = benchmarks.open_evaluation(source)
    length_given = generation.max_tokens is not None
    generation = replace(generation, **benchmarks.settings_of(benchmark, vars(generation)))
    plan = generation.plan(model, k or benchmarks.responses_of(benchmark), length_given=length_given)
    if benchmark and (difference := benchmarks.deviation(benchmark, opened)):
        console.say(f"{benchmark.name}: {difference}; do not compare these scores with published ones")
    if dry_run:
        console.show(sample.preview(opened, plan), as_json=json)
        return
    if line := lengths.shortened(plan):
        console.say(line)
    summary, scores = evaluate.evaluate(opened, out, plan, generation.options())
    if json:
        console.show({**summary.as_json(), **scores.as_json()}, as_json=True)
    else:
        console.show({**summary.as_json(), "verdicts": scores.verdicts, "unknown": scores.unknown})
        console.show(scores.lines())
    sample.refuse_failed(summary)
