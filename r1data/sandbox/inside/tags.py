"""Values as JSON, with tags for what it lacks.

`{"$tuple": […]}`, `$set`, `$bytes` (hex), `$float` ("nan", "inf", "-inf"), `$int` (hex, from 4,000 digits on), `$dict`
(pairs, where a key is not text or looks like a tag), `$complex` (its two parts), `$number` (text of a Decimal or
Fraction), `$time` (kind and parts of datetime's). Subclasses go as what they extend: a value's own methods decide
nothing outside.
"""

import math
import sys
from typing import Any

# Python writes no number of more than 4,300 digits in decimal, and the time for it grows with the square; hex is linear
LONG = 1 << 13_000


HEAP_TYPE = 1 << 9
"""The flag of classes that were made while Python ran: all that are written in it."""


class Unknown(Exception):
    """A value that JSON cannot carry."""


def tagged(value: Any) -> Any:
    """`value` as JSON knows it. Raises Unknown."""
    try:
        return _tagged(value)
    except RecursionError:
        raise Unknown("returned a value that is nested too deep") from None


def _tagged(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value) if -LONG < value < LONG else {"$int": hex(value)}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": str(float(value))}
    if isinstance(value, list):
        return [_tagged(item) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [_tagged(item) for item in value]}
    if isinstance(value, set | frozenset):
        return {"$set": [_tagged(item) for item in value]}
    if isinstance(value, bytes | bytearray):
        return {"$bytes": value.hex()}
    if isinstance(value, dict):
        return _pairs(value)
    return _number(value)


def _number(value: Any) -> Any:
    """Numbers that are not Python's own types, as far as their modules are in use. Raises Unknown for all else."""
    if isinstance(value, complex):
        return {"$complex": [_tagged(value.real), _tagged(value.imag)]}
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, getattr(numpy, "generic", ())):
        item = value.item()  # type: ignore[union-attr]
        if isinstance(item, bool | int | float | complex | str):
            return _tagged(item)
    for module, name in (("decimal", "Decimal"), ("fractions", "Fraction")):
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and isinstance(value, kind):
            return {"$number": str(value)}
    if (moment := _moment(value)) is not None:
        return {"$time": moment}
    own = " of its own" if _is_own(type(value)) else ""
    raise Unknown(f"returned a value that JSON does not know ({type(value).__name__}{own})")


def _moment(value: Any) -> list[Any] | None:
    """The parts of a date, a time without a zone, or a span of time, behind its kind."""
    datetime: Any = sys.modules.get("datetime")
    if datetime is None or type(value).__module__ != "datetime":
        return None
    if isinstance(value, datetime.timedelta):
        return ["timedelta", value.days, value.seconds, value.microseconds]
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        day, clock = value.date(), value.time()
        parts = [day.year, day.month, day.day, clock.hour, clock.minute, clock.second, clock.microsecond]
        return ["datetime", *parts]
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return ["date", value.year, value.month, value.day]
    if isinstance(value, datetime.time) and value.tzinfo is None:
        return ["time", value.hour, value.minute, value.second, value.microsecond]
    return None


def _is_own(kind: type) -> bool:
    """Whether a class is the program's: none of C's own, and not to be had from the module that it names."""
    if not kind.__flags__ & HEAP_TYPE:
        return False
    value: Any = sys.modules.get(kind.__module__)
    if kind.__module__ in ("__main__", "program") or value is None:
        return True
    for name in kind.__qualname__.split("."):
        value = getattr(value, name, None)
    return value is not kind


def _pairs(value: dict[Any, Any]) -> dict[str, Any]:
    if all(isinstance(key, str) and not key.startswith("$") for key in value):
        return {key: _tagged(item) for key, item in value.items()}
    return {"$dict": [[_tagged(key), _tagged(item)] for key, item in value.items()]}
