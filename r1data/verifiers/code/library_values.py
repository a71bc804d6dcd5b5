"""Constants that a test takes from the library: `math.sqrt(2)`, `datetime.date(2020, 1, 2)`, `sys.getsizeof((1, 2))`.

They are computed here, on constants alone, by functions that take no time worth mentioning on small numbers; what they
give is compared outside like any other constant.
"""

import ast
import cmath
import datetime
import math
import string
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from r1data.verifiers.code.constants import NotConstant, fold
from r1data.verifiers.code.names import TestNames

LARGEST = 10**30
"""Largest absolute value of an argument."""
LONGEST = 1_000
"""Most characters of a text among the arguments."""
_MATH = (
    "sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh "
    "hypot degrees radians floor ceil trunc fabs fmod copysign gcd lcm isqrt pow gamma erf"
)
_CMATH = "phase polar rect sqrt exp log sin cos tan"
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{f"math.{name}": getattr(math, name) for name in _MATH.split() if hasattr(math, name)},
    **{f"cmath.{name}": getattr(cmath, name) for name in _CMATH.split()},
    "sys.getsizeof": sys.getsizeof,
    "datetime.date": datetime.date,
    "datetime.datetime": datetime.datetime,
    "datetime.time": datetime.time,
    "datetime.timedelta": datetime.timedelta,
    "decimal.Decimal": Decimal,
    "fractions.Fraction": Fraction,
}
"""By their names in full."""
VALUES: Mapping[str, Any] = {
    **{f"math.{name}": getattr(math, name) for name in ("pi", "e", "tau", "inf", "nan")},
    **{f"string.{name}": getattr(string, name) for name in string.__all__ if name.islower() and "_" in name},
    "string.digits": string.digits, "string.punctuation": string.punctuation, "sys.maxsize": sys.maxsize,
    "cmath.pi": cmath.pi,
}  # fmt: skip
_BY_LAST = {name.rpartition(".")[2]: name for name in (*FUNCTIONS, *VALUES)}


def with_library_values(node: ast.expr, names: TestNames) -> ast.expr:
    """An expression with what it takes from the library in place, or itself where it takes nothing."""
    if not any(_full_name(inner, names) for inner in ast.walk(node)):
        return node
    filled: ast.expr = _Values(names).visit(ast.parse(ast.unparse(node), mode="eval").body)
    return filled


def _full_name(node: ast.AST, names: TestNames) -> str | None:
    """The full name of a function or value of the library; a name alone is one only where the test imports it."""
    match node:
        case ast.Name(id=name) if name in names.imports and name not in names.constants:
            return _BY_LAST.get(name)
        case ast.Attribute(value=ast.Name(id=module), attr=attr) if module not in names.constants:
            if f"{module}.{attr}" in FUNCTIONS or f"{module}.{attr}" in VALUES:
                return f"{module}.{attr}"
            alias = {"dt": "datetime", "m": "math"}.get(module, "") if module in names.imports else ""
            return f"{alias}.{attr}" if f"{alias}.{attr}" in FUNCTIONS else None
    return None


class _Values(ast.NodeTransformer):
    def __init__(self, names: TestNames) -> None:
        self.names = names

    def visit_Call(self, node: ast.Call) -> ast.AST:
        function = FUNCTIONS.get(_full_name(node.func, self.names) or "")
        if function is None:
            return self.generic_visit(node)
        args = [fold(self.visit(argument), self.names.constants) for argument in node.args]
        options = {
            option.arg: fold(self.visit(option.value), self.names.constants)
            for option in node.keywords
            if option.arg
        }
        if len(options) < len(node.keywords):
            raise NotConstant("options that are no names")
        return ast.Constant(_computed(function, args, options))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        name = _full_name(node, self.names) or ""
        return ast.Constant(VALUES[name]) if name in VALUES else node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name = _full_name(node, self.names) or ""
        return ast.Constant(VALUES[name]) if name in VALUES else node


def _computed(function: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    values = [*args, *options.values()]
    are_small = all(
        not isinstance(value, (int, float, complex)) or not abs(value) > LARGEST for value in values
    ) and all(not isinstance(value, str) or len(value) <= LONGEST for value in values)
    if not are_small and function is not sys.getsizeof:
        raise NotConstant("a large argument")
    try:
        return function(*args, **options)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise NotConstant(str(error)) from error
