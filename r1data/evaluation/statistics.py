"""Estimates from questions: means, shares and paired differences, each with a standard error and a 95% interval.

Questions are draws from what a benchmark stands for (Miller 2024, arXiv 2411.00640, section 2), and the samples of one
question belong together: an estimate takes one value a question, and its error is over questions. Questions that share
a text (in eleven languages, about one passage) are drawn together: they are a cluster, and the error is over clusters
(`clustered`).

A share's interval is Wilson's on the number of questions that would have its error (Korn and Graubard 1998; Franco
et al. 2019): it does not collapse where all or none were right, and stays between 0 and 1. A difference of two shares
is what some questions gain less what others lose; both are shares, and their intervals are joined through their
correlation (Newcombe 1998, method 10; Zou and Donner 2008). Other means get Student's interval.
`benchmarks/coverage.py` measures how often each holds the truth.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import NormalDist
from typing import Any

from r1data.evaluation.clustered import CONFIDENCE, ClusteredMean, correlation
from r1data.evaluation.student import two_sided

RARE = 0.4
"""Questions beyond one that differ at which half of the largest difference seen is believed: ours, from
`benchmarks/coverage.py`."""
POWER = 0.8
"""Of `questions_needed`: the probability of finding a difference that is there, as is usual."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean of one value a question.

    Attributes:
        value: the mean.
        error: its standard error, over clusters; None where there is one.
        low: the lower end of the 95% interval; None where nothing bounds it.
        high: the upper end.
        prompts: questions that have a value.
        clusters: groups of questions that were drawn together; as many as questions where none were.
    """

    value: float
    error: float | None
    low: float | None
    high: float | None
    prompts: int
    clusters: int

    def as_json(self) -> dict[str, Any]:
        """Plain data, by the names above."""
        return asdict(self)


def pass_at_k(n: int, correct: int, k: int) -> float:
    """Chance that k of n samples, drawn without replacement, hold a correct one: 1 - C(n-c, k) / C(n, k).

    Unbiased (Chen et al. 2021, arXiv 2107.03374, eq. 1). Raises ValueError where it is not defined.
    """
    if not 0 <= correct <= n or not 1 <= k <= n:
        raise ValueError(f"pass@{k} of {correct} correct among {n} is not defined")
    return 1 - math.comb(n - correct, k) / math.comb(n, k)


def estimate_mean(values: Sequence[float], clusters: Sequence[Hashable] | None = None) -> Estimate:
    """The mean of values of any size, such as differences of tokens, with Student's interval.

    Args:
        values: one a question.
        clusters: which questions were drawn together, one key a question; None where each was drawn alone.

    Raises:
        ValueError: there is no value, or there are not as many keys.
    """
    mean = ClusteredMean.of(values, clusters)
    low, high = (None, None) if mean.error is None else mean.student()
    return Estimate(mean.mean, mean.error, low, high, mean.questions, mean.clusters)


def estimate_count(values: Sequence[float], clusters: Sequence[Hashable] | None = None) -> Estimate:
    """The mean of counts, such as tokens: as `estimate_mean`, with an interval that does not go below 0."""
    mean = estimate_mean(values, clusters)
    return mean if mean.low is None else replace(mean, low=max(0.0, mean.low))


def estimate_share(values: Sequence[float], clusters: Sequence[Hashable] | None = None) -> Estimate:
    """The mean of values from 0 to 1, such as the share of a question's samples that are right.

    Args:
        values: one a question.
        clusters: as for `estimate_mean`.

    Raises:
        ValueError: as `estimate_mean` does, or a value is not from 0 to 1.
    """
    mean = _share(values, clusters)
    return Estimate(mean.mean, mean.error, *mean.wilson(), mean.questions, mean.clusters)


def estimate_difference(
    first: Sequence[float],
    second: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    shares: bool = True,
) -> Estimate:
    """The mean of `first` - `second`, two models' values of the same questions in the same order.

    Args:
        clusters: as for `estimate_mean`.
        shares: whether the values are from 0 to 1.

    Raises:
        ValueError: as for the others, or they are not equally many.
    """
    differences = [one - other for one, other in zip(first, second, strict=True)]
    plain = estimate_mean(differences, clusters)
    if not shares:
        return plain
    largest = _largest(differences)
    gains = _share([max(0.0, each / largest) for each in differences], clusters)
    losses = _share([max(0.0, -each / largest) for each in differences], clusters)
    (gain_low, gain_high), (loss_low, loss_high) = gains.wilson(), losses.wilson()
    together = correlation(gains, losses)
    below = _joined(gains.mean - gain_low, loss_high - losses.mean, together) * largest
    above = _joined(gain_high - gains.mean, losses.mean - loss_low, together) * largest
    ends = max(-1.0, plain.value - below), min(1.0, plain.value + above)
    return Estimate(plain.value, plain.error, *ends, plain.prompts, plain.clusters)


def _largest(differences: Sequence[float]) -> float:
    """What 1 is for a share: the largest difference that questions like these have. Where one or two questions make
    all of the difference, the largest seen says little of it, and it goes towards the largest that can be, 1."""
    largest = max(map(abs, differences))
    if not largest:
        return 1.0
    # Of the largest, so that no square is too small for a float.
    sizes = [abs(each) / largest for each in differences]
    known = max(0.0, math.fsum(sizes) ** 2 / math.fsum(size**2 for size in sizes) - 1)
    return math.pow(largest, known / (known + RARE))


def _share(values: Sequence[float], clusters: Sequence[Hashable] | None) -> ClusteredMean:
    mean = ClusteredMean.of(values, clusters)
    if min(values) < 0 or max(values) > 1:
        raise ValueError("a share is from 0 to 1")
    return mean


def _joined(one: float, other: float, together: float) -> float:
    """How far an end of a difference is from it, from the distances of the two ends that make it."""
    return math.sqrt(max(0.0, one**2 - 2 * together * one * other + other**2))


def questions_needed(difference: Estimate) -> int | None:
    """How many questions show a difference of the size found, with 80% power in a two-sided test at 5%.

    n = (z(0.975) + z(0.8))² · variance of one question's difference ÷ difference² (Miller 2024, section 5), where the
    variance is what the error comes to for as many questions as there are, clusters and samples included. None where
    the difference or its error is 0 or unknown: no number follows.
    """
    if not difference.error or not difference.value:
        return None
    normal = NormalDist()
    both = normal.inv_cdf((1 + CONFIDENCE) / 2) + normal.inv_cdf(POWER)
    return math.ceil(difference.prompts * (both * difference.error / difference.value) ** 2)


def p_value(difference: Estimate) -> float | None:
    """The probability of a difference at least this large if there is none (two-sided, Student's); None without an
    error. Without any spread it is 1 for a difference of 0, else 0.
    """
    if difference.error is None:
        return None
    if not difference.error:
        return float(not difference.value)
    return two_sided(difference.value / difference.error, difference.clusters - 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of several comparisons, adjusted so that 5% is the chance of any false finding (Holm 1979)."""
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
