"""One metric's values over a training's steps, kept in a bounded number of points that hold every minimum and maximum.

Values come in order and are never looked at again, so that a log is read once, however long it grows. A curve keeps its
values as they are up to `MAX_POINTS`; then every four neighbouring points become the two that are the lowest and the
highest of them, and from there on each bucket of values becomes two points as it fills.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_POINTS = 1_600
"""Points of a curve beside the values of its last bucket; ours: a chart is some 600 pixels wide."""


@dataclass(frozen=True)
class Points:
    """A piece of a curve: `steps` and `values` of one length, which take the place of all points from `start` on."""

    start: int
    steps: list[int]
    values: list[float]


Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Steps and values of points, the first step of the bucket that each stands for, and the log's row where it ends."""
_NO_STEPS = np.empty(0, np.int64)
NOTHING: Columns = (_NO_STEPS, np.empty(0), _NO_STEPS, _NO_STEPS)


@dataclass
class Curve:
    """A metric: at most `MAX_POINTS` points and one bucket's values, of the `count` values that were added."""

    closed: Columns = NOTHING
    tail: Columns = NOTHING
    """The values of the last, unfinished bucket."""
    width: int = 1
    """Values that became two points; 1 is a point each."""
    count: int = 0
    low: float = float("inf")
    high: float = float("-inf")
    last: tuple[int, float] | None = None
    widened: int = 0
    """The row at which points were merged last: who has read fewer rows has other points."""

    def extend(self, steps: np.ndarray, values: np.ndarray, rows: np.ndarray) -> None:
        """Adds values with their steps and rows of the log, each later than all before."""
        if not len(values):
            return
        self.count += len(values)
        self.last = int(steps[-1]), float(values[-1])
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        self.tail = _joined(self.tail, (steps, values, steps, rows))
        while len(self.tail[0]) >= self.width:
            size = self._room()
            whole = _part(self.tail, 0, size)
            self.tail = _part(self.tail, size, None)
            self.closed = _joined(self.closed, whole if self.width == 1 else _merged(whole, self.width))
            if len(self.closed[0]) == MAX_POINTS:
                self.closed = _merged(self.closed, 4)
                self.width = 4 if self.width == 1 else self.width * 2
                self.widened = int(whole[3][-1]) + 1

    def points(self, since: int = 0) -> Points:
        """The points that changed after `since` rows of the log were read; all for 0."""
        steps, values, firsts, _ = _joined(self.closed, self.tail)
        if since <= self.widened:
            place, start = 0, 0
        elif (place := int(np.searchsorted(self.closed[3], since))) < len(firsts):
            start = int(firsts[place])
        else:
            start = self.last[0] + 1 if self.last else 0
        return Points(start, steps[place:].tolist(), values[place:].tolist())

    def _room(self) -> int:
        """Values of the tail to take: whole buckets, until the points are to be merged."""
        buckets = (MAX_POINTS - len(self.closed[0])) // (1 if self.width == 1 else 2)
        return min(buckets, len(self.tail[0]) // self.width) * self.width


def _joined(first: Columns, second: Columns) -> Columns:
    a, b, c, d = (np.concatenate(pair) for pair in zip(first, second, strict=True))
    return a, b, c, d


def _part(columns: Columns, start: int, end: int | None) -> Columns:
    a, b, c, d = (column[start:end] for column in columns)
    return a, b, c, d


def _merged(columns: Columns, width: int) -> Columns:
    """Of every `width` points the first lowest and the last highest, in the order of their steps."""
    steps, values, firsts, rows = columns
    buckets = values.reshape(-1, width)
    highest = width - 1 - buckets[:, ::-1].argmax(1)
    chosen = np.sort(np.stack([buckets.argmin(1), highest], 1), 1)
    places = (chosen + np.arange(len(buckets))[:, None] * width).ravel()
    return steps[places], values[places], firsts[::width].repeat(2), rows[width - 1 :: width].repeat(2)
