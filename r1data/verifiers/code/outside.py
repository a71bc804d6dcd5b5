"""What tests do with a value that the program returned, done outside the sandbox on the plain value.

Wrappers (`len`, `sorted`, `isinstance` …), methods, operators and comparisons are ours here, so that a program that
defines a function of the same name, or an object that answers as it likes, decides nothing. All are bounded: a value is
as large as the sandbox's limit on output lets it be, and everything here takes time that grows with its length, sorting
aside, or is refused with TooLarge.
"""

import math
import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from r1data.verifiers.code.bounded import BUILTINS, HEAVY, LONG, TooLarge, weigh, without_collisions

TYPES: Mapping[str, type] = {
    kind.__name__: kind for kind in (int, str, float, list, dict, set, tuple, bool, bytes, complex, frozenset)
}
CHUNK = 4_000
"""Digits that Python converts at once: it refuses more than 4,300."""
BITS = 100_000
"""Most bits of an integer that is multiplied or divided: both take time that grows with the square."""
SEARCHES = 10**8
"""Most characters of a text times those that are looked for in it: some searches take as many steps."""


def _isinstance(value: Any, kinds: Any) -> bool:
    return isinstance(value, kinds)


def _counter(items: Any = ()) -> dict[Any, int]:
    return dict(Counter(items if isinstance(items, dict) else without_collisions(list(items))))


def _text(value: Any) -> str:
    """As `str`, of integers of any number of digits. Raises TooLarge."""
    try:
        return str(value)
    except ValueError:
        if not isinstance(value, int) or value.bit_length() > 4 * LONG:
            raise TooLarge("the digits of a large number") from None
    chunks, rest = [], abs(value)
    while rest:
        rest, chunk = divmod(rest, 10**CHUNK)
        chunks.append(str(chunk).zfill(CHUNK) if rest else str(chunk))
    return "-" * (value < 0) + "".join(reversed(chunks))


def _repr(value: Any) -> str:
    return _text(value) if type(value) is int else repr(value)


def _integer(*args: Any) -> int:
    """As `int`, of decimal digits of any number. Raises TooLarge."""
    text = args[0].strip() if args and isinstance(args[0], str) else ""
    digits = text.removeprefix("-")
    if len(args) != 1 or len(digits) <= CHUNK or not (digits.isascii() and digits.isdecimal()):
        return int(*args)
    if len(digits) > LONG:
        raise TooLarge("a large number")
    number = 0
    for start in range(0, len(digits), CHUNK):
        chunk = digits[start : start + CHUNK]
        number = number * 10 ** len(chunk) + int(chunk)
    return -number if text != digits else number


WRAPPERS: Mapping[str, Callable[..., Any]] = {
    **BUILTINS, "isinstance": _isinstance, "type": lambda value: type(value), "repr": _repr,
    "str": _text, "int": _integer, "Counter": _counter,
    "iter": iter, "next": next, "ord": ord, "chr": chr, "hex": hex, "bin": bin, "oct": oct,
    "math.fabs": math.fabs, "fabs": math.fabs, "math.isclose": math.isclose, "isclose": math.isclose,
    "math.isnan": math.isnan, "math.isinf": math.isinf, "math.isfinite": math.isfinite,
    "math.floor": math.floor, "math.ceil": math.ceil, "math.sqrt": math.sqrt,
}  # fmt: skip
"""Functions that may wrap a call of the program."""

_TEXT = (
    "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit isidentifier islower "
    "isnumeric isprintable isspace istitle isupper join lower lstrip partition removeprefix removesuffix replace rfind "
    "rindex rpartition rsplit rstrip split splitlines startswith strip swapcase title upper center ljust rjust zfill "
    "encode"
)
_SETS = "copy difference intersection isdisjoint issubset issuperset symmetric_difference union"
METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(_TEXT.split()),
    bytes: frozenset(["count", "decode", "endswith", "find", "hex", "startswith"]),
    list: frozenset(["copy", "count", "index"]),
    tuple: frozenset(["count", "index"]),
    dict: frozenset(["copy", "get", "items", "keys", "values"]),
    set: frozenset(_SETS.split()),
    frozenset: frozenset(_SETS.split()),
    int: frozenset(["bit_count", "bit_length", "conjugate", "is_integer"]),
    float: frozenset(["conjugate", "is_integer"]),
    complex: frozenset(["conjugate"]),
    bool: frozenset(),
}
"""Methods of plain values that change nothing."""
ATTRIBUTES = frozenset(("real", "imag", "numerator", "denominator"))
DECIDING = frozenset(
    ("startswith", "endswith", "issubset", "issuperset", "isdisjoint", "equals", "equal", "same")
)
"""Names of methods that compare their object with an argument."""


