"""Scores a batch of rollouts (verdicts, language, programs' scores) and turns them into rewards.

A verdict is never guessed: a time-out, a crash or a truth that nobody can parse gives no reward of any kind to the
response, because TRL adds up the rewards that are there and a missing one would count as 0 beside its siblings. A
reward that fails on a response does the same to it. TRL leaves a response whose rewards are all `None` out of its
group's mean and gives it advantage 0.

A reward that does not concern a prompt is None for all responses to it. TRL's sum takes that for 0 in each of them, a
constant within the group, which its mean takes away again: the advantage is that of the other rewards.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from r1data.data.responses import split
from r1data.errors import UserError
from r1data.training.rewards.entry import UNKNOWN, Unknown, Value
from r1data.training.rewards.graders import Grader, grade_all
from r1data.training.rewards.registry import REWARDS
from r1data.training.rewards.rollout import Rollout, Scored
from r1data.training.rewards.verifying import Verification
from r1data.verifiers import registry
from r1data.verifiers.failures import failed, score_batch
from r1data.verifiers.verdict import Case, NamedScores, Verdict, Verifier


def score(
    rollouts: Sequence[Rollout],
    time_limit: float = 5.0,
    rewards: Collection[str] = ("accuracy",),
    overrides: Mapping[str, Verifier] | None = None,
    *,
    verification: Verification | None = None,
    graders: Mapping[str, Grader] | None = None,
    seconds: float | None = None,
) -> list[Scored]:
    """Verdicts, thoughts and language of a batch; programs' scores and models' grades where `rewards` want them.

    Args:
        rollouts: the responses.
        time_limit: seconds for one verdict.
        rewards: names of those that are asked for.
        overrides: verifiers that stand in for those of their name.
        verification: where responses may have been begun already; it has a time limit and overrides of its own.
        graders: models that grade, by the name of their reward.
        seconds: for the verdicts and grades of all of them; what has none by then is `timeout`, or no grade.

    Raises:
        UserError: a grader's server is gone for good.
    """
    end = None if seconds is None else time.monotonic() + seconds
    is_own = verification is None
    verification = verification or Verification(time_limit, overrides)
    grades_of = grade_all(
        {name: grader for name, grader in (graders or {}).items() if name in rewards},
        rollouts,
        lambda name, rollout: REWARDS[name].concerns(rollout),
    )
    for rollout in rollouts:
        verification.begin(rollout)
    # Languages are counted here while threads and processes verify.
    thoughts = [split(rollout.response).reasoning for rollout in rollouts]
    languages = [_consistency(*pair) for pair in zip(rollouts, thoughts, strict=True)]
    verdicts = verification.verdicts(rollouts, _until(end))
    if is_own:
        verification.close()
    grades = grades_of(_until(end))
    scores = (
        _scores(rollouts, verdicts, time_limit)
        if any("scores" in REWARDS[name].reads for name in rewards)
        else {}
    )
    return [
        Scored(
            rollout, verdicts[n], thoughts[n], languages[n][0], scores.get(n, {}), languages[n][1], grades[n]
        )
        for n, rollout in enumerate(rollouts)
    ]


def _until(end: float | None) -> float | None:
    return None if end is None else max(0.0, end - time.monotonic())


def _consistency(rollout: Rollout, thoughts: str | None) -> tuple[float | None, str | None]:
    """The language consistency of thoughts, or why it could not be measured."""
    from r1data.filters.consistency import language_consistency

    if thoughts is None or rollout.language is None:
        return None, None
    try:
        return language_consistency(thoughts, rollout.language, rollout.prompt), None
    except Exception as error:  # noqa: BLE001  the reward `language` says so, where it is asked for
        return None, f"{type(error).__name__}: {error}"


def reward(scored: Sequence[Scored], names: Sequence[str]) -> Mapping[str, list[float | None]]:
    """Each named reward for each response; None where a reward does not concern the prompt.

    All of a response's are None where one of them is unknown or fails on it; a failure is told on stderr. Beside the
    others a missing one would count as 0.

    Raises UserError where a reward gives numbers out of its range, or one of another package fails on all responses.
    """
    values = {name: _values(name, scored) for name in names}
    unknown = [any(values[name][number] is UNKNOWN for name in names) for number in range(len(scored))]
    return {
        name: [
            None if is_unknown or isinstance(value, Unknown) else value
            for value, is_unknown in zip(values[name], unknown, strict=True)
        ]
        for name in names
    }


def _values(name: str, scored: Sequence[Scored]) -> list[Value]:
    """What one reward gives for a batch, checked: a wrong number would train a model in silence.

    `UNKNOWN` for a response that it fails on, or gives no number for, which is told: it takes no other's with it.
    """
    entry = REWARDS[name]
    numbers = [n for n, one in enumerate(scored) if entry.concerns(one.rollout)]
    values: list[Value] = [None] * len(scored)
    for number, value in zip(numbers, _of_concerned(name, [scored[n] for n in numbers]), strict=True):
        values[number] = value
    return values


def _of_concerned(name: str, scored: Sequence[Scored]) -> list[Value]:
    entry, package = REWARDS[name], REWARDS.package(name)
    label = f"reward {name}" if package is None else f"package {package}: its reward {name}"
    remedy = f"fix it, or leave out --reward {name}"
    errors: list[Exception] = []
    if not scored:
        return []

    def checked(some: Sequence[Scored]) -> list[dict[str, Any]]:
        try:
            values = list(entry.score(some))
            no_number = next((value for value in values if not _is_value(value)), None)
            if no_number is not None:
                raise ValueError(f"{no_number!r:.100} is no number")
        except Exception as error:
            errors.append(error)
            raise
        if len(values) != len(some):
            raise UserError(f"{label} gave {len(values)} numbers for {len(some)} responses; {remedy}")
        low, high = entry.range
        for value in values:
            if value is not None and value is not UNKNOWN and not low <= value <= high:
                raise UserError(f"{label} gave {value!r:.100}, no number from {low:g} to {high:g}; {remedy}")
        return [{name: value} for value in values]

    rows = score_batch(checked, scored)
    if errors and not any(rows):  # then it is the reward, and no response
        raise REWARDS.failure(name, errors[-1]) or errors[-1]
    if errors:
        share = f"{rows.count({}):,} of {len(rows):,} responses, which get no reward at all"
        sys.stderr.write(f"{failed(label, errors[-1]).reason}; so for {share}\n")
    return [row[name] if row else UNKNOWN for row in rows]


def _is_value(value: Any) -> bool:
    """Whether a reward may be that: None, `UNKNOWN`, or a finite number."""
    try:
        return value is None or value is UNKNOWN or (isinstance(value, int | float) and math.isfinite(value))
    except OverflowError:  # an integer beyond all floats
        return False


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
