"""Rewards by rules (R1 2.2.2, 2.3.2): `accuracy`, `format`, `format-r1-zero`, `language`; and `readable`, ours.

`language` compares the words of the thoughts with the language of the *prompt* (its column), not with whichever one
language the thoughts are in: thoughts that are all Chinese are worth 0 for an English prompt.
"""

from __future__ import annotations

from r1data.data.responses import split, well_formed
from r1data.training.rewards.entry import UNKNOWN, Reward, Value, each
from r1data.training.rewards.rollout import Rollout, Scored


def accuracy(scored: Scored) -> Value:
    """1 correct, 0 incorrect or no answer, unknown where nobody can tell (R1 2.2.2)."""
    if scored.verdict is None:
        return None
    return UNKNOWN if scored.correct is None else float(scored.correct)


def format_r1(scored: Scored) -> float:
    """1 for one pair of think tags at the start and something in both parts (R1 2.2.2)."""
    return float(well_formed(scored.rollout.response, "r1"))


def format_r1_zero(scored: Scored) -> float:
    """1 for the layout of table 1: think tags, then answer tags around all of the answer."""
    return float(well_formed(scored.rollout.response, "r1-zero"))


def language(scored: Scored) -> float:
    """The share of the prompt's language in the thoughts' words (R1 2.3.2); 0 for thoughts without words."""
    if scored.consistency_error is not None:
        raise ValueError(scored.consistency_error)
    return scored.consistency or 0.0


def readable(scored: Scored) -> float:
    """1 where no filter of `r1 filter` would drop the response as unreadable, else 0.

    Those of mixed languages, long paragraphs, code in the thoughts and repetition, with their default limits, on the
    thoughts, or on the whole response where it has none.
    """
    from r1data.filters.limits import LIMITS
    from r1data.filters.registry import FILTERS

    rollout = scored.rollout
    row = {
        "prompt": rollout.prompt,
        "language": rollout.language or "en",
        "response": rollout.response,
        "thoughts": rollout.response if scored.thoughts is None else scored.thoughts,
        "answer": split(rollout.response).answer,
        "finish_reason": rollout.finish_reason or "stop",
    }
    return float(not any(FILTERS[reason].rule(row, LIMITS) for reason in READABILITY))


def has_verifier(rollout: Rollout) -> bool:
    """Whether a rule can decide responses to the prompt."""
    return rollout.verifier is not None


READABILITY = ("mixed_language", "long_paragraph", "code_block", "repetition")
"""Filters whose rules `readable` asks."""
ACCURACY = Reward(
    "accuracy",
    each(accuracy),
    reads=("verdict",),
    concerns=has_verifier,
    needs="a truth and a verifier",
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
    concerns=lambda rollout: rollout.language is not None,
    needs="a language",
    summary="share of the prompt's language in the words of the thoughts, 0 where there are none",
    paper="2.3.2",
)
READABLE = Reward(
    "readable",
    each(readable),
    reads=("response", "language"),
    summary="1 where no filter finds mixed languages, long paragraphs, code in the thoughts or repetition",
)
RULES = (ACCURACY, FORMAT, FORMAT_R1_ZERO, LANGUAGE, READABLE)
