"""The choice of tests, in two phases (R1 App. B.3.2), and the truth that is made of them.

First the tests on which known-good programs agree. Every program is run on every input, twice. An input on which one
fails, gives another output the second time, or disagrees with another is dropped. Where no program is known to be good,
sampled ones may vote: `agree` of them must give the same output, more than any other group. Outputs are compared as the
verifier compares them.

Of these tests, those that expose a known-bad program are kept: first such that every bad program that can be exposed
is, then those that expose most, up to a number. Ours, so that something is left where no bad program is known: the
smallest, the largest and two tests between are kept too. Where sampled programs voted, those that lost a vote are what
is exposed.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r1data.sampling.code_tests.inputs import Input, as_json
from r1data.sampling.code_tests.rows import TestMaterial
from r1data.sandbox.job import Outcome
from r1data.verifiers.code.compare import PrintsText, ReturnsValue, text_difference
from r1data.verifiers.code.problem import CodeProblem, ProgramTest
from r1data.verifiers.code.program import ExtractedProgram
from r1data.verifiers.code.runs import limits_for, program_input, sandbox_program
from r1data.verifiers.code.values import plain, same_json
from r1data.verifiers.code.verifier import outcome_verdict

SECONDS = 10.0
"""CPU seconds of a known-good program on one input, where the row names no limit. Ours."""
PATIENCE = 3
"""Time-outs after which a program is not run on further inputs."""
ROUND = 8
"""Inputs that a program is run on before its time-outs are counted."""
SLACK = 5.0
"""A test's limit over the slowest good program's time, where the row names none; at least `LEAST`. Ours."""
LEAST = 2.0
OTHERS = 4
"""Tests kept in addition, though they need not expose anything."""


@dataclass(frozen=True, slots=True)
class AgreedTests:
    """The tests on which the programs agree, each with its input, and the slowest program's CPU seconds."""

    tests: Sequence[tuple[Input, ProgramTest]]
    slowest: float


def problem_of(material: TestMaterial, tests: Sequence[ProgramTest], seconds: float) -> CodeProblem:
    """The problem that programs are run on, `seconds` where the row names no limit."""
    memory = None if material.memory_mb is None else int(material.memory_mb * 2**20)
    return CodeProblem(tests, seconds=material.seconds or seconds, memory=memory)


def agreed_tests(material: TestMaterial, inputs: Sequence[Input], agree: int | None) -> AgreedTests:
    """The inputs on which the known-good programs agree, or at least `agree` of the voting ones, as tests.

    Raises NoIsolation or SandboxFailed.
    """
    programs = material.good or material.voting
    problem = problem_of(material, [_test(material, item, "", None) for item in inputs], SECONDS)
    # Twice, in two processes: what depends on a hash seed, the clock or an address differs from run to run.
    runs_twice = [[run_program(program, problem) for _ in range(2)] for program in programs]
    tests = []
    slowest = 0.0
    for number, item in enumerate(inputs):
        steady = [
            _steady(material, *(outcomes_once[number] for outcomes_once in both_runs))
            for both_runs in runs_twice
        ]
        if material.good:
            # Of a known-good program even a failure counts: it speaks against the input, not against the program.
            expected, *others = steady
            if any(not expected or not other or not _same(material, expected, other) for other in others):
                expected = None
        else:
            expected = _voted(material, steady, agree or len(steady))
        test = _expected_test(material, item, expected) if expected else None
        if test:
            tests.append((item, test))
            slowest = max([slowest, *(outcome.cpu for outcome in steady if outcome)])
    return AgreedTests(tests, slowest)


def run_program(extracted: ExtractedProgram, problem: CodeProblem) -> list[Outcome | None]:
    """A program's outcome on each test; None for all after it has timed out too often."""
    from r1data.sandbox.running import run

    tests, limits = problem.tests, limits_for(problem, SECONDS)
    outcomes: list[Outcome | None] = []
    timeouts = 0
    for start in range(0, len(tests), ROUND):
        if timeouts >= PATIENCE:
            break
        runs = [program_input(test, extracted) for test in tests[start : start + ROUND]]
        batch = run(sandbox_program(extracted, problem), runs, limits)
        timeouts += sum(outcome.status == "timeout" for outcome in batch)
        outcomes += batch
    return [*outcomes, *[None] * (len(tests) - len(outcomes))]


def _steady(material: TestMaterial, first: Outcome | None, second: Outcome | None) -> Outcome | None:
    """An outcome that succeeded and was the same both times."""
    if first is None or second is None or first.status != "ok" or second.status != "ok":
        return None
    return first if _same(material, first, second) else None


def _same(material: TestMaterial, first: Outcome, second: Outcome) -> bool:
    if material.function:
        return same_json(plain(first.value), plain(second.value), material.checker.tolerance)
    return text_difference(first.stdout, second.stdout, material.checker) is None


