"""Rewards by rules (R1 2.2.2, 2.3.2): `accuracy`, `format`, `format-r1-zero` and `language`."""

from __future__ import annotations

from r1data.data.responses import well_formed
from r1data.training.rewards.entry import Reward, each
from r1data.training.rewards.rollout import Scored


def accuracy(scored: Scored) -> float | None:
    """1 correct, 0 incorrect or no answer, None where nobody can tell (R1 2.2.2)."""
    return None if scored.correct is None else float(scored.correct)


def format_r1(scored: Scored) -> float | None:
    """1 for one pair of think tags at the start and something in both parts (R1 2.2.2)."""
    return float(well_formed(scored.rollout.response, "r1"))


def format_r1_zero(scored: Scored) -> float | None:
    """1 for the layout of table 1: think tags, then answer tags around all of the answer."""
    return float(well_formed(scored.rollout.response, "r1-zero"))


def language(scored: Scored) -> float | None:
    """The share of the prompt's language in the thoughts' words (R1 2.3.2); 0 for thoughts without words."""
    if scored.rollout.language is None:
        return None
    if scored.consistency_error is not None:
        raise ValueError(scored.consistency_error)
    return scored.consistency or 0.0


ACCURACY = Reward(
    "accuracy",
    each(accuracy),
    reads=("verdict",),
    decides=True,
    summary="1 correct, 0 incorrect or no answer",
    paper="2.2.2",
)
FORMAT = Reward(
    "format",
    each(format_r1),
    summary="1 for one pair of think tags at the start and something in both parts",
    paper="2.2.2",
)
FORMAT_R1_ZERO = Reward(
    "format-r1-zero",
    each(format_r1_zero),
    summary="the same, with the answer in answer tags",
    paper="table 1",
)
LANGUAGE = Reward(
    "language",
    each(language),
    reads=("response", "language"),
    summary="share of the prompt's language in the words of the thoughts, 0 where there are none",
    paper="2.3.2",
)
RULES = (ACCURACY, FORMAT, FORMAT_R1_ZERO, LANGUAGE)
