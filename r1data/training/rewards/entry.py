"""A reward as it is registered: which prompts it concerns, what it reads, its range, its function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from r1data.training.rewards.rollout import Rollout, Scored


class Unknown(Enum):
    """What a reward gives for a response of which nobody can tell what it is worth."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN
Value = float | None | Unknown
"""A reward: a number; None where it has nothing to say of such prompts, so that the other rewards stand; `UNKNOWN`
where it should say something and nobody can tell: the response then gets no reward of any kind."""
Score = Callable[[Sequence[Scored]], Sequence[Value]]
READS: Mapping[str, tuple[str, ...]] = {
    "response": (),
    "prompt": (),
    "verdict": ("truth", "verifier"),
    "scores": ("truth", "verifier"),
    "language": ("language",),
    "truth": ("truth",),
    "verifier": ("verifier",),
    "preference": (),
    "rubric": (),
}
"""What a reward may read, and the columns that prompts need for it."""


def every(rollout: Rollout) -> bool:
    """The default of `Reward.concerns`."""
    return True


@dataclass(frozen=True)
class Reward:
    """A reward as it is registered.

    Args:
        name: its name.
        score: a batch of rollouts → a `Value` for each, in order (`each` makes one of a function of a single rollout).
        reads: what it looks at, of `READS`.
        range: the lowest and the highest number that it gives.
        concerns: whether it says anything of responses to a prompt; all responses to a prompt must agree in that. It is
            asked for no others, which get None. By default it concerns every prompt.
        needs: what a prompt must have to concern it, as "no prompt has" goes on in the message for a dataset of which
            no prompt does.
        compares: it compares the responses to one prompt with each other, so that a process must have all of them.
        summary: what it is worth when, in one line.
        paper: the section of the paper; empty for ours.

    Raises:
        ValueError: `reads` names something that rollouts do not hold.
    """

    name: str
    score: Score
    reads: tuple[str, ...] = ("response",)
    range: tuple[float, float] = (0.0, 1.0)
    concerns: Callable[[Rollout], bool] = every
    needs: str = ""
    compares: bool = False
    summary: str = ""
    paper: str = ""

    def __post_init__(self) -> None:
        if strange := set(self.reads) - set(READS):
            raise ValueError(f"reward {self.name} reads {min(strange)!r}; there are {', '.join(READS)}")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that prompts need for it."""
        return tuple(dict.fromkeys(column for part in self.reads for column in READS[part]))


def each(function: Callable[[Scored], Value]) -> Score:
    """The score of a batch from a function of one rollout."""
    return lambda scored: [function(one) for one in scored]
