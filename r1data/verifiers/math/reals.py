r"""Sets of real numbers as sorted, disjoint pieces: what unions, intersections and differences come to.

Ends are compared exactly by `agreement`; only their order is decided numerically, to 60 digits. Whole numbers between
two ends are listed up to `MOST_INTEGERS`.

Not covered: sets of pairs, intervals whose ends contain letters, infinite sets of whole numbers.
"""

from fractions import Fraction
from functools import lru_cache
from typing import Any

from r1data.verifiers.math.algebra import numeric
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.values import INTERVALS, Formula, Several, Value, Word

Piece = tuple[Value, bool, Value, bool]
"""(lower end, whether it is included, upper end, whether it is included); a point has equal ends."""

REALS = Several("()", (Word("-∞"), Word("∞")))
INTEGERS = {"ℤ": None, "ℤ+": 1, "ℤ≥0": 0, "ℕ": 1}
"""Words for sets of whole numbers and the least of each. Whether 0 is natural is left open: see `integers_within`."""
MOST_INTEGERS = 1_000
MOST_PIECES = 200
"""Most pieces that are intersected or subtracted: the work grows with the product."""


def is_bound(value: Value | None) -> bool:
    """Whether a value can be the end of an interval."""
    if isinstance(value, Formula):
        return not any(map(numeric.has_variables, (value.form.numerator, value.form.denominator)))
    return isinstance(value, Number) or (isinstance(value, Word) and value.text in ("∞", "-∞"))


def pieces(value: Value) -> list[Piece]:
    """The intervals and points of a set, sorted and joined. Raises `Unsupported` if the value is no set of numbers."""
    if isinstance(value, Several) and value.brackets == "∖":
        base, *removed = value.items
        remaining = pieces(base)
        for other in removed:
            remaining = intersect(remaining, complement(pieces(other)))
        return remaining
    if isinstance(value, Several) and value.brackets == "∩":
        return _intersection(value)
    return _join(_pieces_of(value))


def _intersection(value: Several) -> list[Piece]:
    """The pieces of an intersection, of which one part may be whole numbers."""
    words = [item.text for item in value.items if isinstance(item, Word)]
    sets = [item for item in value.items if not isinstance(item, Word)]
    common = pieces(sets[0]) if sets else pieces(REALS)
    for item in sets[1:]:
        common = intersect(common, pieces(item))
    for word in words:
        common = integers_within(common, word)
    return common


def _join(listed: list[Piece]) -> list[Piece]:
    """Pieces in order, those that overlap or touch as one."""
    if len(listed) == 1:
        return listed
    # Of two pieces that start at one end, the one that includes it comes first: the merged one includes it too.
    ordered = sorted(listed, key=lambda piece: (position(piece[0]), not piece[1]))
    joined: list[Piece] = []
    for piece in ordered:
        low, low_included, high, high_included = joined[-1] if joined else piece
        end, start = position(high), position(piece[0])
        if not joined or start > end or (start == end and not (high_included or piece[1])):
            joined.append(piece)  # nothing before it, or a gap, be it of a single point
            continue
        later = position(piece[2])
        if later == end:
            joined[-1] = (low, low_included, high, high_included or piece[3])
        elif later > end:
            joined[-1] = (low, low_included, *piece[2:])
    return joined


def _pieces_of(value: Value) -> list[Piece]:
    """The intervals and points of a set as they are written."""
    if is_bound(value) and not isinstance(value, Word):
        return [(value, True, value, True)]
    if not isinstance(value, Several):
        raise Unsupported("no set of numbers")
    if value.brackets == "∪":
        return [piece for item in value.items for piece in pieces(item)]
    if value.brackets in ("{}", ""):
        if value.items and all(
            isinstance(item, Several) and item.brackets in INTERVALS for item in value.items
        ):
            return [piece for item in value.items for piece in pieces(item)]
        if any(isinstance(item, Several | Word) or not is_bound(item) for item in value.items):
            raise Unsupported("no number")
        return [(item, True, item, True) for item in value.items]
    if value.brackets not in INTERVALS or len(value.items) != 2 or not all(map(is_bound, value.items)):
        raise Unsupported("no interval")
    low, high = value.items
    if any(isinstance(end, Number | Formula) and end.name is not None for end in value.items):
        raise Unsupported("a pair of named values")
    if not position(low) < position(high):
        raise Unsupported("an interval whose ends are in the wrong order")
    # Infinity is in no interval, whatever the bracket beside it.
    closed, closed_above = (
        bracket in "[]" and not isinstance(end, Word)
        for bracket, end in zip(value.brackets, value.items, strict=True)
    )
    return [(low, closed, high, closed_above)]


