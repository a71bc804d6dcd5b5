"""A reward as it is registered: what it reads, its range, its function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from r1data.training.rewards.rollout import Scored

Score = Callable[[Sequence[Scored]], Sequence[float | None]]
READS: Mapping[str, tuple[str, ...]] = {
    "response": (),
    "prompt": (),
    "verdict": ("truth", "verifier"),
    "scores": ("truth", "verifier"),
    "language": ("language",),
    "truth": ("truth",),
    "verifier": ("verifier",),
}
"""What a reward may read, and the columns that prompts need for it."""


@dataclass(frozen=True)
class Reward:
    """A reward as it is registered.

    Args:
        name: its name.
        score: a batch of rollouts → a number for each, in order; None where there is nothing to say (`each` makes one
            of a function of a single rollout).
        reads: what it looks at, of `READS`.
        range: the lowest and the highest number that it gives.
        decides: a response with an unknown verdict gets no other reward either where this one is asked for.
        summary: what it is worth when, in one line.
        paper: the section of the paper; empty for ours.

    Raises:
        ValueError: `reads` names something that rollouts do not hold.
    """

    name: str
    score: Score
    reads: tuple[str, ...] = ("response",)
    range: tuple[float, float] = (0.0, 1.0)
    decides: bool = False
    summary: str = ""
    paper: str = ""

    def __post_init__(self) -> None:
        if strange := set(self.reads) - set(READS):
            raise ValueError(f"reward {self.name} reads {min(strange)!r}; there are {', '.join(READS)}")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that prompts need for it."""
        return tuple(dict.fromkeys(column for part in self.reads for column in READS[part]))


def each(function: Callable[[Scored], float | None]) -> Score:
    """The score of a batch from a function of one rollout."""
    return lambda scored: [function(one) for one in scored]
