"""Rewards for shorter responses. Not of the R1 paper, whose R1-Zero grows its responses by itself.

`length` is the length reward of Kimi k1.5 (arXiv 2501.12599, 2.3.3): it compares the responses to one prompt. With
λ = 0.5 − (tokens − shortest) / (longest − shortest), a correct response gets λ and any other min(0, λ); all get 0 where
they are equally long. It needs no target; k1.5 switches it on only after a while of training without.
`length-budget` has the shape of L1-Max (arXiv 2503.04697): a correct response gets 0.5 at `--length-target` tokens,
more where it is shorter and less where it is longer, clipped to 0 and 1; any other gets 0. L1's slope is 0.0003 a token
whatever the target; ours is 0.5 / target, so that it is 0 from twice the target on.

Both count tokens, thoughts included, and weigh little beside accuracy (0.1): a reward for shortness alone is
earned by not thinking.
"""

from __future__ import annotations

from collections.abc import Sequence

from r1data.training.rewards.entry import UNKNOWN, Reward, Value, each
from r1data.training.rewards.rollout import Rollout, Scored
from r1data.training.rewards.rules import has_verifier

HALF = 0.5


def length(scored: Sequence[Scored]) -> list[Value]:
    """Kimi k1.5's length reward of each response, against the others to its prompt."""
    groups: dict[Rollout | tuple[str | None, ...], list[int]] = {}
    for one in scored:
        tokens = one.rollout.tokens
        if tokens is not None and one.correct is not None:
            groups.setdefault(_prompt(one.rollout), []).append(tokens)
    return [_relative(one, groups.get(_prompt(one.rollout), [])) for one in scored]


def _prompt(rollout: Rollout) -> tuple[str | None, ...]:
    return rollout.prompt, rollout.truth, rollout.verifier


def _relative(one: Scored, lengths: Sequence[int]) -> Value:
    if one.rollout.tokens is None or one.correct is None:
        return UNKNOWN
    shortest, longest = min(lengths), max(lengths)
    if shortest == longest:
        return 0.0
    share = HALF - (one.rollout.tokens - shortest) / (longest - shortest)
    return share if one.correct else min(0.0, share)


def length_budget(scored: Scored) -> Value:
    """L1-Max's reward of a correct response, with a slope of ours."""
    tokens, target = scored.rollout.tokens, scored.rollout.length_target
    if tokens is None or target is None or scored.correct is None:
        return UNKNOWN
    return min(1.0, max(0.0, HALF + HALF * (target - tokens) / target)) if scored.correct else 0.0


LENGTHS = (
    Reward(
        "length",
        length,
        reads=("verdict",),
        range=(-HALF, HALF),
        concerns=has_verifier,
        needs="a truth and a verifier",
        compares=True,
        summary="0.5 for the shortest response to a prompt, -0.5 for the longest; at most 0 unless correct",
    ),
    Reward(
        "length-budget",
        each(length_budget),
        reads=("verdict",),
        concerns=has_verifier,
        needs="a truth and a verifier",
        summary="correct responses alone: 0.5 at `--length-target` tokens, from 1 at none to 0 at twice as many",
    ),
)
