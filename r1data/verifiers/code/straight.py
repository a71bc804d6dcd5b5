"""Tests written as Python, statement by statement: which of them go in, and which are compared outside.

Read as far as it is straight: constants are kept outside and written in where they are arguments, other assignments
and calls go in before the expressions that follow them, `for` over constants is unrolled, asserts are taken apart.
HumanEval's `def check(candidate)` and EvalPlus's `assertion(f(*inp), exp, atol)` are understood. Anything else (other
loops, `with`, `try`, functions of the test's own that compare) raises Unjudgeable.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from r1data.verifiers.code.asserts import Known, Part, Unjudgeable, filled, inside, is_program, parts
from r1data.verifiers.code.compare import Holds
from r1data.verifiers.code.constants import NotConstant, fold
from r1data.verifiers.code.problem import Test
from r1data.verifiers.code.values import same_json

MOST = 5_000
"""Tests that loops may unroll to."""
STEPS = 50_000
"""Statements read in all, those of loops each time."""
BEFORE = 200
"""Statements that go in before an expression."""
CLOSE = 1e-6
"""EvalPlus's tolerance where floats are wanted."""


def tests(sources: Sequence[str], entry_point: str | None = None) -> list[Test]:
    """The tests of some pieces of Python, read one after the other.

    Args:
        entry_point: the function that `check(candidate)` in the source is meant for.

    Raises:
        Unjudgeable: one cannot be split so that what it wants stays outside; the message says which.
    """
    reader = _Reader({"candidate": entry_point} if entry_point else {})
    for source in sources:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise Unjudgeable(f"not Python: {error}: {source[:60]!r}") from error
        reader.read(tree.body)
    return reader.found


class _Reader:
    def __init__(self, renamed: Mapping[str, str]) -> None:
        self.renamed = renamed
        self.constants: dict[str, Any] = {}
        self.made: set[str] = set()
        self.helpers: set[str] = set()
        self.before: list[str] = []
        self.found: list[Test] = []
        self.steps = 0

    @property
    def known(self) -> Known:
        return Known(self.constants, self.made, self.helpers)

    def read(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            try:
                self._statement(statement)
            except Unjudgeable as error:
                if hasattr(error, "__notes__"):
                    raise
                text = " ".join(ast.unparse(statement).split())
                told = Unjudgeable(f"{text if len(text) <= 80 else text[:80] + '…'}: {error}")
                told.add_note("located")
                raise told from error

    def _statement(self, statement: ast.stmt) -> None:
        self.steps += 1
        if self.steps > STEPS or len(self.before) > BEFORE:
            raise Unjudgeable("too many statements")
        match statement:
            case ast.Assert(test=test):
                self._tests(parts(self._named(test), self.known))
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._assign(name, self._named(value), statement)
            case ast.Import() | ast.ImportFrom():
                self.before.append(ast.unparse(statement))
            case ast.FunctionDef(name="check"):
                self.read(statement.body)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                self.helpers.add(name)
            case ast.For(target=target, iter=items, body=body, orelse=[]):
                self._unroll(target, items, body)
            case ast.Expr(value=ast.Call(func=ast.Name(id="assertion"), args=[got, wanted, tolerance])):
                self._tests([self._evalplus(self._named(got), wanted, tolerance)])
            case ast.Pass() | ast.Expr(value=ast.Constant() | ast.Name()):
                pass
            case ast.Expr(value=ast.Call(func=ast.Name(id="check" | "print"))):
                pass
            case ast.Expr(value=value) if is_program(self._named(value), self.known):
                self.before.append(inside(self._named(value), self.known))
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                pass
            case _:
                raise Unjudgeable("no assert, assignment or call")

    def _tests(self, found: Iterator[Part] | list[Part]) -> None:
        for part in found:
            if len(self.found) == MOST:
                raise Unjudgeable(f"more than {MOST} tests")
            wanted = Holds(part.condition, part.says)
            self.found.append(Test(wanted, expression=part.expression, statements="\n".join(self.before)))

    def _assign(self, name: str, value: ast.expr, statement: ast.Assign) -> None:
        try:
            self.constants[name] = fold(value, self.constants)
            self.made.discard(name)
            return
        except NotConstant:
            pass
        if not is_program(value, self.known):
            raise Unjudgeable("neither a constant nor a call of the program")
        text = ast.unparse(filled(value, self.known))
        self.constants.pop(name, None)
        self.made.add(name)
        self.before.append(f"{name} = {text}")

    def _unroll(self, target: ast.expr, items: ast.expr, body: list[ast.stmt]) -> None:
        try:
            values = list(fold(items, self.constants))
        except (NotConstant, TypeError):
            raise Unjudgeable("a loop over what is no constant") from None
        for value in values:
            self._bind(target, value)
            self.read(body)

    def _bind(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name(id=name):
                self.constants[name] = value
                self.made.discard(name)
            case ast.Tuple(elts=elements) | ast.List(elts=elements) if isinstance(
                value, (list, tuple)
            ) and len(elements) == len(value):
                for element, item in zip(elements, value, strict=True):
                    self._bind(element, item)
            case _:
                raise Unjudgeable("a loop with a target that cannot be filled")

    def _evalplus(self, got: ast.expr, wanted: ast.expr, tolerance: ast.expr) -> Part:
        try:
            value, atol = fold(wanted, self.constants), fold(tolerance, self.constants)
        except NotConstant:
            raise Unjudgeable("what it wants is no constant") from None
        within = max(float(atol), CLOSE if _is_floats(value) else 0.0) or None

        def holds(made: Any) -> bool:
            return bool(made == value) or (type(made) is type(value) and same_json(made, value, within))

        return Part(inside(got, self.known), holds, repr(value))

    def _named(self, node: ast.expr) -> ast.expr:
        """The expression with the entry point in place of the parameter of `check`."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in self.renamed:
                inner.id = self.renamed[inner.id]
        return node


def _is_floats(value: Any) -> bool:
    """A float, or some of them in a row."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return bool(items) and all(isinstance(item, float) for item in items)
