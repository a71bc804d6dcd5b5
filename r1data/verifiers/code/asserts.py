"""Asserts taken apart: what is evaluated beside the program, and what its value is compared with outside.

`assert f(2) == 4` becomes the expression `f(2)` and the condition `== 4`; the 4 never goes in. One expression of the
program's is looked for in a comparison (also chained, with `in`, `is`, `!=`, `<`), behind `not`, in
`abs(a - b) < eps` and `math.isclose(a, b)`, or alone; `and` makes two tests. Comparing is left to plain values.

An assert that does not come apart so (two calls compared with each other, `all(… for …)`, another function that
compares) raises Unjudgeable: it is never run as it stands, because the program would see what it should return.
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
"""Builtins that may stand around a call of the program's; their other arguments are constants or types."""
TYPES = frozenset(("int", "str", "float", "list", "dict", "set", "tuple", "bool", "bytes", "complex"))
COMPARERS = frozenset(
    ("all", "any", "eval", "exec", "compile", "hash", "map", "filter", "zip", "isclose", "allclose")
)
"""Callees that could hide a comparison."""
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


class Unjudgeable(Exception):
    """The test cannot be split so that what is wanted stays outside; the message says why."""


@dataclass(frozen=True, slots=True)
class Known:
    """Names of the test: constants with their values, what is made inside, and functions of the test's own."""

    constants: Mapping[str, Any]
    made: Set[str]
    helpers: Set[str]


@dataclass(frozen=True, slots=True)
class Part:
    """An expression to evaluate inside, what must hold of its value, and how to say that."""

    expression: str
    condition: Condition
    says: str


def parts(test: ast.expr, known: Known) -> Iterator[Part]:
    """The parts of an assert's condition; none where it is a constant that is true. Raises Unjudgeable."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for side in test.values:
            yield from parts(side, known)
        return
    if any(
        isinstance(node, ast.Call) for node in ast.walk(test)
    ):  # of a builtin, or of a namesake of the program's
        yield _part(test, known)
        return
    try:
        if fold(test, known.constants):
            return
        raise Unjudgeable("it never holds")
    except NotConstant:
        yield _part(test, known)


def _part(test: ast.expr, known: Known) -> Part:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _part(operand, known)
            return Part(inner.expression, lambda value: not inner.condition(value), f"not {inner.says}")
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _comparison([left, *others], ops, known)
        case ast.Call(func=func, args=[left, right], keywords=options) if ast.unparse(func) in (
            "math.isclose",
            "isclose",
        ):
            return _isclose(left, right, options, known)
    _refuse_hidden_comparison(test)
    return Part(f"bool({inside(test, known)})", bool, "something true")


def _comparison(sides: list[ast.expr], ops: list[ast.cmpop], known: Known) -> Part:
    if len(sides) == 2 and isinstance(ops[0], ast.Eq) and ast.dump(sides[0]) == ast.dump(sides[1]):
        return Part(inside(sides[0], known), lambda value: value == value, "any value")  # holds where it runs
    values, place = _constants(sides, known)
    if len(ops) == 1 and isinstance(ops[0], (ast.Is, ast.IsNot)) and values[1 - place] is None:
        wanted = isinstance(ops[0], ast.Is)
        text = inside(sides[place], known)
        return Part(f"({text}) is None", lambda value: value is wanted, "None" if wanted else "not None")
    found, change = _operand(sides[place], known)

    def holds(value: Any) -> bool:
        row = [*values[:place], change(value), *values[place + 1 :]]
        return all(_OPERATORS[type(op)](row[n], row[n + 1]) for n, op in enumerate(ops))

    return Part(found, holds, _said(sides, ops, values, place))


def _constants(sides: list[ast.expr], known: Known) -> tuple[list[Any], int]:
    """The values of all sides but one, which is the program's, and its place."""
    values: list[Any] = []
    places = []
    for number, side in enumerate(sides):
        try:
            values.append(fold(side, known.constants))
        except NotConstant:
            values.append(None)
            places.append(number)
    if not places:
        places = [number for number, side in enumerate(sides) if isinstance(side, ast.Call)][:1]
    if len(places) != 1:
        raise Unjudgeable(TWO)
    return values, places[0]


