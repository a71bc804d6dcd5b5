"""The rules for when two values agree, all in one place (`docs/verify.md` explains them).

`same` is symmetric and returns True or False only if the rules decide. If they cannot, it raises `Undecided`, which
becomes `unverifiable`, never `incorrect`; if it takes more algebra than ours, `Unsupported`, and math-verify is asked.
"""

from r1data.verifiers.math import quantities, sets
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.values import INFINITE, Choice, Formula, Relation, Several, Undecided, Value, Word

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
        return _ratios(a, b)
    if "matrix" in kinds:
        return _matrices(a, b)
    if kinds & {"∪", "∖"}:
        return _sets(a, b)
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


def _sets(a: Several, b: Several) -> bool:
    """Whether two unions of intervals and points have the same canonical pieces."""
    a_pieces, b_pieces = sets.canonical_pieces(a), sets.canonical_pieces(b)
    return len(a_pieces) == len(b_pieces) and all(
        (p[1], p[3]) == (q[1], q[3]) and _item(p[0], q[0]) and _item(p[2], q[2])
        for p, q in zip(a_pieces, b_pieces, strict=True)
    )


def _ratios(a: Several, b: Several) -> bool:
    if a.brackets != b.brackets:
        raise Undecided("a ratio against something else")
    if _in_order(a.items, b.items):
        return True
    raise Undecided("two ratios that are written differently")


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
