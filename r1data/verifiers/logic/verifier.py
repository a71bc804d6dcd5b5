r"""`logic`: reasoning-gym's tasks, scored by its own scorers, in the sandbox (R1 2.2.2, logic problems).

The truth is what `r1 ingest reasoning-gym:TASK` writes: the task, its settings and the entry. The answer is found by
`answers`. A full score is `correct`; less is `incorrect`, with the scorer's partial score in `measures`.

Some scorers are too lenient for a verdict. Ours: an answer with a word like "or" or "not" that the task's own answer
lacks is no answer; for some tasks a full score must pass a further check (`scorer.STRICT`), or the answer have the
task's form and nothing around it (`forms`), else it is undecided. An entry that lacks metadata which the scorer reads
is `bad_truth`, unless it can be rebuilt (`rebuild`); the task's own answer is right all the same.

Not covered: a scorer that catches another failure of its own and gives 0 (then `incorrect`); the rightness of
reasoning-gym's own answers; tasks whose answer is blank (`unverifiable`). Answers over 10,000 characters are not read.
"""

import functools
import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1data.errors import UserError
from r1data.sandbox.job import Limits, NoIsolation, Program, ProgramInput, SandboxFailed
from r1data.sandbox.running import run
from r1data.verifiers.logic.answers import answer_text
from r1data.verifiers.logic.forms import has_form
from r1data.verifiers.logic.rebuild import rebuilt
from r1data.verifiers.verdict import (
    Case,
    Verdict,
    Verifier,
    incorrect,
    no_answer,
    no_truth,
    undecided,
    unverifiable,
)
from r1data.verifiers.verdict import correct as right

BATCH = 1_000
"""Most answers that one process of the scorers' program scores."""
START_SECONDS = 60.0
"""For the program to import its scorers, on a machine that is busy."""
MEMORY = 4 << 30
TWO_WAYS = frozenset({"yes", "no", "true", "false", "on", "off", "undetermined", "infeasible", "pass"})
"""Answers that mean the same in any case."""
NOT_ANSWERS = ("None", "")
"""What stands in the place of the answer in entries of tasks that many answers solve."""
PRELOAD = ("inside.no_plots", "reasoning_gym", "sympy.parsing.sympy_parser")

_FIRST_WORD = re.compile(r"(\w+)\W+\w")
_HEDGE = re.compile(r"(?<!\S)(?:or|either|not|maybe|perhaps|possibly)(?!\S)")


@dataclass(frozen=True, slots=True)
class ScoringJob:
    """One case for the scorers' program."""

    task: str
    config: Mapping[str, Any]
    entry: Mapping[str, Any]
    answer: str


def check(cases: Sequence[Case], time_limit: float) -> list[Verdict]:
    """Verify responses against entries of reasoning-gym's tasks; `time_limit` in seconds of CPU time an answer.

    Raises UserError where reasoning-gym is not installed.
    """
    if importlib.util.find_spec("reasoning_gym") is None:
        raise UserError("logic needs the package `reasoning-gym`; install r1data[logic]")
    jobs_or_verdicts = [_job(case) for case in cases]
    jobs = [job for job in jobs_or_verdicts if isinstance(job, ScoringJob)]
    verdicts = iter(
        [
            verdict
            for start in range(0, len(jobs), BATCH)
            for verdict in _score_jobs(jobs[start : start + BATCH], time_limit)
        ]
    )
    return [job if isinstance(job, Verdict) else next(verdicts) for job in jobs_or_verdicts]


def _job(case: Case) -> ScoringJob | Verdict:
    """What the scorers' program gets of a case, or the verdict that there is nothing to score."""
    truth = _truth(case.truth)
    if isinstance(truth, Verdict):
        return truth
    gold = truth["entry"].get("answer")
    if isinstance(gold, str) and not gold.strip():
        return unverifiable("bad_truth", "the task's answer is a blank, which no response can give")
    answer = answer_text(case.response, gold, cut=case.is_cut)
    if isinstance(answer, Verdict):
        return answer
    if isinstance(gold, str) and (hedges := _hedges(answer) - _hedges(gold)):
        return no_answer(f"that is one: it says {min(hedges)!r}", answer)
    entry = rebuilt(truth["task"], truth["entry"])
    return ScoringJob(truth["task"], truth.get("config") or {}, entry, answer)


def _truth(text: str | None) -> dict[str, Any] | Verdict:
    """The parsed truth, an object with a task and an entry, or the verdict that it is none."""
    if text is None or not text.strip():
        return no_truth()
    try:
        truth = json.loads(text)
    except (ValueError, RecursionError):
        truth = None
    if (
        isinstance(truth, dict)
        and isinstance(truth.get("task"), str)
        and isinstance(truth.get("entry"), dict)
    ):
        return truth
    return unverifiable(
        "bad_truth", "the truth is no task's entry, as `r1 ingest reasoning-gym:TASK` writes it"
    )


