r"""Sets of real numbers in a canonical form: unions of intervals and points, and `\mathbb{R}` without some points.

Two sets are equal if their pieces are, once sorted and merged: `[0,1) \cup [1,2]` is `[0,2]`. Ends are compared
exactly; the order of different ends is decided numerically. Not covered: sets by a condition, sets of pairs.
"""

from fractions import Fraction
from typing import Any

from r1data.verifiers.math.algebra import numeric
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.relations import is_bound
from r1data.verifiers.math.values import INTERVALS, Formula, Several, Value, Word

Piece = tuple[Value, bool, Value, bool]
"""(lower end, whether it is included, upper end, whether it is included); a point has equal ends."""


def canonical_pieces(value: Value) -> list[Piece]:
    """The intervals and points of a set, sorted and merged. Raises `Unsupported` if the value is no set of numbers."""
    if isinstance(value, Several) and value.brackets == "∖":
        base, *removed = value.items
        return _remove_points(
            canonical_pieces(base), [point for points in removed for point in canonical_pieces(points)]
        )
    pieces = sorted(_pieces_of(value), key=lambda piece: (_position(piece[0]), not piece[1]))
    joined: list[Piece] = []
    for piece in pieces:
        if joined and _leaves_no_gap(joined[-1], piece):
            joined[-1] = _union(joined[-1], piece)
        else:
            joined.append(piece)
    return joined


def _pieces_of(value: Value) -> list[Piece]:
    if is_bound(value) and not isinstance(value, Word):
        return [(value, True, value, True)]
    if not isinstance(value, Several):
        raise Unsupported("no set of numbers")
    if value.brackets in ("∪", "{}", ""):
        return [
            piece
            for item in value.items
            for piece in (canonical_pieces(item) if value.brackets == "∪" else _point_interval(item))
        ]
    if value.brackets not in INTERVALS or len(value.items) != 2 or not all(map(is_bound, value.items)):
        raise Unsupported("no interval")
    low, high = value.items
    if not _position(low) < _position(high):
        raise Unsupported("an interval whose ends are in the wrong order")
    return [(low, value.brackets[0] == "[", high, value.brackets[1] == "]")]


def _point_interval(item: Value) -> list[Piece]:
    if isinstance(item, Several | Word) or not is_bound(item):
        raise Unsupported("no number")
    return [(item, True, item, True)]


def _position(value: Value) -> Any:
    """The numeric position of an end, for sorting."""
    if isinstance(value, Number):
        return numeric.context().mpf(Fraction(value.value).numerator) / Fraction(value.value).denominator
    if isinstance(value, Formula):
        return (
            numeric.real_value(value.form.numerator, value.form.denominator)
            if value.form.numerator
            else numeric.context().mpf(0)
        )
    if isinstance(value, Word):
        return numeric.context().inf * (-1 if value.text.startswith("-") else 1)
    raise Unsupported("no number")


def _leaves_no_gap(one: Piece, other: Piece) -> bool:
    """Whether two pieces, the second of which starts no earlier, can be merged into one."""
    end, start = _position(one[2]), _position(other[0])
    return bool(start < end) or bool(start == end and (one[3] or other[1]))


def _union(one: Piece, other: Piece) -> Piece:
    end, later = _position(one[2]), _position(other[2])
    if end == later:
        return (*one[:3], one[3] or other[3])
    return (*one[:2], *other[2:]) if later > end else one


def _remove_points(base: list[Piece], removed: list[Piece]) -> list[Piece]:
    """Intervals without single points. Raises `Unsupported` for a difference with whole intervals."""
    for low, _, high, _ in removed:
        if _position(low) != _position(high):
            raise Unsupported("a difference of intervals")
        base = [rest for piece in base for rest in _remove_point(piece, low)]
    return base


def _remove_point(piece: Piece, point: Value) -> list[Piece]:
    low, closed, high, closed_above = piece
    at, start, end = _position(point), _position(low), _position(high)
    if start < at < end:
        return [(low, closed, point, False), (point, False, high, closed_above)]
    if start == at == end:
        return []
    return [(low, closed and start != at, high, closed_above and end != at)]
