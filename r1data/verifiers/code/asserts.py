"""Splits asserts into an expression, evaluated in the sandbox beside the program, and a condition, checked outside.

`assert f(2) == 4` becomes the expression `f(2)` and the condition `== 4`; the 4 never enters the sandbox. The
expression may be in a comparison (also chained, with `in`, `is`, `!=`, `<`), after `not`, in `abs(a - b) < eps` and
`math.isclose(a, b)`, or alone; `and` makes two tests. Conditions see plain values only.

An assert that cannot be split (two calls compared with each other, `all(… for …)`, another function that compares)
raises `UnsupportedTest`: it is never run whole, because the program would see what it should return.
"""

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from r1data.verifiers.code.constants import NotConstant, as_node, fold

WRAPPERS = frozenset(
    ("len", "sorted", "list", "set", "tuple", "frozenset", "dict", "str", "int", "float", "bool", "round", "sum",
     "min", "max", "repr", "type", "isinstance", "next", "iter", "Counter", "abs")
)  # fmt: skip
"""Builtins that may wrap a call of the program; their other arguments are constants or types."""
TYPES = frozenset(("int", "str", "float", "list", "dict", "set", "tuple", "bool", "bytes", "complex"))
COMPARERS = frozenset(
    ("all", "any", "eval", "exec", "compile", "hash", "map", "filter", "zip", "isclose", "allclose")
)
"""Functions that could hide a comparison."""
_IMPORTED = frozenset(("math", "np", "numpy", "torch", "pd", "operator", "unittest", "pytest"))

DISTANCES = ("abs", "math.fabs", "fabs")
TWO = "it compares what the program makes with what the program makes"

Condition = Callable[[Any], Any]
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
    ast.Is: lambda left, right: left is right,
    ast.IsNot: lambda left, right: left is not right,
}


class UnsupportedTest(Exception):
    """The test cannot be split so that the expected value stays outside the sandbox; the message says why."""


@dataclass(frozen=True, slots=True)
class TestNames:
    """The names that a test's source defines.

    Attributes:
        constants: names of constants, with their values.
        program_values: variables that hold a result of the program; they exist in the sandbox only.
        helpers: functions and classes that the test defines.
    """

    constants: Mapping[str, Any]
    program_values: Set[str]
    helpers: Set[str]


@dataclass(frozen=True, slots=True)
class AssertPart:
    """An expression to evaluate in the sandbox, the condition on its value, and the condition's text for people."""

    expression: str
    condition: Condition
    description: str


def parts(test: ast.expr, names: TestNames) -> Iterator[AssertPart]:
    """The parts of an assert's condition; none if it is a constant that is true.

    Raises:
        UnsupportedTest: it cannot be split, or is a constant that is false.
    """
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for side in test.values:
            yield from parts(side, names)
        return
    if any(isinstance(node, ast.Call) for node in ast.walk(test)):
        # Not folded even if it calls a builtin on constants: the program may define a function of that name.
        yield _assert_part(test, names)
        return
    try:
        if fold(test, names.constants):
            return
        raise UnsupportedTest("it never holds")
    except NotConstant:
        yield _assert_part(test, names)


def _assert_part(test: ast.expr, names: TestNames) -> AssertPart:
    """A condition without `and`, as one part."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _assert_part(operand, names)
            return AssertPart(
                inner.expression, lambda value: not inner.condition(value), f"not {inner.description}"
            )
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _comparison([left, *others], ops, names)
        case ast.Call(func=func, args=[left, right], keywords=options) if ast.unparse(func) in (
            "math.isclose",
            "isclose",
        ):
            return _isclose(left, right, options, names)
    if isinstance(test, ast.Call) and not (isinstance(test.func, ast.Name) and test.func.id in WRAPPERS):
        # `same(f(2), 4)` may compare: which argument is the expected value is unknown, so none may go in.
        arguments = [*test.args, *(option.value for option in test.keywords)]
        calls = any(isinstance(node, ast.Call) for argument in arguments for node in ast.walk(argument))
        if len(arguments) > 1 and calls:
            raise UnsupportedTest(f"{ast.unparse(test.func)} may compare what the program makes")
    return AssertPart(f"bool({inside(test, names)})", bool, "something true")


def _comparison(sides: list[ast.expr], ops: list[ast.cmpop], names: TestNames) -> AssertPart:
    if len(sides) == 2 and isinstance(ops[0], ast.Eq) and ast.dump(sides[0]) == ast.dump(sides[1]):
        return AssertPart(
            inside(sides[0], names), lambda value: value == value, "any value"
        )  # holds where it runs
    values, place = _constants(sides, names)
    if len(ops) == 1 and isinstance(ops[0], (ast.Is, ast.IsNot)) and values[1 - place] is None:
        is_expected = isinstance(ops[0], ast.Is)
        text = inside(sides[place], names)
        return AssertPart(
            f"({text}) is None", lambda value: value is is_expected, "None" if is_expected else "not None"
        )
    expression, transform = _operand(sides[place], names)

    def condition(value: Any) -> bool:
        operands = [*values[:place], transform(value), *values[place + 1 :]]
        return all(_OPERATORS[type(op)](operands[n], operands[n + 1]) for n, op in enumerate(ops))

    return AssertPart(expression, condition, _describe(sides, ops, values, place))


def _constants(sides: list[ast.expr], names: TestNames) -> tuple[list[Any], int]:
    """The values of the constant sides of a comparison, and the index of the one side that is the program's."""
    values: list[Any] = []
    places = []
    for number, side in enumerate(sides):
        try:
            values.append(fold(side, names.constants))
        except NotConstant:
            values.append(None)
            places.append(number)
    if not places:
        places = [number for number, side in enumerate(sides) if isinstance(side, ast.Call)][:1]
    if len(places) != 1:
        raise UnsupportedTest(TWO)
    return values, places[0]


