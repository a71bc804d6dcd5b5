r"""Sets of numbers, in one form: unions of intervals, points and `\mathbb{R}` less some points.

Two are equal where their parts are, once sorted and joined: `[0,1) \cup [1,2]` is `[0,2]`. Ends are compared
exactly; the order of ends that differ is taken from 60 digits. Not covered: sets by a condition, sets of pairs.
"""

from fractions import Fraction
from typing import Any

from r1data.verifiers.math.algebra import numeric
from r1data.verifiers.math.algebra.limits import Beyond
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.relations import is_bound
from r1data.verifiers.math.values import INTERVALS, Formula, Several, Value, Word

Part = tuple[Value, bool, Value, bool]
"""(lower end, whether it belongs to it, upper end, whether it belongs to it)."""


def parts(value: Value) -> list[Part]:
    """A set's intervals and points, sorted and joined. Raises Beyond where it is no set of numbers."""
    if isinstance(value, Several) and value.brackets == "∖":
        base, *removed = value.items
        return _without(parts(base), [part for one in removed for part in parts(one)])
    found = sorted(_plain(value), key=lambda part: (_place(part[0]), not part[1]))
    joined: list[Part] = []
    for part in found:
        if joined and _touches(joined[-1], part):
            joined[-1] = _joined(joined[-1], part)
        else:
            joined.append(part)
    return joined


def _plain(value: Value) -> list[Part]:
    if is_bound(value) and not isinstance(value, Word):
        return [(value, True, value, True)]
    if not isinstance(value, Several):
        raise Beyond("no set of numbers")
    if value.brackets in ("∪", "{}", ""):
        return [
            part for item in value.items for part in (parts(item) if value.brackets == "∪" else _point(item))
        ]
    if value.brackets not in INTERVALS or len(value.items) != 2 or not all(map(is_bound, value.items)):
        raise Beyond("no interval")
    low, high = value.items
    if not _place(low) < _place(high):
        raise Beyond("an interval whose ends are in the wrong order")
    return [(low, value.brackets[0] == "[", high, value.brackets[1] == "]")]


def _point(item: Value) -> list[Part]:
    if isinstance(item, Several | Word) or not is_bound(item):
        raise Beyond("no number")
    return [(item, True, item, True)]


def _place(value: Value) -> Any:
    """Where an end lies on the line, for sorting."""
    if isinstance(value, Number):
        return numeric.context().mpf(Fraction(value.value).numerator) / Fraction(value.value).denominator
    if isinstance(value, Formula):
        return numeric.real(value.form.top, value.form.under) if value.form.top else numeric.context().mpf(0)
    if isinstance(value, Word):
        return numeric.context().inf * (-1 if value.text.startswith("-") else 1)
    raise Beyond("no number")


def _touches(one: Part, other: Part) -> bool:
    """Whether the second part, which starts no earlier, leaves no gap behind the first."""
    end, start = _place(one[2]), _place(other[0])
    return bool(start < end) or bool(start == end and (one[3] or other[1]))


def _joined(one: Part, other: Part) -> Part:
    end, later = _place(one[2]), _place(other[2])
    if end == later:
        return (*one[:3], one[3] or other[3])
    return (*one[:2], *other[2:]) if later > end else one


def _without(base: list[Part], removed: list[Part]) -> list[Part]:
    """Intervals less single points."""
    for low, _, high, _ in removed:
        if _place(low) != _place(high):
            raise Beyond("a difference of intervals")
        base = [piece for part in base for piece in _less(part, low)]
    return base


def _less(part: Part, point: Value) -> list[Part]:
    low, closed, high, closed_above = part
    at, start, end = _place(point), _place(low), _place(high)
    if start < at < end:
        return [(low, closed, point, False), (point, False, high, closed_above)]
    if start == at == end:
        return []
    return [(low, closed and start != at, high, closed_above and end != at)]
