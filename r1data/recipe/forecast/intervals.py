"""Figures with their intervals, and what can be done with them: sums, products, quotients, monotone functions.

Sums follow Zou and Donner (2008, "MOVER"): each part's distance from its value to its end, squared, adds up, so that
an interval that is longer on one side stays so. Products do the same with logarithms. Parts count as independent.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any


@dataclass(frozen=True, slots=True)
class Interval:
    """`low` ≤ `value` ≤ `high`; `high` is infinite where nothing bounds it."""

    low: float
    value: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """Plain data; what is infinite is None."""
        figures = {"low": self.low, "value": self.value, "high": self.high}
        return {name: figure if math.isfinite(figure) else None for name, figure in figures.items()}

    def __mul__(self, factor: float) -> "Interval":
        # An infinite end times 0 would be NaN.
        return self.mapped(lambda figure: figure * factor if factor else 0.0)

    def mapped(self, function: Callable[[float], float]) -> "Interval":
        """The interval of a function of the figure that only rises, or only falls."""
        ends = function(self.low), function(self.high)
        return Interval(min(ends), function(self.value), max(ends))

    def shifted(self, by: float) -> "Interval":
        return self.mapped(lambda figure: figure + by)

    def widened(self, below: float, above: float) -> "Interval":
        """With further errors, independent of what the interval holds already."""
        low = self.value - math.hypot(self.value - self.low, below)
        return Interval(low, self.value, self.value + math.hypot(self.high - self.value, above))

    def within(self, minimum: float, maximum: float) -> "Interval":
        return self.mapped(lambda figure: min(maximum, max(minimum, figure)))


def exact(value: float) -> Interval:
    """What is known."""
    return Interval(value, value, value)


def total(parts: Iterable[Interval]) -> Interval:
    """The sum of independent figures."""
    parts = list(parts)
    value = math.fsum(part.value for part in parts)
    # Infinite minus infinite would be NaN in what follows.
    if math.isinf(value):
        return Interval(math.fsum(part.low for part in parts), value, value)
    below = math.hypot(*(part.value - part.low for part in parts))
    above = math.hypot(*(part.high - part.value for part in parts))
    return Interval(value - below, value, value + above)


def dependent_total(parts: Iterable[Interval]) -> Interval:
    """The sum of figures that rise and fall with one another: their ends add up."""
    parts = list(parts)
    return Interval(*(math.fsum(getattr(part, end) for part in parts) for end in ("low", "value", "high")))


def product(first: Interval, second: Interval) -> Interval:
    """The product of two independent figures that are not negative."""
    if min(first.low, second.low) <= 0 or not math.isfinite(first.value * second.value):
        # 0 times infinity is 0 here, not NaN: none of something that nothing bounds.
        ends = [(first.low, second.low), (first.value, second.value), (first.high, second.high)]
        return Interval(*(0.0 if 0 in pair else math.prod(pair) for pair in ends))
    return total([first.mapped(math.log), second.mapped(math.log)]).mapped(exponential)


def exponential(figure: float) -> float:
    """Infinite where no number is as large."""
    # math.exp raises an OverflowError above 709.
    return math.exp(figure) if figure < 700 else math.inf


def normal(confidence: float) -> float:
    """The factor of a standard error."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
