"""Runs an ablation in its folder: the steps before, the arms' filters and sets, their trainings and evaluations.

The folder is that of a run: `run.json` records every command line, and the same command goes on after a kill. What an
arm is follows from what the filters dropped, and its tokens from what the builds kept, so that the command lines are
planned in three stages, each with those of the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1data.data.dataset import Dataset
from r1data.errors import UserError
from r1data.recipe import record
from r1data.recipe.ablation import page
from r1data.recipe.ablation import receipts as results
from r1data.recipe.ablation import rows as arm_rows
from r1data.recipe.ablation.arms import ALL, Arm, Arms, FilterOptions, choose, read_options
from r1data.recipe.ablation.chain import Chain, find_chain, steps_before
from r1data.recipe.ablation.receipts import ArmRows, Receipts
from r1data.recipe.ablation.rows import SizedRow, TrainingOptions
from r1data.recipe.ablation.steps import (
    ArmSteps,
    build_name,
    eval_name,
    filter_name,
    rows_name,
)
from r1data.recipe.commands import CommandSignature
from r1data.recipe.load import Recipe, RecipeStep
from r1data.recipe.plan import RecipePlan, build
from r1data.recipe.run import Say, run
from r1data.runtime.command_server import Launch

Sets = Mapping[str, list[SizedRow]]
"""Arm → the rows of its training set."""


@dataclass(frozen=True)
class Ablation:
    """What is compared, where, and with which seeds. `seed` is that of the steps before."""

    steps: ArmSteps
    commands: Mapping[str, CommandSignature]
    folder: Path
    seed: int
    seeds: tuple[int, ...]

    @property
    def chain(self) -> Chain:
        return self.steps.chain

    @property
    def options(self) -> FilterOptions:
        return read_options(self.chain.filter.arguments)

    @property
    def all(self) -> Arm:
        return Arm(ALL, self.options, ())

    def plan(self, steps: Sequence[RecipeStep], rows: Sequence[str] = ()) -> RecipePlan:
        return build(self.steps.recipe_of(steps, rows), self.commands, self.folder, self.seed)


def prepare(
    recipe: Recipe,
    commands: Mapping[str, CommandSignature],
    folder: Path,
    seeds: Sequence[int],
    *,
    reused: Path | None = None,
    filter_step: str | None = None,
    train_step: str | None = None,
    eval_step: str | None = None,
) -> Ablation:
    """The ablation of a recipe's chain in `folder`; nothing is run or written.

    Args:
        reused: a run of the recipe whose finished steps are read instead of running them here.
        filter_step, train_step, eval_step: names of steps, where the recipe has several chains.

    Raises:
        UserError: as `find_chain` does, or a step that is needed is not done in `reused`.
    """
    seed, place = recipe.seed, reused or folder
    run_record = record.read(reused) if reused else None
    if reused and run_record is None:
        raise UserError(
            f"{reused}: holds no run; give --run the folder of a finished `r1 run`, or leave it out"
        )
    if run_record is not None:
        seed = run_record.seed
    plan = build(recipe, commands, place, seed)
    chain = find_chain(plan, filter_step, train_step, eval_step)
    before = steps_before(plan, chain)
    if run_record is not None and reused is not None:
        for step in before:
            if (state := record.state(step, run_record.steps, reused)) != "done":
                raise UserError(
                    f'{reused}: the step "{step.name}" is {state} there; `r1 run {recipe.path} -o {reused}` makes it'
                )
    return Ablation(
        ArmSteps(recipe, chain, tuple(before), folder, reused), commands, folder, seed, tuple(seeds)
    )


def preview(ablation: Ablation) -> dict[str, Any]:
    """What `run_ablation` would do, as far as the steps that are done tell: arms, rows, tokens, trainings."""
    plan = ablation.plan([ablation.steps.filter(ablation.all)])
    states = _states(plan)
    facts: dict[str, Any] = {
        "chain": str(ablation.chain),
        "run": str(ablation.folder),
        "seeds": list(ablation.seeds),
        "to_run_before": [name for name, state in states.items() if state != "done"],
        "to_supply": plan.missing_inputs,
    }
    filters = ablation.options.filters
    if states[filter_name(ablation.all)] != "done":
        most = len(filters) + 2
        return {
            **facts,
            "filters": filters,
            "arms": "known when the filter has run: all, one for each filter that drops a row, none",
            "trainings_at_most": most * len(ablation.seeds),
        }
    arms = _arms(ablation)
    plan = ablation.plan(_selection_steps(ablation, arms))
    facts |= {"dropped_nothing": list(arms.idle), "trainings": len(arms.arms) * len(ablation.seeds)}
    if any(state != "done" for state in _states(plan).values()):
        return {**facts, "arms": {arm.name: {"dropped": arm.dropped} for arm in arms.arms}}
    sets = _sets(ablation, arms)
    same = _same(arms.arms, sets)
    budget = min(map(arm_rows.tokens_of, sets.values()))
    return {
        **facts,
        "trainings": sum(each is None for each in same.values()) * len(ablation.seeds),
        "tokens": budget,
        "arms": {
            arm.name: {
                "dropped": arm.dropped,
                "rows": len(sets[arm.name]),
                "tokens": arm_rows.tokens_of(sets[arm.name]),
                "rows_trained": len(arm_rows.chosen_rows(sets[arm.name], budget, ablation.seeds[0])),
                "same_as": same[arm.name],
            }
            for arm in arms.arms
        },
    }


def run_ablation(ablation: Ablation, launch: Launch, preload: Sequence[str], say: Say) -> Receipts:
    """Runs what is not done, compares the arms and writes `receipts.json` and `receipts.html`.

    Raises:
        UserError: no filter drops a row, an arm has no row, or as `recipe.run.run` does.
    """
    first = ablation.plan([ablation.steps.filter(ablation.all)])
    run(first, first.steps, launch, preload, say)
    arms = _arms(ablation)
    selection = _selection_steps(ablation, arms)
    second = ablation.plan(selection)
    run(second, second.steps, launch, preload, say)
    sets = _sets(ablation, arms)
    rows = _write_rows(ablation, arms.arms, sets)
    trained = [arm for arm in arms.arms if rows[arm.name].same_as is None]
    trainings = [
        step
        for seed in ablation.seeds
        for arm in trained
        for step in (
            ablation.steps.train(arm, seed, rows[arm.name].batches[seed]),
            ablation.steps.eval(arm, seed),
        )
    ]
    names = [rows_name(arm, seed) for arm in trained for seed in ablation.seeds]
    third = ablation.plan([*selection, *trainings], names)
    run(third, third.steps, launch, preload, say)
    scores = {
        arm.name: {
            seed: results.read_scores(ablation.folder / eval_name(arm, seed)) for seed in ablation.seeds
        }
        for arm in trained
    }
    receipts = results.compare(_facts(ablation, sets), arms.arms, arms.idle, rows, scores)
    results.write(receipts, ablation.folder)
    page.write(receipts, ablation.folder)
    return receipts


def _states(plan: RecipePlan) -> dict[str, str]:
    current = record.read(plan.folder)
    return {
        step.name: record.state(step, current.steps if current else {}, plan.folder) for step in plan.steps
    }


def _arms(ablation: Ablation) -> Arms:
    summary = Dataset(ablation.folder / filter_name(ablation.all)).summary
    dropped = {
        name.removeprefix("dropped_"): int(count)
        for name, count in summary.items()
        if name.startswith("dropped_")
    }
    return choose(ablation.options, dropped)


def _selection_steps(ablation: Ablation, arms: Arms) -> list[RecipeStep]:
    """The filter and the build of every arm."""
    filters = [ablation.steps.filter(arm) for arm in arms.arms]
    return [*filters, *(ablation.steps.build(arm) for arm in arms.arms)]


def _training(ablation: Ablation) -> TrainingOptions:
    return arm_rows.read_training(ablation.chain.train)


def _sets(ablation: Ablation, arms: Arms) -> Sets:
    """Every arm's training set, its rows sized."""
    training, folder = _training(ablation), ablation.folder
    filtered = frozenset(
        prompt
        for name in (filter_name(ablation.all), f"{ALL}.dropped")
        for table in Dataset(folder / name).tables(["prompt_id"])
        for prompt in table["prompt_id"].to_pylist()
    )
    sets = {
        arm.name: arm_rows.sized_rows(str(folder / build_name(arm)), training, filtered) for arm in arms.arms
    }
    arm_rows.check_rows(sets)
    return sets


