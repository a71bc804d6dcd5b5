"""The kinds of values an answer can have: number, formula, word, choice letter, relation, or several of these."""

from dataclasses import dataclass

from r1data.verifiers.math.algebra import forms
from r1data.verifiers.math.algebra.forms import Form
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.units.units import Unit


@dataclass(frozen=True, slots=True)
class Word:
    """A single word, casefolded: "yes", "monday", "∞"."""

    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice letter, and the value written after it ("C. 5"), if any."""

    letter: str
    rest: "Value | None" = None


@dataclass(frozen=True, slots=True)
class Formula:
    """An exact form, in `unit`; `name` is the y of y = 2x; `decimal`: its text contains a decimal point."""

    form: Form
    unit: Unit | None = None
    decimal: bool = False
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """`difference` compared with 0 by `sign`: "=", "≠", "<" or "≤"."""

    sign: str
    difference: Form


@dataclass(frozen=True, slots=True)
class Several:
    """Several values in one answer.

    `brackets`: "()", "[)" …, "{}" a set, "" a bare list, ":" a ratio, "∪", "∩" and "∖" of sets, "row" and "matrix".
    Of `systems` and `conditions`: "general" (a value, its letter, the numbers that the letter runs through), "≡" (name,
    modulus, residues), "cases" (rows of value and condition), "conditions" (rows of variable and set), "either" (the
    readings of one text).
    """

    brackets: str
    items: tuple["Value", ...]


Value = Number | Formula | Word | Choice | Relation | Several

INFINITE = ("∞", "-∞")
DOTS = Word("…")
"""An item of a list that goes on."""
INTERVALS = ("()", "[)", "(]", "[]")


def as_formula(value: Number | Formula) -> Formula:
    """A number as a formula."""
    if isinstance(value, Formula):
        return value
    return Formula(forms.number(value.value), value.unit, value.digits is not None, value.name)


class Undecided(Exception):
    """The rules cannot tell whether two values agree; the message says why."""
