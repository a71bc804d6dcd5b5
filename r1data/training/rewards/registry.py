"""The rewards by name, ours and other packages' (entry points in the group `r1.rewards`), and their weights."""

from __future__ import annotations

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
    """Weights by name from `NAME=WEIGHT`; `NAME` alone weighs 1. Raises UserError on an unknown name or no number."""
    weights: dict[str, float] = {}
    for text in texts:
        name, _, weight = text.partition("=")
        try:
            weights[name] = float(weight) if weight else 1.0
        except ValueError as error:
            raise UserError(f"--reward {text}: {weight!r} is no number; write {name}=0.5") from error
    check_names(weights)
    return weights


def check_names(names: Iterable[str]) -> None:
    """Raise UserError where a reward is not known."""
    for name in names:
        REWARDS[name]