def _hedges(text: str) -> set[str]:
    return set(_HEDGE.findall(text.casefold()))


def _score_jobs(jobs: list[ScoringJob], time_limit: float) -> list[Verdict]:
    """A verdict for each job; if the program ends early, the case it was at fails and the rest is started again."""
    verdicts: list[Verdict] = []
    while len(verdicts) < len(jobs):
        remaining_jobs = jobs[len(verdicts) :]
        fields = ("task", "config", "entry", "answer")
        cases = [{name: getattr(job, name) for name in fields} for job in remaining_jobs]
        stdin = json.dumps({"seconds": time_limit, "cases": cases})
        # The program keeps the limit of each case itself; this one is for a program that hangs as a whole.
        limits = Limits(seconds=START_SECONDS + 2 * time_limit * len(cases), memory=MEMORY)
        scorer = Program(_source(), libraries=True)
        try:
            (outcome,) = run(scorer, [ProgramInput(stdin=stdin)], limits, preload=PRELOAD)
        except NoIsolation as error:
            return verdicts + [unverifiable("no_checker", str(error), job.answer) for job in remaining_jobs]
        except SandboxFailed as error:
            return verdicts + [_failed(job, str(error)) for job in remaining_jobs]
        # What follows the last newline is nothing, or a line that was cut off.
        lines = outcome.stdout.split("\n")[:-1]
        scores = [json.loads(line)[1] for line in lines]
        verdicts += [
            _verdict(job, score, time_limit) for job, score in zip(remaining_jobs, scores, strict=False)
        ]
        if not scores:  # no progress: started again it could end like that for ever
            return verdicts + [_failed(job, outcome.detail or outcome.status) for job in remaining_jobs]
        if len(scores) < len(remaining_jobs):
            verdicts.append(_failed(remaining_jobs[len(scores)], outcome.detail or outcome.status))
    return verdicts


@functools.cache
def _source() -> str:
    return Path(__file__).with_name("scorer.py").read_text()


def _verdict(job: ScoringJob, score: Mapping[str, Any], time_limit: float) -> Verdict:
    """The verdict on a case from the line that the scorers' program wrote on it."""
    if "timeout" in score:
        return Verdict("timeout", None, job.answer, f"not scored within {time_limit:g} s")
    if "unknown" in score:
        task_name = f"{job.task[:100]!r}, which the installed reasoning-gym does not have"
        return unverifiable("no_checker", f"the truth names the task {task_name}", job.answer)
    if ("score" in score or "lacks" in score) and _is_own_answer(job):
        return right(job.answer)
    if score.get("lacks") and score.get("score", 0) < 1:
        why = f"the truth's entry lacks metadata that the scorer of {job.task} reads: {', '.join(score['lacks'])}"
        return unverifiable("bad_truth", why[:300], job.answer)
    if "error" in score:
        return _failed(job, score["error"])
    if score["score"] >= 1:
        if has_form(job.task, job.answer, job.entry):
            return right(job.answer)
        return undecided(f"full marks by {job.task}'s scorer, and not in the form of its answers", job.answer)
    if job.answer.casefold().rstrip(".") == str(job.entry.get("answer")).casefold().rstrip("."):
        return _nearly_own_answer(job)
    first = _FIRST_WORD.match(job.answer.casefold())
    if first and first[1] in TWO_WAYS and str(job.entry.get("answer")).casefold() in TWO_WAYS:
        return undecided("one of two answers with words around it", job.answer)
    wrong = incorrect(job.answer)
    return Verdict(wrong.verdict, wrong.score, wrong.extracted, None, {"partial": max(0.0, score["score"])})


def _is_own_answer(job: ScoringJob) -> bool:
    """Whether an answer is the task's own but for blanks: right, whatever its entry lacks."""
    gold = job.entry.get("answer")
    return isinstance(gold, str) and gold not in NOT_ANSWERS and gold.split() == job.answer.split()


def _nearly_own_answer(job: ScoringJob) -> Verdict:
    """The verdict on the task's own answer in another case, or with a full stop behind it: "yes." for "Yes"."""
    if job.answer.casefold().rstrip(".") in TWO_WAYS:
        return right(job.answer)
    return undecided("the task's answer in another case, or with a full stop", job.answer)


def _failed(job: ScoringJob, why: str) -> Verdict:
    return Verdict("error", None, job.answer, f"{job.task}: {why}"[:300])


VERIFIER = Verifier(
    name="logic",
    check=check,
    version="2",
    summary="answers to reasoning-gym's tasks, by its scorers: [logic.md](logic.md)",
    batch=True,
)
