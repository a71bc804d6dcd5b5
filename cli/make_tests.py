"""`r1 make-tests`: unit tests for code prompts."""

from typing import Annotated

import typer

from . import console
from .generation import Generation, with_generation
from .options import DryRunOption, JsonOption, OutOption, SourceArgument, WorkersOption

GeneratorModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="Model that writes input generators for rows that have none: a folder or a hub id.",
        show_default=False,
    ),
]
ResponsesOption = Annotated[
    int, typer.Option("-n", "--n", min=1, help="Generators that the model writes per prompt.")
]
MaxInputsOption = Annotated[
    int, typer.Option("--max-inputs", min=1, help="At most this many generated inputs per prompt.")
]
MaxTestsOption = Annotated[
    int,
    typer.Option(
        "--max-tests",
        min=1,
        help="At most this many tests per prompt, those that expose a bad program first.",
    ),
]
MinAgreementOption = Annotated[
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
    source: SourceArgument,
    out: OutOption,
    model: GeneratorModelOption = None,
    n: ResponsesOption = 4,
    max_inputs: MaxInputsOption = 64,
    max_tests: MaxTestsOption = 32,
    min_agreement: MinAgreementOption = None,
    workers: WorkersOption = None,
    *,
    generation: Generation,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
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
