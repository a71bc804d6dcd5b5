"""`code`: programs against tests (R1 2.2.2: a compiler and test cases give the accuracy of code).

The last program of the answer (`program`) is run in the sandbox, once per test; its output or value is compared outside
(`compare`), so that expected values are never where the program could read them. `truth` parses truths. Verification
stops at the first test that fails.

A program is `incorrect` if it prints or returns something else, raises, exits with a code other than 0, does not
compile, or uses more than the problem allows. Limits of the problem are in its truth and count CPU seconds, which
the load of a machine does not stretch. Limits of ours (`time_limit` CPU seconds a test where the truth names none,
`WALL` of wall time, `ROW_SECONDS` for a row, `MEMORY`) are no evidence against the program: beyond them the verdict is
`timeout`, or `unverifiable` for memory. Without isolation nothing is run and the verdict is `unverifiable`.

Not covered: Python that needs files, programs that talk back and forth with a judge, tests by other programs, languages
but Python, C++ and JavaScript, and whether a program that passes its tests is right.
"""

import importlib.util
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

from r1data.errors import UserError
from r1data.sandbox.job import Limits, Outcome, SandboxFailed
from r1data.verifiers.code.bounded import TooLarge
from r1data.verifiers.code.problem import CodeProblem, ProgramTest
from r1data.verifiers.code.program import ExtractedProgram, extract_program
from r1data.verifiers.code.runs import (
    MOST_MEMORY,
    TOGETHER,
    limits_for,
    needed_modules,
    run_together,
    run_until_failure,
    takes_too_much,
)
from r1data.verifiers.code.supplied import UNSUPPLIED
from r1data.verifiers.code.truth import BadTruth, parse_problem
from r1data.verifiers.failures import check_case
from r1data.verifiers.verdict import (
    Case,
    NamedScores,
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
"""Rows verified at once: while one runs, another is parsed or compared. A stage has one process per core."""
ROW_SECONDS = 300.0
"""Seconds of wall time after which no more tests of a row are started. Ours."""
MORE_TESTS = 3
"""Tests that are tried after one that met our limit of time, each for a second: a program may be wrong elsewhere."""
FIRST_TESTS = 4
"""Tests in the first batch; each batch has twice as many as the one before, so that a wrong program fails early."""
_UNSEEN = re.compile(
    r"returned a value that JSON does not know \((deque|range|dict_\w+|ndarray|Series|DataFrame|datetime64"
    r"|timedelta64|matrix)\)"
)
"""Types of libraries whose values may equal plain ones but are not encoded by the sandbox: the verdict is undecided."""
_OBJECT = re.compile(r"returned a value that JSON does not know \((.{,60})\)")
_OWN = " of its own"
"""Behind a type's name: it is the program's own class, which says of itself what it likes."""
_EQUAL_NOTHING = frozenset(("generator", "function", "map", "filter", "zip", "coroutine", "async_generator"))
"""Types whose values equal no plain one and hold no text or number: a test that gets one has failed."""
_UNDEFINED = re.compile(r"NameError: name '(\w+)' is not defined")
_LISTS_FOR_NODES = re.compile(
    r"AttributeError: '(?:list|int)' object has no attribute '(?:next|val|left|right|children|random|neighbors)'"
)
_MISSING_JS = re.compile(
    r"^Error(?: \[ERR_MODULE_NOT_FOUND\])?: Cannot find (?:module|package) '([@\w][^'\n]{0,80})'", re.M
)
_MISSING = re.compile(r"ModuleNotFoundError: No module named '([A-Za-z_]\w*)(\.[\w.]+)?'")


def check(cases: Sequence[Case], time_limit: float) -> list[Verdict]:
    """Verify programs; `time_limit` is in CPU seconds per test, for truths that set none."""
    return check_cases(cases, time_limit)


def check_cases(cases: Sequence[Case], time_limit: float, *, threads: int = THREADS) -> list[Verdict]:
    """Verify programs, `threads` rows at a time."""
    # Each case by itself, and not the batch halved: one that raises costs no other run of a program.
    one = partial(check_case, "code", partial(_case, time_limit=time_limit))
    if threads == 1 or len(cases) == 1:
        return [one(case) for case in cases]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, cases))


def _case(case: Case, time_limit: float) -> Verdict:
    if case.truth is None or not case.truth.strip():
        return no_truth()
    try:
        problem = parse_problem(case.truth)
    except BadTruth as error:
        return unverifiable("bad_truth", str(error)[:300])
    program = extract_program(case.response, problem.language, problem.task, cut=case.is_cut)
    if isinstance(program, Verdict):
        # A program that no judge would take (Codeforces' limit is 64 kB) is none that only we refuse.
        return incorrect(None, program.reason or "") if program.cause == "too_long" else program
    program = replace(program, prompt=case.prompt)
    if problem.calls_functions and program.language == "cpp":
        return undecided("the tests call functions, and the program is in cpp", program.summary)
    if problem.requires_python and program.language != "python":
        return no_answer(f"in Python: the program is in {program.language}", program.summary)
    try:
        return judge_program(program, problem, time_limit)
    except UserError as error:  # no isolation, or no compiler
        return unverifiable("no_checker", str(error), program.summary)
    except SandboxFailed as error:
        return Verdict("error", None, program.summary, f"the sandbox failed: {error}"[:300])