def _same(arms: Sequence[Arm], sets: Sets) -> dict[str, str | None]:
    """Arm → an earlier arm with the very same rows, or None."""
    owners: dict[tuple[str, ...], str] = {}
    same: dict[str, str | None] = {}
    for arm in arms:
        owner = owners.setdefault(tuple(sorted(row.example for row in sets[arm.name])), arm.name)
        same[arm.name] = owner if owner != arm.name else None
    return same


def _write_rows(ablation: Ablation, arms: Sequence[Arm], sets: Sets) -> dict[str, ArmRows]:
    """Writes what every arm trains on, the same tokens for all."""
    settings = _training(ablation).settings
    budget = min(map(arm_rows.tokens_of, sets.values()))
    same = _same(arms, sets)
    chosen = {
        (arm.name, seed): arm_rows.chosen_rows(sets[arm.name], budget, seed)
        for arm in arms
        for seed in ablation.seeds
    }
    arm_rows.check_rows({name: rows for (name, _), rows in chosen.items()})
    written = {}
    for arm in arms:
        own = {seed: chosen[arm.name, seed] for seed in ablation.seeds}
        for seed, rows in own.items():
            if same[arm.name] is None:
                source, out = ablation.folder / build_name(arm), ablation.folder / rows_name(arm, seed)
                arm_rows.write_rows(str(source), out, rows, seed, budget)
        reference = {seed: {row.example for row in chosen[ALL, seed]} for seed in own}
        written[arm.name] = ArmRows(
            available=len(sets[arm.name]),
            available_tokens=arm_rows.tokens_of(sets[arm.name]),
            rows={seed: len(rows) for seed, rows in own.items()},
            tokens={seed: arm_rows.tokens_of(rows) for seed, rows in own.items()},
            batches={
                seed: arm_rows.batches(settings, len(rows), len(chosen[ALL, seed]))
                for seed, rows in own.items()
            },
            shared={seed: sum(row.example in reference[seed] for row in rows) for seed, rows in own.items()},
            same_as=same[arm.name],
        )
    return written


def _facts(ablation: Ablation, sets: Sets) -> dict[str, Any]:
    return {
        "recipe": ablation.steps.recipe.name,
        "chain": [step.name for step in ablation.chain.steps],
        "run": str(ablation.folder),
        "seeds": list(ablation.seeds),
        "tokens": min(map(arm_rows.tokens_of, sets.values())),
    }
