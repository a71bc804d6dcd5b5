"""`r1 make-tests`: unit tests for code prompts."""

from typing import Annotated

import typer

from . import console
from .generation import Generation, with_generation
from .options import DryRun, Json, Out, Source, Workers

Writer = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="Model that writes input generators for rows that have none: a folder or a hub id.",
        show_default=False,
    ),
]
N = Annotated[int, typer.Option("-n", "--n", min=1, help="Generators that the model writes per prompt.")]
MaxInputs = Annotated[
    int, typer.Option("--max-inputs", min=1, help="At most this many generated inputs per prompt.")
]
MaxTests = Annotated[
    int,
    typer.Option(
        "--max-tests",
        min=1,
        help="At most this many tests per prompt, those that expose a bad program first.",
    ),
]
MinAgreement = Annotated[
    int | None,
    typer.Option(
        "--min-agreement",
        min=2,
        help="Where no program is known to be good: how many sampled ones must agree on a test.",
        show_default=False,
    ),
]


@with_generation()
def command(
    source: Source,
    out: Out,
    model: Writer = None,
    n: N = 4,
    max_inputs: MaxInputs = 64,
    max_tests: MaxTests = 32,
    min_agreement: MinAgreement = None,
    workers: Workers = None,
    *,
    generation: Generation,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Make unit tests for code prompts that come with known-good programs.

    r1 make-tests problems.jsonl -o prompts

    r1 make-tests problems.jsonl -o prompts --model qwen --engine openai --endpoint http://localhost:8000/v1
    """
    from r1data.data.source import open_source
    from r1data.sampling.code_tests import stage

    settings = stage.MakeTestsSettings(max_inputs, max_tests, min_agreement)
    opened = open_source(source)
    if model is None:
        if dry_run:
            console.show(stage.preview(opened, out, settings), as_json=json)
            return
        summary = stage.run(opened, out, settings, workers=workers)
        console.show(summary.as_json(), as_json=json)
        return
    from r1data.sampling.code_tests import generators

    plan = generation.plan(model, n)
    if dry_run:
        console.show(generators.preview(opened, plan, settings), as_json=json)
        return
    summary = generators.run(opened, out, plan, settings, generation.options())
    console.show(summary.as_json(), as_json=json)
    generators.refuse_failed(summary)
