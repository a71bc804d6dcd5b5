"""What the pass rates of prompts may be, from a few responses to each, and what follows for more of them.

The rates have some distribution of which nothing is assumed but that its values lie on a grid from 0 to 1 (a mixture of
binomials; Lord 1969). What is asked is a mean over prompts of a function of the rate: the share that has a correct one
of 16, say. Its interval holds every value that some distribution gives under which the pilot's counts are likely enough
(profile likelihood; Murphy and van der Vaart 2000), so it also holds what 4 responses cannot tell of 16. A prompt's
responses count together, as one draw from the distribution. No random numbers.

Near 0 and 1, where a likelihood says too little, half a prompt at that end is added before its bound is taken; the
threshold is Student's, squared. Both are ours, and checked by `python -m benchmarks.plan`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from r1data.evaluation.student import student
from r1data.recipe.forecast.intervals import Interval

Floats = npt.NDArray[np.float64]
Objective = Callable[[Floats], "tuple[float, Floats, Floats] | None"]
"""Weights → value, gradient and negative Hessian; None where it is not defined."""

GRID: Floats = np.sin(np.linspace(0, np.pi / 2, 51)) ** 2
"""Pass rates, closest at 0 and 1."""
SMOOTHING = 0.1
"""Prompts, spread over the grid, that pull the value, not the ends, to the middle of what fits equally well."""
EXTREME = 0.5
"""Prompts added at the end that is sought."""
EXACT = 1e-5
"""Of the range of a function: how exactly its bounds are found."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Distinct (passed, drawn) of prompts, and how many prompts have each."""

    correct: Floats
    drawn: Floats
    prompts: Floats

    @classmethod
    def of(cls, correct: Sequence[int], drawn: Sequence[int]) -> "Counts":
        pairs, prompts = np.unique(np.array([correct, drawn], float), axis=1, return_counts=True)
        return cls(pairs[0], pairs[1], prompts.astype(float))

    def with_extreme(self, passes: bool) -> "Counts":
        most_drawn = self.drawn.max()
        added = (
            (self.correct, most_drawn if passes else 0.0),
            (self.drawn, most_drawn),
            (self.prompts, EXTREME),
        )
        return Counts(*(np.append(column, new) for column, new in added))

    def likelihoods(self) -> Floats:
        """Of each pair at each rate of the grid, up to a factor."""
        rates = GRID[None, :]
        correct, failed = self.correct[:, None], (self.drawn - self.correct)[:, None]
        chances = rates**correct * (1 - rates) ** failed
        scaled: Floats = chances / chances.max(axis=1, keepdims=True)
        return scaled


@dataclass(frozen=True, slots=True)
class Rates:
    """What a pilot's counts say of the distribution; `weights` on the grid fit them best."""

    counts: Counts
    weights: Floats
    confidence: float

    @classmethod
    def of(cls, correct: Sequence[int], drawn: Sequence[int], confidence: float) -> "Rates":
        """From each prompt's correct responses and how many were drawn, one or more."""
        counts = Counts.of(correct, drawn)
        return cls(counts, _fitted(counts, SMOOTHING), confidence)

    @property
    def prompts(self) -> int:
        return int(self.counts.prompts.sum())

    def mean(self, function: Floats) -> Interval:
        """The mean over prompts of a function of the rate, given on the grid; of prompts without number."""
        value = float(function @ self.weights)
        low, high = (self._bound(function, side) for side in (-1, 1))
        return Interval(min(low, value), value, max(high, value))

    def _bound(self, function: Floats, side: int) -> float:
        """The least (`side` -1) or the most (1) that the mean may be."""
        # Every mean of a constant is that constant, and below the span is divided by.
        span = float(np.ptp(function))
        if span <= 1e-9 * float(np.abs(function).max()):
            return float(function @ self.weights)
        objective_values = side * function / span
        counts = self.counts.with_extreme(bool(objective_values[-1] >= objective_values[0]))
        best = _fitted(counts, EXACT)
        likelihood = _likelihood(counts)
        slack = student(self.confidence, max(1, self.prompts - 1)) ** 2 / 2
        peak, _, _ = _required(likelihood(best))
        result = _maximize(objective_values, likelihood, peak - slack, best)
        # A barrier never lets the end itself be reached: what comes as close as the method is exact counts as there.
        maximum = float(objective_values.max())
        return side * span * (maximum if maximum - result < 4 * EXACT else result)


