"""What a recipe may say: the commands and their options, as the command line itself declares them.

The descriptions are handed in by the command line (nothing here knows how it is made), so that a recipe
and a terminal can never disagree about an option's name or type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Holds = Literal["dataset", "model", "output", "value"]
Takes = Literal["one", "many", "switch"]
Makes = Literal["dataset", "model", "nothing"]

INPUT = "input"
"""The recipe's key for a command's positional arguments."""


@dataclass(frozen=True)
class Option:
    """One option (`flag` set) or positional argument (`flag` None) of a command.

    `check` says what is wrong with a value (its type, a model that is not there), or None.
    """

    name: str
    flag: str | None
    takes: Takes
    holds: Holds
    required: bool
    check: Callable[[str], str | None]
    off: str | None = None


@dataclass(frozen=True)
class Command:
    """A command: its options by every name they go by, its positional arguments in order."""

    name: str
    options: dict[str, Option]
    arguments: tuple[Option, ...]
    makes: Makes

    @property
    def output(self) -> Option | None:
        """The option that names what the command writes."""
        return next((o for o in self.options.values() if o.holds == "output"), None)

    @property
    def runs_a_model(self) -> bool:
        """True where it makes or reads a model, and so needs torch and its kin."""
        return self.makes == "model" or any(o.holds == "model" for o in self.options.values())

    def option(self, key: str) -> Option | None:
        """The option a recipe's key means; `_` and `-` are the same."""
        return self.options.get(key.replace("_", "-"))


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown `word`: the near miss, or all there are."""
    names = sorted(set(known))
    close = get_close_matches(word, names, n=1)
    return f'(did you mean "{close[0]}"?)' if close else f"(known: {', '.join(names)})"
