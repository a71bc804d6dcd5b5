"""Runs a program on its tests in the sandbox: inputs and limits. Expected values never enter the sandbox.

Tests that call functions are first run together in one process, unless the problem limits each of them: starting a
process costs more than most calls. That run can only establish that all tests pass. With any other outcome (a wrong
value, an exception, a time-out, state that one call leaves to the next) the tests are run one by one, each in a process
of its own.
"""

import ast
import contextlib
import fcntl
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from r1data.runtime.processes import spare_memory
from r1data.sandbox.job import LIMITS, Limits, Outcome, Program, ProgramInput
from r1data.verifiers.code.bounded import TooLarge
from r1data.verifiers.code.problem import EVALUATE, EVALUATE_ALL, CodeProblem, ProgramTest
from r1data.verifiers.code.program import ExtractedProgram
from r1data.verifiers.code.supplied import CALL

WALL = (3.0, 2.0)
"""Wall time per second of CPU time, and seconds on top, so that a busy machine does not fail a program."""
MEMORY = 1 << 30
"""Bytes for a program whose problem names no limit. Ours."""
MOST_MEMORY = 4 << 30
"""Bytes beyond which a program fails by its own doing: no judge of the sets gives more. EvalPlus's default is this,
contests' are 256 to 1,024 MB."""
TOGETHER = 1.0
"""CPU seconds for all tests of a program that are run together."""
_MORE_MEMORY = threading.Lock()
_IMPORTS = re.compile(r"^[ \t]*(?:import|from)[ \t]+([A-Za-z_]\w*)", re.M)


def limits_for(problem: CodeProblem, time_limit: float) -> Limits:
    """The sandbox limits of a test: the problem's, else ours; of output twice what is expected, 4 bytes a character."""
    seconds = problem.seconds or time_limit
    characters = max(test.expectation.characters for test in problem.tests)
    # A power of two: a program sees the size of its disk, which grows with this, and with it how long the answer is.
    output = 1 << (2 * 4 * characters + LIMITS.output).bit_length()
    return replace(
        LIMITS,
        seconds=WALL[0] * seconds + WALL[1],
        cpu_seconds=seconds,
        memory=problem.memory or MEMORY,
        room=0 if problem.memory else MOST_MEMORY - MEMORY,
        output=output,
    )


def run_together(program: ExtractedProgram, problem: CodeProblem, limits: Limits) -> Outcome | None:
    """The outcome of all tests in one process if every test passes; None if one does not, or they cannot be joined."""
    from r1data.sandbox.running import run

    if (
        program.language != "python"
        or problem.seconds
        or not all(test.stdin is None for test in problem.tests)
    ):
        return None
    calls = [
        [test_input.call, test_input.args]
        for test_input in (program_input(test, program) for test in problem.tests)
    ]
    # Little time: a program that takes long is run test by test all the same, and what was spent here is lost.
    short_limits = replace(limits, cpu_seconds=min(TOGETHER, limits.cpu_seconds or TOGETHER))
    (outcome,) = run(
        sandbox_program(program, problem), [ProgramInput(call=EVALUATE_ALL, args=[calls])], short_limits
    )
    values = outcome.value if outcome.status == "ok" else None
    if not isinstance(values, list) or len(values) != len(problem.tests):
        return None
    passes = (
        test.expectation.mismatch(replace(outcome, value=value)) is None
        for test, value in zip(problem.tests, values, strict=True)
    )
    try:
        return outcome if all(passes) else None
    except TooLarge:
        return None


def run_until_failure(
    program: ExtractedProgram, problem: CodeProblem, tests: Sequence[ProgramTest], limits: Limits
) -> list[Outcome]:
    """The outcomes of a program's tests, each in its own process, up to the first with a status other than `ok`."""
    from r1data.sandbox.running import run

    return run(
        sandbox_program(program, problem),
        [single_input(test, program, problem) for test in tests],
        limits,
        until_failure=True,
    )


def takes_too_much(
    program: ExtractedProgram, problem: CodeProblem, test: ProgramTest, limits: Limits
) -> bool:
    """Whether a program that took more than `MEMORY` takes more than `MOST_MEMORY` as well, or fails within that.

    It is run once more, one at a time on this machine, and only where that has twice as much to spare. That it ends
    well there is not said: a pass is one within `MEMORY`.
    """
    from r1data.sandbox.running import run

    if os.environ.get("R1_SANDBOX"):  # its limits are the remote machine's
        return False
    with _MORE_MEMORY, _alone() as is_alone:
        if not is_alone or spare_memory() < 2 * MOST_MEMORY:
            return False
        more = replace(limits, memory=MOST_MEMORY, room=0)
        (outcome,) = run(sandbox_program(program, problem), [single_input(test, program, problem)], more)
    return outcome.status == "memory"


@contextlib.contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other process of this user's gives a program more memory, as long as the block lasts."""
    path = Path(tempfile.gettempdir(), f"r1-more-memory-{os.getuid()}.lock")
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def sandbox_program(program: ExtractedProgram, problem: CodeProblem) -> Program:
    """The program as the sandbox runs it, with the problem's setup code and the functions that tests call.

    Whether installed packages are visible to it is for the truth to say; else they are if the program imports any.
    """
    source = problem.complete_source(program.source, program.language, program.prompt)
    libraries = problem.libraries
    if libraries is None:
        libraries = program.language == "python" and bool(needed_modules(program, problem))
    return Program(source, program.language, libraries=libraries)


def program_input(test: ProgramTest, program: ExtractedProgram) -> ProgramInput:
    """A test as the sandbox gets it, without anything of the expected value."""
    if test.stdin is not None:
        return ProgramInput(stdin=test.stdin)
    if test.expression is not None:
        steps = [[list(step) for step in test.steps]] if test.steps else []
        return ProgramInput(call=EVALUATE, args=[test.statements, test.expression, *steps])
    in_class = re.search(r"^class Solution\b", program.source, re.M) and "." not in (test.function or "")
    return ProgramInput(call=f"Solution.{test.function}" if in_class else test.function, args=test.args)


def single_input(test: ProgramTest, program: ExtractedProgram, problem: CodeProblem) -> ProgramInput:
    """As `program_input`, for a start of its own: there a call goes through what converts its values, if any does."""
    start = program_input(test, program)
    if (
        test.function is not None
        and program.language == "python"
        and problem.converts(program.source, program.prompt)
    ):
        return ProgramInput(call=CALL, args=[start.call, start.args])
    return start


def needed_modules(program: ExtractedProgram, problem: CodeProblem, *, exactly: bool = False) -> set[str]:
    """Modules outside the standard library that a program, or what its tests do inside, imports.

    `exactly`: by what Python reads, and not by lines that look like imports, in a text or comment say.
    """
    statements = "\n".join({test.statements for test in problem.tests})
    source = problem.complete_source(program.source, program.language, program.prompt) + "\n" + statements
    if exactly and program.language == "python":
        with contextlib.suppress(SyntaxError, ValueError, MemoryError, RecursionError):
            return _imported(ast.parse(source))
    return imported_modules(source)


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name.partition(".")[0] for alias in aliases}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module.partition(".")[0])
    return names - sys.stdlib_module_names


def imported_modules(source: str) -> set[str]:
    """Modules outside the standard library that a program's import lines name."""
    return set(_IMPORTS.findall(source)) - sys.stdlib_module_names