def _likelihood(counts: Counts) -> Objective:
    chances, prompts = counts.likelihoods(), counts.prompts

    def objective(weights: Floats) -> tuple[float, Floats, Floats]:
        probabilities = chances @ weights
        curvature = (chances.T * (prompts / probabilities**2)) @ chances
        return float(prompts @ np.log(probabilities)), (prompts / probabilities) @ chances, curvature

    return objective


def _fitted(counts: Counts, smoothing: float) -> Floats:
    """Weights of the greatest likelihood, with a barrier that amounts to so many prompts."""
    likelihood = _likelihood(counts)
    weights = np.full(len(GRID), 1 / len(GRID))
    # Newton's method is fast only near the solution, so the barrier is lowered by tens, each time from the last one's.
    strength = max(10.0, smoothing)
    while True:
        weights = _newton_ascent(weights, _with_barrier(likelihood, strength / len(GRID)))
        if strength <= smoothing:
            return weights
        strength = max(smoothing, strength / 10)


def _maximize(objective_values: Floats, likelihood: Objective, minimum: float, start: Floats) -> float:
    """The most of a linear function where the log-likelihood is `least` or more (an interior-point method)."""

    def inside(weights: Floats) -> tuple[float, Floats, Floats] | None:
        value, gradient, curvature = _required(likelihood(weights))
        room = value - minimum
        if room <= 0:
            return None
        hessian = curvature / room + np.outer(gradient, gradient) / room**2
        return (
            float(np.log(room) + pull * (objective_values @ weights)),
            gradient / room + pull * objective_values,
            hessian,
        )

    # A barrier of m logarithms ends at most m / pull below the maximum, which says how far `pull` has to go.
    weights, pull = start, 10.0
    while pull < len(GRID) / EXACT:
        weights = _newton_ascent(weights, _with_barrier(inside, 1.0))
        pull *= 8
    return float(objective_values @ weights)


def _with_barrier(objective: Objective, strength: float) -> Objective:
    """The objective where all weights are positive, held off 0."""

    def with_barrier(weights: Floats) -> tuple[float, Floats, Floats] | None:
        result = objective(weights) if weights.min() > 0 else None
        if result is None:
            return None
        value, gradient, curvature = result
        value += strength * float(np.log(weights).sum())
        return value, gradient + strength / weights, curvature + np.diag(strength / weights**2)

    return with_barrier


def _newton_ascent(weights: Floats, objective: Objective, steps: int = 60) -> Floats:
    """Newton's method for a concave objective of weights that sum to 1, in steps relative to the weights."""
    value, gradient, curvature = _required(objective(weights))
    size = len(weights)
    system = np.zeros((size + 1, size + 1))
    for _ in range(steps):
        # The last row and column hold the weights' sum at 1. Steps are relative to the weights, because a barrier that
        # holds them off 0 makes the curvature of small ones huge, and the system could not be solved with precision.
        system[:-1, :-1] = curvature * weights[:, None] * weights[None, :]
        system[-1, :-1] = system[:-1, -1] = weights
        step: Floats = np.linalg.solve(system, np.append(gradient * weights, 0.0))[:-1]
        gain = float((gradient * weights) @ step)
        if gain < 1e-8:
            break
        # At most 95 % of the way to the nearest weight of 0, where logarithms end.
        length = min(1.0, 0.95 / max(1e-12, -float(step.min())))
        while (result := objective(weights * (1 + length * step))) is None or (
            result[0] < value + 0.01 * length * gain
        ):
            length /= 2
            if length < 1e-10:
                return weights
        weights = weights * (1 + length * step)
        value, gradient, curvature = result
    return weights


def _required(result: tuple[float, Floats, Floats] | None) -> tuple[float, Floats, Floats]:
    if result is None:
        raise ArithmeticError("a step left the region that it started in")
    return result