def _describe(sides: list[ast.expr], ops: list[ast.cmpop], values: list[Any], place: int) -> str:
    """A condition as text: `4`, `< 4`, or all of a comparison if the program's expression does not come first."""
    texts = ["it" if n == place else ast.unparse(as_node(value)) for n, value in enumerate(values)]
    if ast.unparse(sides[place]).startswith(tuple(f"{name}(" for name in DISTANCES)):
        texts[place] = "the difference"
    # `a < b` without its two names: the sign as Python writes it.
    signs = [ast.unparse(ast.Compare(ast.Name("a"), [op], [ast.Name("b")]))[2:-2] for op in ops]
    if place == 0 and len(ops) == 1 and texts[0] == "it":
        return texts[1] if isinstance(ops[0], (ast.Eq, ast.Is)) else f"{signs[0]} {texts[1]}"
    return " ".join([texts[0], *(word for pair in zip(signs, texts[1:], strict=True) for word in pair)])


def _operand(side: ast.expr, names: TestNames) -> tuple[str, Condition]:
    """The expression to evaluate in the sandbox, and a function to apply to its value before it is compared."""
    match side:
        case ast.Call(func=func, args=[ast.BinOp(left=left, op=ast.Sub(), right=right)]) if (
            ast.unparse(func) in DISTANCES
        ):
            values, place = _constants([left, right], names)
            reference = values[1 - place]
            return inside((left, right)[place], names), lambda value: abs(value - reference)
    return inside(side, names), lambda value: value


def _isclose(left: ast.expr, right: ast.expr, options: list[ast.keyword], names: TestNames) -> AssertPart:
    try:
        settings = {option.arg or "": fold(option.value, names.constants) for option in options}
    except NotConstant:
        raise UnsupportedTest("its tolerance is no constant") from None
    if not settings.keys() <= {"rel_tol", "abs_tol"}:
        raise UnsupportedTest("isclose has options that nobody knows")
    values, place = _constants([left, right], names)
    reference = values[1 - place]
    return AssertPart(
        inside((left, right)[place], names),
        lambda value: math.isclose(value, reference, **settings),
        f"close to {ast.unparse(as_node(reference))}",
    )


def inside(node: ast.expr, names: TestNames) -> str:
    """The source of an expression that may be evaluated in the sandbox. Raises `UnsupportedTest` for any other."""
    if not is_program(node, names):
        raise UnsupportedTest(f"{ast.unparse(node)[:60]} is no plain call of the program")
    return ast.unparse(fill_constants(node, names))


def is_program(node: ast.expr, names: TestNames) -> bool:
    """Whether an expression is a call of the program or a part of its result: `f(2)`, `f(2)[0]`, `len(f(2))`."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[first, *rest]) if name in WRAPPERS:
            first_fits = is_program(first, names) or _is_constant_like(first, names)
            return first_fits and all(_is_constant_like(other, names) for other in rest)
        case ast.Call(func=ast.Name(id=name)):
            return name not in COMPARERS and name not in names.helpers
        case ast.Call(func=ast.Attribute(value=owner, attr=name)):
            # `f(2).__eq__(4)` would take the expected value inside
            if name.startswith("__"):
                return False
            # `math.sqrt(2)` is none of the program's, nor a constant's method
            if isinstance(owner, ast.Name):
                return owner.id not in _IMPORTED and owner.id not in names.constants
            return is_program(owner, names)
        case ast.Subscript(value=value, slice=index):
            return is_program(value, names) and _is_constant_like(index, names)
        case ast.Attribute(value=value, attr=name):
            return not name.startswith("__") and is_program(value, names)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return bool(elements) and all(is_program(element, names) for element in elements)
        case ast.ListComp(elt=element, generators=[ast.comprehension(iter=items, ifs=[])]):
            return is_program(element, names) and _is_constant_like(items, names)
        case ast.Name(id=name):
            return name in names.program_values
    return False


def _is_constant_like(node: ast.expr, names: TestNames) -> bool:
    """Whether an expression may stand beside a call of the program: a constant, a type or a slice of constants."""
    if isinstance(node, ast.Name) and node.id in TYPES:
        return True
    if isinstance(node, ast.Slice):
        return all(
            side is None or _is_constant_like(side, names) for side in (node.lower, node.upper, node.step)
        )
    try:
        fold(node, names.constants)
    except NotConstant:
        return False
    return True


class _Filler(ast.NodeTransformer):
    def __init__(self, constants: Mapping[str, Any]) -> None:
        self.constants = constants

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self.constants:
            return as_node(self.constants[node.id])
        return node


def fill_constants(node: Any, names: TestNames) -> Any:
    """A copy of a statement or expression with constants in place of their names.

    Raises:
        UnsupportedTest: it uses a function that the test defines.
    """
    for name in (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)):
        if name in names.helpers:
            raise UnsupportedTest(f"it uses {name}, a function of the test's own")
    # Copied by way of its source: a transformer changes nodes in place, and a loop's body is read once per value.
    copied = ast.parse(ast.unparse(node)).body[0]
    return _Filler(names.constants).visit(copied)
