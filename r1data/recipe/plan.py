"""Turns a recipe into command lines and checks every one of them.

Nothing is run or written here. A step's `--seed`, where its command has one and the recipe does
not set it, is derived from the recipe's seed and the step's name, so that two steps never draw the same
random numbers by accident and a step keeps its seed when others are added or removed.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping as Commands
from dataclasses import dataclass
from pathlib import Path

from r1data.recipe.commands import CommandSignature, OutputKind, nearest
from r1data.recipe.load import Recipe, RecipeStep
from r1data.recipe.nodes import fail
from r1data.recipe.step_options import Scope, StepOptions, exists


@dataclass(frozen=True)
class PlannedStep:
    """One command line (`arguments` follow `r1`), what it reads and where it writes."""

    name: str
    command: str
    arguments: tuple[str, ...]
    reads: tuple[str, ...]
    output: Path | None
    output_kind: OutputKind
    runs_a_model: bool

    @property
    def line(self) -> str:
        """The command line as one would type it."""
        return shlex.join(("r1", *self.arguments))


@dataclass(frozen=True)
class RecipePlan:
    """All command lines of a recipe, in order; `to_supply` are the inputs that are not there yet."""

    recipe: Recipe
    folder: Path
    seed: int
    steps: tuple[PlannedStep, ...]

    @property
    def missing_inputs(self) -> dict[str, str]:
        """Name → "path: what it must hold", for each input that is missing."""
        missing = {name: s for name, s in self.recipe.inputs.items() if not exists(s.path)}
        return {name: f"{supply.path}: {supply.holds}" for name, supply in missing.items()}

    @property
    def report(self) -> dict[str, list[str]]:
        """Role → the steps that play it."""
        return {role: [step.text for step in steps] for role, steps in self.recipe.report.items()}

    @property
    def trainings(self) -> dict[str, list[str]]:
        """Role → the training steps behind it: the role's own, or those of the model that it evaluates."""
        trained_by = {str(step.output): step.name for step in self.steps if step.output_kind == "model"}
        paths = {step.name: [str(step.output), *step.reads] for step in self.steps}
        trainings = {
            role: [trained_by[path] for name in names for path in paths[name] if path in trained_by]
            for role, names in self.report.items()
        }
        return {role: list(dict.fromkeys(names)) for role, names in trainings.items()}


def derived_seed(seed: int, step: str) -> int:
    """The seed of a step: 31 bits of sha256("seed/step")."""
    digest = hashlib.sha256(f"{seed}/{step}".encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF


def build(recipe: Recipe, commands: Commands[str, CommandSignature], folder: Path, seed: int) -> RecipePlan:
    """The plan for running `recipe` in `folder`.

    Raises UserError with file and line for anything that a command would refuse, as far as that can be known
    before earlier steps have run.
    """
    scope = Scope(recipe, folder, seed)
    steps = [_plan_step(recipe, step, commands, scope, folder, seed) for step in recipe.steps]
    names = [step.name for step in steps]
    for texts in recipe.report.values():
        for text in texts:
            if text.text not in names:
                raise fail(recipe.path, text.line, f'no step "{text.text}" {nearest(text.text, names)}')
    return RecipePlan(recipe, folder, seed, tuple(steps))


def _plan_step(
    recipe: Recipe,
    step: RecipeStep,
    commands: Commands[str, CommandSignature],
    scope: Scope,
    folder: Path,
    seed: int,
) -> PlannedStep:
    command = commands.get(step.command)
    if command is None:
        message = f'unknown command "{step.command}" {nearest(step.command, commands)}'
        raise fail(recipe.path, step.line, f'step "{step.name}": {message}')
    options = StepOptions(recipe, step, command, scope)
    output = folder / step.name if command.output else None
    output_arguments = [str(command.output.flag), str(output)] if command.output else []
    arguments = [
        *command.name.split(),
        *options.positional_arguments(),
        *output_arguments,
        *options.options(),
    ]
    if "seed" in command.options and "seed" not in options.used:
        arguments += [str(command.options["seed"].flag), str(derived_seed(seed, step.name))]
    options.check_required()
    # Only now: a step that names itself, or a later one, finds nothing in the scope.
    scope.add(step.name, output, command.output_kind)
    return PlannedStep(
        step.name,
        command.name,
        tuple(arguments),
        tuple(options.reads),
        output,
        command.output_kind,
        command.runs_a_model,
    )
