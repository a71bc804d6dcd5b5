"""Scores a batch of rollouts (verdicts, language, programs' scores) and turns them into rewards.

A verdict is never guessed: a time-out, a crash or a truth that nobody can parse gives `None`, and so does every other
reward of that response, because TRL adds up the rewards that are there and a missing one would count as 0 beside its
siblings. A reward that fails on a response does the same to it. TRL leaves a response whose rewards are all `None` out
of its group's mean and gives it advantage 0.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from r1data.data.responses import split
from r1data.errors import UserError
from r1data.training.rewards.registry import REWARDS
from r1data.training.rewards.rollout import Rollout, Scored
from r1data.verifiers import registry
from r1data.verifiers.failures import failed, score_batch
from r1data.verifiers.verdict import Case, NamedScores, Verdict, Verifier


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
