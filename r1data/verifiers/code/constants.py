"""Folds constant expressions of Python tests to their values, without running any code of the test.

Covered: literals, arithmetic on small numbers, and calls of a few builtins on constants (`set([1, 2])`,
`float("inf")`). An expression of any other kind is not constant; nothing is evaluated to find that out.
"""

import ast
import math
from collections.abc import Mapping
from typing import Any

from r1data.verifiers.code.bounded import BINARY, BUILTINS, HEAVY, LONG, UNARY, TooLarge, weigh

LARGE = 10**30
"""Largest absolute value of a number in arithmetic."""
BITS = 100_000
"""Most bits of a power of integers."""
NONE: Mapping[str, Any] = {}

_NAMES = {"math.pi": math.pi, "math.e": math.e, "math.inf": math.inf, "math.nan": math.nan}

_VIEWS = frozenset(("items", "keys", "values"))
_METHODS = _VIEWS | frozenset(("lower", "upper", "split", "strip", "title", "capitalize", "copy"))
"""Methods of constants that take time that grows with their length."""


class NotConstant(Exception):
    """The expression is not constant."""


def fold(node: ast.expr, names: Mapping[str, Any] = NONE) -> Any:
    """The value of an expression; `names` maps the names of constants to values. Raises NotConstant."""
    try:
        return _fold(node, names)
    except (AttributeError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise NotConstant(str(error)) from error
    except (RecursionError, MemoryError) as error:
        raise NotConstant(str(error)) from error


def _fold(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value) if value is not ...:
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.List(elts=elements):
            return [_fold(element, names) for element in elements]
        case ast.Tuple(elts=elements):
            return tuple(_fold(element, names) for element in elements)
        case ast.Set(elts=elements):
            return BUILTINS["set"]([_fold(element, names) for element in elements])
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = zip(keys, values, strict=True)
            return BUILTINS["dict"]([(_fold(k, names), _fold(v, names)) for k, v in pairs if k is not None])
        case ast.UnaryOp(op=op, operand=operand) if type(op).__name__ in UNARY:
            return UNARY[type(op).__name__](_fold(operand, names))
        case ast.BinOp(left=left, op=op, right=right) if type(op).__name__ in BINARY:
            return _arithmetic(op, _fold(left, names), _fold(right, names))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if (
            name in BUILTINS and name not in names
        ):
            return BUILTINS[name](*_light([_fold(argument, names) for argument in args]))
        case ast.Attribute() if ast.unparse(node) in _NAMES:
            return _NAMES[ast.unparse(node)]
        case ast.Subscript(value=owner, slice=index) if not isinstance(index, ast.Slice):
            return _fold(owner, names)[_fold(index, names)]
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=[], keywords=[]) if name in _METHODS:
            value = getattr(_light([_fold(owner, names)])[0], name)()
            return list(value) if name in _VIEWS else value
    raise NotConstant(type(node).__name__)


def _light(values: list[Any]) -> list[Any]:
    if weigh(values) > HEAVY:
        raise TooLarge("a large value")
    return values


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    """The result of an operation, refused before it is taken where it may be large: a truth is not ours either."""
    _light([left, right])
    sizes = [len(side) if hasattr(side, "__len__") else abs(side) for side in (left, right)]
    grows = any(hasattr(side, "__len__") for side in (left, right))
    if isinstance(op, ast.Pow) and not (sizes[1] <= 100 and sizes[0] <= 10_000):
        if not isinstance(left, int) or not isinstance(right, int) or left.bit_length() * right > BITS:
            raise NotConstant("a large power")
        return BINARY["Pow"](left, right)
    if isinstance(op, ast.Mod) and isinstance(left, (str, bytes)):
        raise NotConstant("a formatted text")
    if max(sizes) > LARGE or (grows and (sum(sizes) if isinstance(op, ast.Add) else math.prod(sizes)) > LONG):
        raise NotConstant("a large value")
    return BINARY[type(op).__name__](left, right)


def as_node(value: Any) -> ast.expr:
    """The expression that evaluates to a folded value. Raises TooLarge."""
    _light([value])
    return _as_node(value)


def _as_node(value: Any) -> ast.expr:
    match value:
        case list():
            return ast.List([_as_node(item) for item in value], ast.Load())
        case tuple():
            return ast.Tuple([_as_node(item) for item in value], ast.Load())
        # Sorted, as the order of a set of texts differs from process to process.
        case set() if value:
            return ast.Set([_as_node(item) for item in sorted(value, key=repr)])
        case set() | frozenset():
            items = ast.List([_as_node(item) for item in sorted(value, key=repr)], ast.Load())
            return ast.Call(ast.Name(type(value).__name__, ast.Load()), [items], [])
        case dict():
            return ast.Dict([_as_node(key) for key in value], [_as_node(item) for item in value.values()])
        case float() if math.isnan(value):
            return ast.Call(ast.Name("float", ast.Load()), [ast.Constant("nan")], [])
    return ast.Constant(value)
