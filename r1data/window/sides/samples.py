"""A prompt's samples, or an RL group's rollouts, in order: by step, with pass rates, answers and rewards.

A pass rate is the share of correct among the samples of which it is known whether they are right, as rewards count it:
a response without an answer is wrong. The others are counted beside it, never in it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r1data.data.schema import Row
from r1data.verifiers.verdict import is_right

REWARD = "reward_"
COLUMNS = (
    *(
        "prompt_id",
        "sample_index",
        "verdict",
        "verdict_cause",
        "extracted",
        "finish_reason",
        "response_tokens",
    ),
    *("tokens", "model", "drop_reasons", "reward", "advantage", "policy_step", "round", "example_id"),
)
"""What a card shows, where a dataset has it; no texts."""
ANSWERS_LIMIT = 40
"""Answers that are listed, the most frequent ones. Ours."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample's card. `number`: of the row in its dataset. `rewards`: name → value, None where nobody can tell."""

    number: int
    row_id: str
    index: int | None
    verdict: str | None
    cause: str | None
    extracted: str | None
    finish_reason: str | None
    tokens: int | None
    model: str | None
    drop_reasons: tuple[str, ...]
    reward: float | None
    rewards: Mapping[str, float | None]
    advantage: float | None
    step: int | None


@dataclass(frozen=True, slots=True)
class PassRate:
    """How many are correct, of how many whose verdict is known, and how many are not known."""

    correct: int
    known: int
    unknown: int

    @property
    def share(self) -> float | None:
        return self.correct / self.known if self.known else None


@dataclass(frozen=True, slots=True)
class Answer:
    """Samples with the same extracted answer and the same verdict; `text` is None where none was extracted."""

    text: str | None
    verdict: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Step:
    """The samples of one optimizer step; `step` is None outside of training."""

    step: int | None
    samples: tuple[Sample, ...]
    rate: PassRate
    reward: float | None


def sample_of(number: int, row: Row) -> Sample:
    """A row as a card."""
    index = row.get("sample_index")
    prompt_id = str(row.get("prompt_id"))
    return Sample(
        number=number,
        row_id=prompt_id if index is None else f"{prompt_id}/{index}",
        index=index,
        verdict=row.get("verdict"),
        cause=row.get("verdict_cause"),
        extracted=row.get("extracted"),
        finish_reason=row.get("finish_reason"),
        tokens=row.get("response_tokens") if row.get("response_tokens") is not None else row.get("tokens"),
        model=row.get("model"),
        drop_reasons=tuple(map(str, row.get("drop_reasons") or ())),
        reward=row.get("reward"),
        rewards={name.removeprefix(REWARD): row[name] for name in row if name.startswith(REWARD)},
        advantage=row.get("advantage"),
        step=row.get("policy_step"),
    )


def pass_rate(samples: Iterable[Sample]) -> PassRate:
    """Of samples; a missing verdict is not known."""
    counts = Counter(is_right(sample.verdict or "", sample.cause) for sample in samples)
    return PassRate(counts[True], counts[True] + counts[False], counts[None])


def steps(samples: Sequence[Sample]) -> list[Step]:
    """The samples by step, the first step first, in the order of their numbers within one."""
    by_step: dict[int | None, list[Sample]] = {}
    for sample in samples:
        by_step.setdefault(sample.step, []).append(sample)
    return [
        Step(step, tuple(group), pass_rate(group), _mean(s.reward for s in group))
        for step, group in sorted(by_step.items(), key=lambda item: (item[0] is None, item[0] or 0))
    ]


def answers(samples: Iterable[Sample]) -> list[Answer]:
    """Equal answers grouped, the most frequent first."""
    counts = Counter((sample.extracted, sample.verdict) for sample in samples)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return [Answer(text, verdict, count) for (text, verdict), count in ordered]


def _mean(values: Iterable[Any]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
