"""A logistic regression of preferences, with intervals for pairs that belong together.

The log-odds that A is preferred are a term of the model plus a term for each feature in which the answers differ; read
where they differ in none, they are the controlled win rate (the idea of length-controlled AlpacaEval, arXiv
2404.04475; without its difficulty of each instruction, which takes many models). A preference may be a half.

A judge that always prefers the longer one has an infinite coefficient; so features have a normal prior, of standard
deviation `PRIOR`. The model's term has none. Fitted by Newton's method; variances are those of a sandwich over
clusters (Liang and Zeger 1986), residuals being corrected for leverage (MacKinnon and White 1985), and intervals are
Student's. The prior is ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from r1data.evaluation.student import student
from r1data.evaluation.win_rate.style import Numbers

PRIOR = 10.0
"""Standard deviation of the features' coefficients, in log-odds between no difference and the largest. Ours."""
MOST_LEVERAGE = 0.95
STEPS = 100
TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients, in log-odds, their covariance, and how many clusters they come from."""

    coefficients: Numbers
    covariance: Numbers
    clusters: int

    def interval(self, weights: Mapping[int, float]) -> tuple[float, float, float]:
        """A weighted sum of coefficients, by their number, and the two ends of its 95% interval."""
        picked = np.array([weights.get(number, 0.0) for number in range(len(self.coefficients))])
        error = math.sqrt(max(0.0, float(picked @ self.covariance @ picked)))
        half = student(0.95, self.clusters - len(self.coefficients)) * error
        middle = float(picked @ self.coefficients)
        return middle, middle - half, middle + half


def fit(
    preferences: Numbers, design: Numbers, priors: Sequence[float], clusters: Sequence[str]
) -> Fit | None:
    """Fits the regression; None where the data do not determine it.

    Args:
        preferences: n values from 0 to 1.
        design: n rows of p columns.
        priors: the standard deviation of each coefficient's prior, `inf` for none.
        clusters: n names; pairs of one name belong together.
    """
    _, group = np.unique(np.array(clusters, dtype=object).astype(str), return_inverse=True)
    number = int(group.max(initial=-1)) + 1
    width = design.shape[1]
    if number <= width + 1:
        return None
    ridge = np.diag([0.0 if math.isinf(prior) else prior**-2 for prior in priors])
    coefficients = _newton(preferences, design, ridge)
    if coefficients is None:
        return None
    chance = logistic(design @ coefficients)
    weights = chance * (1 - chance)
    bread = _inverse(design.T @ (design * weights[:, None]) + ridge)
    if bread is None:
        return None
    # a pair that decides much draws the fit to itself, and its residual is too small by that (HC2)
    leverage = np.minimum(weights * np.einsum("ij,jk,ik->i", design, bread, design), MOST_LEVERAGE)
    scores = np.zeros((number, width))
    np.add.at(scores, group, design * ((preferences - chance) / np.sqrt(1 - leverage))[:, None])
    # The prior counts as an observation with a variance of its own: what it alone decides must not look certain.
    meat = scores.T @ scores * number / (number - width) + ridge
    return Fit(coefficients, bread @ meat @ bread, number)


def logistic(values: Numbers) -> Numbers:
    """1 / (1 + exp(-x))."""
    return 0.5 * (1 + np.tanh(0.5 * values))


def _newton(preferences: Numbers, design: Numbers, ridge: Numbers) -> Numbers | None:
    """The coefficients of the highest posterior density; None where none is."""
    coefficients = np.zeros(design.shape[1])
    value = _loss(coefficients, preferences, design, ridge)
    for _ in range(STEPS):
        chance = logistic(design @ coefficients)
        gradient = design.T @ (preferences - chance) - ridge @ coefficients
        inverse = _inverse(design.T @ (design * (chance * (1 - chance))[:, None]) + ridge)
        if inverse is None:
            return None
        step = inverse @ gradient
        while (next_value := _loss(coefficients + step, preferences, design, ridge)) > value + 1e-9:
            step = step / 2
            if np.max(np.abs(step)) < TOLERANCE:
                break
        coefficients, value = coefficients + step, next_value
        if np.max(np.abs(step)) < TOLERANCE * (1 + np.max(np.abs(coefficients))):
            return coefficients
    return None


def _loss(coefficients: Numbers, preferences: Numbers, design: Numbers, ridge: Numbers) -> float:
    odds = design @ coefficients
    return float(np.sum(np.logaddexp(0, odds) - preferences * odds) + coefficients @ ridge @ coefficients / 2)


def _inverse(matrix: Numbers) -> Numbers | None:
    """The inverse; None where there is none that a computer could tell."""
    try:
        inverse = np.asarray(np.linalg.inv(matrix), np.float64)
    except np.linalg.LinAlgError:
        return None
    return inverse if np.all(np.isfinite(inverse)) and np.linalg.cond(matrix) < 1e12 else None
