"""How many different responses there are among the good ones of a prompt, where some are word for word the same.

More responses repeat each other more often, so copies seen among 4 say too little of 16. Ewens's law has one number,
`spread`: after j responses the next is new with a chance of spread ÷ (spread + j). It is fitted to a domain, its
interval from the likelihood, widened by how far prompts differ from it. The choice of the law is ours. Not covered:
near copies, and copies among different prompts.
"""

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from r1data.recipe.forecast.intervals import normal
from r1data.recipe.forecast.rates import Floats

SPREADS: Floats = np.append(np.geomspace(0.02, 1e6, 240), np.inf)


@dataclass(frozen=True, slots=True)
class Copies:
    """The law for one `spread`: infinite where no two responses are the same."""

    spread: float
    NONE: ClassVar["Copies"]

    def different(self, most: int) -> Floats:
        """Chance that among k responses (row) d are different (column), k and d up to `most`."""
        return _different(self.spread, most)


Copies.NONE = Copies(math.inf)


@functools.lru_cache(maxsize=64)
def _different(spread: float, most: int) -> Floats:
    chances = np.zeros((most + 1, most + 1))
    chances[0, 0] = 1.0
    for j in range(most):
        new = 1.0 if math.isinf(spread) else spread / (spread + j)
        chances[j + 1, 1:] += chances[j, :-1] * new
        chances[j + 1] += chances[j] * (1 - new)
    return chances


def fit(pairs: Iterable[tuple[int, int]], confidence: float) -> tuple[Copies, Copies, Copies]:
    """The law with the fewest different responses that (good, different) of prompts allow, the likeliest, the most.

    Where no prompt has two good ones nothing can be seen, and none are taken to be the same.
    """
    seen = [(k, d) for k, d in pairs if k > 1]
    if not seen:
        return Copies.NONE, Copies.NONE, Copies.NONE
    good, different = np.array(seen, float).T
    each = np.array([_logs(spread, good, different) for spread in SPREADS])
    likelihood = each.sum(axis=1)
    best = int(np.argmax(likelihood))
    slack = normal(confidence) ** 2 / 2 * _overdispersion(best, each)
    allowed = np.flatnonzero(likelihood >= likelihood[best] - slack)
    return tuple(Copies(float(SPREADS[at])) for at in (allowed[0], best, allowed[-1]))  # type: ignore[return-value]


def _logs(spread: float, good: Floats, different: Floats) -> Floats:
    """Log-likelihood of each prompt, but for what does not depend on the spread."""
    if math.isinf(spread):
        return np.where(good > different, -np.inf, 0.0)
    j = np.arange(1, max(2, int(good.max())))
    old = np.where(j[None, :] < good[:, None], np.log1p(j / spread)[None, :], 0.0).sum(axis=1)
    logs: Floats = (different - good) * math.log(spread) - old
    return logs


def _overdispersion(best: int, each: Floats) -> float:
    """How many times as much as the law says the prompts differ, 1 or more: scores' variance ÷ information."""
    if not 0 < best < len(SPREADS) - 2:
        return 1.0
    below, here, above = each[best - 1 : best + 2]
    score = (above - below) / 2
    information = float(-(above - 2 * here + below).sum())
    return max(1.0, float(score @ score) / information) if information > 0 else 1.0
