"""The rewards by name, ours and other packages' (entry points in the group `r1.rewards`), and their weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from r1data.errors import UserError
from r1data.runtime.registry import Registry
from r1data.training.rewards.entry import Reward
from r1data.training.rewards.lengths import LENGTHS
from r1data.training.rewards.models import OF_MODELS
from r1data.training.rewards.programs import OF_PROGRAMS
from r1data.training.rewards.rules import RULES

REWARDS: Registry[Reward] = Registry(
    "reward",
    "r1.rewards",
    Reward,
    {entry.name: entry for entry in (*RULES, *OF_MODELS, *LENGTHS, *OF_PROGRAMS)},
)

LARGEST_WEIGHT = 1e6
"""Far above any use, and sums of rewards stay numbers in float32. Ours."""


def parse_weights(texts: Iterable[str]) -> dict[str, float]:
    """Weights by name from `NAME=WEIGHT`; `NAME` alone weighs 1.

    Raises UserError on an unknown name, on a weight that cannot be, and on two weights for one name.
    """
    weights: dict[str, float] = {}
    for text in texts:
        name, equals, number = text.partition("=")
        try:
            weight = float(number) if equals else 1.0
        except ValueError as error:
            raise UserError(f"--reward {text}: {number!r} is no number; write {name}=0.5") from error
        if name in weights and weights[name] != weight:
            raise UserError(f"--reward {text}: {name} has a weight already, {weights[name]:g}; leave one out")
        weights[name] = weight
    check_weights(weights)
    return weights


def check_weights(weights: Mapping[str, float]) -> None:
    """Raise UserError where a reward is not known, or has a weight with which nothing can be added up."""
    for name, weight in weights.items():
        REWARDS[name]
        if not abs(weight) <= LARGEST_WEIGHT:  # NaN is not either
            raise UserError(
                f"the reward {name} cannot weigh {weight:g}; give a number up to {LARGEST_WEIGHT:,.0f}"
            )
