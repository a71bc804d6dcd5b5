"""Student's t distribution: the factor of a standard error that is itself estimated, and the p-value of a ratio.

The distribution function comes from the regularised incomplete beta function (its continued fraction, by Lentz's
method: Thompson and Barnett 1986); the quantile is its inverse by bisection. No normality is assumed here: whoever
calls says what the degrees of freedom are.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

LARGE = 1e5
"""Degrees of freedom from which on the normal distribution stands in: they differ in the sixth digit."""
_ACCURACY = 1e-12
_TINY = 1e-300


@lru_cache(maxsize=4096)
def student(confidence: float, freedom: float) -> float:
    """The half width of the central interval with probability `confidence`, in standard errors.

    Args:
        confidence: 0 to 1, both excluded.
        freedom: degrees of freedom, more than 0; no whole number is needed.
    """
    normal = NormalDist().inv_cdf((1 + confidence) / 2)
    if freedom >= LARGE:
        return normal
    low, high = normal, 2 * normal
    while two_sided(high, freedom) > 1 - confidence:
        low, high = high, 2 * high
    while high - low > _ACCURACY * high:
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, freedom) > 1 - confidence else (low, middle)
    return (low + high) / 2


def two_sided(ratio: float, freedom: float) -> float:
    """The probability of a ratio at least as far from 0: the p-value of a difference over its standard error."""
    if freedom >= LARGE:
        return math.erfc(abs(ratio) / math.sqrt(2))
    return _incomplete_beta(freedom / (freedom + ratio * ratio), freedom / 2, 0.5)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    # The fraction converges quickly below the mean of the distribution, its mirror image above.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, to twelve digits."""
    numerator = 1.0
    denominator = 1 / (1 - (a + b) * x / (a + 1))
    value = denominator
    for m in range(1, 5000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            denominator = 1 / ((1 + term * denominator) or _TINY)
            numerator = (1 + term / numerator) or _TINY
            value *= numerator * denominator
        if abs(numerator * denominator - 1) < _ACCURACY:
            break
    return value
