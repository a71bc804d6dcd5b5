"""The mean of one value a question, and its error over clusters of questions that were drawn together.

The variance is Bell and McCaffrey's (2002) CR2 for a mean: squared sums of a cluster's deviations, each enlarged by
what the mean has taken from it, which matters where clusters are few or unequal. A cluster of one is a question drawn
alone. The intervals of `statistics` are made of this.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from r1data.evaluation.student import student
from r1data.selection.intervals import wilson

CONFIDENCE = 0.95
DOUBT = 1.5
"""Deciding questions at which half of what an error says of a share, beyond the share itself, is believed: ours, from
`benchmarks/coverage.py`."""
MOST_GAIN = 1_000.0
"""Questions with values of 0 and 1 that one question stands for at most, however equal the values are. Ours."""
NOTHING = 1e-24
"""Below it a variance of shares is rounding."""

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class ClusteredMean:
    """The mean of `questions` values.

    `residuals` and `sizes` are of clusters, in the order of their first questions: the sum of the deviations from the
    mean, and the number of questions.
    """

    mean: float
    questions: int
    residuals: Floats
    sizes: Floats

    @classmethod
    def of(cls, values: Sequence[float], clusters: Sequence[Hashable] | None = None) -> ClusteredMean:
        """Values, one a question, and which cluster each belongs to; without keys each is one of its own.

        Raises:
            ValueError: there is no value, or there are not as many keys.
        """
        if not len(values):
            raise ValueError("no value to estimate from")
        mean = total(values) / len(values)
        deviations = np.asarray(values, dtype=np.float64) - mean
        if clusters is None:
            return cls(mean, len(values), deviations, np.ones(len(values)))
        numbers: dict[Hashable, int] = {}
        of_values = [numbers.setdefault(key, len(numbers)) for key in clusters]
        if len(of_values) != len(values):
            raise ValueError(f"{len(of_values)} clusters of {len(values)} values")
        sums = np.asarray(np.bincount(of_values, deviations), dtype=np.float64)
        sizes = np.asarray(np.bincount(of_values), dtype=np.float64)
        return cls(mean, len(values), sums, sizes)

    @property
    def clusters(self) -> int:
        return len(self.sizes)

    @property
    def squares(self) -> Floats:
        """What each cluster adds to the variance of the mean."""
        return self.residuals**2 / (self.questions * (self.questions - self.sizes))

    @property
    def error(self) -> float | None:
        """The standard error of the mean; None where there is one cluster."""
        return math.sqrt(total(self.squares)) if self.clusters > 1 else None

    @property
    def freedom(self) -> float:
        """The variance's degrees of freedom where a cluster's questions go together entirely: tr(B)² / tr(B²) with B
        the covariance of the weighted residuals (Satterthwaite). For clusters of one size their number - 1.
        """
        parts = self.sizes / self.questions
        weights = parts**2 / (1 - parts)
        own, square = 1 - 2 * parts, total(parts**2)
        zero, one, two = (total(weights * parts**power) for power in range(3))
        # Σ w w' (q - p - p')² over all pairs, written out so that no matrix of pairs is needed.
        pairs = square**2 * zero**2 + 2 * zero * two - 4 * square * zero * one + 2 * one**2
        diagonal = total(weights**2 * ((own + square) ** 2 - (square - 2 * parts) ** 2))
        return total(weights * (own + square)) ** 2 / (pairs + diagonal)

    def student(self) -> tuple[float, float]:
        """Student's interval. Needs two clusters."""
        half = factor(self.freedom) * (self.error or 0.0)
        return self.mean - half, self.mean + half

    def wilson(self) -> tuple[float, float]:
        """Wilson's interval of a mean of values from 0 to 1, on the number of questions that would have its error."""
        spread = self.mean * (1 - self.mean)
        fewest = 1 / total((self.sizes / self.questions) ** 2)
        variance = total(self.squares) if self.clusters > 1 else 0.0
        if min(variance, spread) < NOTHING:
            effective = math.inf if spread >= NOTHING and self.clusters > 1 else fewest
            freedom = math.inf
        else:
            effective, freedom = spread / variance, self._freedom_of_effect(spread, variance)
        # An error from a few questions near 0 or 1 is mostly too small: by how few they are, the number goes towards
        # that of values that are 0 and 1 alone, which have the largest error.
        known = self._deciding() - 1
        gain = min(max(1.0, effective / fewest), MOST_GAIN) ** (known / (known + DOUBT))
        return wilson(self.mean, fewest * gain, factor(freedom))

    def _deciding(self) -> float:
        """The number of clusters that the mean, or 1 - the mean, rests on: (Σ x)² / Σ x², of both the smaller."""
        ones = self.residuals + self.mean * self.sizes
        sides = [side for side in (ones, self.sizes - ones) if total(side) > NOTHING]
        return max(1.0, min(total(side) ** 2 / total(side**2) for side in sides))

    def _freedom_of_effect(self, spread: float, variance: float) -> float:
        """Degrees of freedom of the error beyond what the mean says of it: infinite for values of 0 and 1, whose
        variance is that of their mean. By the delta method, from each cluster's influence on log(error² / spread).
        """
        squares, sizes = self.squares, self.sizes
        slope = (1 - 2 * self.mean) / spread
        pull = 2 * total(self.residuals * sizes / (self.questions - sizes)) / self.questions / variance
        influence = squares / variance - 1 / self.clusters - (slope + pull) * self.residuals / self.questions
        uncertainty = total(influence**2)
        return max(1.0, 2 / uncertainty - 1) if uncertainty > 1e-9 else math.inf


def total(values: Sequence[float] | Floats) -> float:
    """The sum, rounded once, so that the order of the questions does not show in its last digit."""
    return math.fsum(values.tolist() if isinstance(values, np.ndarray) else values)


def factor(freedom: float) -> float:
    """The 95% factor of an error; the degrees of freedom are rounded down to two digits, on the safe side."""
    if math.isinf(freedom):
        return student(CONFIDENCE, freedom)
    digits = 1 - math.floor(math.log10(freedom))
    return student(CONFIDENCE, math.floor(freedom * 10**digits + 1e-9) / 10**digits)


def correlation(one: ClusteredMean, other: ClusteredMean) -> float:
    """Of the two means, whose questions and clusters are the same; 0 where one has no spread, or one cluster is all."""
    if one.clusters < 2:
        return 0.0
    weights = 1 / (one.questions - one.sizes)
    product = total(one.residuals**2 * weights) * total(other.residuals**2 * weights)
    if product <= 0:
        return 0.0
    return max(-1.0, min(1.0, total(one.residuals * other.residuals * weights) / math.sqrt(product)))
