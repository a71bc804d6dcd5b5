"""Whether what a program made is what was wanted. Runs outside the sandbox, on plain text and plain values.

Text on stdout, by the truth's `checker`; ours, after what competitive judges do:

- `lines` (the default): the same number of lines, each with the same words; blanks at line ends and newlines at the
  end don't count.
- `exact`: the same text, but for one newline at the end.
- `tokens`: the same words, however they are spread over lines.
- `unordered-lines`: as `lines`, in any order.
- `float:1e-6`: as `lines`, and two numbers are the same within 1e-6, absolute or relative; two integers are the same
  only where they are equal.

Values that calls return are compared as Python's `==` compares plain values: `1 == True == 1.0`, NaN equals nothing.
Expected values that were written in JSON know no tuples and no keys but text: there a tuple counts as a list and a
key as its text. What is no plain value (an object with an `__eq__` of its own, say) equals nothing.

Not covered: checkers that are programs, several accepted outputs that no rule above covers.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from r1data.errors import UserError
from r1data.sandbox.job import Outcome
from r1data.verifiers.code.values import close, plain, same_json

SHOWN = 60
"""Characters of a value in a reason."""
CHECKERS = ("lines", "exact", "tokens", "unordered-lines", "float:EPS")


class Wanted(Protocol):
    """What a test wants of an outcome."""

    def complaint(self, outcome: Outcome) -> str | None:
        """What is wrong, None where nothing is. The outcome's status is `ok`."""

    @property
    def characters(self) -> int:
        """How long the wanted text is, in characters."""


@dataclass(frozen=True, slots=True)
class Checker:
    """How two texts are compared: one of `CHECKERS`; `tolerance` is the number of `float:EPS`."""

    name: str = "lines"
    tolerance: float | None = None


def checker(name: str) -> Checker:
    """The checker of that name. Raises UserError that lists the known ones."""
    kind, _, number = name.partition(":")
    if kind == "float" and (tolerance := _positive(number)) is not None:
        return Checker("float", tolerance)
    if name in CHECKERS[:-1]:
        return Checker(name)
    raise UserError(f"no checker {name!r}; known: {', '.join(CHECKERS)}")


def _positive(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


@dataclass(frozen=True, slots=True)
class Printed:
    """This text on stdout."""

    text: str
    checker: Checker = Checker()

    def complaint(self, outcome: Outcome) -> str | None:
        return text_differs(outcome.stdout, self.text, self.checker)

    @property
    def characters(self) -> int:
        return len(self.text)


@dataclass(frozen=True, slots=True)
class Returned:
    """One of these values, which were written in JSON."""

    values: Sequence[Any]
    tolerance: float | None = None

    def complaint(self, outcome: Outcome) -> str | None:
        value = plain(outcome.value)
        if any(same_json(value, wanted, self.tolerance) for wanted in self.values):
            return None
        return f"returned {shown(value)}, wanted {' or '.join(map(shown, self.values))}"

    @property
    def characters(self) -> int:
        return max(len(repr(value)) for value in self.values)


@dataclass(frozen=True, slots=True)
class Holds:
    """A condition on the value of an expression; `says` is the rest of the assert, for people."""

    condition: Callable[[Any], bool]
    says: str

    def complaint(self, outcome: Outcome) -> str | None:
        value = plain(outcome.value)
        try:
            if self.condition(value):
                return None
        except (TypeError, ValueError, OverflowError, RecursionError):
            pass  # two values that cannot be compared: the assert would have raised, which fails it
        return f"got {shown(value)}, wanted {shortened(self.says)}"

    @property
    def characters(self) -> int:
        return len(self.says)


def text_differs(got: str, wanted: str, checker: Checker) -> str | None:
    """Where two texts differ under a checker's rule, None where they don't."""
    if checker.name == "exact":
        return None if got.removesuffix("\n") == wanted.removesuffix("\n") else _first_difference(got, wanted)
    if checker.name == "tokens":
        return None if got.split() == wanted.split() else _first_difference(got, wanted)
    ours, theirs = _lines(got), _lines(wanted)
    if checker.name == "unordered-lines":
        same = Counter(map(tuple, ours)) == Counter(map(tuple, theirs))
        return None if same else _first_difference(got, wanted)
    if len(ours) == len(theirs) and all(
        _same_words(mine, other, checker.tolerance) for mine, other in zip(ours, theirs, strict=True)
    ):
        return None
    return _first_difference(got, wanted)


def _lines(text: str) -> list[list[str]]:
    """The words of each line; empty lines at the end are left out."""
    lines = [line.split() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _same_words(got: list[str], wanted: list[str], tolerance: float | None) -> bool:
    if got == wanted:
        return True
    return (
        tolerance is not None
        and len(got) == len(wanted)
        and all(
            mine == other or _close_words(mine, other, tolerance)
            for mine, other in zip(got, wanted, strict=True)
        )
    )


def _close_words(got: str, wanted: str, tolerance: float) -> bool:
    try:
        return close(_number(got), _number(wanted), tolerance)
    except ValueError:
        return False


def _number(word: str) -> int | float:
    """A word as a number, an integer as such. Raises ValueError."""
    if word.lstrip("+-").isdecimal():
        return int(word)
    return float(word)


def _first_difference(got: str, wanted: str) -> str:
    """The first line that differs, for people."""
    ours, theirs = got.rstrip().split("\n"), wanted.rstrip().split("\n")
    at = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a.split() != b.split()), None)
    if at is None and len(ours) != len(theirs):
        return f"printed {_count(ours)}, wanted {len(theirs)}"
    at = at or 0
    where = f"line {at + 1}: " if len(theirs) > 1 else ""
    return f"{where}printed {shown(ours[at])}, wanted {shown(theirs[at])}"


def _count(lines: list[str]) -> str:
    return "nothing" if lines == [""] else f"{len(lines)} {'line' if len(lines) == 1 else 'lines'}"


def shown(value: Any) -> str:
    """A value for a reason: escaped, and shortened."""
    try:
        return shortened(repr(value[: SHOWN + 1] if isinstance(value, str) else value))
    except (RecursionError, ValueError):
        return f"a {type(value).__name__} that is too large to show"


def shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
