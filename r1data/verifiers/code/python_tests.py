"""Splits tests written in Python, statement by statement, into what runs in the sandbox and what is compared outside.

Straight-line code is covered: constants stay outside and are inserted where they are arguments, other assignments and
calls run in the sandbox before the expressions that follow them, `for` over constants is unrolled, asserts are split
(`asserts`). HumanEval's `def check(candidate)` and EvalPlus's `assertion(f(*inp), exp, atol)` are recognised. Anything
else (other loops, `with`, `try`, functions of the test that compare) raises `UnsupportedTest`.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from r1data.verifiers.code.asserts import (
    AssertPart,
    TestNames,
    UnsupportedTest,
    fill_constants,
    inside,
    is_program,
    parts,
)
from r1data.verifiers.code.bounded import TooLarge
from r1data.verifiers.code.compare import SatisfiesCondition
from r1data.verifiers.code.constants import NotConstant, fold
from r1data.verifiers.code.problem import ProgramTest
from r1data.verifiers.code.values import same_json

MOST = 5_000
"""Most tests in all, those of unrolled loops included."""
STEPS = 50_000
"""Most statements in all, those of unrolled loops counted each time."""
BEFORE = 200
"""Most statements to run in the sandbox before an expression."""
CLOSE = 1e-6
"""EvalPlus's tolerance for expected floats."""


def split_tests(sources: Sequence[str], entry_point: str | None = None) -> list[ProgramTest]:
    """The tests in several sources of Python, which share their names.

    Args:
        sources: one after the other.
        entry_point: the program's function that `check(candidate)` in a source tests.

    Raises:
        UnsupportedTest: one cannot be split so that the expected value stays outside; the message says which.
    """
    reader = _Reader({"candidate": entry_point} if entry_point else {})
    for source in sources:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise UnsupportedTest(f"not Python: {error}: {source[:60]!r}") from error
        reader.read(tree.body)
    return reader.collected_tests


class _Reader:
    def __init__(self, renamed_parameters: Mapping[str, str]) -> None:
        self.renamed_parameters = renamed_parameters
        self.constants: dict[str, Any] = {}
        self.program_values: set[str] = set()
        self.helpers: set[str] = set()
        self.setup_statements: list[str] = []
        self.collected_tests: list[ProgramTest] = []
        self.step_count = 0

    @property
    def names(self) -> TestNames:
        return TestNames(self.constants, self.program_values, self.helpers)

    def read(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            try:
                self._statement(statement)
            except (UnsupportedTest, TooLarge) as error:
                if hasattr(error, "__notes__"):  # the statement inside this one has named itself already
                    raise
                text = " ".join(ast.unparse(statement).split())
                located_error = UnsupportedTest(f"{text if len(text) <= 80 else text[:80] + '…'}: {error}")
                located_error.add_note("located")
                raise located_error from error

    def _statement(self, statement: ast.stmt) -> None:
        self.step_count += 1
        if self.step_count > STEPS or len(self.setup_statements) > BEFORE:
            raise UnsupportedTest("too many statements")
        match statement:
            case ast.Assert(test=test):
                self._tests(parts(self._named(test), self.names))
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._assign(name, self._named(value), statement)
            case ast.Import() | ast.ImportFrom():
                self.setup_statements.append(ast.unparse(statement))
            case ast.FunctionDef(name="check"):
                self.read(statement.body)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                self.helpers.add(name)
            case ast.For(target=target, iter=items, body=body, orelse=[]):
                self._unroll(target, items, body)
            case ast.Expr(
                value=ast.Call(func=ast.Name(id="assertion"), args=[call, expected_value, tolerance])
            ):
                self._tests([self._evalplus(self._named(call), expected_value, tolerance)])
            case ast.Pass() | ast.Expr(value=ast.Constant() | ast.Name()):
                pass
            case ast.Expr(value=ast.Call(func=ast.Name(id="check" | "print"))):
                pass
            case ast.Expr(value=value) if is_program(self._named(value), self.names):
                self.setup_statements.append(inside(self._named(value), self.names))
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                pass
            case _:
                raise UnsupportedTest("no assert, assignment or call")

    def _tests(self, assert_parts: Iterator[AssertPart] | list[AssertPart]) -> None:
        for part in assert_parts:
            if len(self.collected_tests) == MOST:
                raise UnsupportedTest(f"more than {MOST} tests")
            expectation = SatisfiesCondition(part.condition, part.description)
            self.collected_tests.append(
                ProgramTest(
                    expectation, expression=part.expression, statements="\n".join(self.setup_statements)
                )
            )

    def _assign(self, name: str, value: ast.expr, statement: ast.Assign) -> None:
        try:
            self.constants[name] = fold(value, self.constants)
            self.program_values.discard(name)
            return
        except NotConstant:
            pass
        if not is_program(value, self.names):
            raise UnsupportedTest("neither a constant nor a call of the program")
        text = ast.unparse(fill_constants(value, self.names))
        self.constants.pop(name, None)
        self.program_values.add(name)
        self.setup_statements.append(f"{name} = {text}")

    def _unroll(self, target: ast.expr, items: ast.expr, body: list[ast.stmt]) -> None:
        try:
            values = list(fold(items, self.constants))
        except (NotConstant, TypeError):
            raise UnsupportedTest("a loop over what is no constant") from None
        for value in values:
            self._bind(target, value)
            self.read(body)

    def _bind(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name(id=name):
                self.constants[name] = value
                self.program_values.discard(name)
            case ast.Tuple(elts=elements) | ast.List(elts=elements) if isinstance(
                value, (list, tuple)
            ) and len(elements) == len(value):
                for element, item in zip(elements, value, strict=True):
                    self._bind(element, item)
            case _:
                raise UnsupportedTest("a loop with a target that cannot be filled")

    def _evalplus(self, call: ast.expr, expected_node: ast.expr, tolerance_node: ast.expr) -> AssertPart:
        try:
            expected, atol = fold(expected_node, self.constants), fold(tolerance_node, self.constants)
        except NotConstant:
            raise UnsupportedTest("what it wants is no constant") from None
        items = expected if isinstance(expected, (list, tuple)) else [expected]
        are_floats = bool(items) and all(isinstance(item, float) for item in items)
        tolerance = max(float(atol), CLOSE if are_floats else 0.0) or None

        def holds(value: Any) -> bool:
            return bool(value == expected) or (
                type(value) is type(expected) and same_json(value, expected, tolerance)
            )

        return AssertPart(inside(call, self.names), holds, repr(expected))

    def _named(self, node: ast.expr) -> ast.expr:
        """The expression with the entry point in place of `check`'s parameter."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in self.renamed_parameters:
                inner.id = self.renamed_parameters[inner.id]
        return node
