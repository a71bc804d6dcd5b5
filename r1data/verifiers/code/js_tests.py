"""Reads tests in JavaScript: `console.assert` and node's `assert` on a call of the program with constants.

`console.assert(f(2) === 4)` becomes a call of `f`, and 4 is compared outside. So for `JSON.stringify(f(x)) ===
JSON.stringify([1, 2])`, distances (`Math.abs(f(x) - 0.3) < 1e-6`) and truths; functions of the test that are called
without arguments (`const testF = () => {…}; testF()`) are read where they stand. Anything else (loops, variables of
computed values, random inputs) raises `UnsupportedTest`: no test is left out.

The text is read once, from left to right, and nothing of it is run.
"""

import functools
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from r1data.verifiers.code.compare import CANNOT_COMPARE, SatisfiesCondition
from r1data.verifiers.code.names import UnsupportedTest
from r1data.verifiers.code.problem import ProgramTest

IS_JAVASCRIPT = re.compile(
    r"console\.assert\(|\bassert\.(?:strictEqual|deepStrictEqual|deepEqual|equal)\(|=>\s*\{"
)
"""What tests in JavaScript have, and those in Python have not."""
DEPTH = 100
"""Most brackets within brackets."""
STEPS = 20
"""Most operations on a value of the program's."""
LONG = 100_000
"""Most characters of texts that are joined."""
MOST = 5_000
"""Most tests."""
_TOKEN = re.compile(
    r"(?P<space>(?:\s|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)+)"
    r"|(?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![\w$])"
    r"|(?P<text>'(?:[^'\\\n]|\\[\s\S])*'|\"(?:[^\"\\\n]|\\[\s\S])*\"|`(?:[^`\\$]|\\[\s\S])*`)"
    r"|(?P<name>[A-Za-z_$][\w$]*)"
    r"|(?P<sign>=>|\.\.\.|===|!==|\*\*|==|!=|<=|>=|&&|\|\||[-+*/%<>!=(){}\[\],;:.?])"
)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_WORDS: dict[str, Any] = {
    "true": True, "false": False, "null": None, "undefined": None, "NaN": math.nan, "Infinity": math.inf,
}  # fmt: skip
_COMPARISONS = ("===", "==", "!==", "!=", "<", "<=", ">", ">=")
_PRECEDENCE = {"||": 1, "&&": 2, **dict.fromkeys(_COMPARISONS[:4], 3), **dict.fromkeys(_COMPARISONS[4:], 4),
               "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "**": 7}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of the program, and what is done with its value."""

    name: str
    args: Sequence[Any]
    apply: Callable[[Any], Any] = lambda value: value
    steps: int = 0
    """How much is done with it."""
    is_json: bool = False
    """Whether it is the text that `JSON.stringify` makes of the value."""


@dataclass(frozen=True, slots=True)
class _Json:
    """The text that `JSON.stringify` makes of a constant."""

    value: Any


@dataclass(frozen=True, slots=True)
class _Condition:
    """What must hold of the value of a call: `parts` are joined by `and`."""

    parts: Sequence[tuple[_Call, Callable[[Any], bool], str]]


def split_js_tests(source: str) -> list[ProgramTest]:
    """The tests of a text of JavaScript.

    Raises:
        UnsupportedTest: one cannot be split so that the expected value stays outside; the message says which.
    """
    reader = _Reader(_tokens(source))
    try:
        reader.statements(None)
    except (
        CANNOT_COMPARE
    ) as error:  # constants that do not go together: an order of objects, a number over a text
        raise UnsupportedTest(f"{reader.around()!r}: {error}") from error
    if reader.uncalled():
        raise UnsupportedTest(f"{reader.uncalled()[0]} holds tests and is never called")
    return reader.tests


def _tokens(source: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    place = 0
    while place < len(source):
        match = _TOKEN.match(source, place)
        if match is None:
            raise UnsupportedTest(f"not JavaScript that is read here: {source[place : place + 40]!r}")
        place = match.end()
        if match.lastgroup != "space":
            tokens.append((match.lastgroup or "", match[0]))
    return [*tokens, ("end", "")]


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0
        self.tests: list[ProgramTest] = []
        self.constants: dict[str, Any] = {}
        self.functions: dict[str, list[ProgramTest]] = {}
        self.called: set[str] = set()

    # Tokens

    @property
    def token(self) -> str:
        kind, text = self.tokens[self.place]
        return text if kind in ("sign", "name") else f"<{kind}>"

    def take(self, *texts: str) -> None:
        """The next tokens, which must be these. Raises UnsupportedTest."""
        for text in texts:
            if self.token != text:
                raise UnsupportedTest(f"{self.around()!r}: {text!r} should stand there")
            self.place += 1

    def skip(self, text: str) -> bool:
        """Takes the next token if it is this one."""
        if self.token != text:
            return False
        self.place += 1
        return True

    def around(self) -> str:
        return " ".join(text for _, text in self.tokens[max(0, self.place - 6) : self.place + 4])[:80]

    def name(self) -> str:
        kind, text = self.tokens[self.place]
        if kind != "name":
            raise UnsupportedTest(f"{self.around()!r}: a name should stand there")
        self.place += 1
        return text

    # Statements

    def statements(self, end: str | None) -> None:
        """Up to the end of the text, or of the block that `end` closes."""
        while self.token != (end or "<end>"):
            if not self.skip(";"):
                self.statement()

    def statement(self) -> None:
        if self.token in ("const", "let", "var"):
            self.place += 1
            self.declaration()
        elif self.skip("function"):
            name = self.name()
            self.take("(", ")")
            self.function(name)
        elif self.token in ("console", "assert"):
            self.assertion()
        else:
            name = self.name()
            self.take("(", ")")
            if name not in self.functions:
                raise UnsupportedTest(f"{name}() is no test of the text")
            self.called.add(name)

    def declaration(self) -> None:
        """`const testF = () => {…}`, `const x = 4` or `const assert = require("assert")`."""
        name = self.name()
        self.take("=")
        start = self.place
        if self.skip("(") and self.skip(")") and self.skip("=>"):
            self.function(name)
            return
        self.place = start
        if self.skip("require"):
            self.take("(")
            self.place += 1
            self.take(")")
            return
        value = self.expression()
        if isinstance(value, (_Call, _Condition, _Json)):
            raise UnsupportedTest(f"{name} holds what the program makes")
        self.constants[name] = value

    def function(self, name: str) -> None:
        """The body of a function without parameters: its tests are those of the text if it is called."""
        outer, constants = self.tests, dict(self.constants)
        self.tests = []
        self.take("{")
        self.nested(functools.partial(self.statements, "}"))
        self.take("}")
        self.functions[name] = self.tests
        self.tests, self.constants = [*outer, *self.tests], constants

    def uncalled(self) -> list[str]:
        """Functions with tests that are never called."""
        return [name for name, tests in self.functions.items() if tests and name not in self.called]

    def assertion(self) -> None:
        owner = self.name()
        method = self.name() if self.skip(".") else "ok"
        if owner == "console" and method != "assert":
            raise UnsupportedTest(f"console.{method}")
        self.take("(")
        first = self.expression()
        if owner == "console" or method == "ok":
            condition = _truth(first)
        elif method in ("strictEqual", "equal", "deepEqual", "deepStrictEqual"):
            self.take(",")
            second = self.expression()
            if method.startswith("deep"):
                first, second = _stringified(first), _stringified(second)
            condition = _compared("===", first, second)
        else:
            raise UnsupportedTest(f"{owner}.{method}")
        if self.skip(",") and self.token != ")":
            self.expression()  # a message
        self.take(")")
        self.add(condition)

    def add(self, condition: Any) -> None:
        if condition is True:
            return
        if not isinstance(condition, _Condition):
            raise UnsupportedTest(f"{self.around()!r}: it never asks the program")
        for call, holds, description in condition.parts:
            if len(self.tests) == MOST:
                raise UnsupportedTest(f"more than {MOST} tests")
            expectation = SatisfiesCondition(_on(call, holds), description)
            self.tests.append(ProgramTest(expectation, function=call.name, args=call.args))

    # Expressions

    def expression(self, precedence: int = 0) -> Any:
        left = self.nested(self.unary)
        while (level := _PRECEDENCE.get(self.token, 0)) > precedence:
            sign = self.token
            self.place += 1
            right = self.nested(functools.partial(self.expression, level - (sign == "**")))
            left = _binary(sign, left, right)
        return left

    def nested(self, read: Callable[[], Any]) -> Any:
        """What `read` gives, one level deeper. Raises UnsupportedTest beyond `DEPTH`."""
        self.depth += 1
        if self.depth > DEPTH:
            raise UnsupportedTest("nested too deep")
        value = read()
        self.depth -= 1
        return value

    def unary(self) -> Any:
        if self.token in ("!", "-", "+"):
            sign = self.token
            self.place += 1
            operand = self.nested(self.unary)
            return _negated(operand) if sign == "!" else _binary(sign, 0, operand)
        value = self.primary()
        while self.skip("."):
            method = self.name()
            self.take("(", ")")
            if method != "toString" or isinstance(value, (_Condition, _Json)):
                raise UnsupportedTest(f"the method {method}")
            value = _applied(value, _js_text) if isinstance(value, _Call) else _js_text(value)
        return value

    def primary(self) -> Any:
        kind, text = self.tokens[self.place]
        if kind == "number":
            self.place += 1
            return _js_number(float.fromhex(text) if text[:2].lower() == "0x" else float(text))
        if kind == "text":
            self.place += 1
            return _unescaped(text)
        if self.skip("("):
            value = self.expression()
            self.take(")")
            return value
        if self.skip("["):
            return self.items("]")
        if self.skip("{"):
            return self.object()
        name = self.name()
        if name in _WORDS:
            return _WORDS[name]
        if self.token == "." and name in ("JSON", "Math"):
            self.place += 1
            return self.library(f"{name}.{self.name()}")
        if self.skip("("):
            args = self.items(")")
            if any(isinstance(arg, (_Call, _Condition, _Json)) for arg in args) or name in self.functions:
                raise UnsupportedTest(f"{name} may compare what the program makes")
            return _Call(name, [_plain_argument(arg) for arg in args])
        if name in self.constants:
            return self.constants[name]
        raise UnsupportedTest(f"{name} is not known")

    def library(self, name: str) -> Any:
        self.take("(")
        args = self.items(")")
        match name, args:
            case "JSON.stringify", [value]:
                return _stringified(value)
            case "Math.abs", [_Call() as call]:
                return _applied(call, abs)
            case "Math.abs", [_Condition() as condition]:
                return condition
            case "Math.abs", [int() | float() as number]:
                return abs(number)
            case "Math.pow", [base, exponent]:
                return _binary("**", base, exponent)
        raise UnsupportedTest(f"{name} with these arguments")

    def items(self, end: str) -> list[Any]:
        values = []
        while not self.skip(end):
            values.append(self.expression())
            if self.token != end:
                self.take(",")
        return values

    def object(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not self.skip("}"):
            kind, text = self.tokens[self.place]
            if kind not in ("name", "text", "number"):
                raise UnsupportedTest(f"{self.around()!r}: a key should stand there")
            self.place += 1
            self.take(":")
            values[_unescaped(text) if kind == "text" else text] = self.expression()
            if self.token != "}":
                self.take(",")
        return values


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code:
            return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"
        return _ESCAPED.get(match[4], match[4])

    return _ESCAPE.sub(character, text[1:-1])


def _js_number(value: float) -> int | float:
    """A number as JSON writes it: integers without a point."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _js_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, str)):
        return str(value)
    raise UnsupportedTest("the text of what is no integer")


def _plain_argument(value: Any) -> Any:
    """An argument, which goes in as JSON. Raises UnsupportedTest for what JSON does not know."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise UnsupportedTest("an argument that JSON does not know") from None
    return value


def _binary(sign: str, left: Any, right: Any) -> Any:
    if sign == "&&":
        return _both(_truth(left), _truth(right))
    if sign in _COMPARISONS:
        return _compared(sign, left, right)
    if sign == "||" or isinstance(left, (_Condition, _Json)) or isinstance(right, (_Condition, _Json)):
        raise UnsupportedTest(f"{sign} of what the program makes")
    if isinstance(left, _Call) and isinstance(right, _Call):
        raise UnsupportedTest("it compares what the program makes with what the program makes")
    if isinstance(left, _Call):
        return _applied(left, lambda value: _arithmetic(sign, value, right))
    if isinstance(right, _Call):
        return _applied(right, lambda value: _arithmetic(sign, left, value))
    return _arithmetic(sign, left, right)


def _arithmetic(sign: str, left: Any, right: Any) -> Any:
    """As JavaScript computes with two numbers, or joins two texts. Raises TypeError for all else."""
    if sign == "+" and isinstance(left, str) and isinstance(right, str) and len(left) + len(right) <= LONG:
        return left + right
    if any(isinstance(side, bool) or not isinstance(side, (int, float)) for side in (left, right)):
        raise TypeError("arithmetic on what is no number")
    left, right = float(left), float(right)
    match sign:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case "/":
            result = left / right
        case "%":
            result = math.fmod(left, right)
        case _:
            result = left**right
    if isinstance(result, complex):
        raise ArithmeticError("a root of a negative number")
    return _js_number(result) if math.isfinite(result) else result


def _applied(call: _Call, function: Callable[[Any], Any]) -> _Call:
    if call.is_json:
        raise UnsupportedTest("arithmetic on a text")
    if call.steps == STEPS:
        raise UnsupportedTest("too much is done with what the program makes")
    return _Call(call.name, call.args, lambda value: function(call.apply(value)), call.steps + 1)


def _stringified(value: Any) -> Any:
    if isinstance(value, _Call) and not value.is_json:
        return _Call(value.name, value.args, value.apply, value.steps, True)
    if isinstance(value, (_Call, _Json, _Condition)):
        raise UnsupportedTest("JSON of JSON")
    return _Json(value)


def _on(call: _Call, holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: holds(call.apply(value))


def _truth(value: Any) -> Any:
    """A condition, of a value that is asked whether it is true."""
    if isinstance(value, _Call):
        if value.is_json:
            raise UnsupportedTest("a text is always true")
        return _Condition([(value, _is_true, "something true")])
    return value if isinstance(value, _Condition) else bool(_is_true(value))


def _is_true(value: Any) -> bool:
    """As JavaScript sees it: empty arrays and objects are true."""
    return isinstance(value, (list, dict)) or (value == value and bool(value))


def _negated(value: Any) -> Any:
    value = _truth(value)
    if not isinstance(value, _Condition):
        return not value
    if len(value.parts) > 1:
        raise UnsupportedTest("not of several")
    ((call, holds, description),) = value.parts
    return _Condition([(call, lambda returned: not holds(returned), f"not {description}")])


def _both(left: Any, right: Any) -> Any:
    parts = [part for side in (left, right) if isinstance(side, _Condition) for part in side.parts]
    if left is False or right is False:
        raise UnsupportedTest("it never holds")
    return _Condition(parts) if parts else True


def _compared(sign: str, left: Any, right: Any) -> Any:
    if isinstance(left, _Condition) and isinstance(right, bool) and sign in ("===", "=="):
        return left if right else _negated(left)
    if isinstance(left, (_Condition, bool)) and isinstance(right, _Condition):
        raise UnsupportedTest("it compares what the program makes with what the program makes")
    if not isinstance(left, _Call):
        if not isinstance(right, _Call):
            return _compare(sign, left, right)
        turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
        return _compared(turned.get(sign, sign), right, left)
    if isinstance(right, (_Call, _Condition)):
        raise UnsupportedTest("it compares what the program makes with what the program makes")
    if left.is_json:
        return _compared_texts(sign, left, right)
    if isinstance(right, (_Json, list, dict)):
        raise UnsupportedTest("an object is equal to none but itself")
    description = f"{'' if sign in ('===', '==') else sign + ' '}{right!r}"[:200]
    return _Condition([(left, lambda value: bool(_compare(sign, value, right)), description)])


def _compared_texts(sign: str, call: _Call, other: Any) -> _Condition:
    """`JSON.stringify(f(x)) === JSON.stringify([1])`, or a text of JSON as it stands."""
    if isinstance(other, str):
        try:
            expected = json.loads(other)
        except (ValueError, RecursionError):
            raise UnsupportedTest("a text that is no JSON") from None
    elif isinstance(other, _Json):
        expected = other.value
    else:
        raise UnsupportedTest("a text beside what is none")
    if sign not in ("===", "==", "!==", "!="):
        raise UnsupportedTest(f"texts with {sign}")
    is_equal = sign in ("===", "==")
    description = f"{'' if is_equal else sign + ' '}{expected!r}"[:200]
    return _Condition([(call, lambda value: _same_text(value, expected) is is_equal, description)])


def _same_text(value: Any, expected: Any) -> bool:
    """Whether `JSON.stringify` makes the same text of both: keys in one order, numbers as numbers."""
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(value, list) and len(value) == len(expected) and all(map(_same_text, value, expected))
        )
    if isinstance(expected, dict):
        return (
            isinstance(value, dict)
            and list(value) == list(expected)
            and all(map(_same_text, value.values(), expected.values()))
        )
    nothing = (None, math.inf, -math.inf)
    if expected is None or (isinstance(expected, float) and not math.isfinite(expected)):
        return value in nothing or value != value  # `stringify` writes null for all of them
    return _same(value, expected)


def _same(value: Any, expected: Any) -> bool:
    """`===` of two plain values."""
    kinds = [
        "truth" if isinstance(side, bool) else "number" if isinstance(side, (int, float)) else type(side)
        for side in (value, expected)
    ]
    return kinds[0] == kinds[1] and bool(value == expected)


def _as_number(value: Any) -> int | float:
    """As JavaScript converts what it compares with a number. Raises TypeError for arrays and objects."""
    if isinstance(value, (int, float)):
        return value
    if not isinstance(value, str):
        raise TypeError("a comparison that converts an object")
    text = value.strip()
    if not text:
        return 0
    return float(text) if _DECIMAL.fullmatch(text) else math.nan


def _compare(sign: str, left: Any, right: Any) -> bool:
    match sign:
        case "===":
            return _same(left, right)
        case "!==":
            return not _same(left, right)
    if type(left) is type(right) or left is None or right is None:
        if sign in ("==", "!="):
            return _same(left, right) is (sign == "==")
        if not isinstance(left, (int, float, str)):
            raise TypeError("an order of what has none")
    else:
        left, right = _as_number(left), _as_number(right)
    match sign:
        case "==":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
    return bool(left >= right)
