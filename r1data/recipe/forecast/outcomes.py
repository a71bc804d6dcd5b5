"""Distributions of a prompt's outcome at each pass rate: how many responses are drawn, correct, and selected.

Responses to a prompt are independent at its rate, and drawn to the last, or until a rule of `sampling.until` ends them.
Of the correct ones some are copies of another, and at most so many are selected.

Copies: more responses repeat each other more often, so copies among 4 say too little of 16. Ewens's law has one number,
`spread`: after j responses the next is new with probability spread / (spread + j). It is fitted to a domain, its
interval from the likelihood, widened by how far prompts deviate from it. The choice of the law is ours. Not covered:
near copies, and copies among different prompts.
"""

import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from r1data.recipe.forecast.intervals import normal
from r1data.recipe.forecast.rates import GRID, Floats
from r1data.sampling.until import StoppingRule

SPREADS: Floats = np.append(np.geomspace(0.02, 1e6, 240), np.inf)


@dataclass(frozen=True, slots=True)
class CopyModel:
    """Ewens's law for one `spread`, which is infinite where no two responses are equal."""

    spread: float
    NONE: ClassVar["CopyModel"]

    def distinct_probabilities(self, limit: int) -> Floats:
        """Chance that among k responses (row) d are different (column), k and d up to `most`."""
        return _distinct_probabilities(self.spread, limit)


CopyModel.NONE = CopyModel(math.inf)


@functools.lru_cache(maxsize=64)
def _distinct_probabilities(spread: float, limit: int) -> Floats:
    chances = np.zeros((limit + 1, limit + 1))
    chances[0, 0] = 1.0
    for j in range(limit):
        new = 1.0 if math.isinf(spread) else spread / (spread + j)
        chances[j + 1, 1:] += chances[j, :-1] * new
        chances[j + 1] += chances[j] * (1 - new)
    return chances


def fit_copy_model(
    pairs: Iterable[tuple[int, int]], confidence: float
) -> tuple[CopyModel, CopyModel, CopyModel]:
    """The law with the fewest different responses that (good, different) of prompts allow, the likeliest, the most.

    Where no prompt has two good ones nothing can be seen, and none are taken to be the same.
    """
    repeats = [(k, d) for k, d in pairs if k > 1]
    if not repeats:
        return CopyModel.NONE, CopyModel.NONE, CopyModel.NONE
    good, distinct = np.array(repeats, float).T
    prompt_logs = np.array([_logs(spread, good, distinct) for spread in SPREADS])
    likelihood = prompt_logs.sum(axis=1)
    best = int(np.argmax(likelihood))
    slack = normal(confidence) ** 2 / 2 * _overdispersion(best, prompt_logs)
    allowed = np.flatnonzero(likelihood >= likelihood[best] - slack)
    return tuple(CopyModel(float(SPREADS[index])) for index in (allowed[0], best, allowed[-1]))  # type: ignore[return-value]


def _logs(spread: float, good: Floats, distinct: Floats) -> Floats:
    """Log-likelihood of each prompt, but for what does not depend on the spread."""
    if math.isinf(spread):
        return np.where(good > distinct, -np.inf, 0.0)
    # Of k responses d are different with a chance in proportion to s^d / (s (s+1) … (s+k-1)); with s^k taken out of the
    # product, log1p stays exact where the spread s is large.
    j = np.arange(1, max(2, int(good.max())))
    repeated = np.where(j[None, :] < good[:, None], np.log1p(j / spread)[None, :], 0.0).sum(axis=1)
    logs: Floats = (distinct - good) * math.log(spread) - repeated
    return logs


