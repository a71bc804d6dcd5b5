"""Phase 1: the tests on which known-good programs agree (R1 App. B.3.2).

Every program is run on every input, twice. An input on which one fails, gives another output the second time, or
disagrees with another is dropped. Where no program is known to be good, sampled ones may vote: `agree` of them must
give the same output, more than any other group. Outputs are compared as the verifier compares them.
"""

from collections.abc import Sequence
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

SECONDS = 10.0
"""CPU seconds of a known-good program on one input, where the row names no limit. Ours."""
PATIENCE = 3
"""Time-outs after which a program is not run on further inputs."""
ROUND = 8


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
    runs_twice = [[run_program(program, problem) for _ in range(2)] for program in programs]
    tests = []
    slowest = 0.0
    for number, item in enumerate(inputs):
        steady = [
            _steady(material, *(outcomes_once[number] for outcomes_once in both_runs))
            for both_runs in runs_twice
        ]
        expected = (
            _unanimous(material, steady) if material.good else _voted(material, steady, agree or len(steady))
        )
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


def _unanimous(material: TestMaterial, outcomes: Sequence[Outcome | None]) -> Outcome | None:
    first, *others = outcomes
    if first is None or any(other is None or not _same(material, first, other) for other in others):
        return None
    return first


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
