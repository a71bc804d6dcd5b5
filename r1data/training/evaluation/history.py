"""The measurements of a run: what one says, and when the accuracy no longer rises."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from r1data.evaluation.statistics import estimate_share
from r1data.training.rewards import Rollout, score
from r1data.verifiers.verdict import Verifier

STATE = "evaluation.json"
"""In each of a trainer's checkpoints."""


@dataclass(frozen=True)
class Measurement:
    """A score after so many steps. `accuracy` and `error` are None where no verdict is known, or one prompt's alone."""

    step: int
    accuracy: float | None
    error: float | None
    unscored: float
    mean_length: float
    clipped: float

    def metrics(self) -> dict[str, float]:
        """By the names of a run's metrics."""
        values = {
            "accuracy": self.accuracy,
            "accuracy_se": self.error,
            "unscored": self.unscored,
            "mean_length": self.mean_length,
            "clipped_ratio": self.clipped,
        }
        return {f"eval/{name}": value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class Judged:
    """A response: its prompt's number, whether it is right (None where nobody can tell), its tokens, whether it was
    cut."""

    prompt: int
    correct: bool | None
    tokens: int
    cut: bool


@dataclass
class History:
    """The measurements of a run so far; part of each checkpoint."""

    measurements: list[Measurement] = field(default_factory=list)
    stopped: bool = False

    @property
    def best(self) -> Measurement | None:
        """The highest accuracy after a step, the first of equal ones: the base's own is none that training made."""
        known = [one for one in self.measurements if one.step and one.accuracy is not None]
        return max(known, key=lambda one: one.accuracy or 0.0, default=None)

    def since_improvement(self) -> int:
        """Measurements since the score last rose by more than the standard error of what it rose from."""
        known = [one for one in self.measurements if one.accuracy is not None]
        bar, since = -math.inf, 0
        for one in known:
            accuracy = one.accuracy or 0.0
            since += 1
            if accuracy > bar:
                bar, since = accuracy + (one.error or 0.0), 0
        return since

    def write(self, folder: Path) -> None:
        """Add it to a checkpoint."""
        (folder / STATE).write_text(json.dumps(asdict(self)))


def read(folder: Path) -> History:
    """The history in a checkpoint; empty in one that has none."""
    path = folder / STATE
    if not path.is_file():
        return History()
    raw = json.loads(path.read_text())
    return History([Measurement(**one) for one in raw["measurements"]], raw["stopped"])


def judge(
    numbers: Sequence[int],
    rollouts: Sequence[Rollout],
    time_limit: float,
    overrides: Mapping[str, Verifier] | None = None,
) -> list[Judged]:
    """Responses as the verifiers of their prompts judge them, by the path of GRPO's rewards.

    Args:
        numbers: of the responses' prompts.
        rollouts: the responses, with their tokens counted.
        time_limit: seconds for one verdict.
        overrides: verifiers that stand in for those of their name.
    """
    scored = score(rollouts, time_limit, ("accuracy",), overrides)
    return [
        Judged(number, one.correct, one.rollout.tokens or 0, one.rollout.finish_reason == "length")
        for number, one in zip(numbers, scored, strict=True)
    ]


def measured(judged: Sequence[Judged], step: int) -> Measurement:
    """The score of responses: the mean over prompts of the share correct, of verdicts that are known."""
    by_prompt: dict[int, list[bool]] = {}
    for one in judged:
        if one.correct is not None:
            by_prompt.setdefault(one.prompt, []).append(one.correct)
    means = [sum(correct) / len(correct) for _, correct in sorted(by_prompt.items())]
    accuracy = estimate_share(means) if means else None
    return Measurement(
        step,
        accuracy.value if accuracy else None,
        accuracy.error if accuracy else None,
        sum(one.correct is None for one in judged) / len(judged),
        sum(one.tokens for one in judged) / len(judged),
        sum(one.cut for one in judged) / len(judged),
    )
