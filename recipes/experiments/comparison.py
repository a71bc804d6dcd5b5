"""Selectors compared at equal tokens: what a question is worth under each, and intervals over questions.

A question's responses stand in the order in which they were drawn, and a selector that may spend so many tokens takes
the first of them that these pay for. Between two numbers of responses the value is the mean of both in the proportion
that spends the tokens exactly, which is what a coin of that weight would give.
"""

import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from r1data.evaluation.statistics import Estimate
from r1data.evaluation.voting import vote


@dataclass(frozen=True, slots=True)
class Candidate:
    """A response to choose among: its answer, whether it is correct, its length in tokens, and its scores by name."""

    answer: str | None
    correct: bool
    tokens: int
    scores: dict[str, float]


Selector = Callable[[Sequence[Candidate]], float]
"""The chance that what is selected among the responses to one question is correct."""


def random_choice(candidates: Sequence[Candidate]) -> float:
    """One of them, without looking: pass@1."""
    return sum(each.correct for each in candidates) / len(candidates)


def majority(candidates: Sequence[Candidate]) -> float:
    """The commonest answer; a tie is worth the share of correct ones among the tied, as in cons@k of `r1 eval`."""
    return vote([each.answer for each in candidates], [each.correct for each in candidates])


def oracle(candidates: Sequence[Candidate]) -> float:
    """A correct one where there is any: pass@n, which no selector passes."""
    return float(any(each.correct for each in candidates))


def best(name: str) -> Selector:
    """The response with the highest score of a name; equal scores are drawn among."""

    def choose(candidates: Sequence[Candidate]) -> float:
        highest = max(each.scores[name] for each in candidates)
        return random_choice([each for each in candidates if each.scores[name] == highest])

    return choose


def of_groups(selector: Selector, candidates: Sequence[Candidate], size: int) -> float:
    """The mean over all whole groups of `size` that follow each other: each is a draw of best-of-`size`."""
    groups = [candidates[start : start + size] for start in range(0, len(candidates) - size + 1, size)]
    return sum(map(selector, groups)) / len(groups)


def at_tokens(selector: Selector, candidates: Sequence[Candidate], tokens: float) -> tuple[float, float]:
    """What a selector is worth on a question for so many generated tokens, and the tokens that it spends.

    One response is always there, and never more than there are: then other tokens are spent than asked for.
    """
    sums = list(accumulate(each.tokens for each in candidates))
    count = max(1, bisect.bisect_right(sums, tokens))
    value, spent = selector(candidates[:count]), sums[count - 1]
    if count == len(candidates) or spent >= tokens:
        return value, spent
    share = (tokens - spent) / (sums[count] - spent)
    return (1 - share) * value + share * selector(candidates[: count + 1]), tokens


def excludes_zero(difference: Estimate) -> bool:
    """Whether 0 lies outside of a difference's 95% interval; with one question there is none, and nothing follows."""
    low, high = difference.low, difference.high
    return low is not None and high is not None and not low <= 0 <= high
