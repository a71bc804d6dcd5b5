"""Compares a program's output and values with the expected ones, outside the sandbox, on plain text and values.

Text on stdout is compared by the truth's `checker`, after the practice of competitive-programming judges:

- `lines` (the default): the same number of lines, each with the same words; blanks at line ends and newlines at the
  end don't count.
- `exact`: the same text, but for one newline at the end.
- `tokens`: the same words, however they are spread over lines.
- `unordered-lines`: as `lines`, in any order.
- `float:1e-6`: as `lines`, and two numbers are the same within 1e-6, absolute or relative; two integers are the same
  only where they are equal.
- `numbers`, for sets whose judges take a tolerance and whose truths name no checker: as `lines`, and where the expected
  word is written with a decimal point or a signed exponent, a decimal number may differ by the tolerance, absolute or
  relative. Any other word (integers, dates, what begins with zeros) is text.

Values that calls return are compared as Python's `==` compares plain values: `1 == True == 1.0`, NaN equals nothing.
Expected values that were written in JSON know no tuples and no keys but text: there a tuple counts as a list and a
key as its text. What is no plain value (an object with an `__eq__` of its own, say) equals nothing.

Not covered: checkers that are programs, several accepted outputs that no rule above covers.
"""

import contextlib
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from r1data.errors import UserError
from r1data.sandbox.job import Outcome
from r1data.verifiers.code.bounded import TooLarge
from r1data.verifiers.code.values import close, is_decoded, plain, same_json

SHOWN = 60
"""Characters of a value in a reason."""
CANNOT_COMPARE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    StopIteration,
    TypeError,
    ValueError,
    RecursionError,
    MemoryError,
)
"""What Python raises where two plain values, or a value and a method, do not go together."""
_DECIMAL = re.compile(
    r"[+-]?(?:(?:0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?|[+-]?[1-9][0-9]*[eE][+-][0-9]{1,3}"
)
_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
CHECKERS = ("lines", "exact", "tokens", "unordered-lines", "float:EPS")


class Expectation(Protocol):
    """What the outcome of a test should be."""

    def mismatch(self, outcome: Outcome) -> str | None:
        """How an outcome with status `ok` differs from the expectation, for people; None if it does not.

        Raises:
            TooLarge: what a test does with the value would take too long.
        """

    @property
    def characters(self) -> int:
        """Length of the expected text or value, from which the limit on a program's output follows."""


@dataclass(frozen=True, slots=True)
class Checker:
    """How two texts are compared: one of `CHECKERS`; `tolerance` is the number of `float:EPS`."""

    name: str = "lines"
    tolerance: float | None = None


def parse_checker(name: str) -> Checker:
    """The checker of a name such as `lines` or `float:1e-6`. Raises a UserError that lists the names for any other."""
    kind, _, number = name.partition(":")
    if kind == "float":
        with contextlib.suppress(ValueError):
            if math.isfinite(tolerance := float(number)) and tolerance > 0:
                return Checker("float", tolerance)
    if name in CHECKERS[:-1]:
        return Checker(name)
    raise UserError(f"no checker {name!r}; known: {', '.join(CHECKERS)}")


@dataclass(frozen=True, slots=True)
class PrintsText:
    """Expects this text on stdout."""

    text: str
    checker: Checker = Checker()

    def mismatch(self, outcome: Outcome) -> str | None:
        return text_difference(outcome.stdout, self.text, self.checker)

    @property
    def characters(self) -> int:
        return len(self.text)


@dataclass(frozen=True, slots=True)
class ReturnsValue:
    """Expects one of these values, which were written in JSON."""

    values: Sequence[Any]
    tolerance: float | None = None
    floats_only: bool = False
    """Whether the tolerance holds only for what the truth writes as a float."""

    def mismatch(self, outcome: Outcome) -> str | None:
        value = plain(outcome.value)
        if any(same_json(value, expected, self.tolerance, self.floats_only) for expected in self.values):
            return None
        return f"returned {shown(value)}, wanted {' or '.join(map(shown, self.values))}"

    @property
    def characters(self) -> int:
        return max(len(repr(value)) for value in self.values)


