"""Finds the chain filter → build → training → evaluation in a recipe, and the steps that must run before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from r1data.errors import UserError
from r1data.recipe.commands import nearest
from r1data.recipe.plan import PlannedStep, RecipePlan

TRAININGS = ("train-sft", "distill")


@dataclass(frozen=True)
class Chain:
    """Four steps, each of which reads what the one before it writes."""

    filter: PlannedStep
    build: PlannedStep
    train: PlannedStep
    eval: PlannedStep

    @property
    def steps(self) -> tuple[PlannedStep, ...]:
        return (self.filter, self.build, self.train, self.eval)

    def __str__(self) -> str:
        return " → ".join(step.name for step in self.steps)


def find_chain(
    plan: RecipePlan,
    filter_step: str | None = None,
    train_step: str | None = None,
    eval_step: str | None = None,
) -> Chain:
    """The chain whose steps have these names; the only one of the recipe where none is named.

    Raises:
        UserError: a name is no step's or one of another command, the recipe lacks a kind of step, there is no chain
            of all four, or more than one.
    """
    names = {"--filter-step": filter_step, "--train-step": train_step, "--eval-step": eval_step}
    kinds = {"--filter-step": ("filter",), "--train-step": TRAININGS, "--eval-step": ("eval",)}
    for option, name in names.items():
        _check_name(plan, option, name, kinds[option])
    for kind in (("filter",), ("build",), TRAININGS, ("eval",)):
        if not any(step.command in kind for step in plan.steps):
            raise UserError(
                f"{plan.recipe.path}: no {' or '.join(kind)} step; add one: filters are compared where a filter "
                "step, a build step, a train-sft or distill step and an eval step follow one another"
            )
    chains = [
        chain
        for chain in all_chains(plan)
        if filter_step in (None, chain.filter.name)
        and train_step in (None, chain.train.name)
        and eval_step in (None, chain.eval.name)
    ]
    given = " ".join(f"{option} {name}" for option, name in names.items() if name)
    if not chains:
        listed = "; ".join(map(str, all_chains(plan)))
        remedy = f"; its chains: {listed}" if listed else "; let each of these steps read the one before it"
        raise UserError(
            f"{plan.recipe.path}: no chain filter → build → training → eval"
            f"{' with ' + given if given else ''}{remedy}"
        )
    if len(chains) > 1:
        raise UserError(
            f"{plan.recipe.path}: {len(chains)} chains{' with ' + given if given else ''}; choose one with "
            f"--filter-step, --train-step and --eval-step: {'; '.join(map(str, chains))}"
        )
    return chains[0]


def all_chains(plan: RecipePlan) -> list[Chain]:
    """Every chain of the recipe, in the order of its steps."""
    return [
        Chain(filtering, building, training, evaluation)
        for filtering in plan.steps
        if filtering.command == "filter"
        for building in _readers(plan, filtering, ("build",))
        for training in _readers(plan, building, TRAININGS)
        for evaluation in _readers(plan, training, ("eval",))
    ]


def steps_before(plan: RecipePlan, chain: Chain) -> list[PlannedStep]:
    """The steps whose outputs the chain reads, directly or through others, in the recipe's order."""
    needed = set(chain.filter.reads)
    for previous, step in zip(chain.steps, chain.steps[1:], strict=False):
        needed |= set(step.reads) - {str(previous.output)}
    before = []
    for step in reversed(plan.steps):
        if needed.intersection(_written(plan, step)):
            before.append(step)
            needed |= set(step.reads)
    return before[::-1]


def _check_name(plan: RecipePlan, option: str, name: str | None, commands: tuple[str, ...]) -> None:
    if name is None:
        return
    step = next((step for step in plan.steps if step.name == name), None)
    if step is None:
        names = [step.name for step in plan.steps if step.command in commands]
        close = nearest(name, names or [step.name for step in plan.steps])
        raise UserError(f'{plan.recipe.path}: no step "{name}" for {option} {close}')
    if step.command not in commands:
        raise UserError(
            f'{plan.recipe.path}: {option}: the step "{name}" is a {step.command}; name a {" or ".join(commands)}'
        )


def _readers(plan: RecipePlan, step: PlannedStep, commands: tuple[str, ...]) -> Iterator[PlannedStep]:
    return (each for each in plan.steps if each.command in commands and str(step.output) in each.reads)


def _written(plan: RecipePlan, step: PlannedStep) -> Iterator[str]:
    """The step's folder, and folders of the run that it writes beside it (`--dropped`)."""
    yield str(step.output)
    for argument in step.arguments:
        if argument.startswith(f"{plan.folder}/") and argument not in step.reads:
            yield argument
