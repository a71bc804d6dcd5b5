"""When to stop sampling a prompt: it has enough correct responses, or more are not worth their price. The rule is ours.

Responses are drawn in rounds of a fixed size, in the order of their numbers, and looked at after each round. A prompt
has enough with `enough` correct ones. It is given up when the data speak against a pass rate of `worth`, the smallest
one that is worth paying for: where the one-sided upper bound of its pass rate (Clopper and Pearson 1934) lies below
`worth`, at confidence 1 - `risk` over all looks together. For that the risk is divided evenly (Bonferroni) between the
looks before the last at which a prompt without a correct response could be given up at all; they follow from the
settings, not from the data. So a prompt whose pass rate is `worth` or more is given up with a chance of at most
`risk`, as long as whether a verdict is known has nothing to do with whether the response is correct.

What nobody could judge is no failure: it counts neither way. With few responses a prompt can hardly be given up, since
little is known then: 0 correct of 16 do not rule out a pass rate of 0.1. `earliest` says when it can be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from r1data.errors import UserError

Ending = Literal["enough", "given_up", "all"]
"""Why no more are drawn; `all`: n were."""
ENDINGS: tuple[Ending, ...] = ("enough", "given_up", "all")
ROUNDS = 4
"""Rounds in which n responses are drawn, where the size of one is not given."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Up to `most` responses, `size` a round."""

    enough: int
    most: int
    size: int
    worth: float = 0.1
    risk: float = 0.05

    def __post_init__(self) -> None:
        if self.enough < 1 or self.most < 1 or self.size < 1:
            raise UserError("--until, -n and --round count responses: 1 or more")
        if self.enough > self.most:
            raise UserError(f"--until {self.enough}: more than the {self.most} responses of -n")
        if not 0 < self.worth < 1 or not 0 <= self.risk < 1:
            raise UserError(f"--worth {self.worth} and --give-up {self.risk}: shares between 0 and 1")

    @classmethod
    def of(
        cls, enough: int, most: int, size: int | None = None, worth: float = 0.1, risk: float = 0.05
    ) -> Self:
        """The rule with rounds of a quarter of `most` where `size` is not given."""
        return cls(enough, most, size or max(1, most // ROUNDS), worth, risk)

    def recorded(self) -> dict[str, Any]:
        """What decides the rows, under the names of the options."""
        return {"until": self.enough, "round": self.size, "worth": self.worth, "give_up": self.risk}

    def decide(self, outcomes: Sequence[bool | None]) -> Ending | None:
        """Whether a prompt ends with these outcomes of its first responses; None: another round.

        `outcomes`: True is correct, False is not, None is unknown.
        """
        passed, judged = outcomes.count(True), len(outcomes) - outcomes.count(None)
        if passed >= self.enough:
            return "enough"
        if len(outcomes) >= self.most:
            return "all"
        looks = self.looks()
        if len(outcomes) in looks and at_most(passed, judged, self.worth) <= self.risk / len(looks):
            return "given_up"
        return None

    def looks(self) -> list[int]:
        """After how many responses a prompt may be given up."""
        return [
            drawn
            for drawn in range(self.size, self.most, self.size)
            if (1 - self.worth) ** drawn <= self.risk
        ]

    def earliest(self) -> int | None:
        """After how many responses a prompt without a correct one is given up; None: never."""
        return next((drawn for drawn in self.looks() if self.decide([False] * drawn) == "given_up"), None)


def at_most(passed: int, judged: int, rate: float) -> float:
    """Chance of `passed` successes or fewer in `judged` tries that succeed at `rate`. Where it is α, the upper
    Clopper-Pearson bound at confidence 1 - α is `rate`.
    """
    if passed >= judged:
        return 1.0
    logs = (
        math.lgamma(judged + 1)
        - math.lgamma(k + 1)
        - math.lgamma(judged - k + 1)
        + k * math.log(rate)
        + (judged - k) * math.log1p(-rate)
        for k in range(passed + 1)
    )
    return min(1.0, math.fsum(map(math.exp, logs)))
