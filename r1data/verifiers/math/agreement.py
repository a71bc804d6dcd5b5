r"""The rules for when two values agree, all in one place (`docs/verify.md` explains them).

`same` is symmetric and returns True or False only if the rules decide. If they cannot, it raises `Undecided`, which
becomes `unverifiable`, never `incorrect`; if it takes more algebra than ours, `Unsupported`, and math-verify is asked.

Sets of real numbers (unions of intervals and points, `\mathbb{R}` without some points) are equal if their pieces are,
once sorted and merged: `[0,1) \cup [1,2]` is `[0,2]`. Ends are compared exactly; the order of different ends is decided
numerically. Not covered: sets by a condition, sets of pairs.
"""

from fractions import Fraction
from typing import Any

from r1data.verifiers.math import quantities
from r1data.verifiers.math.algebra import numeric
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.relations import is_bound
from r1data.verifiers.math.values import (
    INFINITE,
    INTERVALS,
    Choice,
    Formula,
    Relation,
    Several,
    Undecided,
    Value,
    Word,
)

Piece = tuple[Value, bool, Value, bool]
"""(lower end, whether it is included, upper end, whether it is included); a point has equal ends."""

EXCLUSIVE_WORDS = ({"yes", "no"}, {"true", "false"}, set(INFINITE))
"""Groups of words that exclude each other. Any other two words may be synonyms, so they are not called different."""


def same(a: Value, b: Value) -> bool:
    """Whether two values are the same answer.

    Raises:
        Undecided: the rules cannot tell; the message is the verdict's reason.
        Unsupported: it takes more algebra than ours; `PossiblyEqual` where the two agree to 60 digits.
    """
    if isinstance(a, Number) and isinstance(b, Number):
        return quantities.numbers(a, b)
    if isinstance(a, Choice) or isinstance(b, Choice):
        return _choices(a, b)
    if isinstance(a, Word) or isinstance(b, Word):
        return _words(a, b)
    if isinstance(a, Relation) or isinstance(b, Relation):
        return quantities.relations(a, b)
    if isinstance(a, Number | Formula) and isinstance(b, Number | Formula):
        return quantities.formulas(a, b)
    if isinstance(a, Several):
        return _severals(a, b) if isinstance(b, Several) else _one_and_several(b, a)
    return isinstance(b, Several) and _one_and_several(a, b)


def _choices(a: Value, b: Value) -> bool:
    if a == b:
        return True
    if isinstance(a, Choice) and isinstance(b, Choice):
        if a.letter == b.letter and a.rest and b.rest and not same(a.rest, b.rest):
            raise Undecided("the same letter with different content")
        return a.letter == b.letter
    choice, other = (a, b) if isinstance(a, Choice) else (b, a)
    if isinstance(choice, Choice) and choice.rest is not None:
        return same(choice.rest, other)
    raise Undecided("a choice letter against a value")


def _words(a: Value, b: Value) -> bool:
    if a == b:
        return True
    if isinstance(a, Word) and isinstance(b, Word):
        if any({a.text, b.text} <= words for words in EXCLUSIVE_WORDS):
            return False
    elif any(isinstance(x, Word) and x.text in INFINITE for x in (a, b)):
        return False
    raise Undecided("words are compared letter by letter, and these differ")


def _one_and_several(one: Value, several: Several) -> bool:
    if several.brackets == ":":
        raise Undecided("a ratio against a number")
    if several.brackets in ("{}", "") and len(several.items) == 1:
        return same(one, several.items[0])
    if several.brackets == "matrix":
        raise Undecided("a matrix against a number")
    return False


def _severals(a: Several, b: Several) -> bool:
    """Whether two lists agree: brackets must match; a bare list equals a set, or a tuple in the same order."""
    if a == b:
        return True
    kinds = {a.brackets, b.brackets}
    if ":" in kinds:
        if len(kinds) > 1:
            raise Undecided("a ratio against something else")
        if _in_order(a.items, b.items):
            return True
        # Not `incorrect`: 1:2 and 2:4 are the same ratio, and whether it must be reduced is for the question to say.
        raise Undecided("two ratios that are written differently")
    if "matrix" in kinds:
        return _matrices(a, b)
    if kinds & {"∪", "∖"}:
        a_pieces, b_pieces = _canonical_pieces(a), _canonical_pieces(b)
        return len(a_pieces) == len(b_pieces) and all(
            (p[1], p[3]) == (q[1], q[3]) and _item(p[0], q[0]) and _item(p[2], q[2])
            for p, q in zip(a_pieces, b_pieces, strict=True)
        )
    loose = kinds <= {"{}", ""}
    if loose and _labelled(a) == _labelled(b):
        return _unordered(a.items, b.items)
    if len(kinds) == 1 and not loose:
        return _in_order(a.items, b.items)
    if (loose or kinds == {"()", ""}) and _in_order(a.items, b.items):
        return True
    if kinds & {"{}", ""} and _unordered(a.items, b.items):
        raise Undecided("the same values in other brackets or in another order")
    return False


