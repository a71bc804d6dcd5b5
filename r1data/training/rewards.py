"""Rewards for reinforcement learning, from verdicts and scores (R1 2.2.2, 2.3.2).

`accuracy` is the verdict of a rule, `format` the think tags (`format-r1-zero`: and the answer tags of table 1),
`language` the share of the prompt's language in the thoughts. R1-Zero adds accuracy and format with equal weight, the
reasoning stage accuracy and language.

A verdict is never guessed: a time-out, a crash or a truth that nobody can parse gives `None`, and so does every other
reward of that response, because TRL adds up the rewards that are there and a missing one would count as 0 beside its
siblings. A reward that fails on a response does the same to it. TRL leaves a response whose rewards are all `None` out
of its group's mean and gives it advantage 0. A response without an answer is known to be worth 0. A prompt with no
verifier has no accuracy at all; its other rewards stand.

Programs can be rewarded for more than their tests: `lint`, `time`, `relative-time`, `short-lines`, `shallow`,
`comments`, `fresh` (`verifiers.code.scores` says what they are). Ours, and no part of the paper.

A reward is an entry of `REWARDS`; another package adds one by an entry point in the group `r1.rewards`.

Not here: reward models (helpfulness, harmlessness).
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from r1data.data.responses import split, well_formed
from r1data.errors import UserError
from r1data.runtime.registry import Registry
from r1data.verifiers import registry
from r1data.verifiers.failures import failed, score_batch
from r1data.verifiers.verdict import Case, NamedScores, Verdict, Verifier, is_right


@dataclass(frozen=True)
class Rollout:
    """A response with what is needed to score it.

    `response` is the whole text, think tags included; `finish_reason` is `length` where it was cut at the limit of
    tokens: an answer that had not ended by then is none, and worth 0.
    """

    prompt: str
    response: str
    truth: str | None = None
    verifier: str | None = None
    language: str | None = None
    finish_reason: str | None = None


@dataclass(frozen=True)
class Scored:
    """A scored rollout.

    `consistency` is between 0 and 1, None where the thoughts hold no words, or where it could not be measured: then
    `consistency_error` says why.
    """

    rollout: Rollout
    verdict: Verdict | None
    thoughts: str | None
    consistency: float | None
    scores: NamedScores = field(default_factory=dict)
    """By name; empty for a verifier that gives none, and where no reward asks for them."""
    consistency_error: str | None = None

    @property
    def correct(self) -> bool | None:
        """Whether the answer is right; no answer is not; None where nobody can tell."""
        return None if self.verdict is None else is_right(self.verdict.verdict, self.verdict.cause)


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
OF_PROGRAMS = [
    Reward(
        name,
        each(of_program(score)),
        reads=("verdict", "scores"),
        summary=f"`{score}` of a program ([code](code.md)); none for other answers",
    )
    for name, score in PROGRAMS.items()
]
REWARDS: Registry[Reward] = Registry(
    "reward",
    "r1.rewards",
    Reward,
    {entry.name: entry for entry in (ACCURACY, FORMAT, FORMAT_R1_ZERO, LANGUAGE, *OF_PROGRAMS)},
)


def parse_weights(texts: Iterable[str]) -> dict[str, float]:
    """Weights by name from `NAME=WEIGHT`; `NAME` alone weighs 1. Raises UserError on an unknown name or no number."""
    weights: dict[str, float] = {}
    for text in texts:
        name, _, weight = text.partition("=")
        try:
            weights[name] = float(weight) if weight else 1.0
        except ValueError as error:
            raise UserError(f"--reward {text}: {weight!r} is no number; write {name}=0.5") from error
    check_names(weights)
    return weights


def check_names(names: Iterable[str]) -> None:
    """Raise UserError where a reward is not known."""
    for name in names:
        REWARDS[name]


def score(
    rollouts: Sequence[Rollout],
    time_limit: float = 5.0,
    rewards: Collection[str] = ("accuracy",),
    overrides: Mapping[str, Verifier] | None = None,
) -> list[Scored]:
    """Verdicts, thoughts and language of a batch; programs' scores where one of `rewards` wants them.

    `time_limit` in seconds for one verdict; `overrides` holds verifiers that stand in for those of their name.
    """
    from r1data.filters.consistency import language_consistency

    scored = []
    verdicts = _verdicts(rollouts, time_limit, overrides)
    scores = (
        _scores(rollouts, verdicts, time_limit)
        if any("scores" in REWARDS[name].reads for name in rewards)
        else {}
    )
    for number, (rollout, verdict) in enumerate(zip(rollouts, verdicts, strict=True)):
        thoughts = split(rollout.response).reasoning
        share = failure = None
        if thoughts is not None and rollout.language is not None:
            try:
                share = language_consistency(thoughts, rollout.language, rollout.prompt)
            except Exception as error:  # noqa: BLE001  the reward `language` says so, where it is asked for
                failure = f"{type(error).__name__}: {error}"
        scored.append(Scored(rollout, verdict, thoughts, share, scores.get(number, {}), failure))
    return scored


def reward(scored: Sequence[Scored], names: Sequence[str]) -> Mapping[str, list[float | None]]:
    """Each named reward for each response.

    All of a response's are None where its verdict is unknown and accuracy counts, and where one of them fails on it,
    which is told on stderr: beside the others a missing one would count as 0.

    Raises UserError where a reward gives numbers out of its range, or one of another package fails on all responses.
    """
    decides = any(REWARDS[name].decides for name in names)
    values = {name: _values(name, scored) for name in names}
    unknown = [
        (decides and one.verdict is not None and one.correct is None)
        or any(values[name][number] is FAILED for name in names)
        for number, one in enumerate(scored)
    ]
    return {
        name: [None if is_unknown else value for value, is_unknown in zip(values[name], unknown, strict=True)]
        for name in names
    }


FAILED = math.nan
"""Stands for the reward of a response that the reward failed on. This object, as a reward may give no NaN."""


def _values(name: str, scored: Sequence[Scored]) -> list[float | None]:
    """What one reward gives for a batch, checked: a wrong number would train a model in silence.

    `FAILED` for a response that it fails on, or gives no number for, which is told: it takes no other's with it.
    """
    entry, package = REWARDS[name], REWARDS.package(name)
    label = f"reward {name}" if package is None else f"package {package}: its reward {name}"
    remedy = f"fix it, or leave out --reward {name}"
    errors: list[Exception] = []

    def numbers(some: Sequence[Scored]) -> list[NamedScores]:
        try:
            values = list(entry.score(some))
            no_number = next((value for value in values if not _is_number(value)), None)
            if no_number is not None:
                raise ValueError(f"{no_number!r:.100} is no number")
        except Exception as error:
            errors.append(error)
            raise
        if len(values) != len(some):
            raise UserError(f"{label} gave {len(values)} numbers for {len(some)} responses; {remedy}")
        low, high = entry.range
        for value in values:
            if value is not None and not low <= value <= high:
                raise UserError(f"{label} gave {value!r:.100}, no number from {low:g} to {high:g}; {remedy}")
        return [{name: None if value is None else float(value)} for value in values]

    rows = score_batch(numbers, scored)
    if errors and not any(rows):  # then it is the reward, and no response
        raise REWARDS.failure(name, errors[-1]) or errors[-1]
    if errors:
        share = f"{rows.count({}):,} of {len(rows):,} responses, which get no reward at all"
        sys.stderr.write(f"{failed(label, errors[-1]).reason}; so for {share}\n")
    return [row[name] if row else FAILED for row in rows]


def _is_number(value: Any) -> bool:
    """Whether a reward may be that: None, or a finite number."""
    try:
        return value is None or (isinstance(value, int | float) and math.isfinite(value))
    except OverflowError:  # an integer beyond all floats
        return False


def _verdicts(
    rollouts: Sequence[Rollout], time_limit: float, overrides: Mapping[str, Verifier] | None
) -> list[Verdict | None]:
    """One verdict each, None for a prompt that has no verifier. Threads, so that slow answers wait side by side."""
    verifiable = [rollout for rollout in rollouts if rollout.verifier is not None]
    verdicts = iter(
        registry.check_all(
            [rollout.verifier or "" for rollout in verifiable],
            [rollout.response for rollout in verifiable],
            [rollout.truth for rollout in verifiable],
            [rollout.prompt for rollout in verifiable],
            [rollout.finish_reason for rollout in verifiable],
            time_limit=time_limit,
            threads=os.cpu_count() or 1,
            overrides=overrides,
        )
    )
    return [None if rollout.verifier is None else next(verdicts) for rollout in rollouts]


def _scores(
    rollouts: Sequence[Rollout], verdicts: Sequence[Verdict | None], time_limit: float
) -> dict[int, NamedScores]:
    """The scores of the rollouts whose verifier gives any, by position."""
    scorable = {
        number: (
            rollout.verifier,
            Case(rollout.response, rollout.truth, rollout.prompt, rollout.finish_reason),
            verdict,
            rollout.prompt,
        )
        for number, (rollout, verdict) in enumerate(zip(rollouts, verdicts, strict=True))
        if rollout.verifier is not None and verdict is not None
    }
    return registry.scores(scorable, time_limit)
