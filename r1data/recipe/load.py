"""Reads a recipe file into `Recipe`: its shape is checked here, its steps' options in `plan`.

    name: miniature                       # optional, like all but steps
    seed: 1
    vars: {problems: 200}                 # used as ${problems}
    inputs:
      prompts: {path: data/prompts, holds: prompts with a truth}
    defaults:
      train-grpo: {steps: 88}             # for every step of that command that does not set it
    steps:
      - train-grpo: {as: r1-zero, input: "${prompts}", model: "miniature:base"}
    report:
      r1-zero: eval-r1-zero               # a role of the report → the step that plays it

The format is ours; the paper has none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from r1data.data.option_names import new_key
from r1data.errors import UserError
from r1data.recipe.commands import nearest
from r1data.recipe.nodes import OVERRIDE, Items, Mapping, Node, Text, fail, parse, read

KEYS = ("name", "description", "seed", "vars", "inputs", "defaults", "steps", "report")
BUILT_IN = ("run", "seed")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
MAX_SEED = 2**31 - 1
MAX_STEPS = 1_000
RUN_FILES = ("run.json", "report.html")
"""What lies beside the steps' folders in a run, and what no step may be named."""

PIPELINE = {
    "base": "Base",
    "r1-zero": "R1-Zero",
    "cold-start": "Cold start",
    "reasoning-rl-plain": "Reasoning RL, no language reward",
    "reasoning-rl": "Reasoning RL, language reward",
    "sft": "SFT of the base",
    "r1": "R1",
}

STUDENTS = {
    "student-base": "Student base",
    "student-rl": "Student, RL alone",
    "student-distilled": "Student, distilled",
    "student-on-policy": "Student, on-policy distilled",
    "qwen2.5-1.5b": "Distill-Qwen-1.5B",
    "qwen2.5-7b": "Distill-Qwen-7B",
    "qwen2.5-14b": "Distill-Qwen-14B",
    "qwen2.5-32b": "Distill-Qwen-32B",
    "llama-8b": "Distill-Llama-8B",
    "llama-70b": "Distill-Llama-70B",
}

ROLES = {**PIPELINE, **STUDENTS}
"""Role → its label in tables and figures. A recipe's `report:` section says which step plays which role."""


@dataclass(frozen=True)
class RecipeStep:
    """One step: its name, its command, and its options as written."""

    name: str
    command: str
    options: dict[str, Node]
    lines: dict[str, int]
    line: int


@dataclass(frozen=True)
class RequiredInput:
    """Something that the user must provide: its path, and a description of what it must hold."""

    path: str
    holds: str
    line: int


@dataclass(frozen=True)
class Recipe:
    """A recipe as written: names are valid and unique, options not yet checked."""

    path: Path
    name: str
    description: str
    seed: int
    vars: dict[str, Text | Items]
    inputs: dict[str, RequiredInput]
    steps: tuple[RecipeStep, ...]
    report: dict[str, tuple[Text, ...]]
    old_names: tuple[str, ...] = ()
    """Options that it writes by names of earlier releases; its steps have them under the new ones."""


