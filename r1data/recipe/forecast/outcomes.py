"""What may come of a prompt's responses at each pass rate: how many are drawn, pass, and are chosen.

Responses to a prompt are independent at its rate, and drawn to the last, or until a rule of `sampling.until` has
enough. Of those that pass some are copies of another (`Copies`) and at most so many are chosen.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from r1data.recipe.forecast.copies import Copies
from r1data.recipe.forecast.rates import GRID, Floats
from r1data.sampling.until import StoppingRule


@dataclass(frozen=True, slots=True)
class Outcome:
    """A number that each prompt has in the end, on the grid of rates: its mean, and the mean of its square."""

    mean: Floats
    square: Floats


@dataclass(frozen=True, slots=True)
class Ends:
    """The ways in which a prompt's sampling can end: `drawn`, `passed`, and on the grid the chance of each."""

    drawn: tuple[int, ...]
    passed: tuple[int, ...]
    chances: Floats

    def outcome(self, number: Callable[[int, int], tuple[float, float]]) -> Outcome:
        """Of a number whose mean, and mean square, follow from how many were drawn and passed."""
        both = [number(drawn, passed) for drawn, passed in zip(self.drawn, self.passed, strict=True)]
        mean, square = np.array(both, float).T
        return Outcome(mean @ self.chances, square @ self.chances)

    def samples(self) -> Outcome:
        return self.outcome(lambda drawn, passed: (drawn, drawn**2))

    def correct(self) -> Outcome:
        return self.outcome(lambda drawn, passed: (passed, passed**2))

    def solved(self) -> Outcome:
        """1 for a prompt that has a correct response."""
        return self.outcome(lambda drawn, passed: (float(passed > 0), float(passed > 0)))

    def chosen(self, copies: Copies, most: int | None, share: float = 1.0) -> Outcome:
        """Responses that are readable, which `share` of those that pass are, and no copies; `most` at most."""

        law = copies.different(max(self.passed))

        @functools.cache
        def number(passed: int) -> tuple[float, float]:
            readable = binomial(passed, np.array([share]))[:, 0]
            chances = readable @ law[: passed + 1, : passed + 1]
            count = np.minimum(np.arange(passed + 1), passed if most is None else most)
            return float(chances @ count), float(chances @ count**2)

        return self.outcome(lambda drawn, passed: number(passed))


def ends(n: int, rule: StoppingRule | None = None) -> Ends:
    """Of n responses a prompt, or of rounds until the rule ends them."""
    if rule is None:
        return Ends((n,) * (n + 1), tuple(range(n + 1)), binomial(n, GRID))
    going: dict[int, Floats] = {0: np.ones(len(GRID))}
    ended: list[tuple[int, int, Floats]] = []
    for start in range(0, n, rule.round_size):
        drawn = min(start + rule.round_size, n)
        going = _drawn_on(going, drawn - start)
        over = [passed for passed in going if _is_over(rule, passed, drawn)]
        ended += [(drawn, passed, going.pop(passed)) for passed in over]
    drawns, passes, chances = zip(*ended, strict=True)
    return Ends(drawns, passes, np.array(chances))


def _drawn_on(going: dict[int, Floats], size: int) -> dict[int, Floats]:
    more = binomial(size, GRID)
    after: dict[int, Floats] = {}
    for passed, chance in going.items():
        for added in range(size + 1):
            after[passed + added] = after.get(passed + added, 0.0) + chance * more[added]
    return after


def _is_over(rule: StoppingRule, passed: int, drawn: int) -> bool:
    return rule.decide([True] * passed + [False] * (drawn - passed)) is not None


def binomial(n: int, rates: Floats) -> Floats:
    """Chance of 0 to n successes (rows) at each rate (columns)."""
    k = np.arange(n + 1)[:, None]
    ways = np.array([math.comb(n, each) for each in range(n + 1)], float)[:, None]
    chances: Floats = ways * rates[None, :] ** k * (1 - rates[None, :]) ** (n - k)
    return chances