def _overdispersion(best: int, prompt_logs: Floats) -> float:
    """How many times as much as the law says the prompts differ, 1 or more: scores' variance ÷ information."""
    # At either end there is no neighbour to take a difference with: the last spread is infinite.
    if not 0 < best < len(SPREADS) - 2:
        return 1.0
    # Derivatives in steps of the grid, which are equal in logarithms: their unit cancels in the quotient.
    below, peak, above = prompt_logs[best - 1 : best + 2]
    score = (above - below) / 2
    information = float(-(above - 2 * peak + below).sum())
    return max(1.0, float(score @ score) / information) if information > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Moments:
    """The mean, and the mean square, of a number that each prompt has, on the grid of rates."""

    mean: Floats
    square: Floats


@dataclass(frozen=True, slots=True)
class SamplingOutcomes:
    """The ways in which a prompt's sampling can end: `drawn`, `passed`, and on the grid the chance of each."""

    drawn: tuple[int, ...]
    correct: tuple[int, ...]
    chances: Floats

    def outcome(self, number: Callable[[int, int], tuple[float, float]]) -> Moments:
        """Of a number whose mean, and mean square, follow from how many were drawn and passed."""
        moments = [number(drawn, correct) for drawn, correct in zip(self.drawn, self.correct, strict=True)]
        mean, square = np.array(moments, float).T
        return Moments(mean @ self.chances, square @ self.chances)

    def drawn_samples(self) -> Moments:
        return self.outcome(lambda drawn, correct: (drawn, drawn**2))

    def correct_responses(self) -> Moments:
        return self.outcome(lambda drawn, correct: (correct, correct**2))

    def solved_prompts(self) -> Moments:
        """1 for a prompt that has a correct response."""
        return self.outcome(lambda drawn, correct: (float(correct > 0), float(correct > 0)))

    def selected_responses(self, copies: CopyModel, limit: int | None, share: float = 1.0) -> Moments:
        """Responses that are readable, which `share` of those that pass are, and no copies; `most` at most."""

        law = copies.distinct_probabilities(max(self.correct))

        @functools.cache
        def number(correct: int) -> tuple[float, float]:
            readable = binomial(correct, np.array([share]))[:, 0]
            chances = readable @ law[: correct + 1, : correct + 1]
            count = np.minimum(np.arange(correct + 1), correct if limit is None else limit)
            return float(chances @ count), float(chances @ count**2)

        return self.outcome(lambda drawn, correct: number(correct))


def sampling_outcomes(n: int, rule: StoppingRule | None = None) -> SamplingOutcomes:
    """Of n responses a prompt, or of rounds until the rule ends them."""
    if rule is None:
        return SamplingOutcomes((n,) * (n + 1), tuple(range(n + 1)), binomial(n, GRID))
    # Round by round, as `sample --until` draws: how many are correct so far → the chance of that, for prompts that
    # still go on. The rule looks at counts alone, so that the order within a round does not matter.
    open_states: dict[int, Floats] = {0: np.ones(len(GRID))}
    ended_states: list[tuple[int, int, Floats]] = []
    for start in range(0, n, rule.round_size):
        drawn = min(start + rule.round_size, n)
        added_probabilities = binomial(drawn - start, GRID)
        next_states: dict[int, Floats] = {}
        for before, chance in open_states.items():
            for added, probability in enumerate(added_probabilities):
                next_states[before + added] = next_states.get(before + added, 0.0) + chance * probability
        open_states = next_states
        finished = [
            correct
            for correct in open_states
            if rule.decide([True] * correct + [False] * (drawn - correct)) is not None
        ]
        ended_states += [(drawn, correct, open_states.pop(correct)) for correct in finished]
    drawn_counts, correct_counts, chances = zip(*ended_states, strict=True)
    return SamplingOutcomes(drawn_counts, correct_counts, np.array(chances))


def binomial(n: int, rates: Floats) -> Floats:
    """Chance of 0 to n successes (rows) at each rate (columns)."""
    k = np.arange(n + 1)[:, None]
    ways = np.array([math.comb(n, each) for each in range(n + 1)], float)[:, None]
    chances: Floats = ways * rates[None, :] ** k * (1 - rates[None, :]) ** (n - k)
    return chances