def _matrices(a: Several, b: Several) -> bool:
    if a.brackets == b.brackets:
        return _in_order(a.items, b.items)
    matrix, other = (a, b) if a.brackets == "matrix" else (b, a)
    rows = [row.items for row in matrix.items if isinstance(row, Several)]
    flat = tuple(item for row in rows for item in row)
    if 1 in (len(rows), len(rows[0])) and len(flat) == len(other.items) and _in_order(flat, other.items):
        raise Undecided("a vector that is written as a matrix, and not")
    return False


def _canonical_pieces(value: Value) -> list[Piece]:
    """The intervals and points of a set, sorted and merged. Raises `Unsupported` if the value is no set of numbers."""
    if isinstance(value, Several) and value.brackets == "∖":
        base, *removed = value.items
        return _without_points(
            _canonical_pieces(base), [point for points in removed for point in _canonical_pieces(points)]
        )
    # Of two pieces that start at one end, the one that includes it comes first: the merged one includes it too.
    pieces = sorted(_pieces_of(value), key=lambda piece: (_position(piece[0]), not piece[1]))
    joined: list[Piece] = []
    for piece in pieces:
        low, low_included, high, high_included = joined[-1] if joined else piece
        end, start = _position(high), _position(piece[0])
        if not joined or start > end or (start == end and not (high_included or piece[1])):
            joined.append(piece)  # nothing before it, or a gap, be it of a single point
            continue
        later = _position(piece[2])
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
        return [piece for item in value.items for piece in _canonical_pieces(item)]
    if value.brackets in ("{}", ""):
        if any(isinstance(item, Several | Word) or not is_bound(item) for item in value.items):
            raise Unsupported("no number")
        return [(item, True, item, True) for item in value.items]
    if value.brackets not in INTERVALS or len(value.items) != 2 or not all(map(is_bound, value.items)):
        raise Unsupported("no interval")
    low, high = value.items
    if not _position(low) < _position(high):
        raise Unsupported("an interval whose ends are in the wrong order")
    return [(low, value.brackets[0] == "[", high, value.brackets[1] == "]")]


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


def _without_points(pieces: list[Piece], removed: list[Piece]) -> list[Piece]:
    """Intervals without single points. Raises `Unsupported` for a difference with whole intervals."""
    for point, _, upper, _ in removed:
        at = _position(point)
        if at != _position(upper):
            raise Unsupported("a difference of intervals")
        rest: list[Piece] = []
        for low, closed, high, closed_above in pieces:
            start, end = _position(low), _position(high)
            if start < at < end:
                rest += [(low, closed, point, False), (point, False, high, closed_above)]
            elif not start == at == end:  # outside of it, or one of its ends, which is open from now on
                rest.append((low, closed and start != at, high, closed_above and end != at))
        pieces = rest
    return pieces


def _labelled(several: Several) -> bool:
    """Whether items carry different names (x=1, y=2); against a list without names, their order then matters."""
    return len({item.name for item in several.items if isinstance(item, Number | Formula)} - {None}) > 1


def _in_order(a: tuple[Value, ...], b: tuple[Value, ...]) -> bool:
    return len(a) == len(b) and all(_item(x, y) for x, y in zip(a, b, strict=True))


def _unordered(a: tuple[Value, ...], b: tuple[Value, ...]) -> bool:
    """Whether each item of one list has an equal in the other; repeated items count once."""
    return all(_is_among(x, b) for x in a) and all(_is_among(x, a) for x in b)


def _is_among(one: Value, others: tuple[Value, ...]) -> bool:
    """Whether a value has an equal among others. Raises Unsupported only if none is, and some were not comparable."""
    undecided_item: Unsupported | None = None
    for other in others:
        try:
            if _item(one, other):
                return True
        except Unsupported as error:
            undecided_item = error
    if undecided_item is not None:
        raise undecided_item
    return False


def _item(a: Value, b: Value) -> bool:
    """Whether two items of lists agree; items with different names are different."""
    names = [item.name for item in (a, b) if isinstance(item, Number | Formula)]
    if len(names) == 2 and None not in names and names[0] != names[1]:
        return False
    return same(a, b)
