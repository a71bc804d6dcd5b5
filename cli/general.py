"""`r1 general`: a teacher model answers general prompts, with thoughts or, for simple queries, without."""

import enum
from typing import Annotated

import typer

from . import console
from .generation import Generation, with_generation
from .options import DroppedOption, DryRunOption, JsonOption, ModelOption, OutOption, SourceArgument


class ThoughtsFor(enum.StrEnum):
    """Which prompts are asked for thoughts."""

    yes = "yes"
    no = "no"
    auto = "auto"


ResponsesOption = Annotated[int, typer.Option("-n", "--n", min=1, help="Responses per prompt.")]
ThoughtsOption = Annotated[
    ThoughtsFor,
    typer.Option(
        "--thoughts",
        help="Ask for thoughts: yes, no, or auto (for all but simple queries). A row's column thoughts overrides it.",
    ),
]
PromptFileOption = Annotated[
    list[str] | None,
    typer.Option(
        "--prompt-file",
        metavar="[LANG=]PATH",
        help="Ask for thoughts with this text, for all rows or for those of a language; repeat.",
    ),
]


@with_generation()
def command(
    source: SourceArgument,
    out: OutOption,
    model: ModelOption,
    n: ResponsesOption = 1,
    thoughts: ThoughtsOption = ThoughtsFor.auto,
    prompt_file: PromptFileOption = None,
    dropped: DroppedOption = None,
    *,
    generation: Generation,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Have a model answer general prompts: writing, factual questions, translation, role play, software, greetings.

    r1 general prompts -o samples --model m --dropped not-as-asked

    r1 general prompts -o samples --model m --thoughts no

    r1 ingest pack:writing -o prompts | r1 general - -o samples --model m
    """
    from r1data.data.source import open_source
    from r1data.sampling import general, sample

    strategy = general.load_strategy(thoughts.value, tuple(prompt_file or ()))
    plan = generation.plan(model, n)
    opened = open_source(source)
    if dry_run:
        console.show(sample.preview(opened, plan, strategy, strategy.name), as_json=json)
        return
    summary = general.run(opened, out, plan, strategy, generation.options(), dropped)
    console.show(summary.as_json(), as_json=json)
    sample.refuse_failed(summary)
