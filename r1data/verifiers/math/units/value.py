"""The value of what stands beside a number: a unit, a label, a scale."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of `dimension` that equals `factor` base units, above `offset` of them; a label alone has no dimension.

    `label` holds the words beside it, in singular; `known` tells whether they are known to change nothing. `others` are
    further readings of the same words; `parts`: the quantity was written in several units, as in "3 hours 30 minutes".
    """

    dimension: str
    factor: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)
    label: frozenset[str] = frozenset()
    known: bool = True
    others: tuple["Unit", ...] = ()
    parts: bool = False


class Tail(NamedTuple):
    """The text after a number: the number is raised to `power`, multiplied by `scale`, and `plus` is added."""

    scale: Fraction | int = 1
    unit: Unit | None = None
    plus: Fraction = Fraction(0)
    power: int = 1
