"""Programs rewarded for more than their tests: `lint`, `time`, `relative-time`, `short-lines`, `shallow`, `comments`,
`fresh` (`verifiers.code.scores` says what they are). Ours, and no part of the paper.
"""

from __future__ import annotations

from collections.abc import Callable

from r1data.training.rewards.entry import UNKNOWN, Reward, Value, each
from r1data.training.rewards.rollout import Rollout, Scored
from r1data.verifiers import registry
from r1data.verifiers.verdict import Verifier


def has_score(score: str) -> Callable[[Rollout], bool]:
    """Whether the verifier of a prompt gives a score."""

    def concerns(rollout: Rollout) -> bool:
        verifier = rollout.verifier and registry.find(rollout.verifier)
        return isinstance(verifier, Verifier) and score in verifier.scores

    return concerns


def of_program(score: str) -> Callable[[Scored], Value]:
    """A score of programs as a reward (ours); what only correct programs have is 0 without being correct.

    A program that cannot be scored (its verdict is unknown, or the scoring failed) is unknown; one that has no such
    score, `lint` of C++ say, gets None.
    """

    def reward(scored: Scored) -> Value:
        if scored.correct is None or not scored.scores:
            return UNKNOWN
        value = scored.scores.get(score)
        if value is not None:
            return value
        if score == "relative_time" and scored.correct:
            return 1.0  # the only correct one is the fastest
        has_program = scored.verdict is not None and scored.verdict.cause != "no_answer"
        return None if has_program and score not in OF_CORRECT else 0.0

    return reward


OF_CORRECT = ("time", "relative_time")
"""Scores that only correct programs have."""
PROGRAMS = {
    name.replace("_", "-"): name
    for verifier in registry.VERIFIERS.built_in.values()
    for name in verifier.scores
}
"""Rewards for programs, and the score that each one is."""
OF_PROGRAMS = [
    Reward(
        name,
        each(of_program(score)),
        reads=("verdict", "scores"),
        concerns=has_score(score),
        needs="a verifier that runs programs",
        compares=score == "relative_time",
        summary=f"`{score}` of a program ([code](code.md)); none for other answers",
    )
    for name, score in PROGRAMS.items()
]
