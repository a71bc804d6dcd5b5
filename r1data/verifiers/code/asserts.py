"""Splits asserts into an expression, evaluated in the sandbox beside the program, and a condition, checked outside.

`assert f(2) == 4` becomes the expression `f(2)` and the condition `== 4`; the 4 never enters the sandbox. The
expression is a call of the program with constants (`fetches`); comparisons, `not`, `and`, arithmetic with constants,
wrappers such as `len` and methods such as `startswith` are applied outside to the plain value that came out. `and`
makes two tests.

An assert that cannot be split (two calls compared with each other, `all(… for …)`, another function that may compare,
constants beside a call of the program) raises `UnsupportedTest`: it is never run whole, because the program would see
what it should return.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from r1data.verifiers.code.constants import NotConstant, fold
from r1data.verifiers.code.fetches import constant, fetch, text_of
from r1data.verifiers.code.names import Fetch, TestNames, UnsupportedTest, is_dynamic

TWO = "it compares what the program makes with what the program makes"
DISTANCES = ("abs(", "math.fabs(", "fabs(")

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
_SIGNS: dict[type, str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
    ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AssertPart:
    """A test: an expression to evaluate in the sandbox, and the condition on its value.

    Attributes:
        expression: of Python.
        steps: what the sandbox does with its value `_` where that is not plain (`names.Fetch.inside_steps`).
        condition: on what came out; it does the other steps first.
        description: the condition as a text for people.
        needs_plain: whether a value that is an object leaves the test undecided, because the test asks the object.
    """

    expression: str
    steps: Sequence[tuple[str, bool]]
    condition: Condition
    description: str
    needs_plain: bool = False


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
        yield _part(test, names)
        return
    try:
        if fold(test, names.constants):
            return
        raise UnsupportedTest("it never holds")
    except NotConstant:
        yield _part(test, names)


def fetched_part(
    node: ast.expr,
    names: TestNames,
    condition: Condition,
    description: str,
    *,
    uninformative: bool = False,
    steps: Sequence[tuple[str, Condition]] = (),
) -> AssertPart:
    """A test of an expression's value, by a condition on it.

    Args:
        node: the expression.
        names: of the test's source.
        condition: on its value.
        description: of the condition, for people.
        uninformative: whether the condition asks whether the value is true, false or None, so that constants in the
            expression may be what is expected.
        steps: further steps on the value, in the sandbox and outside.
    """
    value = _tested(node, names, uninformative)
    for source, apply in steps:
        value = value.then(source, apply)
    needs_plain = uninformative or bool(value.steps)
    return AssertPart(
        value.expression,
        value.inside_steps,
        lambda returned: condition(value.read(returned)),
        description,
        needs_plain,
    )


def _tested(node: ast.expr, names: TestNames, uninformative: bool) -> Fetch:
    """As `fetch`; every program would pass a test of what the test itself imports."""
    value = fetch(node, names, uninformative)
    if value.is_imported:
        raise UnsupportedTest(
            f"{ast.unparse(node)[:60]} calls what the test imports, and nothing of the program"
        )
    return value


def _part(test: ast.expr, names: TestNames) -> AssertPart:
    """A condition without `and`, as one part."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _part(operand, names)
            return AssertPart(
                inner.expression,
                inner.steps,
                lambda value: not inner.condition(value),
                f"not {inner.description}",
                inner.needs_plain,
            )
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _comparison([left, *others], ops, names)
        case ast.Call(func=func) if ast.unparse(func) in ("math.isclose", "isclose"):
            return fetched_part(test, names, bool, f"close to {_reference(test, names)}")
    # Where the value is no plain one, of a library say, Python asks it itself; never an object of the program's own.
    truth = [("bool({})", bool)]
    return fetched_part(test, names, bool, "something true", uninformative=True, steps=truth)


def _reference(call: ast.Call, names: TestNames) -> str:
    return ", ".join(ast.unparse(argument) for argument in call.args if not is_dynamic(argument, names))


