"""The commands and options that a recipe may use, as the command line itself declares them.

The command line passes its descriptions in (nothing here knows how it is built), so that a recipe and a terminal can
never disagree about an option's name or type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

ValueKind = Literal["dataset", "model", "output", "second output", "value"]
"""`second output` is a folder that a command writes beside its output."""
Arity = Literal["one", "many", "switch"]
OutputKind = Literal["dataset", "model", "nothing"]

INPUT = "input"
"""The recipe's key for a command's positional arguments."""


@dataclass(frozen=True)
class Option:
    """One option (`flag` set) or positional argument (`flag` None) of a command.

    `check` returns what is wrong with a value (its type, a missing model), or None.
    """

    name: str
    flag: str | None
    arity: Arity
    kind: ValueKind
    required: bool
    check: Callable[[str], str | None]
    off: str | None = None
    benchmarks: bool = False
    """The name of a benchmark may stand in place of its questions."""
    by_domain: bool = False
    """A model may have a domain or a reward in front: `math=MODEL`."""


@dataclass(frozen=True)
class CommandSignature:
    """A command: its options by each of their names, its positional arguments in order."""

    name: str
    options: dict[str, Option]
    arguments: tuple[Option, ...]
    output_kind: OutputKind

    @property
    def output(self) -> Option | None:
        """The option that names what the command writes."""
        return next((o for o in self.options.values() if o.kind == "output"), None)

    @property
    def runs_a_model(self) -> bool:
        """True where it makes or reads a model, and so imports torch and related packages."""
        return self.output_kind == "model" or any(o.kind == "model" for o in self.options.values())

    def option(self, key: str) -> Option | None:
        """The option that a recipe's key names; `_` and `-` are equivalent."""
        return self.options.get(key.replace("_", "-"))


def model_of(text: str) -> str:
    """The model in `MODEL` or `NAME=MODEL`, as `r1 distill --teacher` and `r1 train-grpo --reward-model` read it."""
    from r1data.training.on_policy.teachers import parse_teachers

    return next(iter(parse_teachers([text]).values()))


def nearest(word: str, choices: Iterable[str]) -> str:
    """The end of an error about an unknown `word`: the closest choice, or all choices."""
    names = sorted(set(choices))
    close = get_close_matches(word, names, n=1)
    return f'(did you mean "{close[0]}"?)' if close else f"(choose one of {', '.join(names)})"