class Reader:
    """Converts YAML nodes to values; every error names the file and line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.old_names: list[str] = []

    def mapping(self, node: Node | None, what: str) -> Mapping:
        if isinstance(node, Mapping):
            return node
        raise fail(self.path, node.line if node else 1, f"{what} must be a mapping; write `key: value`")

    def check_keys(self, node: Mapping, keys: Sequence[str], what: str) -> None:
        for key in node.entries:
            if key not in keys:
                raise fail(self.path, node.lines[key], f'unknown {what} "{key}" {nearest(key, keys)}')

    def items(self, node: Node | None, what: str, line: int) -> tuple[Node, ...]:
        if isinstance(node, Items) and node.values:
            return node.values
        raise fail(
            self.path,
            node.line if node else line,
            f"`{what}:` must be a list, not an empty one; write an item after `- `",
        )

    def text(self, node: Node | None, what: str, default: str | None = None) -> str:
        if node is None and default is not None:
            return default
        if isinstance(node, Text) and not node.empty:
            return node.text
        raise fail(
            self.path,
            node.line if node else 1,
            f"`{what}` needs a value in one piece; write a text or number",
        )

    def name(self, node: Node | None, default: str, what: str) -> str:
        name = self.text(node, what, default)
        if NAME.fullmatch(name):
            return name
        line = node.line if node else 1
        raise fail(
            self.path, line, f'`{what}`: "{name}" must be small letters, digits, "-", "_" and "."; rename it'
        )

    def integer(self, node: Node | None, what: str, default: int) -> int:
        text = self.text(node, what, str(default))
        if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= MAX_SEED:
            return int(text)
        line = node.line if node else 1
        raise fail(self.path, line, f'`{what}`: "{text}" is no whole number from 0 to {MAX_SEED}; write one')

    def step(self, node: Node) -> RecipeStep:
        entry = self.mapping(node, "a step")
        if len(entry.entries) != 1:
            raise fail(self.path, entry.line, "a step is one command: `- command: {as: name, option: value}`")
        ((command, body),) = entry.entries.items()
        if isinstance(body, Text) and body.empty:
            body = Mapping({}, {}, entry.line)
        inner = self._under_new_names(self.mapping(body, f"the options of {command}"))
        options = {key: value for key, value in inner.entries.items() if key != "as"}
        name = self.name(inner.entries.get("as"), command.replace(" ", "-").lower(), "as")
        return RecipeStep(name, command, options, inner.lines, entry.lines[command])

    def with_defaults(self, node: Node | None, steps: list[RecipeStep]) -> list[RecipeStep]:
        """The steps, with the options that `defaults:` gives to their command where they give none."""
        if node is None:
            return steps
        defaults = self.mapping(node, "defaults")
        self.check_keys(defaults, sorted({step.command for step in steps}), "command in defaults")
        bodies = {
            command: self._under_new_names(self.mapping(body, f"defaults of {command}"))
            for command, body in defaults.entries.items()
        }
        completed = []
        for step in steps:
            body = bodies.get(step.command, Mapping({}, {}, node.line))
            step_keys = {key.replace("_", "-") for key in step.options}
            default_keys = [key for key in body.entries if key.replace("_", "-") not in step_keys]
            options = {**step.options, **{key: body.entries[key] for key in default_keys}}
            lines = {**step.lines, **{key: body.lines[key] for key in default_keys}}
            completed.append(replace(step, options=options, lines=lines))
        return completed

    def key(self, text: str) -> str:
        """An option's current name; an old one is noted."""
        name = new_key(text)
        if name != text:
            self.old_names.append(text)
        return name

    def _under_new_names(self, node: Mapping) -> Mapping:
        names = {key: self.key(key) for key in node.entries}
        if twice := next((key for key, name in names.items() if key != name and name in names), None):
            raise fail(
                self.path,
                node.lines[twice],
                f'"{twice}" is an old name of "{names[twice]}": remove one of them',
            )
        entries = {names[key]: value for key, value in node.entries.items()}
        return Mapping(entries, {names[key]: line for key, line in node.lines.items()}, node.line)

    def variables(self, node: Node | None) -> dict[str, Text | Items]:
        if node is None:
            return {}
        values: dict[str, Text | Items] = {}
        for key, value in self.mapping(node, "vars").entries.items():
            if isinstance(value, Mapping):
                raise fail(
                    self.path, value.line, f'the variable "{key}" is a mapping; write one value or a list'
                )
            values[self.name(Text(key, value.line), key, "vars")] = value
        return values

    def inputs(self, node: Node | None) -> dict[str, RequiredInput]:
        if node is None:
            return {}
        supplies: dict[str, RequiredInput] = {}
        for key, value in self.mapping(node, "inputs").entries.items():
            body = self.mapping(value, f'the input "{key}"')
            self.check_keys(body, ("path", "holds"), "key")
            # An empty text stands in for a missing one, so that the error names the input's line.
            path = self.text(body.entries.get("path", Text("", body.line, True)), f"{key}.path")
            holds = self.text(body.entries.get("holds", Text("", body.line, True)), f"{key}.holds")
            supplies[self.name(Text(key, body.line), key, "inputs")] = RequiredInput(path, holds, body.line)
        return supplies

    def report(self, node: Node | None) -> dict[str, tuple[Text, ...]]:
        if node is None:
            return {}
        roles: dict[str, tuple[Text, ...]] = {}
        mapping = self.mapping(node, "report")
        self.check_keys(mapping, list(ROLES), "role")
        for role, value in mapping.entries.items():
            nodes = self.items(value, role, value.line) if isinstance(value, Items) else (value,)
            roles[role] = tuple(Text(self.text(n, role), n.line) for n in nodes)
        return roles


