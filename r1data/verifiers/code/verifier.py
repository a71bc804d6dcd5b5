"""`code`: programs against tests (R1 2.2.2: a compiler and test cases give the accuracy of code).

The last program of the answer (`program`) is run once a test in the sandbox; what it prints or returns comes out
and is compared here (`compare`), so that what is wanted is never where the program could read it. Truths are
read by `truth`. Stops at the first test that fails.

A program is `incorrect` where it prints or returns something else, raises, exits with another code than 0, does not
compile, or uses more than the problem allows. Limits of the problem are in its truth and count CPU seconds, which
the load of a machine does not stretch. Limits of ours (`time_limit` CPU seconds a test where the truth names none,
`WALL` of wall time, `ROW_SECONDS` for a row, `MEMORY`) say nothing about the program: beyond them the verdict is
`timeout`, or `unverifiable` for memory. No isolation, no verdict: `unverifiable`, and nothing is run.

Not covered: Python that needs files, programs that talk back and forth with a judge, tests by other programs, languages
but Python, C++ and JavaScript, and whether a program that passes its tests is right.
"""

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

from r1data.errors import UserError
from r1data.sandbox.job import Limits, Outcome, SandboxFailed
from r1data.verifiers.code.problem import Problem, Test
from r1data.verifiers.code.program import Extracted, program
from r1data.verifiers.code.runs import imported, limits_of, outcomes, together
from r1data.verifiers.code.truth import BadTruth, problem
from r1data.verifiers.verdict import (
    Case,
    Scores,
    Verdict,
    Verifier,
    correct,
    incorrect,
    no_answer,
    no_truth,
    undecided,
    unverifiable,
)

THREADS = 2
"""Rows of a table at once: one that runs and one that is read or compared. A stage has a process a core."""
ROW_SECONDS = 300.0
"""Seconds of wall time after which no more tests of a row are started. Ours."""
FIRST_TESTS = 4
"""Tests in the first round; each round has twice as many as the one before, so that a wrong program is soon done."""
_UNSEEN = re.compile(
    r"returned a value that JSON does not know \((Decimal|Fraction|complex|deque|range|dict_\w+|ndarray"
    r"|Series|DataFrame|bool_?|u?int(?:8|16|32|64)|float(?:16|32|64))\)"
)
"""Values that Python might call equal to plain ones, and that do not come out: nothing is said of them."""
_MISSING = re.compile(r"ModuleNotFoundError: No module named '([A-Za-z_]\w*)")


def check(cases: Sequence[Case], time_limit: float) -> list[Verdict]:
    """Verify programs. `time_limit`: CPU seconds a test, where the truth names none.

    Raises:
        SandboxFailed: the sandbox broke; nothing can be said of any row.
    """
    return check_cases(cases, time_limit)


def check_cases(cases: Sequence[Case], time_limit: float, *, threads: int = THREADS) -> list[Verdict]:
    """As `check`, with that many rows at a time."""
    one = partial(_case, time_limit=time_limit)
    if threads == 1 or len(cases) == 1:
        return [one(case) for case in cases]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, cases))


def _case(case: Case, time_limit: float) -> Verdict:
    if case.truth is None or not case.truth.strip():
        return no_truth()
    try:
        asked = problem(case.truth)
    except BadTruth as error:
        return unverifiable("bad_truth", str(error)[:300])
    found = program(case.response, asked.language)
    if isinstance(found, Verdict):
        return found
    if asked.calls and found.language == "cpp":
        return undecided("the tests call functions, and the program is in cpp", found.summary)
    if asked.python_only and found.language != "python":
        return no_answer(f"in Python: the program is in {found.language}", found.summary)
    try:
        return judge(found, asked, time_limit)
    except UserError as error:  # no isolation, or no compiler
        return unverifiable("no_checker", str(error), found.summary)
    except SandboxFailed as error:
        return Verdict("error", None, found.summary, f"the sandbox failed: {error}"[:300])


def judge(
    found: Extracted, asked: Problem, time_limit: float, *, row_seconds: float = ROW_SECONDS
) -> Verdict:
    """The verdict on a program. Raises NoIsolation, NotInstalled or SandboxFailed."""
    seen = Seen(len(asked.tests))
    limits = limits_of(asked, time_limit)
    if whole := together(found, asked, limits):
        return seen.all(whole).measured(correct(found.summary))
    end = time.monotonic() + row_seconds
    first = len(asked.tests) if found.language == "cpp" else FIRST_TESTS  # each round compiles
    for round_ in _rounds(asked.tests, first, max(1, int(row_seconds / limits.seconds))):
        if time.monotonic() > end:
            reason = f"{seen.passed} of {seen.tests} tests took {row_seconds:g} s"
            return seen.measured(Verdict("timeout", None, found.summary, reason))
        for test, outcome in zip(round_, outcomes(found, asked, round_, limits), strict=False):
            verdict = judged(test, outcome, found, asked, limits)
            if not seen.add(outcome, verdict):
                reason = f"test {seen.passed + 1}: {verdict.reason}"[:300]
                return seen.measured(replace(verdict, reason=reason))
    return seen.measured(correct(found.summary))


