"""What a code prompt's truth asks of a program: tests, and the limits of the problem."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from r1data.sandbox.job import Language
from r1data.verifiers.code.compare import Wanted

EVALUATE = "_r1_evaluate"
"""A function that is put below the program; it runs statements and then returns an expression's value."""
EVALUATE_ALL = "_r1_evaluate_all"
"""Another one, which makes several calls and returns what they return."""
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
        found = globals()[owner]
        return (getattr(found(), method) if method else found)(*args)
    return [value(name, args) for name, args in calls]
"""


@dataclass(frozen=True, slots=True)
class Test:
    """One run of the program, and what is wanted of it.

    Exactly one of the three is given: `stdin`; `function` with `args`; or `expression`, evaluated after
    `statements` where the program's names are known.
    """

    wanted: Wanted
    stdin: str | None = None
    function: str | None = None
    args: Sequence[Any] = ()
    expression: str | None = None
    statements: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A truth, read. What is None is not the problem's to say.

    Attributes:
        seconds: CPU seconds of one test.
        memory: bytes.
        libraries: whether packages beside the standard library may be imported; None: where the program does.
        before: Python that stands before the program.
    """

    tests: Sequence[Test]
    language: Language | None = None
    seconds: float | None = None
    memory: int | None = None
    libraries: bool | None = None
    before: str = ""

    @property
    def python_only(self) -> bool:
        """Whether no other language can do: there are expressions to evaluate, or code before the program."""
        return bool(self.before or any(test.expression is not None for test in self.tests))

    @property
    def calls(self) -> bool:
        """Whether functions are called."""
        return any(test.stdin is None for test in self.tests)

    def around(self, source: str, language: Language) -> str:
        """A program with what stands around it; Python gets the functions that tests call in it."""
        if language != "python":
            return source
        called = [
            _EVALUATE if any(test.expression is not None for test in self.tests) else "",
            _EVALUATE_ALL if self.calls else "",
        ]
        return "\n".join(part for part in (self.before, source, *called) if part)
