"""A recipe file → `Recipe`: its shape is checked here, its steps' options in `plan`.

    name: miniature                       # optional, like all but steps
    seed: 1
    vars: {problems: 200}                 # used as ${problems}
    inputs:
      prompts: {path: data/prompts, holds: prompts with a truth}
    defaults:
      train-grpo: {steps: 88}             # for every step of that command that does not say otherwise
    steps:
      - train-grpo: {as: r1-zero, input: "${prompts}", model: "miniature:base"}
    report:
      r1-zero: eval-r1-zero               # a role of the report → the step that plays it

The format is ours; the paper has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from r1data.errors import UserError
from r1data.recipe.commands import nearest
from r1data.recipe.nodes import OVERRIDE, Items, Mapping, Node, Text, fail, parse, read
from r1data.recipe.reader import Reader, Step, Supply

KEYS = ("name", "description", "seed", "vars", "inputs", "defaults", "steps", "report")
BUILT_IN = ("run", "seed")


@dataclass(frozen=True)
class Recipe:
    """A recipe as written: names are sound and unique, options not yet looked at."""

    path: Path
    name: str
    description: str
    seed: int
    vars: dict[str, Text | Items]
    inputs: dict[str, Supply]
    steps: tuple[Step, ...]
    report: dict[str, tuple[Text, ...]]
    old_names: tuple[str, ...] = ()
    """Options that it writes by names of earlier releases; its steps have them under the new ones."""


def load(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe in `path` with `--set` values laid over it.

    Raises UserError with the file and line of the first mistake.
    """
    reader = Reader(path)
    root = reader.mapping(read(path), "a recipe")
    reader.known(root, KEYS, "key")
    steps = [reader.step(node) for node in reader.items(root.entries.get("steps"), "steps", root.line)]
    recipe = Recipe(
        path=path,
        name=reader.name(root.entries.get("name"), path.stem.lower(), "name"),
        description=" ".join(reader.text(root.entries.get("description"), "description", "").split()),
        seed=reader.whole(root.entries.get("seed"), "seed", 1),
        vars=reader.variables(root.entries.get("vars")),
        inputs=reader.inputs(root.entries.get("inputs")),
        steps=tuple(reader.with_defaults(root.entries.get("defaults"), steps)),
        report=reader.report(root.entries.get("report")),
    )
    for override in overrides:
        recipe = _overridden(reader, recipe, override)
    _distinct(recipe)
    return replace(recipe, old_names=tuple(dict.fromkeys(reader.old_names)))


def _overridden(reader: Reader, recipe: Recipe, override: str) -> Recipe:
    """One `--set place=value`: a step's option, or `seed`, `name`, `vars.x`, `inputs.x`."""
    place, equals, raw = override.partition("=")
    if not equals or not raw:
        raise UserError(f'--set {override}: write it as step.option=value, such as "r1-zero.steps=10"')
    value = _value(reader, raw)
    owner, _, key = place.rpartition(".")
    if not owner and key in ("seed", "name"):
        if key == "seed":
            return replace(recipe, seed=reader.whole(value, "seed", 1))
        return replace(recipe, name=reader.name(value, "", "name"))
    if owner in ("vars", "inputs"):
        return _overridden_name(reader, recipe, owner, key, value)
    names = [step.name for step in recipe.steps]
    if owner not in names:
        raise UserError(f'--set {override}: no step "{owner or key}" {nearest(owner or key, names)}')
    steps = tuple(
        _with_option(step, reader.key(key), value) if step.name == owner else step for step in recipe.steps
    )
    return replace(recipe, steps=steps)


def _value(reader: Reader, raw: str) -> Node:
    """Text as it stands; a list or mapping when it is written as one."""
    if raw[0] not in "[{":
        return Text(raw, OVERRIDE)
    return _at_override(parse(Path("--set"), raw))


def _at_override(node: Node) -> Node:
    if isinstance(node, Text):
        return Text(node.text, OVERRIDE, node.empty)
    if isinstance(node, Items):
        return Items(tuple(_at_override(child) for child in node.values), OVERRIDE)
    entries = {key: _at_override(child) for key, child in node.entries.items()}
    return Mapping(entries, dict.fromkeys(entries, OVERRIDE), OVERRIDE)


def _overridden_name(reader: Reader, recipe: Recipe, owner: str, key: str, value: Node) -> Recipe:
    held = recipe.vars if owner == "vars" else recipe.inputs
    if key not in held:
        raise UserError(f"--set {owner}.{key}: the recipe has no such name {nearest(key, held)}")
    if owner == "inputs":
        supply = Supply(reader.text(value, key), recipe.inputs[key].holds, OVERRIDE)
        return replace(recipe, inputs={**recipe.inputs, key: supply})
    if isinstance(value, Mapping):
        raise UserError(f"--set vars.{key}: must be one value or a list")
    return replace(recipe, vars={**recipe.vars, key: value})


def _with_option(step: Step, key: str, value: Node) -> Step:
    same = next((k for k in step.options if k.replace("_", "-") == key.replace("_", "-")), key)
    return replace(step, options={**step.options, same: value}, lines={**step.lines, same: OVERRIDE})


def _distinct(recipe: Recipe) -> None:
    """Every `${name}` must mean one thing, and every step have a folder of its own."""
    taken = dict.fromkeys(BUILT_IN, "built in")
    for kind, held in (("a variable", recipe.vars), ("an input", recipe.inputs)):
        for name in held:
            if name in taken:
                raise UserError(f'{recipe.path}: "{name}" is {taken[name]} and {kind}; rename one of them')
            taken[name] = kind
    for step in recipe.steps:
        if step.name in taken:
            message = f'the name "{step.name}" is taken ({taken[step.name]}); choose another with `as:`'
            raise fail(recipe.path, step.line, message)
        taken[step.name] = f"the step in line {step.line}"
