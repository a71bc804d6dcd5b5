"""When two values agree: the rules, in one place (`docs/verify.md` says them in words).

`same` is symmetric. It answers True or False only where the rules decide; what they cannot tell raises
`Undecided`, which becomes `unverifiable`, never `incorrect`.
"""

from fractions import Fraction

from r1data.verify.math_fast import INFINITE, Choice, Several, Value, Word
from r1data.verify.math_numbers import Number
from r1data.verify.math_units import UNDECIDED

DIGITS = 6
"""Significant digits from which a decimal may stand for a fraction that no decimal can write. The number is ours."""
CLOSED = ({"yes", "no"}, {"true", "false"}, set(INFINITE))
"""Words of which another is wrong. Any other two words may be synonyms, and that is not ours to say."""


class Undecided(Exception):
    """These rules cannot tell; the message says why."""


def same(a: Value, b: Value) -> bool:
    """Whether two values are the same answer. Raises Undecided."""
    if isinstance(a, Number) and isinstance(b, Number):
        return _numbers(a, b)
    if isinstance(a, Choice) or isinstance(b, Choice):
        return _choices(a, b)
    if isinstance(a, Word) or isinstance(b, Word):
        return _words(a, b)
    if isinstance(a, Several):
        return _severals(a, b) if isinstance(b, Several) else _one_and_several(b, a)
    return _one_and_several(a, b) if isinstance(b, Several) else a == b


def _numbers(a: Number, b: Number) -> bool:
    if a.name and b.name and a.name != b.name:
        raise Undecided(f"{a.name} and {b.name} are different variables")
    if a.base or b.base:
        return _digits_in_base(a, b)
    if a.unit is None or b.unit is None:
        return _unit_left_out(a, b)
    if a.unit.dimension != b.unit.dimension:
        if frozenset({a.unit.dimension, b.unit.dimension}) in UNDECIDED:
            raise Undecided(f"{a.unit.dimension} against {b.unit.dimension}")
        return False
    if a.unit == b.unit:
        return _equal(a, b)
    return a.value * a.unit.factor == b.value * b.unit.factor


def _digits_in_base(a: Number, b: Number) -> bool:
    """Digits in a base: the same digits, and the same base where both give one."""
    if a.base and b.base and a.base != b.base:
        if a.value == b.value:
            return a.value in (0, 1)
        raise Undecided(f"bases {a.base} and {b.base}")
    return a.value == b.value


def _unit_left_out(a: Number, b: Number) -> bool:
    """A missing unit is no mistake; a missing percent sign may also have been worked out (50% = 0.5 = 50)."""
    if _equal(a, b):
        return True
    for one, other in ((a, b), (b, a)):
        if one.unit is not None and one.unit.dimension == "percent":
            return one.value * one.unit.factor == other.value
    return False


def _equal(a: Number, b: Number) -> bool:
    """Exactly equal, or a decimal of `DIGITS` or more, rounded or cut, of a fraction that no decimal writes."""
    if a.value == b.value:
        return True
    for decimal, fraction in ((a, b), (b, a)):
        if decimal.digits is not None and decimal.digits >= DIGITS and fraction.digits is None:
            return not _terminates(fraction.value) and _rounded(decimal, fraction.value)
    return False


def _rounded(decimal: Number, value: Fraction | int) -> bool:
    """Whether a decimal is `value`, rounded or cut at the decimal's last place."""
    unit = Fraction(10 ** max(0, -decimal.places), 10 ** max(0, decimal.places))
    gap = abs(Fraction(decimal.value) - value)
    return 2 * gap <= unit or (gap < unit and abs(Fraction(decimal.value)) < abs(Fraction(value)))


def _terminates(value: Fraction | int) -> bool:
    """Whether a finite decimal writes it: its denominator has no primes but 2 and 5."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def _choices(a: Value, b: Value) -> bool:
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
    return False


def _severals(a: Several, b: Several) -> bool:
    """Brackets must match; a bare list also stands for a set, or in the same order for a tuple."""
    kinds = {a.brackets, b.brackets}
    if ":" in kinds:
        return _ratios(a, b)
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


def _ratios(a: Several, b: Several) -> bool:
    if a.brackets != b.brackets:
        raise Undecided("a ratio against something else")
    if _in_order(a.items, b.items):
        return True
    raise Undecided("two ratios that are written differently")


def _labelled(several: Several) -> bool:
    """Whether the items are told apart by names (x=1, y=2), so that a list without names must keep their order."""
    return len({item.name for item in several.items if isinstance(item, Number)} - {None}) > 1


def _in_order(a: tuple[Value, ...], b: tuple[Value, ...]) -> bool:
    return len(a) == len(b) and all(_item(x, y) for x, y in zip(a, b, strict=True))


def _unordered(a: tuple[Value, ...], b: tuple[Value, ...]) -> bool:
    """Each of one has its equal in the other; what is written twice counts once."""
    return all(any(_item(x, y) for y in b) for x in a) and all(any(_item(x, y) for x in a) for y in b)


def _item(a: Value, b: Value) -> bool:
    """Items that carry different names are different items."""
    if isinstance(a, Number) and isinstance(b, Number) and a.name and b.name and a.name != b.name:
        return False
    return same(a, b)
