"""`${name}` in a recipe: a variable, an input, an earlier step's output, the run's folder or its seed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from r1data.recipe.commands import Makes, nearest
from r1data.recipe.load import Recipe
from r1data.recipe.nodes import Items, Mapping, Node, Text, fail

REFERENCE = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True)
class Value:
    """A text with its references filled in, and what the reference named: an earlier step or an input."""

    text: str
    line: int
    step: str | None = None
    supply: str | None = None


class Scope:
    """The names that a step may use; grows by one with every step."""

    def __init__(self, recipe: Recipe, folder: Path, seed: int) -> None:
        self.recipe = recipe
        self.texts = {"run": str(folder), "seed": str(seed)}
        self.texts.update({name: supply.path for name, supply in recipe.inputs.items()})
        self.makes: dict[str, Makes] = {}

    def add(self, step: str, output: Path | None, makes: Makes) -> None:
        """From here on `${step}` is `output`."""
        if output is not None:
            self.texts[step] = str(output)
            self.makes[step] = makes

    def values(self, step: str, node: Node) -> list[Value]:
        """Every text in `node`, filled in; a mapping gives `key=value` texts."""
        if isinstance(node, Text):
            named = self._named_list(node)
            return [self._fill(step, text) for text in (named or (node,))]
        if isinstance(node, Items):
            return [self._fill(step, self._single(step, child)) for child in node.values]
        return [self._pair(step, node, key) for key in node.entries]

    def _named_list(self, node: Text) -> tuple[Text, ...]:
        """The texts of a variable that is a list, where the whole value is that variable."""
        whole = REFERENCE.fullmatch(node.text)
        value = self.recipe.vars.get(whole[1]) if whole else None
        texts = value.values if isinstance(value, Items) else ()
        return tuple(Text(t.text, node.line) for t in texts if isinstance(t, Text))

    def _single(self, step: str, node: Node) -> Text:
        if isinstance(node, Text):
            return node
        raise fail(self.recipe.path, node.line, f'step "{step}": a list holds plain values')

    def _pair(self, step: str, node: Mapping, key: str) -> Value:
        value = self._fill(step, self._single(step, node.entries[key]))
        return Value(f"{key}={value.text}", value.line)

    def _fill(self, step: str, node: Text) -> Value:
        if node.empty:
            raise fail(self.recipe.path, node.line, f'step "{step}": an empty value; write one')
        names = REFERENCE.findall(node.text)
        filled = REFERENCE.sub(lambda match: self._lookup(step, match[1], node.line), node.text)
        return Value(
            filled,
            node.line,
            next((name for name in names if name in self.makes), None),
            next((name for name in names if name in self.recipe.inputs), None),
        )

    def _lookup(self, step: str, name: str, line: int) -> str:
        if name in self.texts:
            return self.texts[name]
        variable = self.recipe.vars.get(name)
        if isinstance(variable, Text):
            return variable.text
        raise fail(self.recipe.path, line, f'step "{step}": {self._why_unknown(step, name)}')

    def _why_unknown(self, step: str, name: str) -> str:
        if name in self.recipe.vars:
            return f"${{{name}}} is a list; it must stand alone"
        if name == step:
            return f"${{{name}}} is this step itself"
        if any(other.name == name for other in self.recipe.steps):
            return f"${{{name}}} is a later step; a step uses earlier ones"
        return f"${{{name}}} names nothing {nearest(name, [*self.texts, *self.recipe.vars])}"