@dataclass(slots=True)
class Seen:
    """What was seen of a program so far."""

    tests: int
    passed: int = 0
    times: list[float] = field(default_factory=list)

    def add(self, outcome: Outcome, verdict: Verdict) -> bool:
        """Counts an outcome; whether it passed."""
        self.times.append(outcome.cpu or outcome.seconds)
        self.passed += verdict.verdict == "correct"
        return verdict.verdict == "correct"

    def all(self, outcome: Outcome) -> Self:
        """Counts an outcome in which all tests passed."""
        self.times.append(outcome.cpu or outcome.seconds)
        self.passed = self.tests
        return self

    def measured(self, verdict: Verdict) -> Verdict:
        """The verdict with what was measured: tests, those passed, CPU seconds of the slowest start and of all."""
        measures = {
            "tests": float(self.tests),
            "passed": float(self.passed),
            "seconds": round(max(self.times, default=0.0), 4),
            "total_seconds": round(sum(self.times), 4),
        }
        return replace(verdict, measures=measures)


def _rounds(tests: Sequence[Test], first: int, most: int) -> Iterator[Sequence[Test]]:
    """Tests in rounds that grow from `first`, none longer than `most`."""
    start, size = 0, first
    while start < len(tests):
        step = min(size, most)
        yield tests[start : start + step]
        start, size = start + step, size * 2


def judged(test: Test, outcome: Outcome, found: Extracted, asked: Problem, limits: Limits) -> Verdict:
    """What an outcome says of the program, and why it is not right."""
    program = found.summary
    if outcome.status != "ok" and outcome.cpu >= (limits.cpu_seconds or limits.seconds):
        return _too_slow(program, outcome, asked, limits)  # whatever signal it died of
    match outcome.status:
        case "ok" if asked.seconds and outcome.cpu > asked.seconds:
            return _too_slow(program, outcome, asked, limits)
        case "ok":
            complaint = test.wanted.complaint(outcome)
            return correct(program) if complaint is None else incorrect(program, complaint)
        case "timeout":
            return _too_slow(program, outcome, asked, limits)
        case "memory":
            most = f"more than {limits.memory / 2**20:,.0f} MB of memory"
            if asked.memory:
                return incorrect(program, most)
            return unverifiable("limit", f"{most}, a limit of the verifier's own", program)
        case "output":
            return incorrect(program, f"more than {limits.output:,} bytes of output")
        case "compile":
            return incorrect(program, f"does not compile: {outcome.detail}")
    missing = _MISSING.search(outcome.detail)
    if (
        missing
        and asked.libraries is not False
        and missing[1] in imported(asked.around(found.source, found.language))
    ):
        reason = f"needs the module {missing[1]}, which is not installed here"
        return unverifiable("no_checker", reason, program)
    if unseen := _UNSEEN.search(outcome.detail):
        return undecided(f"returned a {unseen[1]}, which cannot be compared here", program)
    return incorrect(program, outcome.detail or "failed")


def _too_slow(program: str, outcome: Outcome, asked: Problem, limits: Limits) -> Verdict:
    """A time-out is the program's own only where it used up the CPU time that its problem allows."""
    allowed = limits.cpu_seconds or limits.seconds
    if outcome.cpu < 0.95 * allowed:
        reason = f"no end after {limits.seconds:g} s, of which {outcome.cpu:.1f} s on a CPU"
        return Verdict("timeout", None, program, reason)
    if asked.seconds is None:
        reason = f"longer than {allowed:g} s, a limit of the verifier's own"
        return Verdict("timeout", None, program, reason)
    return incorrect(program, f"longer than {allowed:g} s")


def _score_groups(
    cases: Sequence[Case], verdicts: Sequence[Verdict], prompts: Sequence[str], time_limit: float
) -> Sequence[Scores]:
    """Imports what scores need when they are asked for: numpy comes with it."""
    from r1data.verifiers.code.scores import score_groups

    return score_groups(cases, verdicts, prompts, time_limit)


VERIFIER = Verifier(
    name="code",
    check=check,
    version="1",
    summary="what programs print and return, with tests: [code.md](code.md)",
    batch=True,
    scores=("lint", "time", "relative_time", "short_lines", "shallow", "comments", "fresh"),
    score=_score_groups,
)
