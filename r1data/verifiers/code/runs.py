"""How a program is run on its tests: what goes in, and the limits.

Tests that call functions are first run together, in one start, where the problem sets no limit to each of them: a start
costs more than most calls. That settles only that all of them pass. Whatever else comes of it (a wrong value, an
exception, a time-out, a state that one call leaves to the next) is found out test by test, each in a start of its own.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import replace

from r1data.sandbox.job import LIMITS, Limits, Outcome, Program, ProgramInput
from r1data.verifiers.code.problem import EVALUATE, EVALUATE_ALL, Problem, Test
from r1data.verifiers.code.program import Extracted

WALL = (3.0, 2.0)
"""Wall time for a second of CPU time, and seconds on top, for a machine that is busy."""
MEMORY = 1 << 30
"""Bytes for a program whose problem names no limit. Ours."""
TOGETHER = 1.0
"""CPU seconds that all tests of a program may take where they are run together."""
_IMPORTS = re.compile(r"^[ \t]*(?:import|from)[ \t]+([A-Za-z_]\w*)", re.M)


def limits_of(asked: Problem, time_limit: float) -> Limits:
    """What a test may use: the problem's limits, else ours; room for twice the output that is wanted."""
    seconds = asked.seconds or time_limit
    output = max(2 * 4 * test.wanted.characters for test in asked.tests) + LIMITS.output
    return replace(
        LIMITS,
        seconds=WALL[0] * seconds + WALL[1],
        cpu_seconds=seconds,
        memory=asked.memory or MEMORY,
        output=output,
    )


def together(found: Extracted, asked: Problem, limits: Limits) -> Outcome | None:
    """The outcome of all tests in one start, where each of them passes; None where that is not so, or not to be had."""
    from r1data.sandbox.running import run

    if found.language != "python" or asked.seconds or not all(test.stdin is None for test in asked.tests):
        return None
    calls = [[one.call, one.args] for one in (run_of(test, found) for test in asked.tests)]
    short = replace(limits, cpu_seconds=min(TOGETHER, limits.cpu_seconds or TOGETHER))
    (outcome,) = run(program_of(found, asked), [ProgramInput(call=EVALUATE_ALL, args=[calls])], short)
    values = outcome.value if outcome.status == "ok" else None
    if not isinstance(values, list) or len(values) != len(asked.tests):
        return None
    passes = (
        test.wanted.complaint(replace(outcome, value=value)) is None
        for test, value in zip(asked.tests, values, strict=True)
    )
    return outcome if all(passes) else None


def outcomes(found: Extracted, asked: Problem, tests: Sequence[Test], limits: Limits) -> list[Outcome]:
    """What became of a program, test by test, up to the first that did not end well."""
    from r1data.sandbox.running import run

    return run(program_of(found, asked), [run_of(test, found) for test in tests], limits, until_failure=True)


def program_of(found: Extracted, asked: Problem) -> Program:
    """The program as it goes in, with what the problem puts around it."""
    return Program(
        asked.around(found.source, found.language), found.language, libraries=_needs_libraries(found, asked)
    )


def run_of(test: Test, found: Extracted) -> ProgramInput:
    """A test as it goes in: nothing of what is wanted is in it."""
    if test.stdin is not None:
        return ProgramInput(stdin=test.stdin)
    if test.expression is not None:
        return ProgramInput(call=EVALUATE, args=[test.statements, test.expression])
    in_class = re.search(r"^class Solution\b", found.source, re.M) and "." not in (test.function or "")
    return ProgramInput(call=f"Solution.{test.function}" if in_class else test.function, args=test.args)


def _needs_libraries(found: Extracted, asked: Problem) -> bool:
    """Whether the program sees what is installed: as the truth says, else where it imports something of that kind."""
    if asked.libraries is not None or found.language != "python":
        return bool(asked.libraries)
    return bool(imported(asked.around(found.source, found.language)))


def imported(source: str) -> set[str]:
    """Modules beyond the standard library that a program imports, as far as its lines tell."""
    return set(_IMPORTS.findall(source)) - sys.stdlib_module_names
