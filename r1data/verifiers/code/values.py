"""Decodes values that come out of the sandbox to plain Python values, and compares them.

The sandbox writes tuples, sets and the like as tagged JSON. Decoded values consist of None, bool, int, float, str,
list, tuple, set and dict only, so that no code of the program takes part in a comparison.
"""

import datetime
import math
import re
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

COLLISIONS = 100
"""Most items of a set whose hash another one has; of honest values few have any."""


class Opaque:
    """Stands for a value that cannot be decoded; it equals nothing, not even itself."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __eq__(self, expected_item: object) -> bool:
        return False

    # A class that defines `__eq__` loses its hash, and a program's sets and dicts may hold such values.
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def plain(value: Any) -> Any:
    """The plain value of a tagged one, within time that grows with its length; it never raises.

    `Opaque` stands for what the sandbox never writes (the program can write any JSON), for what Python cannot build,
    and for a value that is nested deeper than Python's recursion limit.
    """
    try:
        return _plain(value)
    except (RecursionError, MemoryError):
        return Opaque("a value nested too deep, or too large")


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1 or not (tag := next(iter(value))).startswith("$"):
        return {key: _plain(item) for key, item in value.items()}
    try:
        return _TAGS[tag](value[tag])
    except (KeyError, TypeError, ValueError, ArithmeticError):  # the program wrote it, and not the sandbox
        return Opaque(f"no value: {tag[:20]}")


def _set(items: Any) -> Any:
    return _without_collisions([_key(item) for item in items], set)


def _dict(pairs: Any) -> Any:
    pairs = [(_key(key), _plain(item)) for key, item in pairs]
    keys = _without_collisions([key for key, _ in pairs], list)
    return keys if isinstance(keys, Opaque) else dict(pairs)


def _key(value: Any) -> Any:
    """A plain value that may be in a set: sets in it are frozen, as they were in the program's."""
    return _frozen(_plain(value))


def _frozen(item: Any) -> Any:
    if isinstance(item, tuple):
        return tuple(map(_frozen, item))
    return frozenset(item) if isinstance(item, set) else item


def _without_collisions(items: list[Any], make: Callable[[list[Any]], Any]) -> Any:
    return Opaque("a set or dict of colliding hashes") if collide(items) else make(items)


def collide(items: Sequence[Hashable]) -> bool:
    """Whether a set of these items takes time that grows with the square of their number.

    Numbers have hashes that anybody can make collide (the multiples of 2**61 - 1 all hash to 0): 50,000 such numbers
    take a minute. Sets of tests are refused where they do, so that no expected value is one of those.

    Raises:
        TypeError: an item has no hash.
    """
    if len(items) <= COLLISIONS:
        return False
    first_by_hash: dict[int, Hashable] = {}  # a dict of hashes has no collisions of its own
    collisions = 0
    for item in items:
        other = first_by_hash.setdefault(hash(item), item)
        collisions += other is not item and other != item
        if collisions > COLLISIONS:
            return True
    return False


def _float(text: Any) -> float:
    if text not in _FLOATS:
        raise ValueError("no number as the sandbox writes it")
    # Each time another NaN: containers compare their items by identity first, and NaN equals nothing.
    return float(text)


def _int(text: Any) -> int:
    # Hexadecimal, which Python reads at any length: of a decimal it refuses more than 4,300 digits.
    if not _HEX.fullmatch(text):
        raise ValueError("no number as the sandbox writes it")
    return int(text, 16)


def _complex(parts: Any) -> complex:
    real, imaginary = map(_plain, parts)
    if type(real) is not float or type(imaginary) is not float:
        raise ValueError("no number as the sandbox writes it")
    return complex(real, imaginary)


def _exact(text: Any) -> Decimal | Fraction:
    """A Decimal or Fraction, of so few digits that no arithmetic takes long."""
    if not _EXACT.fullmatch(text):
        raise ValueError("no number as the sandbox writes it")
    return Fraction(text) if "/" in text else Decimal(text)


def _time(parts: Any) -> Any:
    kind, *numbers = parts
    if not all(type(number) is int for number in numbers):
        raise ValueError("no time as the sandbox writes it")
    return _TIMES[kind](*numbers)


_TIMES: dict[str, Callable[..., Any]] = {
    kind.__name__: kind for kind in (datetime.date, datetime.datetime, datetime.time)
} | {"timedelta": datetime.timedelta}
_EXACT = re.compile(
    "-?[0-9]{1,400}/[0-9]{1,400}|-?[0-9]{1,400}(\\.[0-9]{1,400})?(E[+-][0-9]{1,3})?|NaN|-?Infinity"
)
_FLOATS = frozenset(("nan", "inf", "-inf"))
_HEX = re.compile("-?0x[0-9a-f]+")
_TAGS: dict[str, Callable[[Any], Any]] = {
    "$tuple": lambda items: tuple(_plain(item) for item in items),
    "$set": _set,
    "$dict": _dict,
    "$bytes": bytes.fromhex,
    "$float": _float,
    "$int": _int,
    "$complex": _complex,
    "$time": _time,
    "$number": _exact,
}
"""How the sandbox writes what JSON lacks."""


def is_decoded(value: Any) -> bool:
    """Whether a plain value holds no `Opaque`."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Opaque):
            return False
        if isinstance(item, dict):
            pending.extend(item.keys())
            pending.extend(item.values())
        elif isinstance(item, (list, tuple, set, frozenset)):
            pending.extend(item)
    return True


def same_json(value: Any, expected: Any, tolerance: float | None, floats_only: bool = False) -> bool:
    """Whether a value is the expected one as far as JSON can tell: tuples count as lists, keys as text.

    Args:
        value: the program's.
        expected: as read from JSON.
        tolerance: absolute, or relative to the expected number; None compares numbers exactly.
        floats_only: whether it holds only where the expected number is a float.
    """
    try:
        return _same(value, expected, tolerance, floats_only)
    # ValueError: a key that is an integer of more than 4,300 digits, whose text no expected key is.
    except (RecursionError, ValueError, OverflowError, MemoryError):
        return False


def _same(value: Any, expected: Any, tolerance: float | None, floats_only: bool) -> bool:
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(value, (list, tuple))
            and len(value) == len(expected)
            and all(
                _same(item, expected_item, tolerance, floats_only)
                for item, expected_item in zip(value, expected, strict=True)
            )
        )
    if isinstance(expected, dict):
        if not isinstance(value, dict) or len(value) != len(expected):
            return False
        items_by_key = {key if isinstance(key, str) else str(key): item for key, item in value.items()}
        return items_by_key.keys() == expected.keys() and all(
            _same(items_by_key[key], item, tolerance, floats_only) for key, item in expected.items()
        )
    if isinstance(value, (Decimal, Fraction)) and isinstance(expected, float) and tolerance is not None:
        value = float(value)
    if tolerance is None or (floats_only and not isinstance(expected, float)):
        return bool(value == expected)
    if _is_number(value) and _is_number(expected):
        return bool(value == expected) or close(value, expected, tolerance)
    return bool(value == expected)


def close(actual: float, expected: float, tolerance: float) -> bool:
    """Whether two finite numbers differ by no more than `tolerance`, absolute or relative to the expected one.

    Two integers are close only where they are equal.
    """
    if isinstance(actual, int) and isinstance(expected, int):
        return actual == expected
    try:
        # Of an infinite number each finite one is within a share of it.
        return abs(actual - expected) <= tolerance * max(1.0, abs(expected)) < math.inf
    except OverflowError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