def _said(sides: list[ast.expr], ops: list[ast.cmpop], values: list[Any], place: int) -> str:
    """`== 4`, or all of a comparison in which the program's expression does not come first."""
    texts = ["it" if n == place else ast.unparse(as_node(value)) for n, value in enumerate(values)]
    if ast.unparse(sides[place]).startswith(tuple(f"{name}(" for name in DISTANCES)):
        texts[place] = "the difference"
    signs = [ast.unparse(ast.Compare(ast.Name("a"), [op], [ast.Name("b")]))[2:-2] for op in ops]
    if place == 0 and len(ops) == 1 and texts[0] == "it":
        return texts[1] if isinstance(ops[0], (ast.Eq, ast.Is)) else f"{signs[0]} {texts[1]}"
    return " ".join([texts[0], *(word for pair in zip(signs, texts[1:], strict=True) for word in pair)])


def _operand(side: ast.expr, known: Known) -> tuple[str, Condition]:
    """The expression to evaluate inside, and what is done to its value before it is compared."""
    match side:
        case ast.Call(func=func, args=[ast.BinOp(left=left, op=ast.Sub(), right=right)]) if (
            ast.unparse(func) in DISTANCES
        ):
            values, place = _constants([left, right], known)
            wanted = values[1 - place]
            return inside((left, right)[place], known), lambda value: abs(value - wanted)
    return inside(side, known), lambda value: value


def _isclose(left: ast.expr, right: ast.expr, options: list[ast.keyword], known: Known) -> Part:
    try:
        settings = {option.arg or "": fold(option.value, known.constants) for option in options}
    except NotConstant:
        raise Unjudgeable("its tolerance is no constant") from None
    if not settings.keys() <= {"rel_tol", "abs_tol"}:
        raise Unjudgeable("isclose has options that nobody knows")
    values, place = _constants([left, right], known)
    wanted = values[1 - place]
    return Part(
        inside((left, right)[place], known),
        lambda value: math.isclose(value, wanted, **settings),
        f"close to {ast.unparse(as_node(wanted))}",
    )


def _refuse_hidden_comparison(test: ast.expr) -> None:
    """`same(f(2), 4)`: nobody can say which argument is the wanted value."""
    if isinstance(test, ast.Call) and not (isinstance(test.func, ast.Name) and test.func.id in WRAPPERS):
        arguments = [*test.args, *(option.value for option in test.keywords)]
        calls = any(isinstance(node, ast.Call) for argument in arguments for node in ast.walk(argument))
        if len(arguments) > 1 and calls:
            raise Unjudgeable(f"{ast.unparse(test.func)} may compare what the program makes")


def inside(node: ast.expr, known: Known) -> str:
    """The text of an expression that may be evaluated beside the program. Raises Unjudgeable."""
    if not is_program(node, known):
        raise Unjudgeable(f"{ast.unparse(node)[:60]} is no plain call of the program")
    return ast.unparse(filled(node, known))


def is_program(node: ast.expr, known: Known) -> bool:
    """Whether an expression is one of the program's calls, perhaps looked into: `f(2)`, `f(2)[0]`, `len(f(2))`."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[first, *rest]) if name in WRAPPERS:
            first_fits = is_program(first, known) or _is_plain(first, known)
            return first_fits and all(_is_plain(other, known) for other in rest)
        case ast.Call(func=ast.Name(id=name)):
            return name not in COMPARERS and name not in known.helpers
        case ast.Call(func=ast.Attribute(value=owner, attr=name)):
            return not name.startswith("__") and _is_owner(owner, known)
        case ast.Subscript(value=value, slice=index):
            return is_program(value, known) and _is_plain(index, known)
        case ast.Attribute(value=value, attr=name):
            return not name.startswith("__") and is_program(value, known)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return bool(elements) and all(is_program(element, known) for element in elements)
        case ast.ListComp(elt=element, generators=[ast.comprehension(iter=items, ifs=[])]):
            return is_program(element, known) and _is_plain(items, known)
        case ast.Name(id=name):
            return name in known.made
    return False


def _is_owner(node: ast.expr, known: Known) -> bool:
    if isinstance(node, ast.Name):
        return node.id not in _IMPORTED and node.id not in known.constants
    return is_program(node, known)


def _is_plain(node: ast.expr, known: Known) -> bool:
    if isinstance(node, ast.Name) and node.id in TYPES:
        return True
    if isinstance(node, ast.Slice):
        return all(side is None or _is_plain(side, known) for side in (node.lower, node.upper, node.step))
    try:
        fold(node, known.constants)
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


def filled(node: Any, known: Known) -> Any:
    """A statement or expression with its constants written in; names of helpers may not be in it."""
    for name in (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)):
        if name in known.helpers:
            raise Unjudgeable(f"it uses {name}, a function of the test's own")
    copied = ast.parse(ast.unparse(node)).body[0]
    return _Filler(known.constants).visit(copied)