def position(value: Value) -> Any:
    """The numeric position of an end, for sorting."""
    if isinstance(value, Number):
        return _position_of_number(value.value)
    if isinstance(value, Formula):
        return (
            numeric.real_value(value.form.numerator, value.form.denominator)
            if value.form.numerator
            else numeric.context().mpf(0)
        )
    if isinstance(value, Word) and value.text in ("∞", "-∞"):
        return numeric.context().inf * (-1 if value.text.startswith("-") else 1)
    raise Unsupported("no number")


@lru_cache(maxsize=1024)
def _position_of_number(value: Fraction | int) -> Any:
    return numeric.context().mpf(value.numerator) / value.denominator


def intersect(first: list[Piece], second: list[Piece]) -> list[Piece]:
    """What two lists of pieces have in common."""
    if len(first) * len(second) > MOST_PIECES:
        raise Unsupported("an intersection of many pieces")
    common: list[Piece] = []
    for a in first:
        for b in second:
            low, closed = _later_start(a, b)
            high, closed_above = _earlier_end(a, b)
            start, end = position(low), position(high)
            if start < end or (start == end and closed and closed_above):
                common.append((low, closed, high, closed_above))
    return _join(common)


def _later_start(a: Piece, b: Piece) -> tuple[Value, bool]:
    if position(a[0]) == position(b[0]):
        return a[0], a[1] and b[1]
    return (a[0], a[1]) if position(a[0]) > position(b[0]) else (b[0], b[1])


def _earlier_end(a: Piece, b: Piece) -> tuple[Value, bool]:
    if position(a[2]) == position(b[2]):
        return a[2], a[3] and b[3]
    return (a[2], a[3]) if position(a[2]) < position(b[2]) else (b[2], b[3])


def complement(joined: list[Piece]) -> list[Piece]:
    """All real numbers that are in none of some sorted, joined pieces."""
    gaps: list[Piece] = []
    low: Value = Word("-∞")
    closed = False
    for start, start_included, end, end_included in joined:
        at, below = position(start), position(low)
        if below < at or (below == at and closed and not start_included and not isinstance(low, Word)):
            gaps.append((low, closed, start, not start_included and not isinstance(start, Word)))
        low, closed = end, not end_included
    if position(low) < position(Word("∞")):
        gaps.append((low, closed and not isinstance(low, Word), Word("∞"), False))
    return gaps


def integers_within(joined: list[Piece], word: str) -> list[Piece]:
    """The whole numbers of a kind (`INTEGERS`) in some pieces, as points.

    Raises:
        Unsupported: there are more than `MOST_INTEGERS`, or it depends on whether 0 is a natural number.
    """
    if word not in INTEGERS:
        raise Unsupported("a set of another kind of numbers")
    least = INTEGERS[word]
    listed: list[Piece] = []
    for low, closed, high, closed_above in joined:
        start, end = position(low), position(high)
        if (
            word == "ℕ"
            and (start < 0 or (start == 0 and closed))
            and (end > 0 or (end == 0 and closed_above))
        ):
            raise Unsupported("0 may be a natural number")
        start = max(start, least) if least is not None else start
        if abs(start) > 10**12 or abs(end) > 10**12 or end - start > MOST_INTEGERS - len(listed):
            raise Unsupported("infinitely many whole numbers, or too many")
        first, last = int(numeric.context().ceil(start)), int(numeric.context().floor(end))
        first += int(first == position(low) and not closed)
        last -= int(last == end and not closed_above)
        listed += [(Number(n), True, Number(n), True) for n in range(first, last + 1)]
    return listed


def lone_interval(value: Several) -> Several:
    """The interval that a union of one consists of; any other value unchanged."""
    inner = value.items[0] if value.brackets == "∪" and len(value.items) == 1 else value
    return inner if isinstance(inner, Several) else value
