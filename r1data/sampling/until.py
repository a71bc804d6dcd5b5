"""When to stop sampling a prompt: it has enough correct responses, or more are not worth their price. The rule is ours.

Responses are drawn in rounds of a fixed size, in the order of their numbers, and tested after each round. A prompt is
finished with `target` correct ones. It is given up when the data speak against a pass rate of `worth`, the smallest
one that is worth paying for: where the one-sided upper bound of its pass rate (Clopper and Pearson 1934) lies below
`worth`, at confidence 1 - `risk` over all tests together. For that the risk is divided evenly (Bonferroni) between the
tests before the last at which a prompt without a correct response could be given up at all; they follow from the
settings, not from the data. So a prompt whose pass rate is `worth` or more is given up with a probability of at most
`risk`, as long as whether a verdict is known is independent of whether the response is correct.

An unknown verdict is no failure: it counts neither way. With few responses a prompt can hardly be given up: 0 correct
of 16 do not rule out a pass rate of 0.1. `earliest` says when it can be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from r1data.errors import UserError

Ending = Literal["enough", "given_up", "all"]
"""Why sampling of a prompt ended; `all`: all n responses are drawn."""
ENDINGS: tuple[Ending, ...] = ("enough", "given_up", "all")
ROUNDS = 4
"""Default number of rounds in which n responses are drawn."""


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """Up to `max_responses` responses to a prompt, `round_size` a round, until `target` are correct."""

    target: int
    max_responses: int
    round_size: int
    worth: float = 0.1
    risk: float = 0.05

    def __post_init__(self) -> None:
        if self.target < 1 or self.max_responses < 1 or self.round_size < 1:
            raise UserError("--until, -n and --round-size count responses; give 1 or more")
        if self.target > self.max_responses:
            raise UserError(
                f"--until {self.target}: more than the {self.max_responses} responses of -n; raise -n"
            )
        if not 0 < self.worth < 1 or not 0 <= self.risk < 1:
            raise UserError(
                f"--min-pass-rate {self.worth} and --abandon-risk {self.risk}: give shares between 0 and 1"
            )

    @classmethod
    def of(
        cls,
        target: int,
        max_responses: int,
        round_size: int | None = None,
        worth: float = 0.1,
        risk: float = 0.05,
    ) -> Self:
        """The rule, with rounds of a quarter of `max_responses` where `round_size` is not given."""
        return cls(target, max_responses, round_size or max(1, max_responses // ROUNDS), worth, risk)

    def parameters(self) -> dict[str, Any]:
        """What decides the rows, under the names that commits record."""
        return {"until": self.target, "round": self.round_size, "worth": self.worth, "give_up": self.risk}

    def decide(self, outcomes: Sequence[bool | None]) -> Ending | None:
        """Why sampling of a prompt ends with these outcomes of its first responses; None: another round.

        `outcomes`: True for correct, False for incorrect, None for an unknown verdict.
        """
        correct, decided = outcomes.count(True), len(outcomes) - outcomes.count(None)
        if correct >= self.target:
            return "enough"
        if len(outcomes) >= self.max_responses:
            return "all"
        looks = self.looks()
        if len(outcomes) in looks and binomial_cdf(correct, decided, self.worth) <= self.risk / len(looks):
            return "given_up"
        return None

    def looks(self) -> list[int]:
        """The numbers of responses after which a prompt may be given up."""
        # The condition is the chance that a prompt worth its price has no correct response among so many. While that is
        # above the risk, no outcome speaks against the prompt, and a test would only use up its part of the risk.
        return [
            drawn
            for drawn in range(self.round_size, self.max_responses, self.round_size)
            if (1 - self.worth) ** drawn <= self.risk
        ]

    def earliest(self) -> int | None:
        """The number of responses after which a prompt without a correct one is given up; None: never."""
        return next((drawn for drawn in self.looks() if self.decide([False] * drawn) == "given_up"), None)


def binomial_cdf(successes: int, trials: int, rate: float) -> float:
    """Probability of at most `successes` successes in `trials` trials at success rate `rate`.

    Where it is α, the upper Clopper-Pearson bound at confidence 1 - α is `rate`.
    """
    if successes >= trials:
        return 1.0
    # Summed from logarithms: from about a thousand responses on, binomial coefficients overflow a float.
    logs = (
        math.lgamma(trials + 1)
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * math.log(rate)
        + (trials - k) * math.log1p(-rate)
        for k in range(successes + 1)
    )
    return min(1.0, math.fsum(map(math.exp, logs)))