def method(value: Any, name: str, args: Sequence[Any] = (), options: Mapping[str, Any] | None = None) -> Any:
    """The result of a method of a plain value. Raises AttributeError where that has no such method, and TooLarge."""
    if name not in METHODS.get(type(value), ()):
        raise AttributeError(f"no method {name} of a {type(value).__name__}")
    if isinstance(value, (str, bytes)):
        _refuse_large_text(value, name, args)
    elif isinstance(value, (set, frozenset)):
        args = [without_collisions(list(items)) for items in args]
    return getattr(value, name)(*args, **(options or {}))


def _refuse_large_text(value: str | bytes, name: str, args: Sequence[Any]) -> None:
    """Raises TooLarge where a method of a text would take long, or its result be large."""
    if name == "join":
        parts = list(args[0])
        size = len(value) * len(parts)
    elif name in ("center", "ljust", "rjust", "zfill"):
        size = int(args[0]) * HEAVY // LONG
    elif name == "replace":
        size = (len(value) + 1) * (len(args[1]) + 1) // (len(args[0]) + 1)
    else:
        longest = max((len(arg) for arg in args if isinstance(arg, (str, bytes))), default=0)
        size = len(value) * longest * HEAVY // SEARCHES if name.startswith("r") or "strip" in name else 0
    if size > 10 * HEAVY:
        raise TooLarge("a large text")


def attribute(value: Any, name: str) -> Any:
    """An attribute of a plain number. Raises AttributeError for any other."""
    if name not in ATTRIBUTES or not isinstance(value, (int, float, complex)):
        raise AttributeError(f"no attribute {name} of a {type(value).__name__}")
    return getattr(value, name)


def arithmetic(op: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """The result of an operator on two plain values. Raises TooLarge, TypeError for what formats texts."""
    if op is operator.pow and any(isinstance(side, (Decimal, Fraction)) for side in (left, right)):
        raise TooLarge("a large power")
    numbers = [side for side in (left, right) if isinstance(side, (int, float, complex))]
    if len(numbers) == 2:
        heavy = [side for side in numbers if isinstance(side, int) and side.bit_length() > BITS]
        if heavy and op not in (operator.add, operator.sub):
            raise TooLarge("a large number")
        if op is operator.pow and not (abs(right) <= 100 and abs(left) <= 10_000):
            raise TooLarge("a large power")
        return op(left, right)
    if op is operator.mod and isinstance(left, (str, bytes)):
        raise TypeError("a formatted text")
    sizes = [len(side) if hasattr(side, "__len__") else abs(side) for side in (left, right)]
    if (math.prod(sizes) if op is operator.mul else 0) > LONG:
        raise TooLarge("a large value")
    return op(left, right)


@dataclass(frozen=True, slots=True)
class Approx:
    """`pytest.approx`: equals a number within a tolerance, and a list or dict of such numbers."""

    expected: Any
    rel: float | None = None
    abs: float | None = None

    def __eq__(self, value: object) -> bool:
        return self._equals(value, self.expected)

    __hash__ = None  # type: ignore[assignment]

    def _equals(self, value: Any, expected: Any) -> bool:
        if isinstance(expected, (list, tuple)):
            return (
                type(value) is type(expected)
                and len(value) == len(expected)
                and all(map(self._equals, value, expected))
            )
        if isinstance(expected, dict):
            return (
                isinstance(value, dict)
                and value.keys() == expected.keys()
                and all(self._equals(value[key], item) for key, item in expected.items())
            )
        if value == expected or not all(
            isinstance(side, (int, float, complex)) for side in (value, expected)
        ):
            return bool(value == expected)
        absolute = 1e-12 if self.abs is None else self.abs
        relative = (1e-6 if self.abs is None else 0.0) if self.rel is None else self.rel
        return bool(abs(value - expected) <= max(absolute, relative * abs(expected)) < math.inf)


def all_close(value: Any, expected: Any, is_close: Callable[[Any, Any], bool]) -> bool:
    """Whether two numbers, or lists of numbers of one shape, are close item by item; tuples count as lists."""
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(value, (list, tuple))
            and len(value) == len(expected)
            and all(all_close(item, other, is_close) for item, other in zip(value, expected, strict=True))
        )
    if isinstance(value, (list, tuple)):
        return False
    return bool(value == expected) or is_close(value, expected)


def same_items(value: Any, expected: Any) -> bool:
    """Whether two sequences have the same items in any order, as unittest's assertCountEqual has it."""
    items, others = list(value), list(expected)
    if len(items) != len(others):
        return False
    try:
        return Counter(without_collisions(items)) == Counter(without_collisions(others))
    except TypeError:  # items without a hash
        pass
    # Two long items may differ in their last part alone.
    if len(items) > math.isqrt(HEAVY) or len(items) * weigh(value) > SEARCHES:
        raise TooLarge("many items without a hash")
    for item in items:
        if item not in others:
            return False
        others.remove(item)
    return True
