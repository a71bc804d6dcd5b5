"""The options of a step: `${name}` references are resolved, values checked, and command-line arguments made of them.

`${name}` stands for a variable, an input, an earlier step's output, the run's folder or its seed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from r1data.errors import UserError
from r1data.evaluation.benchmarks import place_of
from r1data.recipe.commands import INPUT, CommandSignature, Option, OutputKind, model_of, nearest
from r1data.recipe.load import NAME, RUN_FILES, Recipe, RecipeStep
from r1data.recipe.nodes import OVERRIDE, Items, Node, Text, fail
from r1data.training.settings.specs import is_address

REFERENCE = re.compile(r"\$\{([^{}]*)\}")
SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
MAX_VALUES, MAX_CHARACTERS = 5_000, 4 * 2**20
"""Values of a recipe, and their characters, at most: a few variables and defaults can stand for gigabytes."""
BESIDE = re.compile(rf"({NAME.pattern})(/{NAME.pattern})*")
"""Where below the run a step may write beside its own folder."""
RESOLVED_LATER = ("hf:", "reasoning-gym:", "pack:", "miniature:")
"""Prefixes of sources that `r1 ingest` resolves itself."""


@dataclass(frozen=True)
class ResolvedText:
    """A text with its references resolved, and what they name: an earlier step or an input."""

    text: str
    line: int
    step: str | None = None
    supply: str | None = None


class Scope:
    """The names that a step may reference; every step adds its own."""

    def __init__(self, recipe: Recipe, folder: Path, seed: int) -> None:
        self.recipe, self.folder = recipe, folder
        self.values_left, self.characters_left = MAX_VALUES, MAX_CHARACTERS
        self.values_by_name = {"run": str(folder), "seed": str(seed)}
        self.values_by_name.update({name: supply.path for name, supply in recipe.inputs.items()})
        self.output_kinds: dict[str, OutputKind] = {}

    def add(self, step: str, output: Path | None, output_kind: OutputKind) -> None:
        """Makes `${step}` stand for `output` in later steps."""
        if output is not None:
            self.values_by_name[step] = str(output)
            self.output_kinds[step] = output_kind

    def values(self, step: str, node: Node) -> list[ResolvedText]:
        """Every text in `node`, resolved; a mapping gives `key=value` texts."""
        if isinstance(node, Text):
            # A variable that is a list stands for its values, but only as the whole value: in a text it has no meaning.
            reference = REFERENCE.fullmatch(node.text)
            variable = self.recipe.vars.get(reference[1]) if reference else None
            texts = variable.values if isinstance(variable, Items) else ()
            list_values = [Text(text.text, node.line) for text in texts if isinstance(text, Text)]
            return [self._fill(step, text) for text in (list_values or (node,))]
        if isinstance(node, Items):
            return [self._fill(step, self._single(step, child)) for child in node.values]
        values = {key: self._fill(step, self._single(step, child)) for key, child in node.entries.items()}
        return [replace(value, text=f"{key}={value.text}") for key, value in values.items()]

    def _single(self, step: str, node: Node) -> Text:
        if isinstance(node, Text):
            return node
        raise fail(
            self.recipe.path, node.line, f'step "{step}": a list holds plain values; write texts or numbers'
        )

    def _fill(self, step: str, node: Text) -> ResolvedText:
        if node.empty:
            raise fail(self.recipe.path, node.line, f'step "{step}": an empty value; write one')
        names = REFERENCE.findall(node.text)
        # Counted before they are put in: the text may be gigabytes.
        lookups = {name: self._lookup(step, name, node.line) for name in dict.fromkeys(names)}
        self.values_left -= 1
        self.characters_left -= len(node.text) + sum(len(lookups[name]) for name in names)
        if self.values_left < 0 or self.characters_left < 0:
            message = (
                f"all values together are more than {MAX_VALUES:,}, or than {MAX_CHARACTERS:,} characters; "
                "split the recipe"
            )
            raise fail(self.recipe.path, node.line, f'step "{step}": {message}')
        text = REFERENCE.sub(lambda match: lookups[match[1]], node.text)
        return ResolvedText(
            text,
            node.line,
            next((name for name in names if name in self.output_kinds), None),
            next((name for name in names if name in self.recipe.inputs), None),
        )

    def _lookup(self, step: str, name: str, line: int) -> str:
        if name in self.values_by_name:
            return self.values_by_name[name]
        variable = self.recipe.vars.get(name)
        if isinstance(variable, Text):
            return variable.text
        if variable is not None:
            why = "is a list and must stand alone; write it as the whole value"
        elif name == step:
            why = "is this step itself; use an earlier one"
        elif any(other.name == name for other in self.recipe.steps):
            why = "is a later step; use an earlier one, or move this step behind it"
        else:
            why = f"names nothing {nearest(name, [*self.values_by_name, *self.recipe.vars])}"
        raise fail(self.recipe.path, line, f'step "{step}": ${{{name}}} {why}')


def exists(text: str) -> bool:
    """Whether a path exists; sources that only the command can resolve (`s3://…`, `hf:…`) count as existing."""
    if "://" in text or text.startswith(RESOLVED_LATER):
        return True
    try:
        return Path(text).exists()
    except OSError:  # a name that no file system takes
        return False


class StepOptions:
    """A step's options, each checked and converted to command-line arguments."""

    def __init__(self, recipe: Recipe, step: RecipeStep, command: CommandSignature, scope: Scope) -> None:
        self.recipe, self.step, self.command, self.scope = recipe, step, command, scope
        self.used: set[str] = set()
        self.reads: list[str] = []

    def positional_arguments(self) -> list[str]:
        node, arguments = self.step.options.get(INPUT), self.command.arguments
        if node is None or not arguments:
            return []
        values = self.scope.values(self.step.name, node)
        if len(values) > len(arguments) and arguments[-1].arity != "many":
            raise self._error(
                values[-1].line, f'"{INPUT}" takes {len(arguments)} value(s), not {len(values)}'
            )
        for i, value in enumerate(values):
            option = arguments[min(i, len(arguments) - 1)]
            self._check(INPUT, option, value)
            self.used.add(option.name)
            if value.text.startswith("-"):
                raise self._error(
                    value.line, f'"{INPUT}: {value.text}": a step can read neither a pipe nor a flag'
                )
        return [value.text for value in values]

    def options(self) -> list[str]:
        words: list[str] = []
        for key in self.step.options:
            if key != INPUT or not self.command.arguments:
                words += self._option(key, self.step.lines[key])
        return words

    def check_required(self) -> None:
        for option in {o.name: o for o in (*self.command.arguments, *self.command.options.values())}.values():
            if option.required and option.kind != "output" and option.name not in self.used:
                name = option.name if option.flag else INPUT
                raise self._error(self.step.line, f'{self.command.name} needs "{name}"')

    def _option(self, key: str, line: int) -> list[str]:
        option = self.command.option(key)
        if option is None:
            names = [*self.command.options, *[INPUT][: len(self.command.arguments)]]
            message = f'unknown option "{key}" for {self.command.name} {nearest(key, names)}'
            raise self._error(line, message)
        if option.kind == "output":
            raise self._error(line, f'"{key}": a step writes into its own folder of the run; leave it out')
        if option.name in self.used:
            raise self._error(line, f'"{key}" is set twice')
        self.used.add(option.name)
        values = self.scope.values(self.step.name, self.step.options[key])
        if option.arity != "many" and len(values) != 1:
            raise self._error(line, f'"{key}" takes one value, here are {len(values)}')
        if option.arity == "switch":
            enabled = SWITCH.get(values[0].text.lower())
            if enabled is None:
                raise self._error(values[0].line, f'"{key}" is "{values[0].text}"; write true or false')
            switch = option.flag if enabled else option.off
            return [switch] if switch else []
        words: list[str] = []
        for value in values:
            self._check(key, option, value)
            # Behind a space, a value such as -1 would be read as an option.
            if value.text.startswith("-"):
                words.append(f"{option.flag}={value.text}")
            else:
                words += [str(option.flag), value.text]
        return words

    def _check(self, key: str, option: Option, value: ResolvedText) -> None:
        output_kind = self.scope.output_kinds.get(value.step or "")
        if value.step and output_kind and option.kind in ("dataset", "model") and output_kind != option.kind:
            message = (
                f'"{key}" needs a {option.kind}, but the step "{value.step}" makes a {output_kind}; '
                "name another step"
            )
            raise self._error(value.line, message)
        if option.kind in ("dataset", "model"):
            place = model_of(value.text) if option.by_domain else value.text
            # What a server serves is no file whose change could be seen.
            self.reads += [] if option.by_domain and is_address(place) else [place]
        if option.kind == "second output":
            self._check_second_output(key, value)
        # What an earlier step makes, or the user must provide, need not be there yet.
        if value.step or value.supply:
            return
        try:
            place = place_of(value.text) if option.benchmarks else value.text
        except UserError as error:
            raise self._error(value.line, f'"{key}": {error}') from None
        if option.kind == "dataset" and not exists(place) and not place.startswith("-"):
            message = f'"{key}": no such dataset: {value.text}; list what a user must provide under `inputs:`'
            raise self._error(value.line, message)
        if option.kind == "model" and "endpoint" in self.step.options:
            return  # the name under which a server serves it
        if problem := option.check(value.text):
            raise self._error(value.line, f'"{key}": {problem}')

    def _check_second_output(self, key: str, value: ResolvedText) -> None:
        """A recipe writes into its run; only who runs it may send rows elsewhere, by `--set`."""
        if value.line == OVERRIDE:
            return
        place = BESIDE.fullmatch(value.text.removeprefix(f"{self.scope.folder}/"))
        taken = {*RUN_FILES, *(step.name for step in self.recipe.steps)}
        if not value.text.startswith(f"{self.scope.folder}/") or place is None or place[1] in taken:
            message = f'"{key}: {value.text}": write ${{run}}/NAME, a folder of the run that no step has'
            raise self._error(value.line, message)

    def _error(self, line: int, message: str) -> UserError:
        return fail(self.recipe.path, line, f'step "{self.step.name}": {message}')
