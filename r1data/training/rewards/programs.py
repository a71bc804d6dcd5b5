"""Programs rewarded for more than their tests: `lint`, `time`, `relative-time`, `short-lines`, `shallow`, `comments`,
`fresh` (`verifiers.code.scores` says what they are). Ours, and no part of the paper.
"""

from __future__ import annotations

from collections.abc import Callable

from r1data.training.rewards.entry import Reward, each
from r1data.training.rewards.rollout import Scored
from r1data.verifiers import registry


def of_program(score: str) -> Callable[[Scored], float | None]:
    """A score of programs as a reward (ours): None for other answers; what only correct programs have is 0 without."""

    def reward(scored: Scored) -> float | None:
        verifier = scored.rollout.verifier and registry.find(scored.rollout.verifier)
        if not verifier or score not in verifier.scores or scored.correct is None:
            return None
        value = scored.scores.get(score)
        if value is None and score == "relative_time" and scored.correct:
            return 1.0  # the only correct one is the fastest
        return value or 0.0

    return reward


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
        summary=f"`{score}` of a program ([code](code.md)); none for other answers",
    )
    for name, score in PROGRAMS.items()
]
