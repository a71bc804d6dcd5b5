"""The problem that a code prompt's truth describes: tests, and the limits for a program."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from r1data.sandbox.job import Language
from r1data.verifiers.code.compare import Expectation

EVALUATE = "_r1_evaluate"
"""Name of a function appended to the program: it runs statements, then returns the value of an expression."""
EVALUATE_ALL = "_r1_evaluate_all"
"""Name of another appended function: it makes several calls and returns a list of their values."""
# A copy of the globals: names that one test's statements assign are not there for the next.
_EVALUATE = f"""
def {EVALUATE}(statements, expression):
    scope = dict(globals())
    exec(statements, scope)
    return eval(expression, scope)
"""
_EVALUATE_ALL = f"""
def {EVALUATE_ALL}(calls):
    def value(name, args):
        owner, _, method = name.partition(".")
        target = globals()[owner]
        return (getattr(target(), method) if method else target)(*args)
    return [value(name, args) for name, args in calls]
"""


@dataclass(frozen=True, slots=True)
class ProgramTest:
    """One run of the program, and what its outcome should be.

    Exactly one of three is set: `stdin`; `function` with `args`; or `expression`, evaluated after `statements` in the
    program's namespace.
    """

    expectation: Expectation
    stdin: str | None = None
    function: str | None = None
    args: Sequence[Any] = ()
    expression: str | None = None
    statements: str = ""


@dataclass(frozen=True, slots=True)
class CodeProblem:
    """A parsed truth. None stands for what the truth leaves open.

    Attributes:
        tests: in the order in which they are run.
        language: that the program must be in.
        seconds: CPU seconds of one test.
        memory: bytes.
        libraries: whether packages beside the standard library may be imported; None: if the program does so.
        setup: Python source that is put before the program.
    """

    tests: Sequence[ProgramTest]
    language: Language | None = None
    seconds: float | None = None
    memory: int | None = None
    libraries: bool | None = None
    setup: str = ""

    @property
    def requires_python(self) -> bool:
        """Whether only Python will do: there are expressions to evaluate, or setup code."""
        return bool(self.setup or any(test.expression is not None for test in self.tests))

    @property
    def calls_functions(self) -> bool:
        """Whether any test calls a function or evaluates an expression."""
        return any(test.stdin is None for test in self.tests)

    def complete_source(self, source: str, language: Language) -> str:
        """The program with setup code before it and, in Python, the functions that tests call after it."""
        if language != "python":
            return source
        helpers = [
            _EVALUATE if any(test.expression is not None for test in self.tests) else "",
            _EVALUATE_ALL if self.calls_functions else "",
        ]
        return "\n".join(part for part in (self.setup, source, *helpers) if part)