def load(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe in `path` with `--set` values applied.

    Raises UserError with the file and line of the first mistake.
    """
    reader = Reader(path)
    root = reader.mapping(read(path), "a recipe")
    reader.check_keys(root, KEYS, "key")
    nodes = reader.items(root.entries.get("steps"), "steps", root.line)
    if len(nodes) > MAX_STEPS:
        raise fail(
            path,
            nodes[MAX_STEPS].line,
            f"{len(nodes):,} steps; a recipe has {MAX_STEPS:,} at most; split it",
        )
    steps = [reader.step(node) for node in nodes]
    recipe = Recipe(
        path=path,
        name=reader.name(root.entries.get("name"), path.stem.lower(), "name"),
        description=" ".join(reader.text(root.entries.get("description"), "description", "").split()),
        seed=reader.integer(root.entries.get("seed"), "seed", 1),
        vars=reader.variables(root.entries.get("vars")),
        inputs=reader.inputs(root.entries.get("inputs")),
        steps=tuple(reader.with_defaults(root.entries.get("defaults"), steps)),
        report=reader.report(root.entries.get("report")),
    )
    for override in overrides:
        recipe = _overridden(reader, recipe, override)
    _check_names(recipe)
    return replace(recipe, old_names=tuple(dict.fromkeys(reader.old_names)))


def _overridden(reader: Reader, recipe: Recipe, override: str) -> Recipe:
    """One `--set place=value`: a step's option, or `seed`, `name`, `vars.x`, `inputs.x`."""
    target, equals, raw = override.partition("=")
    if not equals or not raw:
        raise UserError(f'--set {override}: write it as step.option=value, such as "r1-zero.steps=10"')
    value = _value(reader, raw)
    owner, _, key = target.rpartition(".")
    if not owner and key in ("seed", "name"):
        if key == "seed":
            return replace(recipe, seed=reader.integer(value, "seed", 1))
        return replace(recipe, name=reader.name(value, "", "name"))
    if owner in ("vars", "inputs"):
        return _overridden_name(reader, recipe, owner, key, value)
    names = [step.name for step in recipe.steps]
    if owner not in names:
        raise UserError(f'--set {override}: no step "{owner or key}" {nearest(owner or key, names)}')
    steps = list(recipe.steps)
    number = names.index(owner)
    step, current_key = steps[number], reader.key(key)
    # `max_tokens` and `max-tokens` are one option: the value takes the place of either.
    existing_key = next(
        (k for k in step.options if k.replace("_", "-") == current_key.replace("_", "-")), current_key
    )
    options = {**step.options, existing_key: value}
    steps[number] = replace(step, options=options, lines={**step.lines, existing_key: OVERRIDE})
    return replace(recipe, steps=tuple(steps))


def _value(reader: Reader, raw: str) -> Node:
    """The value as text, or a list or mapping if it is written as one."""
    # Anything else stays as it is: as YAML, a value such as `a: b` or `# 1` would be read as something else.
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
    names = recipe.vars if owner == "vars" else recipe.inputs
    if key not in names:
        raise UserError(f"--set {owner}.{key}: the recipe has no such name {nearest(key, names)}")
    if owner == "inputs":
        supply = RequiredInput(reader.text(value, key), recipe.inputs[key].holds, OVERRIDE)
        return replace(recipe, inputs={**recipe.inputs, key: supply})
    if isinstance(value, Mapping):
        raise UserError(f"--set vars.{key}: a mapping; write one value or a list")
    return replace(recipe, vars={**recipe.vars, key: value})


def _check_names(recipe: Recipe) -> None:
    """Every `${name}` must be unambiguous, and every step's folder unique."""
    meanings = dict.fromkeys(BUILT_IN, "built in") | dict.fromkeys(RUN_FILES, "a file of the run")
    for kind, names in (("a variable", recipe.vars), ("an input", recipe.inputs)):
        for name in names:
            if name in meanings:
                raise UserError(f'{recipe.path}: "{name}" is {meanings[name]} and {kind}; rename one of them')
            meanings[name] = kind
    for step in recipe.steps:
        if step.name in meanings:
            message = f'the name "{step.name}" is taken ({meanings[step.name]}); choose another with `as:`'
            raise fail(recipe.path, step.line, message)
        meanings[step.name] = f"the step in line {step.line}"
