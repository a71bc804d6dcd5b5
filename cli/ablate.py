"""`r1 ablate`: what each filter of a recipe is worth, by matched trainings with and without it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import console
from .options import JsonOption
from .run import PRELOAD, RecipeArgument, SetOption, load_recipe

if TYPE_CHECKING:
    from r1data.recipe.ablation.receipts import Receipts

FiltersOption = Annotated[
    bool, typer.Option("--filters", help="Compare the filters of a filter step; the only kind so far.")
]
OutOption = Annotated[
    str | None,
    typer.Option(
        "--out", "-o", metavar="RUN", help="The folder of the trainings. [default: runs/NAME-filters]"
    ),
]
ReusedOption = Annotated[
    str | None,
    typer.Option(
        "--run",
        metavar="RUN",
        help="A run of the recipe: its finished steps are read, not run again.",
        show_default=False,
    ),
]
FilterStepOption = Annotated[
    str | None,
    typer.Option("--filter-step", metavar="STEP", help="Its filters are compared.", show_default=False),
]
TrainStepOption = Annotated[
    str | None,
    typer.Option(
        "--train-step", metavar="STEP", help="The training that learns from it.", show_default=False
    ),
]
EvalStepOption = Annotated[
    str | None,
    typer.Option("--eval-step", metavar="STEP", help="The evaluation of that model.", show_default=False),
]
SeedsOption = Annotated[
    str,
    typer.Option("--seeds", metavar="N,N,…", help="Seeds of the trainings: each arm is trained with each."),
]
DryRunOption = Annotated[
    bool,
    typer.Option("--dry-run", help="Show the arms, rows, tokens and trainings, as far as they are known."),
]


def command(
    recipe: RecipeArgument,
    out: OutOption = None,
    filters: FiltersOption = False,
    run: ReusedOption = None,
    filter_step: FilterStepOption = None,
    train_step: TrainStepOption = None,
    eval_step: EvalStepOption = None,
    seeds: SeedsOption = "1,2,3",
    set: SetOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Train with and without each filter, on the same tokens, and say which filters pay; the same command resumes.

    r1 ablate recipes/real.yaml --filters --filter-step kept --train-step sft -o runs/ablation

    r1 ablate miniature --filters --filter-step cold-kept --dry-run
    """
    from r1data.errors import UserError
    from r1data.recipe.ablation.run import prepare, preview, run_ablation

    from . import app, invoke
    from .signatures import signatures

    if not filters:
        raise UserError("say what to compare: r1 ablate RECIPE --filters")
    loaded = load_recipe(recipe, set or ())
    commands = {n: c for n, c in signatures(app).items() if c.output_kind != "nothing"}
    ablation = prepare(
        loaded,
        commands,
        Path(out or f"runs/{loaded.name}-filters"),
        parse_seeds(seeds),
        reused=Path(run) if run else None,
        filter_step=filter_step,
        train_step=train_step,
        eval_step=eval_step,
    )
    if dry_run:
        console.show(preview(ablation), as_json=json, data_command=False)
        return
    receipts = run_ablation(ablation, invoke, PRELOAD, console.say)
    if json:
        console.show(receipts.as_json(), as_json=True, data_command=False)
    else:
        _show(receipts)


def parse_seeds(text: str) -> tuple[int, ...]:
    """Seeds in the order given. Raises UserError for what is none, or one twice."""
    from r1data.errors import UserError
    from r1data.recipe.load import MAX_SEED

    words = [word.strip() for word in text.split(",")]
    if not all(
        word.isascii() and word.isdigit() and len(word) <= 10 and int(word) <= MAX_SEED for word in words
    ):
        raise UserError(f"--seeds {text}: write whole numbers from 0 to {MAX_SEED}, such as 1,2,3")
    numbers = tuple(int(word) for word in words)
    if len({*numbers}) < len(numbers):
        raise UserError(f"--seeds {text}: a seed stands there twice; write each once")
    return numbers


def _show(receipts: "Receipts") -> None:
    from r1data.recipe.ablation.receipts import FILE, explanation, table

    console.print_table("arm", table(receipts))
    for line in explanation(receipts):
        console.say(line)
    console.say(f"all figures: {Path(str(receipts.facts['run'])) / FILE}")
