"""Values as JSON, with tags for what it lacks.

`{"$tuple": […]}`, `$set`, `$bytes` (hex), `$float` ("nan", "inf", "-inf"), `$int` (hex, from 4,000 digits on), `$dict`
(pairs, where a key is not text or looks like a tag). Subclasses go as what they extend: a value's own methods decide
nothing outside.
"""

import math
from typing import Any

# Python writes no number of more than 4,300 digits in decimal, and the time for it grows with the square; hex is linear
LONG = 1 << 13_000


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
    raise Unknown(f"returned a value that JSON does not know ({type(value).__name__})")


def _pairs(value: dict[Any, Any]) -> dict[str, Any]:
    if all(isinstance(key, str) and not key.startswith("$") for key in value):
        return {key: _tagged(item) for key, item in value.items()}
    return {"$dict": [[_tagged(key), _tagged(item)] for key, item in value.items()]}
