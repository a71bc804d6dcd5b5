"""Nodes of a recipe's YAML → `Step`, `Supply`, texts and numbers; every complaint names its line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from r1data.data.option_names import new_key
from r1data.recipe.commands import nearest
from r1data.recipe.nodes import Items, Mapping, Node, Text, fail
from r1data.recipe.roles import ROLES

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Step:
    """One command: what it is called here, and its options as written."""

    name: str
    command: str
    options: dict[str, Node]
    lines: dict[str, int]
    line: int


@dataclass(frozen=True)
class Supply:
    """Something a user has to bring: where it is looked for and what it must hold."""

    path: str
    holds: str
    line: int


class Reader:
    """Turns nodes into values, naming the file in every complaint."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.old_names: list[str] = []

    def mapping(self, node: Node | None, what: str) -> Mapping:
        if isinstance(node, Mapping):
            return node
        raise fail(self.path, node.line if node else 1, f"{what} must be a mapping (`key: value`)")

    def known(self, node: Mapping, keys: Sequence[str], what: str) -> None:
        for key in node.entries:
            if key not in keys:
                raise fail(self.path, node.lines[key], f'unknown {what} "{key}" {nearest(key, keys)}')

    def items(self, node: Node | None, what: str, line: int) -> tuple[Node, ...]:
        if isinstance(node, Items) and node.values:
            return node.values
        raise fail(self.path, node.line if node else line, f"`{what}:` must be a list, not an empty one")

    def text(self, node: Node | None, what: str, default: str | None = None) -> str:
        if node is None and default is not None:
            return default
        if isinstance(node, Text) and not node.empty:
            return node.text
        raise fail(self.path, node.line if node else 1, f"`{what}` needs a value in one piece")

    def name(self, node: Node | None, default: str, what: str) -> str:
        name = self.text(node, what, default)
        if NAME.fullmatch(name):
            return name
        line = node.line if node else 1
        raise fail(self.path, line, f'`{what}`: "{name}" must be small letters, digits, "-", "_" and "."')

    def whole(self, node: Node | None, what: str, default: int) -> int:
        text = self.text(node, what, str(default))
        if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= LARGEST_SEED:
            return int(text)
        line = node.line if node else 1
        raise fail(self.path, line, f'`{what}`: "{text}" is no whole number from 0 to {LARGEST_SEED}')

    def step(self, node: Node) -> Step:
        entry = self.mapping(node, "a step")
        if len(entry.entries) != 1:
            raise fail(self.path, entry.line, "a step is one command: `- command: {as: name, option: value}`")
        ((command, body),) = entry.entries.items()
        if isinstance(body, Text) and body.empty:
            body = Mapping({}, {}, entry.line)
        inner = self._under_new_names(self.mapping(body, f"the options of {command}"))
        options = {key: value for key, value in inner.entries.items() if key != "as"}
        name = self.name(inner.entries.get("as"), command.replace(" ", "-").lower(), "as")
        return Step(name, command, options, inner.lines, entry.lines[command])

    def with_defaults(self, node: Node | None, steps: list[Step]) -> list[Step]:
        """The steps, with the options that `defaults:` gives to their command where they give none."""
        if node is None:
            return steps
        given = self.mapping(node, "defaults")
        self.known(given, sorted({step.command for step in steps}), "command in defaults")
        bodies = {
            command: self._under_new_names(self.mapping(body, f"defaults of {command}"))
            for command, body in given.entries.items()
        }
        return [_completed(step, bodies[step.command]) if step.command in bodies else step for step in steps]

    def key(self, text: str) -> str:
        """An option's name as it is called now; an old one is noted."""
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
                raise fail(self.path, value.line, f'the variable "{key}" must be one value or a list')
            values[self.name(Text(key, value.line), key, "vars")] = value
        return values

    def inputs(self, node: Node | None) -> dict[str, Supply]:
        if node is None:
            return {}
        supplies: dict[str, Supply] = {}
        for key, value in self.mapping(node, "inputs").entries.items():
            body = self.mapping(value, f'the input "{key}"')
            self.known(body, ("path", "holds"), "key")
            path = self.text(body.entries.get("path", Text("", body.line, True)), f"{key}.path")
            holds = self.text(body.entries.get("holds", Text("", body.line, True)), f"{key}.holds")
            supplies[self.name(Text(key, body.line), key, "inputs")] = Supply(path, holds, body.line)
        return supplies

    def report(self, node: Node | None) -> dict[str, tuple[Text, ...]]:
        if node is None:
            return {}
        roles: dict[str, tuple[Text, ...]] = {}
        mapping = self.mapping(node, "report")
        self.known(mapping, list(ROLES), "role")
        for role, value in mapping.entries.items():
            nodes = self.items(value, role, value.line) if isinstance(value, Items) else (value,)
            roles[role] = tuple(Text(self.text(n, role), n.line) for n in nodes)
        return roles


def _completed(step: Step, defaults: Mapping) -> Step:
    said = {key.replace("_", "-") for key in step.options}
    kept = [key for key in defaults.entries if key.replace("_", "-") not in said]
    options = {**step.options, **{key: defaults.entries[key] for key in kept}}
    lines = {**step.lines, **{key: defaults.lines[key] for key in kept}}
    return replace(step, options=options, lines=lines)