def judge_program(
    program: ExtractedProgram, problem: CodeProblem, time_limit: float, *, row_seconds: float = ROW_SECONDS
) -> Verdict:
    """The verdict on a program.

    Args:
        program: extracted from a response.
        problem: parsed from a truth.
        time_limit: CPU seconds per test, if the problem sets none.
        row_seconds: wall time after which no further tests are started.

    Raises:
        NoIsolation: this machine cannot isolate programs.
        NotInstalled: there is no compiler or interpreter for the language.
        SandboxFailed: the sandbox itself broke.
    """
    tally = TestTally(len(problem.tests))
    limits = limits_for(problem, time_limit)
    if batch_outcome := run_together(program, problem, limits):
        return tally.all(batch_outcome).measured(correct(program.summary))
    end = time.monotonic() + row_seconds
    first = len(problem.tests) if program.language == "cpp" else FIRST_TESTS  # each round compiles
    # The clock is read between batches alone: none has more tests than fit into the row's time, each at its limit.
    for batch in _batches(problem.tests, first, max(1, int(row_seconds / limits.seconds))):
        if time.monotonic() > end:
            reason = f"{tally.passed} of {tally.tests} tests took {row_seconds:g} s"
            return tally.measured(Verdict("timeout", None, program.summary, reason))
        for test, outcome in zip(batch, run_until_failure(program, problem, batch, limits), strict=False):
            verdict = outcome_verdict(test, outcome, program, problem, limits)
            if verdict.cause == "limit":
                verdict = _beyond_limits(verdict, test, outcome, program, problem, limits)
            if not tally.add(outcome, verdict):
                reason = f"test {tally.passed + 1}: {verdict.reason}"[:300]
                return tally.measured(replace(verdict, reason=reason))
    return tally.measured(correct(program.summary))


def _beyond_limits(
    verdict: Verdict,
    test: ProgramTest,
    outcome: Outcome,
    program: ExtractedProgram,
    problem: CodeProblem,
    limits: Limits,
) -> Verdict:
    """The verdict on a test that met a limit of ours: `incorrect` where the program is wrong without it as well."""
    if outcome.status == "memory" and takes_too_much(program, problem, test, limits):
        return incorrect(program.summary, f"takes more than {MOST_MEMORY >> 20:,} MB of memory")
    if outcome.status == "timeout":
        others = [other for other in problem.tests if other is not test][:MORE_TESTS]
        short_limits = replace(limits, cpu_seconds=min(TOGETHER, limits.cpu_seconds or TOGETHER))
        for other in others:
            (result,) = run_until_failure(program, problem, [other], short_limits)
            other_verdict = outcome_verdict(other, result, program, problem, limits)
            if other_verdict.verdict == "incorrect":
                reason = f"too slow there, and wrong elsewhere: {other_verdict.reason}"
                return replace(other_verdict, reason=reason)
    return verdict


@dataclass(slots=True)
class TestTally:
    """The tests of a program so far: how many passed, and their times."""

    tests: int
    passed: int = 0
    times: list[float] = field(default_factory=list)

    def add(self, outcome: Outcome, verdict: Verdict) -> bool:
        """Count one test's outcome; returns whether it passed."""
        self.times.append(outcome.cpu or outcome.seconds)
        self.passed += verdict.verdict == "correct"
        return verdict.verdict == "correct"

    def all(self, outcome: Outcome) -> Self:
        """Count the outcome of a run in which all tests passed."""
        self.times.append(outcome.cpu or outcome.seconds)
        self.passed = self.tests
        return self

    def measured(self, verdict: Verdict) -> Verdict:
        """The verdict with measures: tests, passed tests, CPU seconds of the slowest run and of all runs."""
        measures = {
            "tests": float(self.tests),
            "passed": float(self.passed),
            "seconds": round(max(self.times, default=0.0), 4),
            "total_seconds": round(sum(self.times), 4),
        }
        return replace(verdict, measures=measures)


def _batches(tests: Sequence[ProgramTest], first: int, most: int) -> Iterator[Sequence[ProgramTest]]:
    """Tests in batches that double in size from `first` up to `most`."""
    start, size = 0, first
    while start < len(tests):
        step = min(size, most)
        yield tests[start : start + step]
        start, size = start + step, size * 2


