"""Decodes values that come out of the sandbox to plain Python values, and compares them.

The sandbox writes tuples, sets and the like as tagged JSON. Decoded values consist of None, bool, int, float, str,
list, tuple, set and dict only, so that no code of the program takes part in a comparison.
"""

import math
from collections.abc import Callable
from typing import Any


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
    """The plain value of a tagged one; `Opaque` if it is nested deeper than Python's recursion limit."""
    try:
        return _plain(value)
    except RecursionError:
        return Opaque("a value nested too deep")


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1 or not (tag := next(iter(value))).startswith("$"):
        return {key: _plain(item) for key, item in value.items()}
    try:
        return _TAGS[tag](value[tag])
    except (KeyError, TypeError, ValueError):  # the program wrote it, and not the sandbox
        return Opaque(f"no value: {tag[:20]}")


_TAGS: dict[str, Callable[[Any], Any]] = {
    "$tuple": lambda items: tuple(_plain(item) for item in items),
    "$set": lambda items: {_plain(item) for item in items},
    "$dict": lambda pairs: {_plain(key): _plain(item) for key, item in pairs},
    "$bytes": bytes.fromhex,
    "$float": float,
    # Hexadecimal, which Python reads at any length: of a decimal it refuses more than 4,300 digits.
    "$int": lambda text: int(text, 16),
}
"""How the sandbox writes what JSON lacks."""


def same_json(value: Any, expected: Any, tolerance: float | None) -> bool:
    """Whether a value is the expected one as far as JSON can tell: tuples count as lists, keys as text.

    Args:
        value: the program's.
        expected: as read from JSON.
        tolerance: absolute, or relative to the expected number; None compares numbers exactly.
    """
    try:
        return _same(value, expected, tolerance)
    except RecursionError:
        return False


def _same(value: Any, expected: Any, tolerance: float | None) -> bool:
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(value, (list, tuple))
            and len(value) == len(expected)
            and all(
                _same(item, expected_item, tolerance)
                for item, expected_item in zip(value, expected, strict=True)
            )
        )
    if isinstance(expected, dict):
        if not isinstance(value, dict) or len(value) != len(expected):
            return False
        items_by_key = {key if isinstance(key, str) else str(key): item for key, item in value.items()}
        return items_by_key.keys() == expected.keys() and all(
            _same(items_by_key[key], item, tolerance) for key, item in expected.items()
        )
    if tolerance is not None and _is_number(value) and _is_number(expected):
        return bool(value == expected) or close(value, expected, tolerance)
    return bool(value == expected)


def close(actual: float, expected: float, tolerance: float) -> bool:
    """Whether two finite numbers differ by no more than `tolerance`, absolute or relative to the expected one.

    Two integers are close only where they are equal.
    """
    if isinstance(actual, int) and isinstance(expected, int):
        return actual == expected
    try:
        return math.isfinite(actual) and abs(actual - expected) <= tolerance * max(1.0, abs(expected))
    except OverflowError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
