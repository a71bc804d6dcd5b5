"""`r1 run`: a whole recipe, one command line after the other, resuming where it stopped."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r1data.data.option_names import note

from . import console
from .options import JsonOption

if TYPE_CHECKING:
    from r1data.recipe.load import Recipe as LoadedRecipe
    from r1data.recipe.plan import RecipePlan

PRELOAD = ["r1data.recipe.preload"]

RecipeArgument = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE", help="A recipe's file, or the name of one that ships with r1.", show_default=False
    ),
]
OutOption = Annotated[
    str | None, typer.Option("--out", "-o", metavar="RUN", help="The run's folder. [default: runs/NAME]")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="STEP.OPTION=VALUE",
        help="Override a value of the recipe; also seed, vars.NAME, inputs.NAME; repeat.",
    ),
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", min=0, help="Use this seed instead of the recipe's.")
]
OnlyOption = Annotated[str | None, typer.Option("--only", metavar="STEP", help="Run this step alone.")]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="STEP", help="Run this step and those after it.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Check the recipe and print its command lines.")
]


def command(
    recipe: RecipeArgument,
    out: OutOption = None,
    set: SetOption = None,
    seed: SeedOption = None,
    only: OnlyOption = None,
    start: FromOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Run a recipe step by step; the same command resumes an interrupted run.

    r1 run recipes/miniature.yaml

    r1 run miniature --set r1-zero.steps=10 -o runs/short
    """
    from r1data.recipe.plan import build
    from r1data.recipe.run import run, select_steps

    from . import app, invoke
    from .signatures import signatures

    loaded = load_recipe(recipe, set or ())
    run_seed = loaded.seed if seed is None else seed
    name = loaded.name if run_seed == loaded.seed else f"{loaded.name}-seed-{run_seed}"
    commands = {n: c for n, c in signatures(app).items() if c.output_kind != "nothing"}
    plan = build(loaded, commands, Path(out or f"runs/{name}"), run_seed)
    steps = select_steps(plan, only, start)
    if dry_run:
        _show_plan(plan, json)
        return
    run(plan, steps, invoke, PRELOAD, console.say)
    _show_result(plan, json)


def load_recipe(recipe: str, overrides: Sequence[str]) -> "LoadedRecipe":
    """The recipe in a file or of that name; says on stderr which of its options have other names by now."""
    from r1data.recipe.load import load

    loaded = load(find(recipe), overrides)
    for old_name in loaded.old_names:
        console.say(f"r1: {loaded.path}: {note(old_name)}")
    return loaded


def find(recipe: str) -> Path:
    """The file, or the shipped recipe of that name."""
    from r1data.data.resources import resource

    shipped = resource("recipes") / f"{recipe}.yaml"
    return shipped if not Path(recipe).exists() and "/" not in recipe and shipped.is_file() else Path(recipe)


def _show_plan(plan: "RecipePlan", json: bool) -> None:
    from r1data.recipe import record

    run_record = record.read(plan.folder)
    states = {
        step.name: record.state(step, run_record.steps if run_record else {}, plan.folder)
        for step in plan.steps
    }
    if json:
        steps = [{"step": s.name, "command": s.line, "state": states[s.name]} for s in plan.steps]
        facts = {"recipe": plan.recipe.name, "run": str(plan.folder), "seed": plan.seed, "steps": steps}
        console.show({**facts, "to_supply": plan.missing_inputs}, as_json=True, data_command=False)
        return
    console.say(f"{plan.recipe.name}: {len(plan.steps)} steps in {plan.folder}, seed {plan.seed}")
    for name, what in plan.missing_inputs.items():
        console.say(f"  to supply: {name} = {what}")
    for number, step in enumerate(plan.steps, 1):
        reads = ", ".join(step.reads) or "nothing"
        console.say("")
        console.say(f"[{number}/{len(plan.steps)}] {step.name}: {states[step.name]}")
        console.say(f"  {reads} → {step.output}")
        console.say(f"  {step.line}")


def _show_result(plan: "RecipePlan", json: bool) -> None:
    """The table of scores and where the page is."""
    from r1data.recipe.report.page import write
    from r1data.recipe.report.runs import read_run
    from r1data.recipe.report.tables import summary
    from r1data.recipe.report.text import duration

    run = read_run(plan.folder)
    page = plan.folder / "report.html"
    if plan.report:
        write([run], page)
    if json:
        seconds = {name: step.seconds for name, step in run.record.steps.items()}
        facts = {
            "run": str(plan.folder),
            "seed": plan.seed,
            "seconds": seconds,
            "scores": summary([run]),
        }
        console.show(
            {**facts, "report": str(page) if plan.report else None}, as_json=True, data_command=False
        )
        return
    console.print_table("model", summary([run]))
    total = sum(step.seconds for step in run.record.steps.values())
    console.say("")
    console.say(f"{plan.recipe.name}: {duration(total)}" + (f", report: {page}" if plan.report else ""))
