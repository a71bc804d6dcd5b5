"""When two values agree: the rules, in one place (`docs/verify.md` says them in words).

`same` is symmetric. It answers True or False only where the rules decide; what they cannot tell raises
`Undecided`, which becomes `unverifiable`, never `incorrect`; what takes more algebra than ours raises `Beyond`,
and math-verify is asked.
"""

from r1data.verifiers.math import quantities, sets
from r1data.verifiers.math.algebra.limits import Beyond
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.values import INFINITE, Choice, Formula, Relation, Several, Undecided, Value, Word

CLOSED = ({"yes", "no"}, {"true", "false"}, set(INFINITE))
"""Words of which another is wrong. Any other two words may be synonyms, and that is not ours to say."""


def same(a: Value, b: Value) -> bool:
    """Whether two values are the same answer. Raises Undecided, and Beyond."""
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
        if any({a.text, b.text} <= words for words in CLOSED):
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
    """Brackets must match; a bare list also stands for a set, or in the same order for a tuple."""
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
    """Unions of intervals and points: the same parts, once joined."""
    one, other = sets.parts(a), sets.parts(b)
    return len(one) == len(other) and all(
        (p[1], p[3]) == (q[1], q[3]) and _item(p[0], q[0]) and _item(p[2], q[2])
        for p, q in zip(one, other, strict=True)
    )


def _ratios(a: Several, b: Several) -> bool:
    if a.brackets != b.brackets:
        raise Undecided("a ratio against something else")
    if _in_order(a.items, b.items):
        return True
    raise Undecided("two ratios that are written differently")


def _labelled(several: Several) -> bool:
    """Whether the items are told apart by names (x=1, y=2), so that a list without names must keep their order."""
    return len({item.name for item in several.items if isinstance(item, Number | Formula)} - {None}) > 1


def _in_order(a: tuple[Value, ...], b: tuple[Value, ...]) -> bool:
    return len(a) == len(b) and all(_item(x, y) for x, y in zip(a, b, strict=True))


def _unordered(a: tuple[Value, ...], b: tuple[Value, ...]) -> bool:
    """Each of one has its equal in the other; what is written twice counts once."""
    return all(_is_among(x, b) for x in a) and all(_is_among(x, a) for x in b)


def _is_among(one: Value, others: tuple[Value, ...]) -> bool:
    """Whether a value has its equal; only where it has none does it matter that some could not be compared."""
    unknown: Beyond | None = None
    for other in others:
        try:
            if _item(one, other):
                return True
        except Beyond as error:
            unknown = error
    if unknown is not None:
        raise unknown
    return False


def _item(a: Value, b: Value) -> bool:
    """Items that carry different names are different items."""
    names = [item.name for item in (a, b) if isinstance(item, Number | Formula)]
    if len(names) == 2 and None not in names and names[0] != names[1]:
        return False
    return same(a, b)
