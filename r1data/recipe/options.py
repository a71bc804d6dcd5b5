"""The options of one step, checked against its command and turned into words of the command line."""

from __future__ import annotations

from pathlib import Path

from r1data.errors import UserError
from r1data.recipe.commands import INPUT, Command, Option, nearest
from r1data.recipe.load import Recipe
from r1data.recipe.nodes import fail
from r1data.recipe.reader import Step
from r1data.recipe.references import Scope, Value

SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


SHOWN_LATER = ("hf:", "reasoning-gym:", "pack:", "miniature:")
"""What `r1 ingest` finds or makes itself."""


def is_there(text: str) -> bool:
    """True for what lies on this machine; what lies elsewhere (`s3://…`) or is made shows when it is read."""
    return "://" in text or text.startswith(SHOWN_LATER) or Path(text).exists()


class Given:
    """The options that a step gives, each turned into words of the command line after it was checked."""

    def __init__(self, recipe: Recipe, step: Step, command: Command, scope: Scope) -> None:
        self.recipe, self.step, self.command, self.scope = recipe, step, command, scope
        self.used: set[str] = set()
        self.reads: list[str] = []

    def positional(self) -> list[str]:
        node, arguments = self.step.options.get(INPUT), self.command.arguments
        if node is None or not arguments:
            return []
        values = self.scope.values(self.step.name, node)
        if len(values) > len(arguments) and arguments[-1].takes != "many":
            raise self._error(
                values[-1].line, f'"{INPUT}" takes {len(arguments)} value(s), not {len(values)}'
            )
        for i, value in enumerate(values):
            option = arguments[min(i, len(arguments) - 1)]
            self._check(INPUT, option, value)
            self.used.add(option.name)
            if value.text.startswith("-"):
                raise self._error(value.line, f'"{INPUT}: {value.text}": a step reads no pipe and no flag')
        return [value.text for value in values]

    def options(self) -> list[str]:
        words: list[str] = []
        for key in self.step.options:
            if key != INPUT or not self.command.arguments:
                words += self._option(key, self.step.lines[key])
        return words

    def complain_of_missing(self) -> None:
        for option in {o.name: o for o in (*self.command.arguments, *self.command.options.values())}.values():
            if option.required and option.holds != "output" and option.name not in self.used:
                name = option.name if option.flag else INPUT
                raise self._error(self.step.line, f'{self.command.name} needs "{name}"')

    def _option(self, key: str, line: int) -> list[str]:
        option = self.command.option(key)
        if option is None:
            known = [*self.command.options, *[INPUT][: len(self.command.arguments)]]
            message = f'unknown option "{key}" for {self.command.name} {nearest(key, known)}'
            raise self._error(line, message)
        if option.holds == "output":
            raise self._error(line, f'"{key}": a step writes into its own folder of the run; leave it out')
        if option.name in self.used:
            raise self._error(line, f'"{key}" is given twice')
        self.used.add(option.name)
        values = self.scope.values(self.step.name, self.step.options[key])
        if option.takes != "many" and len(values) != 1:
            raise self._error(line, f'"{key}" takes one value, here are {len(values)}')
        if option.takes == "switch":
            return self._switch(key, option, values[0])
        for value in values:
            self._check(key, option, value)
        return [word for value in values for word in _words(str(option.flag), value.text)]

    def _switch(self, key: str, option: Option, value: Value) -> list[str]:
        on = SWITCH.get(value.text.lower())
        if on is None:
            raise self._error(value.line, f'"{key}" is true or false, not "{value.text}"')
        flag = option.flag if on else option.off
        return [flag] if flag else []

    def _check(self, key: str, option: Option, value: Value) -> None:
        made = self.scope.makes.get(value.step or "")
        if value.step and made and option.holds in ("dataset", "model") and made != option.holds:
            message = f'"{key}" wants a {option.holds}, and the step "{value.step}" makes a {made}'
            raise self._error(value.line, message)
        if option.holds in ("dataset", "model"):
            self.reads.append(value.text)
        if value.step or value.supply:
            return
        if option.holds == "dataset" and not is_there(value.text) and not value.text.startswith("-"):
            message = f'"{key}": no such dataset: {value.text}; what a user must bring goes under `inputs:`'
            raise self._error(value.line, message)
        if problem := option.check(value.text):
            raise self._error(value.line, f'"{key}": {problem}')

    def _error(self, line: int, message: str) -> UserError:
        return fail(self.recipe.path, line, f'step "{self.step.name}": {message}')


def _words(flag: str, text: str) -> list[str]:
    return [f"{flag}={text}"] if text.startswith("-") else [flag, text]