@dataclass(frozen=True, slots=True)
class SatisfiesCondition:
    """Expects a value that satisfies a condition.

    Attributes:
        condition: on what came out of the sandbox.
        description: the rest of the assert, for people.
        counts_steps: whether what comes out is a pair: the number of steps that were taken inside, and the value.
    """

    condition: Callable[[Any], bool]
    description: str
    counts_steps: bool = False

    def mismatch(self, outcome: Outcome) -> str | None:
        value = plain(outcome.value)
        try:
            if is_decoded(value) and self.condition(value):
                return None
        except TooLarge:
            raise
        except CANNOT_COMPARE as error:
            if "Exceeds the limit" in str(error):  # of digits, which is ours
                raise TooLarge("the digits of a large number") from error
            # else two values that cannot be compared: the assert would have raised, which fails it
        if self.counts_steps and isinstance(value, list) and len(value) == 2:
            value = value[1]
        return f"got {shown(value)}, wanted {shortened(self.description)}"

    @property
    def characters(self) -> int:
        return len(self.description)


def text_difference(actual: str, expected: str, checker: Checker) -> str | None:
    """The first difference between two texts under a checker's rule, for people; None if they are the same."""
    if checker.name == "exact":
        return (
            None
            if actual.removesuffix("\n") == expected.removesuffix("\n")
            else _first_difference(actual, expected)
        )
    if checker.name == "tokens":
        return None if actual.split() == expected.split() else _first_difference(actual, expected)
    actual_lines, expected_lines = _lines(actual), _lines(expected)
    if checker.name == "unordered-lines":
        same = Counter(map(tuple, actual_lines)) == Counter(map(tuple, expected_lines))
        return None if same else _first_difference(actual, expected)
    if len(actual_lines) == len(expected_lines) and all(
        _same_words(actual_item, expected_item, checker)
        for actual_item, expected_item in zip(actual_lines, expected_lines, strict=True)
    ):
        return None
    return _first_difference(actual, expected)


def _lines(text: str) -> list[list[str]]:
    """The words of each line; empty lines at the end are left out."""
    # Not `splitlines`, for which form feeds and other separators end a line too.
    lines = [line.split() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _same_words(actual: list[str], expected: list[str], checker: Checker) -> bool:
    """Whether two lines have the same words, or, with a tolerance, words that are close numbers."""
    tolerance = checker.tolerance
    if actual == expected:
        return True
    if tolerance is None or len(actual) != len(expected):
        return False
    number = _decimal if checker.name == "numbers" else _number
    try:
        return all(
            word == expected_word or close(number(word, False), number(expected_word, True), tolerance)
            for word, expected_word in zip(actual, expected, strict=True)
        )
    except ValueError:  # two words that differ, and are no numbers
        return False


def _number(word: str, _: bool = False) -> int | float:
    """A word as a number, an integer as such. Raises ValueError."""
    if word.lstrip("+-").isdecimal():
        return int(word)
    if "_" in word:  # Python reads it
        raise ValueError("no number")
    return float(word)


def _decimal(word: str, is_expected: bool) -> float:
    """A word that is written as a decimal number, or, where it was printed, as an integer. Raises ValueError."""
    if _DECIMAL.fullmatch(word) or (not is_expected and _INTEGER.fullmatch(word)):
        return float(word)
    raise ValueError("text")


def _first_difference(actual: str, expected: str) -> str:
    """The first line that differs, for people."""
    actual_lines, expected_lines = actual.rstrip().split("\n"), expected.rstrip().split("\n")
    at = next(
        (
            n
            for n, (a, b) in enumerate(zip(actual_lines, expected_lines, strict=False))
            if a.split() != b.split()
        ),
        None,
    )
    if at is None and len(actual_lines) != len(expected_lines):
        number = f"{len(actual_lines)} {'line' if len(actual_lines) == 1 else 'lines'}"
        return f"printed {'nothing' if actual_lines == [''] else number}, wanted {len(expected_lines)}"
    at = at or 0
    where = f"line {at + 1}: " if len(expected_lines) > 1 else ""
    return f"{where}printed {shown(actual_lines[at])}, wanted {shown(expected_lines[at])}"


def shown(value: Any) -> str:
    """A value as it is shown in a verdict's reason: escaped and shortened."""
    # A text is cut before it is escaped, however long it is; ValueError is for an integer of more than 4,300 digits.
    try:
        return shortened(repr(value[: SHOWN + 1] if isinstance(value, str) else value))
    except (RecursionError, ValueError, MemoryError):
        return f"a {type(value).__name__} that is too large to show"


def shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