def _voted(material: TestMaterial, outcomes: Sequence[Outcome | None], agree: int) -> Outcome | None:
    """The outcome of the largest group of programs, if it has `agree` members and no other group is as large."""
    groups: list[list[Outcome]] = []
    for outcome in outcomes:
        if outcome is None:
            continue
        group = next((group for group in groups if _same(material, group[0], outcome)), None)
        if group is None:
            groups.append([outcome])
        else:
            group.append(outcome)
    groups.sort(key=len, reverse=True)
    if not groups or len(groups[0]) < agree or (len(groups) > 1 and len(groups[1]) == len(groups[0])):
        return None
    return groups[0][0]


def _expected_test(material: TestMaterial, item: Input, outcome: Outcome) -> ProgramTest | None:
    """The test that expects this outcome; None where a truth cannot express it."""
    if not material.function:
        return _test(material, item, outcome.stdout, None)
    try:
        return _test(material, item, "", as_json(plain(outcome.value)))
    except (ValueError, RecursionError):
        return None


def _test(material: TestMaterial, item: Input, printed: str, returned: Any) -> ProgramTest:
    if material.function:
        return ProgramTest(
            ReturnsValue([returned], material.checker.tolerance),
            function=material.function,
            args=item.args or (),
        )
    return ProgramTest(PrintsText(printed, material.checker), stdin=item.stdin)


@dataclass(frozen=True, slots=True)
class Trial:
    """An input with its test; `exposes` numbers the bad programs that fail it."""

    input: Input
    test: ProgramTest
    exposes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ChosenTests:
    """The tests that are kept, the CPU seconds that one may take, and counts of both phases."""

    kept: Sequence[Trial]
    seconds: float
    agreed_tests: int
    exposing: int
    bad: int
    exposed: int
    """Bad programs, and those of them that a test exposes."""


def choose(material: TestMaterial, inputs: Sequence[Input], *, most: int, agree: int | None) -> ChosenTests:
    """Both phases for one row: up to `most` tests that expose something. Raises NoIsolation or SandboxFailed."""
    agreement = agreed_tests(material, inputs, agree)
    seconds = material.seconds or max(LEAST, float(math.ceil(SLACK * agreement.slowest)))
    bad = material.bad if material.good else material.voting
    trials = _exposed(material, agreement.tests, bad, seconds)
    exposing = [trial for trial in trials if trial.exposes]
    exposed = {number for trial in exposing for number in trial.exposes}
    # By identity, since trials hold lists of arguments and so have no hash.
    selected = {id(trial) for trial in (*_covering(trials, most), *_spread(trials))}
    kept = [trial for trial in trials if id(trial) in selected]  # in the order of the inputs
    return ChosenTests(kept, seconds, len(trials), len(exposing), len(bad), len(exposed))


def _exposed(
    material: TestMaterial,
    tests: Sequence[tuple[Input, ProgramTest]],
    bad: Sequence[ExtractedProgram],
    seconds: float,
) -> list[Trial]:
    """Which bad programs fail which tests. One that merely did not get the CPU is not exposed."""
    exposes: list[set[int]] = [set() for _ in tests]
    problem = problem_of(material, [test for _, test in tests], seconds)
    for number, program in enumerate(bad if tests else []):
        limits = limits_for(problem, SECONDS)
        for place, outcome in enumerate(run_program(program, problem)):
            if (
                outcome
                and outcome_verdict(problem.tests[place], outcome, program, problem, limits).verdict
                == "incorrect"
            ):
                exposes[place].add(number)
    return [
        Trial(*pair, frozenset(exposed_programs))
        for pair, exposed_programs in zip(tests, exposes, strict=True)
    ]


def _covering(trials: Sequence[Trial], most: int) -> Iterator[Trial]:
    """Up to `most` tests that expose something: first such that every bad program is exposed, then the sharpest."""
    # By size, so that of tests that expose as much `max` takes the smallest, which is the first.
    remaining = sorted(
        (trial for trial in trials if trial.exposes), key=lambda trial: (trial.input.size, trial.input.key)
    )
    covered: set[int] = set()
    for _ in range(min(most, len(remaining))):
        best = max(remaining, key=lambda trial: (len(trial.exposes - covered), len(trial.exposes)))
        covered |= best.exposes
        remaining.remove(best)
        yield best


def _spread(trials: Sequence[Trial]) -> list[Trial]:
    """The smallest, the largest, and some in between."""
    ordered = sorted(trials, key=lambda trial: (trial.input.size, trial.input.key))
    steps = min(OTHERS, len(ordered))
    return [ordered[n * (len(ordered) - 1) // max(1, steps - 1)] for n in range(steps)]


def truth_of(material: TestMaterial, chosen: ChosenTests, origin: Mapping[str, int]) -> str:
    """The truth in the notation of the verifier `code`."""
    tests: list[dict[str, Any]] = []
    for test in (trial.test for trial in chosen.kept):
        match test.expectation:
            case PrintsText(text=text):
                tests.append({"stdin": test.stdin, "stdout": text})
            case ReturnsValue(values=values):
                tests.append({"args": test.args, "returns": values[0]})
            case _:
                raise TypeError(f"no test of ours: {test.expectation}")
    truth = {
        "function": material.function,
        "tests": tests,
        "checker": material.checker_name,
        "seconds": chosen.seconds,
        "memory_mb": material.memory_mb,
        "origin": origin,
    }
    return json.dumps({name: value for name, value in truth.items() if value is not None})