def outcome_verdict(
    test: ProgramTest, outcome: Outcome, program: ExtractedProgram, problem: CodeProblem, limits: Limits
) -> Verdict:
    """The verdict on one test, with the reason if it failed.

    Args:
        test: that was run.
        outcome: of the sandbox.
        program: that was run.
        problem: whose limits decide whether exceeding one counts against the program.
        limits: of the sandbox, the problem's or ours.
    """
    summary = program.summary
    if outcome.status != "ok" and outcome.cpu >= (limits.cpu_seconds or limits.seconds):
        return _too_slow(summary, outcome, problem, limits)  # whatever signal it died of
    match outcome.status:
        case "ok" if problem.seconds and outcome.cpu > problem.seconds:
            return _too_slow(summary, outcome, problem, limits)
        case "ok":
            try:
                complaint = test.expectation.mismatch(outcome)
            except TooLarge as error:
                return unverifiable("limit", f"to compare what it returned takes too long: {error}", summary)
            return correct(summary) if complaint is None else incorrect(summary, complaint)
        case "timeout":
            return _too_slow(summary, outcome, problem, limits)
        case "memory":
            excess = f"more than {limits.memory / 2**20:,.0f} MB of memory"
            if problem.memory:
                return incorrect(summary, excess)
            if outcome.claimed:
                return incorrect(
                    summary, f"asks for more than {MOST_MEMORY >> 20:,} MB of memory, or gives up itself"
                )
            return unverifiable("limit", f"{excess}, a limit of the verifier's own", summary)
        case "output":
            return incorrect(summary, f"more than {limits.output:,} bytes of output")
        case "compile":
            return incorrect(summary, f"does not compile: {outcome.detail}")
    if problem.libraries is not False and (module := _missing_module(outcome, program, problem)):
        reason = f"needs the module {module}, which is not installed here"
        return unverifiable("no_checker", reason, summary)
    if problem.contest and (name := _unsupplied(outcome.detail, program)):
        return undecided(f"its judge supplies {name}, and we do not", summary)
    if incomparable := _UNSEEN.search(outcome.detail):
        return undecided(f"returned a {incomparable[1]}, which cannot be compared here", summary)
    kind = _OBJECT.match(outcome.detail) if test.needs_plain else None
    if kind and kind[1] not in _EQUAL_NOTHING and not kind[1].endswith(_OWN):
        reason = f"returned an object ({kind[1]}), and the test would ask it whether it is right"
        return undecided(reason, summary)
    return incorrect(summary, outcome.detail or "failed")


def _unsupplied(detail: str, program: ExtractedProgram) -> str | None:
    """What a judge of LeetCode's supplies and the program lacks: a name, or nodes where it got lists."""
    prompt = program.prompt
    if (name := _UNDEFINED.match(detail)) and name[1] in UNSUPPLIED:
        return name[1] if prompt is None or name[1] in prompt else None
    if _LISTS_FOR_NODES.match(detail) and (prompt is None or "Node" in prompt):
        return "nodes"
    return None


def _missing_module(outcome: Outcome, program: ExtractedProgram, problem: CodeProblem) -> str | None:
    """The module that a program or its tests import and this machine lacks, if that is what it failed of.

    A program that raises the error itself, of a module that is here or that it never imports, failed by its own doing.
    """
    if program.language == "javascript":
        missing = _MISSING_JS.search(outcome.stderr)
        name = missing[1] if missing else ""
        imports = rf"(?:require\s*\(|from\s|import\b\s*\(?)\s*['\"]{re.escape(name)}['\"]"
        return name if name and re.search(imports, program.source) else None
    match = _MISSING.search(outcome.detail)
    if not match or match[1] not in needed_modules(program, problem, exactly=True):
        return None
    # A part that is missing of a module that is here: another version has it.
    return None if match[2] is None and importlib.util.find_spec(match[1]) is not None else match[1]


def _too_slow(summary: str, outcome: Outcome, problem: CodeProblem, limits: Limits) -> Verdict:
    """The verdict on a time-out: `incorrect` only if the program used up the CPU time that its problem allows.

    Wall time alone, or a limit of ours, is `timeout`: the machine may have been busy.
    """
    allowed = limits.cpu_seconds or limits.seconds
    if outcome.asleep:
        return incorrect(summary, f"no end after {limits.seconds:g} s: it slept")
    if outcome.cpu < 0.95 * allowed:
        reason = f"no end after {limits.seconds:g} s, of which {outcome.cpu:.1f} s on a CPU"
        return Verdict("timeout", None, summary, reason)
    if problem.seconds is None:
        reason = f"longer than {allowed:g} s, a limit of the verifier's own"
        return Verdict("timeout", None, summary, reason)
    return incorrect(summary, f"longer than {allowed:g} s")


def _score_groups(
    cases: Sequence[Case], verdicts: Sequence[Verdict], prompts: Sequence[str], time_limit: float
) -> Sequence[NamedScores]:
    """Imports what scores need when they are asked for: numpy comes with it."""
    from r1data.verifiers.code.scores import score_groups

    return score_groups(cases, verdicts, prompts, time_limit)


VERIFIER = Verifier(
    name="code",
    check=check,
    version="3",
    summary="what programs print and return, with tests: [code.md](code.md)",
    batch=True,
    scores=("lint", "time", "relative_time", "short_lines", "shallow", "comments", "fresh"),
    score=_score_groups,
)
