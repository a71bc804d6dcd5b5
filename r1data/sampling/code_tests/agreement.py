"""Phase 1: what known-good programs agree on (R1 App. B.3.2).

Every program is run on every input, twice. An input on which one fails, makes something else the second time, or
disagrees with another is dropped. Where no program is known to be good, sampled ones may vote: `agree` of them must
make the same, more than any other group. Agreement is by the rule that the verifier compares by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from r1data.sampling.code_tests.inputs import Input, as_json
from r1data.sampling.code_tests.rows import Given
from r1data.sandbox.job import Outcome
from r1data.verifiers.code.compare import Printed, Returned, text_differs
from r1data.verifiers.code.problem import Problem, Test
from r1data.verifiers.code.program import Extracted
from r1data.verifiers.code.runs import limits_of, program_of, run_of
from r1data.verifiers.code.values import plain, same_json

SECONDS = 10.0
"""CPU seconds of a known-good program on one input, where the row names no limit. Ours."""
PATIENCE = 3
"""Inputs on which a program may run out of time; after that it is not run any more."""
ROUND = 8


@dataclass(frozen=True, slots=True)
class Agreed:
    """The tests on which the programs agree, each with its input, and the slowest program's CPU seconds."""

    tests: Sequence[tuple[Input, Test]]
    slowest: float


def problem_of(given: Given, tests: Sequence[Test], seconds: float) -> Problem:
    """The problem that programs are run on, `seconds` where the row names no limit."""
    memory = None if given.memory_mb is None else int(given.memory_mb * 2**20)
    return Problem(tests, seconds=given.seconds or seconds, memory=memory)


def agreed(given: Given, inputs: Sequence[Input], agree: int | None) -> Agreed:
    """What the known-good programs make of the inputs, or what `agree` of the voting ones do.

    Raises NoIsolation or SandboxFailed.
    """
    programs = given.good or given.voting
    asked = problem_of(given, [_test(given, one, "", None) for one in inputs], SECONDS)
    runs = [[outcomes(found, asked) for _ in range(2)] for found in programs]
    tests = []
    slowest = 0.0
    for number, one in enumerate(inputs):
        made = [_steady(given, *(again[number] for again in twice)) for twice in runs]
        wanted = _unanimous(given, made) if given.good else _voted(given, made, agree or len(made))
        test = _wanted(given, one, wanted) if wanted else None
        if test:
            tests.append((one, test))
            slowest = max([slowest, *(outcome.cpu for outcome in made if outcome)])
    return Agreed(tests, slowest)


def outcomes(found: Extracted, asked: Problem) -> list[Outcome | None]:
    """What a program makes of each test; None from where it has run out of time too often."""
    from r1data.sandbox.running import run

    tests, limits = asked.tests, limits_of(asked, SECONDS)
    made: list[Outcome | None] = []
    late = 0
    for start in range(0, len(tests), ROUND):
        if late >= PATIENCE:
            break
        runs = [run_of(test, found) for test in tests[start : start + ROUND]]
        outcomes = run(program_of(found, asked), runs, limits)
        late += sum(outcome.status == "timeout" for outcome in outcomes)
        made += outcomes
    return [*made, *[None] * (len(tests) - len(made))]


def _steady(given: Given, first: Outcome | None, second: Outcome | None) -> Outcome | None:
    """An outcome that ended well and came out the same again."""
    if first is None or second is None or first.status != "ok" or second.status != "ok":
        return None
    return first if _same(given, first, second) else None


def _same(given: Given, first: Outcome, second: Outcome) -> bool:
    if given.function:
        return same_json(plain(first.value), plain(second.value), given.checker.tolerance)
    return text_differs(first.stdout, second.stdout, given.checker) is None


def _unanimous(given: Given, made: Sequence[Outcome | None]) -> Outcome | None:
    first, *others = made
    if first is None or any(other is None or not _same(given, first, other) for other in others):
        return None
    return first


def _voted(given: Given, made: Sequence[Outcome | None], agree: int) -> Outcome | None:
    """What most programs made, if they are `agree` and no other group is as large."""
    groups: list[list[Outcome]] = []
    for outcome in made:
        if outcome is None:
            continue
        group = next((group for group in groups if _same(given, group[0], outcome)), None)
        if group is None:
            groups.append([outcome])
        else:
            group.append(outcome)
    groups.sort(key=len, reverse=True)
    if not groups or len(groups[0]) < agree or (len(groups) > 1 and len(groups[1]) == len(groups[0])):
        return None
    return groups[0][0]


def _wanted(given: Given, one: Input, outcome: Outcome) -> Test | None:
    """The test that wants what came out; None where a truth cannot hold that."""
    if not given.function:
        return _test(given, one, outcome.stdout, None)
    try:
        return _test(given, one, "", as_json(plain(outcome.value)))
    except (ValueError, RecursionError):
        return None


def _test(given: Given, one: Input, printed: str, returned: Any) -> Test:
    if given.function:
        return Test(
            Returned([returned], given.checker.tolerance), function=given.function, args=one.args or ()
        )
    return Test(Printed(printed, given.checker), stdin=one.stdin)
