"""Rewards that models give: `helpfulness` and `harmlessness` by reward models (R1 2.3.4), `rubric` by a judge.

A general prompt belongs to one set, helpfulness or harmlessness (its column `preference`), and gets that reward alone.
Helpfulness is scored on the final summary, what follows the thoughts; harmlessness on the whole response. A reward
model's scores have no fixed scale: they are normalised within the group of responses to one prompt, as all rewards are,
so that those of different models and of rules never meet.

What a model did not answer is unknown: no reward of any kind. The models themselves are `graders`; here is what their
`Grade`s are worth. Not here: training them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from r1data.training.rewards.entry import UNKNOWN, Reward, Value, each
from r1data.training.rewards.rollout import Rollout, Scored

HELPFULNESS, HARMLESSNESS, RUBRIC = "helpfulness", "harmlessness", "rubric"
PREFERENCES = (HELPFULNESS, HARMLESSNESS)
"""The sets of general prompts, and the rewards that belong to them."""


def grade(name: str) -> Callable[[Scored], Value]:
    """What a model said of a response, as the reward of that name."""

    def reward(scored: Scored) -> Value:
        graded = scored.grades.get(name)
        return UNKNOWN if graded is None or graded.value is None else graded.value

    return reward


def in_set(name: str) -> Callable[[Rollout], bool]:
    """Whether a general prompt belongs to a set."""
    return lambda rollout: rollout.preference == name


OF_MODELS = (
    Reward(
        HELPFULNESS,
        each(grade(HELPFULNESS)),
        reads=("response", "preference"),
        range=(-math.inf, math.inf),
        concerns=in_set(HELPFULNESS),
        needs="`helpfulness` in the column `preference`, nor is any without a verifier",
        summary="a reward model's score of the summary after the thoughts, for prompts of the helpfulness set",
        paper="2.3.4",
    ),
    Reward(
        HARMLESSNESS,
        each(grade(HARMLESSNESS)),
        reads=("response", "preference"),
        range=(-math.inf, math.inf),
        concerns=in_set(HARMLESSNESS),
        needs="`harmlessness` in the column `preference`",
        summary="a reward model's score of the whole response, for prompts of the harmlessness set",
        paper="2.3.4",
    ),
    Reward(
        RUBRIC,
        each(grade(RUBRIC)),
        reads=("response", "rubric"),
        concerns=lambda rollout: rollout.rubric is not None,
        needs="a rubric (a column `rubric`, or `rubric` in `meta`)",
        summary="share of the weights of the prompt's checklist that the summary meets, item by item by the judge",
    ),
)
