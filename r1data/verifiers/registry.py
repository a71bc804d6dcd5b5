"""Verifiers by name: ours, and other packages' by an entry point in the group `r1.verifiers`.

A name that nobody knows and a verifier that raises give the verdict `error`: never `incorrect`, and to no case but the
one that made it raise (`failures`).
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

from r1data.errors import UserError
from r1data.runtime.registry import Registry
from r1data.verifiers import exact, format, json_schema, regex
from r1data.verifiers.choice import verifier as choice
from r1data.verifiers.code import verifier as code
from r1data.verifiers.failures import check_batch, check_case, failed, score_batch
from r1data.verifiers.instructions import verifier as instructions
from r1data.verifiers.logic import verifier as logic
from r1data.verifiers.math import verifier as math
from r1data.verifiers.verdict import (
    BatchCheck,
    Case,
    Check,
    NamedScores,
    ScoreGroups,
    Verdict,
    Verifier,
    unverifiable,
)

TIME_LIMIT = 5.0
"""Seconds for one answer, where it needs a process of its own. Ours; the paper names none."""


def _no_judge(cases: Sequence[Case], time_limit: float) -> list[Verdict]:
    """One verdict each: that there is no judge."""
    return [unverifiable("no_checker", "no judge configured: pass --judge")] * len(cases)


JUDGE = Verifier(
    name="judge",
    check=_no_judge,
    version="1",
    summary="what a model makes of question, truth and answer: [judge.md](judge.md)",
    batch=True,
)
"""The verifier of rows that only a model can decide. With a model (`--judge`), a `judge.judge.Judge` overrides it."""

_OURS = (
    math.VERIFIER,
    choice.VERIFIER,
    exact.VERIFIER,
    regex.VERIFIER,
    json_schema.VERIFIER,
    logic.VERIFIER,
    code.VERIFIER,
    instructions.VERIFIER,
    JUDGE,
    format.VERIFIER,
    format.VERIFIER_R1_ZERO,
)
VERIFIERS = Registry("verifier", "r1.verifiers", Verifier, {entry.name: entry for entry in _OURS})


def find(name: str) -> Verifier | None:
    """The verifier of that name; None where there is none, or its package fails."""
    try:
        return VERIFIERS[name]
    except UserError:
        return None


def check(
    verifier: str,
    response: str,
    truth: str | None,
    *,
    prompt: str | None = None,
    finish_reason: str | None = None,
    time_limit: float = TIME_LIMIT,
) -> Verdict:
    """Verify one response.

    Args:
        verifier: its name.
        response: the whole text, think tags included.
        truth: what is right, as the verifier reads it.
        prompt: what was asked.
        finish_reason: why the response ended: `length` where it was cut.
        time_limit: seconds.

    Returns:
        The verdict; what goes wrong is a verdict too, and nothing is raised but what ends the program.
    """
    (verdict,) = check_all([verifier], [response], [truth], [prompt], [finish_reason], time_limit=time_limit)
    return verdict


def check_all(
    verifiers: Sequence[str],
    responses: Sequence[str],
    truths: Sequence[str | None],
    prompts: Sequence[str | None] | None = None,
    finish_reasons: Sequence[str | None] | None = None,
    *,
    time_limit: float = TIME_LIMIT,
    threads: int = 1,
    overrides: Mapping[str, Verifier] | None = None,
) -> list[Verdict]:
    """One verdict for each row, in order.

    Args:
        verifiers: the name of each row's verifier.
        responses: whole texts, think tags included.
        truths: what is right, as the row's verifier reads it.
        prompts: what was asked.
        finish_reasons: why each response ended: `length` where it was cut.
        time_limit: seconds a row.
        threads: rows checked at once, where a verifier takes them one by one.
        overrides: verifiers that stand in for those of their name, a judge with its model say.

    Returns:
        The verdicts; what goes wrong is a verdict too.

    Raises:
        ValueError: the sequences differ in length.
    """
    none = [None] * len(responses)
    columns = (responses, truths, none if prompts is None else prompts, finish_reasons or none)
    cases = list(map(Case._make, zip(*columns, strict=True)))
    rows: dict[str, list[int]] = {}
    for number, (name, _) in enumerate(zip(verifiers, cases, strict=True)):
        rows.setdefault(name, []).append(number)
    verdicts: dict[int, Verdict] = {}
    for name, numbers in rows.items():
        of_name = [cases[number] for number in numbers]
        verdicts.update(
            zip(numbers, _verify(name, of_name, time_limit, threads, overrides or {}), strict=True)
        )
    return [verdicts[row] for row in range(len(cases))]


Scorable = tuple[str, Case, Verdict, str]
"""What scores are made of: a verifier's name, the case, its verdict, and what tells one prompt from another."""


def scores(rows: Mapping[int, Scorable], time_limit: float) -> dict[int, NamedScores]:
    """The scores of the rows whose verifier gives any (`Verifier.score`), by the rows' numbers.

    Args:
        rows: by number.
        time_limit: seconds a row, as the verifier had it.

    Returns:
        The scores by number; none for a row that cannot be scored.
    """
    by_name: dict[str, list[int]] = {}
    for number, (name, *_) in rows.items():
        by_name.setdefault(name, []).append(number)
    scored: dict[int, NamedScores] = {}
    for name, numbers in by_name.items():
        verifier = find(name)
        if verifier and verifier.score:
            score = partial(_score, verifier.score, time_limit)
            scored.update(zip(numbers, score_batch(score, [rows[n] for n in numbers]), strict=True))
    return scored


def _score(score: ScoreGroups, time_limit: float, rows: Sequence[Scorable]) -> Sequence[NamedScores]:
    _, cases, verdicts, prompts = zip(*rows, strict=True)
    return score(cases, verdicts, prompts, time_limit)


def _verify(
    name: str, cases: list[Case], time_limit: float, threads: int, overrides: Mapping[str, Verifier]
) -> list[Verdict]:
    """The verdicts of one verifier; where it fails, ours or another's, that is the verdict `error` (`failures`)."""
    try:
        verifier = overrides.get(name) or VERIFIERS[name]
    except UserError as error:  # no such name, or a package that cannot be imported
        return [failed(name, error)] * len(cases)
    if verifier.batch:
        return check_batch(name, lambda some: cast(BatchCheck, verifier.check)(some, time_limit), cases)
    check_one_case = cast(Check, verifier.check)

    def check_one(case: Case) -> Verdict:
        return check_case(name, check_one_case, case, time_limit)

    if threads == 1:
        return [check_one(case) for case in cases]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(check_one, cases))
