"""The rewards by name, ours and other packages' (entry points in the group `r1.rewards`), and their weights."""

from __future__ import annotations

import math
from collections.abc import Iterable

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


def parse_weights(texts: Iterable[str]) -> dict[str, float]:
    """Weights by name from `NAME=WEIGHT`; `NAME` alone weighs 1.

    Raises UserError on an unknown name, on what is no finite number, and on two weights for one name.
    """
    weights: dict[str, float] = {}
    for text in texts:
        name, equals, number = text.partition("=")
        try:
            weight = float(number) if equals else 1.0
        except ValueError as error:
            raise UserError(f"--reward {text}: {number!r} is no number; write {name}=0.5") from error
        if not math.isfinite(weight):
            raise UserError(f"--reward {text}: no reward can weigh that; write {name}=0.5")
        if weights.setdefault(name, weight) != weight:
            raise UserError(f"--reward {text}: {name} has a weight already, {weights[name]:g}; leave one out")
    check_names(weights)
    return weights


def check_names(names: Iterable[str]) -> None:
    """Raise UserError where a reward is not known."""
    for name in names:
        REWARDS[name]
