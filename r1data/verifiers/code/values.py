"""Values that came out of the sandbox, as plain Python values, and when two of them are the same.

The sandbox writes tuples, sets and the like as tagged JSON. What comes of it here is made of None, bool, int, float,
str, list, tuple, set and dict alone, so that no code of the program's takes part in a comparison.
"""

import math
from collections.abc import Callable
from typing import Any


class Opaque:
    """A value that is no plain one; it equals nothing, itself included."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def plain(value: Any) -> Any:
    """The value that a tagged one stands for. Deeper nesting than Python can follow gives `Opaque`."""
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
    "$int": lambda text: int(text, 16),
}
"""How the sandbox writes what JSON lacks."""


def same_json(value: Any, wanted: Any, tolerance: float | None) -> bool:
    """Whether a value is the wanted one as far as JSON can tell: tuples are lists, keys are text.

    With `tolerance`, two numbers are the same within it, absolute or relative to the wanted one.
    """
    try:
        return _same(value, wanted, tolerance)
    except RecursionError:
        return False


def _same(value: Any, wanted: Any, tolerance: float | None) -> bool:
    if isinstance(wanted, (list, tuple)):
        return (
            isinstance(value, (list, tuple))
            and len(value) == len(wanted)
            and all(_same(mine, other, tolerance) for mine, other in zip(value, wanted, strict=True))
        )
    if isinstance(wanted, dict):
        if not isinstance(value, dict) or len(value) != len(wanted):
            return False
        named = {key if isinstance(key, str) else str(key): item for key, item in value.items()}
        return named.keys() == wanted.keys() and all(
            _same(named[key], item, tolerance) for key, item in wanted.items()
        )
    if tolerance is not None and _is_number(value) and _is_number(wanted):
        return bool(value == wanted) or close(value, wanted, tolerance)
    return bool(value == wanted)


def close(got: float, wanted: float, tolerance: float) -> bool:
    """Whether two finite numbers differ by no more than `tolerance`, absolute or relative to the wanted one.

    Two integers are close only where they are equal.
    """
    if isinstance(got, int) and isinstance(wanted, int):
        return got == wanted
    try:
        return math.isfinite(got) and abs(got - wanted) <= tolerance * max(1.0, abs(wanted))
    except OverflowError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
