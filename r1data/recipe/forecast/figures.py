"""Means over prompts, and what they come to over so many prompts, or until so much is reached.

Two errors are in each interval: the mean is known from the pilot alone, and the whole set's prompts are drawn, too.
Prompts count as drawn without end; where the pilot is a large part of the whole, intervals are rather too wide.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from r1data.evaluation.student import student
from r1data.recipe.forecast.intervals import Interval, exact, exponential, normal
from r1data.recipe.forecast.outcomes import Moments
from r1data.recipe.forecast.rates import Rates


@dataclass(frozen=True, slots=True)
class PromptMean:
    """A number that every prompt has: its mean over prompts, its variance among them, the most that it can be."""

    mean: Interval
    variance: float
    confidence: float
    maximum: float = math.inf

    def over(self, prompts: int) -> Interval:
        """Its sum over so many prompts."""
        if not prompts:
            return exact(0.0)  # also of what has no maximum, where infinity times 0 would be NaN
        error = normal(self.confidence) * math.sqrt(prompts * self.variance)
        return (self.mean * prompts).widened(error, error).within(0, self.maximum * prompts)

    def until(self, count: float) -> Interval:
        """Prompts until the sum is `count`; infinite where the mean may be 0. By the renewal theorem's variance."""
        if count <= 0:
            return exact(0.0)
        prompts = self.mean.mapped(lambda mean: count / mean if mean > 0 else math.inf)
        if not math.isfinite(prompts.value):
            return prompts
        error = normal(self.confidence) * math.sqrt(self.variance / (self.mean.value * count))
        # On a logarithmic scale, where the error is about the same on both sides and no end falls below 0.
        logs = prompts.mapped(lambda figure: math.log(figure) if math.isfinite(figure) else math.inf)
        return logs.widened(error, error).mapped(exponential)


def of_outcome(rates: Rates, outcome: Moments, variants: Sequence[Moments] = ()) -> PromptMean:
    """What a distribution of pass rates makes of an outcome.

    Args:
        variants: the outcome at the ends of what else it rests on, errors that are independent of the rates'.
    """
    mean = rates.mean(outcome.mean)
    value = float(outcome.mean @ rates.weights)
    shifts = [float(variant.mean @ rates.weights) - value for variant in variants]
    below = math.hypot(*(min(0.0, shift) for shift in shifts))
    above = math.hypot(*(max(0.0, shift) for shift in shifts))
    variance = max(0.0, float(outcome.square @ rates.weights) - value**2)
    maximum = float(outcome.mean.max())
    return PromptMean(mean.widened(below, above).within(0, maximum), variance, rates.confidence, maximum)


def of_values(values: Sequence[float], confidence: float) -> PromptMean | None:
    """What a value of each of the pilot's prompts says; None of fewer than two.

    Lengths are skewed, so the interval is Hall's (1992), whose ends are moved by the skewness that is found.
    """
    count = len(values)
    if count < 2:
        return None
    mean = math.fsum(values) / count
    deviations = [value - mean for value in values]
    variance = math.fsum(deviation**2 for deviation in deviations) / (count - 1)
    if variance == 0:
        return PromptMean(exact(mean), 0.0, confidence)
    skewness = math.fsum(deviation**3 for deviation in deviations) / count / variance**1.5
    bound, error = student(confidence, count - 1), math.sqrt(variance / count)
    low, high = (mean - error * _unskewed(side * bound, skewness, count) for side in (1, -1))
    return PromptMean(Interval(max(0.0, min(low, mean)), mean, max(high, mean)), variance, confidence)


def _unskewed(bound: float, skewness: float, count: int) -> float:
    """Hall's transformation, inverted; the identity where there is no skewness."""
    # Cubic, so that it rises everywhere and has an inverse: the quadratic one turns around for strong skewness.
    tilt = skewness / math.sqrt(count)
    if abs(tilt) < 1e-6:
        return bound
    return 3 / tilt * (math.cbrt(1 + tilt * (bound - tilt / 6)) - 1)
