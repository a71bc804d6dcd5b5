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

from r1data.sampling.code_tests.agreement import SECONDS, agreed, outcomes, problem_of
from r1data.sampling.code_tests.inputs import Input
from r1data.sampling.code_tests.rows import Given
from r1data.verifiers.code.compare import Printed, Returned
from r1data.verifiers.code.problem import Test
from r1data.verifiers.code.program import Extracted
from r1data.verifiers.code.runs import limits_of
from r1data.verifiers.code.verifier import judged

SLACK = 5.0
"""A test's limit over the slowest good program's time, where the row names none; at least `LEAST`. Ours."""
LEAST = 2.0
OTHERS = 4
"""Tests kept though they expose nothing."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An input with what is wanted on it; `exposes` numbers the bad programs that fail it."""

    input: Input
    test: Test
    exposes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tests that are kept, CPU seconds that one may take, and how many there were on the way."""

    kept: Sequence[Trial]
    seconds: float
    agreed: int
    exposing: int
    bad: int
    exposed: int
    """Bad programs, and those of them that a test exposes."""


def choose(given: Given, inputs: Sequence[Input], *, most: int, agree: int | None) -> Chosen:
    """Both phases for one row: up to `most` tests that expose something. Raises NoIsolation or SandboxFailed."""
    found = agreed(given, inputs, agree)
    seconds = given.seconds or max(LEAST, float(math.ceil(SLACK * found.slowest)))
    bad = given.bad if given.good else given.voting
    trials = _exposed(given, found.tests, bad, seconds)
    exposing = [trial for trial in trials if trial.exposes]
    seen = {number for trial in exposing for number in trial.exposes}
    return Chosen(_kept(trials, most), seconds, len(trials), len(exposing), len(bad), len(seen))


def _exposed(
    given: Given, tests: Sequence[tuple[Input, Test]], bad: Sequence[Extracted], seconds: float
) -> list[Trial]:
    """Which bad programs fail which tests. One that merely did not get the CPU is not exposed."""
    exposes: list[set[int]] = [set() for _ in tests]
    asked = problem_of(given, [test for _, test in tests], seconds)
    for number, found in enumerate(bad if tests else []):
        limits = limits_of(asked, SECONDS)
        for place, outcome in enumerate(outcomes(found, asked)):
            if outcome and judged(asked.tests[place], outcome, found, asked, limits)[0] == "incorrect":
                exposes[place].add(number)
    return [Trial(*pair, frozenset(which)) for pair, which in zip(tests, exposes, strict=True)]


def _kept(trials: Sequence[Trial], most: int) -> list[Trial]:
    """The tests to keep, in the order in which they were made."""
    places = {id(trial): place for place, trial in enumerate(trials)}
    chosen = [*_covering(trials, most), *_spread(trials)]
    unique = {id(trial): trial for trial in chosen}
    return sorted(unique.values(), key=lambda trial: places[id(trial)])


def _covering(trials: Sequence[Trial], most: int) -> Iterator[Trial]:
    """Up to `most` tests that expose something: first such that every bad program is exposed, then the sharpest."""
    left = sorted(
        (trial for trial in trials if trial.exposes), key=lambda trial: (trial.input.size, trial.input.key)
    )
    covered: set[int] = set()
    for _ in range(min(most, len(left))):
        best = max(left, key=lambda trial: (len(trial.exposes - covered), len(trial.exposes)))
        covered |= best.exposes
        left.remove(best)
        yield best


def _spread(trials: Sequence[Trial]) -> list[Trial]:
    """The smallest, the largest, and some between."""
    ordered = sorted(trials, key=lambda trial: (trial.input.size, trial.input.key))
    steps = min(OTHERS, len(ordered))
    return [ordered[n * (len(ordered) - 1) // max(1, steps - 1)] for n in range(steps)]


def truth_of(given: Given, chosen: Chosen, origin: Mapping[str, int]) -> str:
    """The truth in the notation of the verifier `code`."""
    truth = {
        "function": given.function,
        "tests": [_written(trial.test) for trial in chosen.kept],
        "checker": given.checker_name,
        "seconds": chosen.seconds,
        "memory_mb": given.memory_mb,
        "origin": origin,
    }
    return json.dumps({name: value for name, value in truth.items() if value is not None})


def _written(test: Test) -> dict[str, Any]:
    match test.wanted:
        case Printed(text=text):
            return {"stdin": test.stdin, "stdout": text}
        case Returned(values=values):
            return {"args": test.args, "returns": values[0]}
    raise TypeError(f"no test of ours: {test.wanted}")
