"""One metric's values over a training's steps, kept in a bounded number of points that hold every minimum and maximum.

Values come in order and are never looked at again, so that a log is read once, however long it grows. A curve keeps its
values as they are up to `MAX_POINTS`; then every four neighbouring points become the two that are the lowest and the
highest of them, and from there on each bucket of values becomes two points as it fills.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

MAX_POINTS = 1_600
"""Points of a curve beside the values of its last bucket; ours: a chart is some 600 pixels wide."""


@dataclass(frozen=True)
class Points:
    """A piece of a curve: `steps` and `values` of one length, which take the place of all points from `start` on."""

    start: int
    steps: list[int]
    values: list[float]


@dataclass
class Curve:
    """A metric: at most `MAX_POINTS` points and one bucket's values, of the `count` values that were added."""

    steps: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    values: np.ndarray = field(default_factory=lambda: np.empty(0, np.float64))
    firsts: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    """The first step of the bucket that each point stands for."""
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    """The row of the log in which that bucket ends."""
    width: int = 1
    """Values that became two points; 1 is a point each."""
    tail: list[tuple[int, float, int]] = field(default_factory=list)
    """The step, value and row of the values of the last, unfinished bucket."""
    count: int = 0
    low: float = float("inf")
    high: float = float("-inf")
    last: tuple[int, float] | None = None
    widened: int = 0
    """The row at which points were merged last: who has read fewer rows has other points."""

    def extend(self, added: list[tuple[int, float, int]]) -> None:
        """Adds values as (step, value, row), each later than all before."""
        if not added:
            return
        self.count += len(added)
        self.last = added[-1][:2]
        numbers = [value for _, value, _ in added]
        self.low, self.high = min(self.low, *numbers), max(self.high, *numbers)
        self.tail += added
        while len(self.tail) >= self.width:
            whole = self.tail[: self._room()]
            del self.tail[: len(whole)]
            self._append(whole)
            if len(self.steps) == MAX_POINTS:
                self._merge(4)
                self.width = 4 if self.width == 1 else self.width * 2
                self.widened = whole[-1][2] + 1

    def points(self, since: int = 0) -> Points:
        """The points that changed after `since` rows of the log were read; all for 0."""
        if since <= self.widened:
            place, start = 0, 0
        else:
            place = int(np.searchsorted(self.rows, since))
            start = int(self.firsts[place]) if place < len(self.rows) else self._end()
        steps = self.steps[place:].tolist() + [step for step, _, _ in self.tail]
        values = self.values[place:].tolist() + [value for _, value, _ in self.tail]
        return Points(start, steps, values)

    def _end(self) -> int:
        """The step from which on there are no points yet but the tail's."""
        if self.tail:
            return self.tail[0][0]
        return self.last[0] + 1 if self.last else 0

    def _room(self) -> int:
        """Values of the tail to take: whole buckets, until the points are to be merged."""
        buckets = (MAX_POINTS - len(self.steps)) // (1 if self.width == 1 else 2)
        return min(buckets, len(self.tail) // self.width) * self.width

    def _append(self, whole: list[tuple[int, float, int]]) -> None:
        kept = self.steps, self.values, self.firsts, self.rows
        steps, values, rows = (np.array(column) for column in zip(*whole, strict=True))
        self.steps, self.values, self.firsts, self.rows = steps, values, steps, rows
        if self.width > 1:
            self._merge(self.width)
        added = self.steps, self.values, self.firsts, self.rows
        self.steps, self.values, self.firsts, self.rows = map(np.concatenate, zip(kept, added, strict=True))

    def _merge(self, width: int) -> None:
        """Of every `width` points the first lowest and the last highest, in the order of their steps."""
        buckets = self.values.reshape(-1, width)
        highest = width - 1 - buckets[:, ::-1].argmax(1)
        chosen = np.sort(np.stack([buckets.argmin(1), highest], 1), 1)
        places = (chosen + np.arange(len(buckets))[:, None] * width).ravel()
        self.steps, self.values = self.steps[places], self.values[places]
        self.firsts, self.rows = self.firsts[::width].repeat(2), self.rows[width - 1 :: width].repeat(2)
