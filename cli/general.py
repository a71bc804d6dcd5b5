"""`r1 general`: a teacher answers general prompts, with thoughts first or, where the query is simple, without."""

import enum
from typing import Annotated

import typer

from . import console
from .generation import Generation, with_generation
from .options import Dropped, DryRun, Json, Model, Out, Source


class ThoughtsFor(enum.StrEnum):
    """Which prompts are asked for thoughts."""

    yes = "yes"
    no = "no"
    auto = "auto"


N = Annotated[int, typer.Option("-n", "--n", min=1, help="Responses per prompt.")]
Thoughts = Annotated[
    ThoughtsFor,
    typer.Option(
        "--thoughts",
        help="Ask for thoughts: yes, no, or auto (for all but simple queries). A row's column thoughts overrides it.",
    ),
]
PromptFile = Annotated[
    list[str] | None,
    typer.Option(
        "--prompt-file",
        metavar="[LANG=]PATH",
        help="Ask for thoughts with this text, for all rows or for those of a language; repeat.",
    ),
]


@with_generation()
def command(
    source: Source,
    out: Out,
    model: Model,
    n: N = 1,
    thoughts: Thoughts = ThoughtsFor.auto,
    prompt_file: PromptFile = None,
    dropped: Dropped = None,
    *,
    generation: Generation,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Have a model answer general prompts: writing, facts, translation, role play, software, hello.

    r1 general prompts -o samples --model m --dropped not-as-asked

    r1 general prompts -o samples --model m --thoughts no

    r1 ingest pack:writing -o prompts | r1 general - -o samples --model m
    """
    from r1data.data.source import open_source
    from r1data.sampling import general, sample

    chosen = general.load_strategy(thoughts.value, tuple(prompt_file or ()))
    plan = generation.plan(model, n)
    opened = open_source(source)
    if dry_run:
        console.show(sample.preview(opened, plan, chosen, chosen.name), as_json=json)
        return
    summary = general.run(opened, out, plan, chosen, generation.options(), dropped)
    console.show(summary.as_json(), as_json=json)
    sample.refuse_failed(summary)
