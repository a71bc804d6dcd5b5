"""Rewards that are a verifier's scores. Ours, and no part of the paper.

Programs are rewarded for more than their tests: `lint`, `time`, `relative-time`, `short-lines`, `shallow`, `comments`,
`fresh` (`verifiers.code.scores` says what they are); answers to lists of instructions for some of them: `followed`,
`loose`, `followed-loose` (`verifiers.instructions.verifier`).
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
    """A verifier's score as a reward (ours); what only correct programs have is 0 without being correct.

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
"""Rewards that are scores, and the score that each one is."""


def _scored(verifier: str) -> tuple[str, str]:
    """What a verifier's scores are of, for the docs, and what they need, for messages."""
    if verifier == "ifeval":
        return "an answer to instructions ([ifeval](verify.md#instructions-ifeval))", "the verifier ifeval"
    return "a program ([code](code.md))", "a verifier that runs programs"


OF_PROGRAMS = [
    Reward(
        score.replace("_", "-"),
        each(of_program(score)),
        reads=("verdict", "scores"),
        concerns=has_score(score),
        needs=_scored(verifier.name)[1],
        compares=score == "relative_time",
        summary=f"`{score}` of {_scored(verifier.name)[0]}; none for other answers",
    )
    for verifier in registry.VERIFIERS.built_in.values()
    for score in verifier.scores
]
