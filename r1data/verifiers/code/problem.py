"""The problem that a code prompt's truth describes: tests, and the limits for a program."""

import builtins
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from r1data.sandbox.job import Language
from r1data.verifiers.code.compare import Expectation
from r1data.verifiers.code.entry import ASKED, asked_function
from r1data.verifiers.code.program import Task
from r1data.verifiers.code.supplied import CONVERTING_CALL, LEETCODE, shown_types, supplied

BUILTINS = frozenset(dir(builtins))
_CALLED = re.compile(r"(?<![\w.])([^\W\d]\w*)\(")
_NAME = re.compile(r"[^\W\d]\w*")
_FUTURE = re.compile(r"^from[ \t]+__future__[ \t]+import[ \t]+.*$", re.M)

EVALUATE = "_r1_evaluate"
"""Name of a function appended to the program: it runs statements, then returns the value of an expression."""
EVALUATE_ALL = "_r1_evaluate_all"
"""Name of another appended function: it makes several calls and returns a list of their values."""
LARGE_VALUE = 50_000
"""Items and characters of a value from which on the first steps are taken inside, so that less has to come out."""
# A copy of the globals: names that one test's statements assign are not there for the next. The steps of an expression
# are taken here where its value is not plain (`fetches`); nothing of what is expected is in them.
_EVALUATE = f"""
def {EVALUATE}(statements, expression, steps=None):
    scope = dict(globals())
    exec(statements, scope)
    value = eval(expression, scope)
    if steps is None:
        return value
    taken = 0
    for source, own in steps:
        if _r1_is_plain([value], [{LARGE_VALUE}]) or not (own or type(value).__module__ != __name__):
            break
        scope["_"] = value
        value = eval(source, scope)
        taken += 1
    return [taken, value]


def _r1_is_plain(values, room):
    for value in values:
        kind = type(value)
        room[0] -= 1 + (len(value) if kind is str or kind is bytes else 0)
        if room[0] < 0:
            return False
        if kind is dict:
            if not _r1_is_plain(value.keys(), room) or not _r1_is_plain(value.values(), room):
                return False
        elif kind is list or kind is tuple or kind is set or kind is frozenset:
            if not _r1_is_plain(value, room):
                return False
        elif value is not None and kind not in (bool, int, float, str, bytes):
            return False
    return True


def _r1_copy(value):
    try:
        return __import__("copy").deepcopy(value)
    except Exception:
        return value
"""
_EVALUATE_ALL = f"""
def {EVALUATE_ALL}(calls):
    def value(name, args):
        if "_r1_leetcode" in globals():
            return _r1_leetcode(name, args)
        owner, _, method = name.partition(".")
        target = globals()[owner]
        return (getattr(target(), method) if method else target)(*args)
    return [value(name, args) for name, args in calls]
"""


@dataclass(frozen=True, slots=True)
class ProgramTest:
    """One run of the program, and what its outcome should be.

    Exactly one of three is set: `stdin`; `function` with `args`; or `expression`, evaluated after `statements` in the
    program's namespace. `steps` are then taken where its value is not plain (`asserts.AssertPart`), and `needs_plain`
    says that an object as value leaves the test undecided.
    """

    expectation: Expectation
    stdin: str | None = None
    function: str | None = None
    args: Sequence[Any] = ()
    expression: str | None = None
    statements: str = ""
    steps: Sequence[tuple[str, bool]] = ()
    needs_plain: bool = False


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
        contest: whether the set's runner supplies the names of a contest's (`supplied`).
        typing_names: whether it supplies those of `typing`.
        imports: imports of the test's, which a program in one module with it has, by the names that they bind.
    """

    tests: Sequence[ProgramTest]
    language: Language | None = None
    seconds: float | None = None
    memory: int | None = None
    libraries: bool | None = None
    setup: str = ""
    contest: bool = False
    typing_names: bool = False
    imports: Mapping[str, str] = field(default_factory=dict)

    @property
    def requires_python(self) -> bool:
        """Whether only Python will do: there are expressions to evaluate, or setup code."""
        return bool(self.setup or any(test.expression is not None for test in self.tests))

    @property
    def calls_functions(self) -> bool:
        """Whether any test calls a function or evaluates an expression."""
        return any(test.stdin is None for test in self.tests)

    def complete_source(self, source: str, language: Language, prompt: str | None = None) -> str:
        """The program with what is supplied before it and, in Python, the functions that tests call after it."""
        if language != "python":
            return source
        before = supplied(
            source,
            nodes=self.converts(source, prompt),
            contest=self.contest,
            typing_names=self.typing_names,
            imports=self.imports,
            prompt=prompt,
            asked=self.asked,
        )
        helpers = [
            _EVALUATE if any(test.expression is not None for test in self.tests) else "",
            _EVALUATE_ALL if self.calls_functions else "",
            asked_function(source, prompt) if self.names_none else "",
            CONVERTING_CALL if self.converts(source, prompt) else "",
            self._shown_types(prompt) if self.converts(source, prompt) else "",
        ]
        future, source = _future(source) if before or self.setup else ("", source)
        return "\n".join(part for part in (future, self.setup, before, source, *helpers) if part)

    @property
    def names_none(self) -> bool:
        """Whether the tests ask for a function that they do not name."""
        return any(f"{ASKED}()" in test.statements for test in self.tests)

    def asked(self) -> frozenset[str]:
        """Names in what the tests ask of the program."""
        texts = {test.expression or test.function or "" for test in self.tests}
        texts |= {test.statements for test in self.tests}
        return frozenset(_NAME.findall("\n".join(texts)))

    def task(self) -> Task:
        """What the tests ask of a program."""
        calls = {test.function.rpartition(".")[2] for test in self.tests if test.function}
        sources = {
            text for test in self.tests if test.expression for text in (test.statements, test.expression)
        }
        calls |= {name for text in sources for name in _CALLED.findall(text)}
        if not self.calls_functions:
            return Task()
        if self.names_none:
            return Task(any_function=True, languages=frozenset(("python",)))
        python: frozenset[Language] = frozenset(("python",))
        return Task(
            frozenset(calls) - BUILTINS - {"_r1_copy"},
            languages=python if self.requires_python else python | {"javascript"},
        )

    def converts(self, source: str, prompt: str | None = None) -> bool:
        """Whether calls go through LeetCode's conversion of lists to nodes and back."""
        return (
            self.contest
            and self.calls_functions
            and any(name in source or name in (prompt or "") for name in LEETCODE)
        )

    def _shown_types(self, prompt: str | None) -> str:
        name = next((test.function for test in self.tests if test.function), "")
        return shown_types(prompt, name.rpartition(".")[2])


def _future(source: str) -> tuple[str, str]:
    """Imports from the future, which must come first, and the source with blank lines in their place."""
    if "__future__" not in source:
        return "", source
    return "\n".join(_FUTURE.findall(source)), _FUTURE.sub("", source)
