"""Series of a run's metrics as the alarms read them: stretches of values, their noise, and what counts as a change.

A metric is noisy from step to step, so that means of `WINDOW` values are compared. The noise of one value is told from
differences of neighbours (von Neumann's estimate), which a slow drift does not touch. A mean that is compared with the
lowest or highest of many before it differs by chance alone: the more there were, the more standard errors it takes
(`standard_errors`). All figures here are ours.

Not here: what is an alarm (`alarms`).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WINDOW = 10
"""Values in a stretch."""
LEVEL_ERRORS = 3.0
"""Standard errors that a mean is beyond a fixed level by."""
LARGEST = 1e100
"""Values beyond it stand for it."""
NOISE = 200
"""Latest values whose differences tell the noise."""


@dataclass(frozen=True)
class Stretch:
    """Neighbouring values of a metric: their mean, the steps from the first to the last, and the last one's index."""

    mean: float
    first: int
    last: int
    index: int


class Series:
    """The values of one metric by step, oldest first."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.values: list[float] = []
        self._squares: deque[float] = deque(maxlen=NOISE)
        """Squared differences of the latest neighbours."""
        self._lowest: Stretch | None = None
        self._highest: Stretch | None = None

    def add(self, step: int, value: float) -> None:
        """One more value."""
        if self.values:
            self._squares.append((value - self.values[-1]) ** 2)
        self.steps.append(step)
        self.values.append(value)
        earlier = self.stretch(len(self.values) - WINDOW - 1)
        if earlier is not None:
            if self._lowest is None or earlier.mean < self._lowest.mean:
                self._lowest = earlier
            if self._highest is None or earlier.mean > self._highest.mean:
                self._highest = earlier

    def stretch(self, index: int) -> Stretch | None:
        """The stretch that ends with the value of that index; None where there are too few values."""
        if not WINDOW - 1 <= index < len(self.values):
            return None
        values = self.values[index - WINDOW + 1 : index + 1]
        return Stretch(math.fsum(values) / WINDOW, self.steps[index - WINDOW + 1], self.steps[index], index)

    @property
    def recent(self) -> Stretch | None:
        """The latest stretch."""
        return self.stretch(len(self.values) - 1)

    @property
    def lowest(self) -> Stretch | None:
        """The lowest stretch that shares no value with the latest one."""
        return self._lowest

    @property
    def highest(self) -> Stretch | None:
        """The highest stretch that shares no value with the latest one."""
        return self._highest

    def lowest_since(self, count: int) -> Stretch | None:
        """The lowest stretch within the latest `count` values that shares none with the latest stretch."""
        end = len(self.values) - WINDOW
        stretches = (self.stretch(index) for index in range(max(WINDOW - 1, end - count), end))
        return min((each for each in stretches if each), key=lambda each: each.mean, default=None)

    def at(self, step: int) -> Stretch | None:
        """The stretch that ends at a step, or just before it."""
        indices = [index for index, each in enumerate(self.steps) if each <= step]
        return self.stretch(indices[-1]) if indices else None

    def margin(self, factor: float = 1.0) -> float:
        """By how much two stretches differ before it is no chance: `factor` times the standard errors it takes."""
        return factor * standard_errors(len(self.values)) * self._noise() * math.sqrt(2 / WINDOW)

    def error(self) -> float:
        """By how much a stretch's mean may be off: `LEVEL_ERRORS` standard errors."""
        return LEVEL_ERRORS * self._noise() / math.sqrt(WINDOW)

    def _noise(self) -> float:
        """The standard deviation of one value around its drift."""
        squares = self._squares
        return math.sqrt(math.fsum(squares) / (2 * len(squares))) if squares else 0.0


def standard_errors(values: int) -> float:
    """How many standard errors of their difference the extremes among so many values' stretches take to be no chance.

    The extremes of m independent means lie about 2·√ln m standard errors of a difference apart; 3 come on top.
    """
    return 3 + 2 * math.sqrt(math.log(max(2.0, values / WINDOW)))


class History:
    """All metrics of a run so far, by name."""

    def __init__(self) -> None:
        self._series: dict[str, Series] = {}

    def add(self, row: Mapping[str, Any]) -> set[str]:
        """One more logged row; returns the metrics in it. What is no finite number is left out."""
        step = int(row["step"])
        names = {name for name, value in row.items() if _is_finite(value)} - {"step"}
        for name in names:
            # The estimate of a divergence may be larger than what can be squared.
            value = max(-LARGEST, min(float(row[name]), LARGEST))
            self._series.setdefault(name, Series()).add(step, value)
        return names

    def __getitem__(self, name: str) -> Series:
        """A metric's series; empty where it was never logged."""
        return self._series.get(name) or Series()

    def __contains__(self, name: object) -> bool:
        return name in self._series

    def any_begins(self, prefix: str) -> bool:
        """Whether a metric was logged whose name begins so."""
        return any(name.startswith(prefix) for name in self._series)

    def first_of(self, names: Sequence[str]) -> str | None:
        """The first of these metrics that has been logged."""
        return next((name for name in names if name in self._series), None)


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