def _comparison(sides: list[ast.expr], ops: list[ast.cmpop], names: TestNames) -> AssertPart:
    if len(sides) == 2 and isinstance(ops[0], ast.Eq) and _same_source(*sides):
        # Holds where it runs; an object would be asked whether it is itself.
        part = fetched_part(sides[0], names, lambda value: value == value, "any value")
        return replace(part, needs_plain=True)
    values, place = _constants(sides, names)
    others = [*values[:place], *values[place + 1 :]]
    if names.constants:
        _refuse_whole(sides[place], [*sides[:place], *sides[place + 1 :]])
    if len(ops) == 1 and isinstance(ops[0], (ast.Is, ast.IsNot)) and others[0] is None:
        return _is_none(sides[place], isinstance(ops[0], ast.Is), names)
    # `3 in f(2)` asks what `f` returns; `f(2) == True` is as `f(2)`.
    asks = any(isinstance(op, (ast.In, ast.NotIn)) for op in ops[:place])
    uninformative = asks or all(map(_says_little, others))

    def condition(value: Any) -> bool:
        operands = [*values[:place], value, *values[place + 1 :]]
        return all(_OPERATORS[type(op)](operands[n], operands[n + 1]) for n, op in enumerate(ops))

    description = _describe(sides, ops, values, place)
    value = _tested(sides[place], names, uninformative)
    return AssertPart(
        value.expression,
        value.inside_steps,
        lambda returned: condition(value.read(returned)),
        description,
        asks or bool(value.steps),
    )


def _same_source(left: ast.expr, right: ast.expr) -> bool:
    return type(left) is type(right) and ast.dump(left) == ast.dump(right)


def _refuse_whole(side: ast.expr, others: Sequence[ast.expr]) -> None:
    """Raises UnsupportedTest where a constant goes in whole of which a part is expected: `f(case) == case['out']`."""
    parts_of = {name for other in others for node in ast.walk(other) if (name := _owner(node))}
    if not parts_of:
        return
    taken = {id(node.value) for node in ast.walk(side) if isinstance(node, ast.Subscript)}
    whole = {node.id for node in ast.walk(side) if isinstance(node, ast.Name) and id(node) not in taken}
    if names := sorted(parts_of & whole):
        raise UnsupportedTest(f"{names[0]} holds what is expected, and would go in")


def _owner(node: ast.AST) -> str | None:
    """The name of the constant that a node takes a part of."""
    while isinstance(node, ast.Subscript):
        node = node.value
        if isinstance(node, ast.Name):
            return node.id
    return None


def _says_little(value: Any) -> bool:
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(item is None or isinstance(item, bool) for item in value)
    return value is None or isinstance(value, bool)


def _is_none(side: ast.expr, is_expected: bool, names: TestNames) -> AssertPart:
    """`is None`, decided inside: no object can change what it is, and nothing but None goes in."""
    fetch(side, names, uninformative=True)  # for what it refuses: None may be the result of a comparison
    value = _tested(side, names, False)
    if (source := value.source) is None:

        def is_none(returned: Any) -> bool:
            return (value.read(returned) is None) is is_expected

        return AssertPart(
            value.expression,
            value.inside_steps,
            is_none,
            "None" if is_expected else "not None",
            needs_plain=True,
        )
    return AssertPart(
        f"({source}) is None",
        (),
        lambda returned: returned is is_expected,
        "None" if is_expected else "not None",
    )


def _constants(sides: list[ast.expr], names: TestNames) -> tuple[list[Any], int]:
    """The values of the constant sides of a comparison, and the index of the one side that is the program's."""
    values: list[Any] = []
    places = []
    for number, side in enumerate(sides):
        try:
            values.append(constant(side, names))
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
    texts = ["it" if n == place else text_of(value) for n, value in enumerate(values)]
    if _is_distance(sides[place]):
        texts[place] = "the difference"
    signs = [_SIGNS[type(op)] for op in ops]
    if place == 0 and len(ops) == 1 and texts[0] == "it":
        return texts[1] if isinstance(ops[0], (ast.Eq, ast.Is)) else f"{signs[0]} {texts[1]}"
    return " ".join([texts[0], *(word for pair in zip(signs, texts[1:], strict=True) for word in pair)])


def _is_distance(side: ast.expr) -> bool:
    # Of a call its function alone: to write out the arguments takes long where there are many.
    text = f"{ast.unparse(side.func)}(" if isinstance(side, ast.Call) else ast.unparse(side)
    return text.startswith(DISTANCES)
