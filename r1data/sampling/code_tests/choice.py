"""Phase 2: which tests are kept (R1 App. B.3.2), and the truth that is made of them.

Of the tests on which known-good programs agree (`agreement`), those that expose a known-bad program are kept: first
such that every bad program that can be exposed is, then those that expose most, up to a number. Ours, so that
something is left where no bad program is known: the smallest, the largest and two tests between are kept too. Where
sampled programs voted, those that lost a vote are what is exposed.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r1data.sampling.code_tests.agreement import SECONDS, agreed_tests, problem_of, run_program
from r1data.sampling.code_tests.inputs import Input
from r1data.sampling.code_tests.rows import TestMaterial
from r1data.verifiers.code.compare import PrintsText, ReturnsValue
from r1data.verifiers.code.problem import ProgramTest
from r1data.verifiers.code.program import ExtractedProgram
from r1data.verifiers.code.runs import limits_for
from r1data.verifiers.code.verifier import outcome_verdict

SLACK = 5.0
"""A test's limit over the slowest good program's time, where the row names none; at least `LEAST`. Ours."""
LEAST = 2.0
OTHERS = 4
"""Tests kept in addition, though they need not expose anything."""


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
    return ChosenTests(_select(trials, most), seconds, len(trials), len(exposing), len(bad), len(exposed))


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


def _select(trials: Sequence[Trial], most: int) -> list[Trial]:
    """The tests to keep, in the order of the inputs."""
    places = {id(trial): place for place, trial in enumerate(trials)}
    selected = [*_covering(trials, most), *_spread(trials)]
    unique = {id(trial): trial for trial in selected}
    return sorted(unique.values(), key=lambda trial: places[id(trial)])


def _covering(trials: Sequence[Trial], most: int) -> Iterator[Trial]:
    """Up to `most` tests that expose something: first such that every bad program is exposed, then the sharpest."""
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
    truth = {
        "function": material.function,
        "tests": [_as_truth(trial.test) for trial in chosen.kept],
        "checker": material.checker_name,
        "seconds": chosen.seconds,
        "memory_mb": material.memory_mb,
        "origin": origin,
    }
    return json.dumps({name: value for name, value in truth.items() if value is not None})


def _as_truth(test: ProgramTest) -> dict[str, Any]:
    match test.expectation:
        case PrintsText(text=text):
            return {"stdin": test.stdin, "stdout": text}
        case ReturnsValue(values=values):
            return {"args": test.args, "returns": values[0]}
    raise TypeError(f"no test of ours: {test.expectation}")
