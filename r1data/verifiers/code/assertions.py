"""Calls of known assertion functions as tests: unittest's, nose's and those of `numpy.testing`.

`assert_equal(f(2), 4)` and `self.assertEqual(f(2), 4)` are read as `assert f(2) == 4`: they are what their libraries
say, and never called, so that what a program defines under their names is of no consequence.

Not covered: those that expect exceptions, warnings, logs or patterns.
"""

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from r1data.verifiers.code.asserts import AssertPart, fetched_part, parts
from r1data.verifiers.code.constants import NotConstant, fold
from r1data.verifiers.code.fetches import constant, text_of
from r1data.verifiers.code.names import TestNames, UnsupportedTest, is_dynamic
from r1data.verifiers.code.outside import all_close, same_items

_EQUAL: Mapping[str, type[ast.cmpop]] = {
    "assertEqual": ast.Eq, "assertEquals": ast.Eq, "assertListEqual": ast.Eq, "assertDictEqual": ast.Eq,
    "assertSetEqual": ast.Eq, "assertTupleEqual": ast.Eq, "assertSequenceEqual": ast.Eq,
    "assertMultiLineEqual": ast.Eq, "assertNotEqual": ast.NotEq, "assertNotEquals": ast.NotEq, "assertIs": ast.Is,
    "assertIsNot": ast.IsNot, "assertIn": ast.In, "assertNotIn": ast.NotIn, "assertGreater": ast.Gt,
    "assertGreaterEqual": ast.GtE, "assertLess": ast.Lt, "assertLessEqual": ast.LtE,
}  # fmt: skip
_OTHER = frozenset(
    ("assertTrue", "assertFalse", "assertIsNone", "assertIsNotNone", "assertIsInstance", "assertNotIsInstance",
     "assertAlmostEqual", "assertNotAlmostEqual", "assertCountEqual", "assertItemsEqual")
)  # fmt: skip
METHODS = frozenset(_EQUAL) | _OTHER
"""Names of unittest's."""
_SNAKE: Mapping[str, str] = {
    "assert_equal": "assertEqual", "assert_equals": "assertEqual", "assert_not_equal": "assertNotEqual",
    "assert_true": "assertTrue", "assert_false": "assertFalse", "assert_is": "assertIs", "assert_is_not": "assertIsNot",
    "assert_is_none": "assertIsNone", "assert_is_not_none": "assertIsNotNone", "assert_in": "assertIn",
    "assert_not_in": "assertNotIn", "assert_greater": "assertGreater", "assert_less": "assertLess",
    "assert_is_instance": "assertIsInstance", "assert_list_equal": "assertListEqual",
    "assert_dict_equal": "assertDictEqual", "assert_count_equal": "assertCountEqual",
}  # fmt: skip
_NUMPY = frozenset(
    ("assert_equal", "assert_array_equal", "assert_allclose", "assert_almost_equal", "assert_array_almost_equal",
     "assert_approx_equal")
)  # fmt: skip
_OWNERS = ("self", "cls", "unittest.TestCase()", "TestCase()", "nose.tools", "tools")
_ARRAYS = ("np.testing", "numpy.testing", "npt", "testing")


def assertion_parts(call: ast.Call, names: TestNames) -> Iterator[AssertPart] | None:
    """The tests of a call, None if it is no assertion that is known.

    Raises:
        UnsupportedTest: it is one, and cannot be split.
    """
    owner, _, name = ast.unparse(call.func).rpartition(".")
    if owner in _ARRAYS or (not owner and name in _NUMPY - _SNAKE.keys()):
        if name not in _NUMPY:
            raise UnsupportedTest(f"{name} is no assertion that is known")
        return iter([_arrays(name, call, names)])
    if owner not in ("", *_OWNERS) or name in names.helpers or name in names.setup:
        return None
    name = _SNAKE.get(name, name)
    if name not in METHODS:
        if name.startswith(("assert", "fail")) and owner:
            raise UnsupportedTest(f"{name} is no assertion that is known")
        return None
    return _unittest(name, call, names)


def _unittest(name: str, call: ast.Call, names: TestNames) -> Iterator[AssertPart]:
    options = {option.arg: option.value for option in call.keywords if option.arg != "msg"}
    args = call.args
    match name, args:
        case (("assertTrue" | "assertFalse" | "assertIsNone" | "assertIsNotNone"), [value, *_]) if (
            not options
        ):
            return parts(_of_one(name, value), names)
        case (("assertIsInstance" | "assertNotIsInstance"), [value, kind, *_]) if not options:
            test: ast.expr = ast.Call(ast.Name("isinstance", ast.Load()), [value, kind], [])
            return parts(ast.UnaryOp(ast.Not(), test) if "Not" in name else test, names)
        case (("assertCountEqual" | "assertItemsEqual"), [left, right, *_]) if not options:
            return iter([_compared(left, right, names, same_items, "{} in any order")])
        case (("assertAlmostEqual" | "assertNotAlmostEqual"), [left, right, *more]) if len(more) <= 3:
            return iter([_almost(name, left, right, more, options, names)])
        case _, [left, right, *_] if name in _EQUAL and not options:
            return parts(ast.Compare(left, [_EQUAL[name]()], [right]), names)
    raise UnsupportedTest(f"{name} with arguments that nobody knows")


