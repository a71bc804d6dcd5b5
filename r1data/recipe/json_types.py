"""Takes values out of JSON that a stranger may have written: each has the type that its reader counts on.

All raise ValueError, which begins with the value's place in the file.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeGuard

MAX_NUMBER = 10**15


def as_mapping(place: str, value: object) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise _other(place, value, "a mapping")
    return value


def as_text(place: str, value: object) -> str:
    """A text that can be written again: without lone surrogates."""
    if not isinstance(value, str):
        raise _other(place, value, "a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{place}: a text that no file can hold") from None
    return value


def as_texts(place: str, value: object) -> list[str]:
    """A list of texts."""
    if not isinstance(value, list):
        raise _other(place, value, "a list")
    return [as_text(place, each) for each in value]


def as_integer(place: str, value: object) -> int:
    """A whole number, at most `MAX_NUMBER` either way. `true` is none."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_NUMBER:
        raise _other(place, value, "a whole number")
    return value


def as_count(place: str, value: object) -> int:
    """A whole number from 0."""
    if as_integer(place, value) < 0:
        raise _other(place, value, "a count")
    return as_integer(place, value)


def as_number(place: str, value: object) -> float:
    """A number from 0 to `MAX_NUMBER`."""
    if not is_number(value) or value < 0:
        raise _other(place, value, "a number from 0")
    return value


def is_number(value: object) -> TypeGuard[int | float]:
    """True for a number up to `MAX_NUMBER` either way, which sums and axes can hold. `true`, NaN and ∞ are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER


def as_plain(place: str, value: object) -> str | int | float | None:
    """A text, a number or null."""
    if value is None or is_number(value):
        return value
    return as_text(place, value)


def fields_of(place: str, value: object, cls: type) -> dict[str, Any]:
    """The object's values by key: all that dataclass `cls` needs, and none that it does not have."""
    values = as_mapping(place, value)
    fields = dataclasses.fields(cls)
    required = {
        f.name
        for f in fields
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    if missing := sorted(required - values.keys()):
        raise ValueError(f"{place}: no {', '.join(missing)}")
    if unknown := sorted(values.keys() - {f.name for f in fields}):
        raise ValueError(f"{place}: {unknown[0]} is unknown")
    return values


def _other(place: str, value: object, expected: str) -> ValueError:
    shown = "another value"
    if value is None:
        shown = "null"
    elif isinstance(value, str | bool | float):
        shown = f"{value!r:.60}"
    return ValueError(f"{place}: {shown} where {expected} belongs")
