"""Python's operators, builtins and methods of plain values, as far as none takes long or grows large on any argument.

Tests apply them to constants of a truth and to values that a program returned, neither of which is ours, and they are
applied in this process. All take time that grows with the length of the arguments (sorting aside); what could take
longer is refused before it begins: large powers and products, texts that are formatted, sets whose hashes collide.

Not covered: methods that change their object, and those that take functions or patterns.
"""

import itertools
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from r1data.verifiers.code.values import collide

LONG = 100_000
"""Most items of a list, or characters of a text, that arithmetic, a range or a method may produce."""
HEAVY = 1_000_000
"""Most items and characters of a constant, all that it holds included."""
DIGITS = 400
"""Most digits to round to: a float has no more."""


class TooLarge(ValueError):
    """The result would be large, or take long to compute."""


BINARY: Mapping[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
    "Pow": operator.pow,
}
UNARY: Mapping[str, Callable[[Any], Any]] = {
    "USub": operator.neg,
    "UAdd": operator.pos,
    "Not": operator.not_,
}


def _set(items: Iterable[Any] = ()) -> set[Any]:
    return set(without_collisions(list(items)))


def _frozenset(items: Iterable[Any] = ()) -> frozenset[Any]:
    return frozenset(without_collisions(list(items)))


def _dict(items: Any = ()) -> dict[Any, Any]:
    if isinstance(items, dict):
        return dict(items)
    pairs = [(key, value) for key, value in items]
    without_collisions([key for key, _ in pairs])
    return dict(pairs)


def without_collisions(items: list[Any]) -> list[Any]:
    """The items of a set or the keys of a dict to be. Raises TooLarge where their hashes collide."""
    if collide(items):
        raise TooLarge("a set or dict of colliding hashes")
    return items


def weigh(value: Any, limit: int = HEAVY) -> int:
    """How many items and characters a value has in all, up to something above `limit`.

    An item that stands in several places counts in each: `[[0] * 1000] * 1000` takes little memory, and its text much.
    """
    weight, pending = 0, [value]
    while pending and weight <= limit:
        item = pending.pop()
        weight += 1
        if isinstance(item, (str, bytes)):
            weight += len(item)
        elif isinstance(item, dict):
            weight += len(item)
            pending.extend(itertools.islice(itertools.chain(item.keys(), item.values()), limit))
        elif isinstance(item, (list, tuple, set, frozenset)):
            pending.extend(itertools.islice(item, limit))
        if len(pending) > limit:
            return len(pending)
    return weight


def _sum(items: Iterable[Any], start: Any = 0) -> Any:
    """As `sum`; of lists and tuples in linear time, as Python's own copies all items for each."""
    if not isinstance(start, (list, tuple)):
        return sum(items, start)
    parts = [start, *items]
    if any(type(part) is not type(start) for part in parts):
        raise TypeError("can only concatenate values of one type")
    if sum(map(len, parts)) > HEAVY:
        raise TooLarge("a large value")
    return type(start)(itertools.chain.from_iterable(parts))


def _range(*bounds: int) -> list[int]:
    if len(numbers := range(*bounds)) > LONG:
        raise TooLarge("a long range")
    return list(numbers)


def _round(number: Any, digits: int | None = None) -> Any:
    if digits is not None and abs(digits) > DIGITS:
        raise TooLarge("a number rounded to many digits")
    return round(number, digits)


BUILTINS: Mapping[str, Callable[..., Any]] = {
    "set": _set, "frozenset": _frozenset, "dict": _dict, "sum": _sum, "range": _range, "round": _round,
    "tuple": tuple, "list": list, "sorted": sorted, "float": float, "int": int, "str": str, "bool": bool,
    "complex": complex, "abs": abs, "len": len, "min": min, "max": max,
    "zip": lambda *items: list(zip(*items)),  # noqa: B905  as a test writes it
    "enumerate": lambda *items: list(enumerate(*items)),
    "reversed": lambda items: list(reversed(items)),
}  # fmt: skip
"""Builtins by name, on constants and on plain values. Those that give iterators give lists."""