def _of_one(name: str, value: ast.expr) -> ast.expr:
    none = ast.Constant(None)
    match name:
        case "assertTrue":
            return value
        case "assertFalse":
            return ast.UnaryOp(ast.Not(), value)
        case "assertIsNone":
            return ast.Compare(value, [ast.Is()], [none])
    return ast.Compare(value, [ast.IsNot()], [none])


def _compared(
    left: ast.expr,
    right: ast.expr,
    names: TestNames,
    holds: Callable[[Any, Any], bool],
    how: str,
    steps: bool = False,
) -> AssertPart:
    """A test of a value of the program's against a constant, whichever comes first; `how` describes it, `{}` in it."""
    value, other = (left, right) if is_dynamic(left, names) or not is_dynamic(right, names) else (right, left)
    try:
        expected = constant(other, names)
    except NotConstant:
        raise UnsupportedTest("it compares what the program makes with what the program makes") from None
    # An array is handed over as a list.
    further = [("{}.tolist()", lambda returned: returned)] if steps else []
    return fetched_part(
        value,
        names,
        lambda returned: holds(returned, expected),
        how.replace("{}", text_of(expected)),
        steps=further,
    )


def _almost(
    name: str,
    left: ast.expr,
    right: ast.expr,
    more: list[ast.expr],
    options: dict[str | None, ast.expr],
    names: TestNames,
) -> AssertPart:
    places_node, _, delta_node = (*more, None, None, None)[:3]  # the second is a message
    places = _number(options.pop("places", None) or places_node, names)
    delta = _number(options.pop("delta", None) or delta_node, names)
    if options:
        raise UnsupportedTest(f"{name} with arguments that nobody knows")

    def is_close(value: Any, expected: Any) -> bool:
        difference = abs(value - expected)
        if delta is not None:
            return bool(difference <= delta)
        return bool(round(difference, int(7 if places is None else places)) == 0)

    def holds(value: Any, expected: Any) -> bool:
        same = bool(value == expected) or is_close(value, expected)
        return same is not ("Not" in name)

    return _compared(
        left, right, names, holds, "almost {}" if name == "assertAlmostEqual" else "not almost {}"
    )


def _arrays(name: str, call: ast.Call, names: TestNames) -> AssertPart:
    """`numpy.testing`: numbers, or lists of numbers item by item."""
    options = {
        option.arg: option.value for option in call.keywords if option.arg not in ("err_msg", "verbose")
    }
    if len(call.args) < 2:
        raise UnsupportedTest(f"{name} with arguments that nobody knows")
    left, right, *more = call.args
    if name in ("assert_equal", "assert_array_equal"):
        more = []  # a message, and whether to say much
    number = {
        key: _number(options.pop(key, None), names) for key in ("rtol", "atol", "decimal", "significant")
    }
    if options or len(more) > 2:
        raise UnsupportedTest(f"{name} with arguments that nobody knows")
    further = [_number(value, names) for value in more]
    is_close: Callable[[Any, Any], bool]
    if name in ("assert_equal", "assert_array_equal"):
        is_close = _are_nan
    elif name == "assert_allclose":
        rtol, atol = (*further, None, None)[:2]
        is_close = within(_first(number["rtol"], rtol, 1e-7), _first(number["atol"], atol, 0.0))
    elif name == "assert_approx_equal":
        is_close = within(10.0 ** -(_first(number["significant"], *further, 7) - 1), 0.0)
    else:
        default = 6 if name == "assert_array_almost_equal" else 7
        is_close = within(0.0, 1.5 * 10.0 ** -_first(number["decimal"], *further, default))
    return _compared(
        left,
        right,
        names,
        lambda value, expected: all_close(value, expected, is_close),
        "{} item by item",
        steps=True,
    )


def _first(*values: float | None) -> float:
    return next(value for value in values if value is not None)


def within(relative: float, absolute: float) -> Callable[[Any, Any], bool]:
    """Whether a number is as close to the expected one as numpy's `allclose` asks."""
    return lambda value, expected: (
        # Of an infinite number each finite one is within a share of it.
        _are_nan(value, expected) or (abs(value - expected) <= absolute + relative * abs(expected) < math.inf)
    )


def _are_nan(value: Any, expected: Any) -> bool:
    return (
        isinstance(value, float) and isinstance(expected, float) and value != value and expected != expected
    )


def _number(node: ast.expr | None, names: TestNames) -> float | None:
    if node is None:
        return None
    try:
        value = fold(node, names.constants)
    except NotConstant:
        raise UnsupportedTest("its tolerance is no constant") from None
    if value is not None and (not isinstance(value, (int, float)) or abs(value) > 300):
        raise UnsupportedTest("its tolerance is no number")
    return value
