r"""The rules for when two values agree, all in one place (`docs/verify.md` explains them).

`same` is symmetric and returns True or False only if the rules decide. If they cannot, it raises `Undecided`, which
becomes `unverifiable`, never `incorrect`; if it takes more algebra than ours, `Unsupported`, and math-verify is asked.

Sets of real numbers are equal if their pieces are (`reals`); general solutions, if one is the other moved by whole
steps. A bare list is a set with its repeats, in any order, unless the prompt asks for one:
golds list roots as they come.
"""

import re
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

from r1data.verifiers.math import clock, quantities, reals
from r1data.verifiers.math.algebra import forms, numeric
from r1data.verifiers.math.algebra.decide import equal
from r1data.verifiers.math.algebra.limits import PossiblyEqual, Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.values import (
    DOTS,
    INFINITE,
    INTERVALS,
    Choice,
    Formula,
    Relation,
    Several,
    Undecided,
    Value,
    Word,
    as_formula,
)

EXCLUSIVE_WORDS = ({"yes", "no"}, {"true", "false"}, set(INFINITE))
"""Groups of words that exclude each other. Any other two words may be synonyms, so they are not called different."""


_ROOT = re.compile(r"[xz]\s*_\s*(?:\d|\{\s*\d\s*\}|\{\s*\d\s*,\s*\d\s*\})")
DENIALS = ("no solution", "no real solution", "does not exist")
"""Words that deny that there is an answer. Against 0 they are left open: it may be how many there are."""
_ORDER = re.compile(
    r"\b(?:increasing|decreasing|ascending|descending|alphabetical|numerical|chronological|(?:the )?(?:same|given|right"
    r"|correct|following)) order\b|\b(?:least|small(?:est)?|low(?:est)?|great(?:est)?|larg(?:est|e)|high(?:est)?) to \w"
    r"|\bin order\b(?! (?:to|that|for)\b)|\brespectively\b|\bin that order\b|\bordered list\b"
    r"|\b(?:first|next|last) \w+ (?:terms|numbers|elements|digits)\b"
    r"|从小到大|从大到小|由小到大|由大到小|依次|分别|顺序|次序|按序|升序|降序",
    re.I,
)
FREE_ITEMS = 2
"""Most items of a bare list that are the same in any order where the prompt is not known: the roots of a square."""


def same(a: Value, b: Value, prompt: str | None = None) -> bool:
    """Whether two values are the same answer.

    Args:
        a: one of them.
        b: the other.
        prompt: the question, which may ask for an order; None if it is not known.

    Raises:
        Undecided: the rules cannot tell; the message is the verdict's reason.
        Unsupported: it takes more algebra than ours; `PossiblyEqual` where the two agree to 60 digits.
    """
    if isinstance(a, Number) and isinstance(b, Number):
        return quantities.numbers(a, b)
    if isinstance(a, Formula) and isinstance(b, Number | Formula):
        return quantities.formulas(a, b)
    if _has_readings(a) or _has_readings(b):
        return _in_all_readings(a, b)
    if isinstance(a, Choice) or isinstance(b, Choice):
        return _choices(a, b)
    if isinstance(a, Word) or isinstance(b, Word):
        return _words(a, b)
    if isinstance(a, Relation) or isinstance(b, Relation):
        return quantities.relations(a, b)
    if isinstance(a, Number | Formula) and isinstance(b, Number | Formula):
        return quantities.formulas(a, b)
    if isinstance(a, Several):
        return _severals(a, b, prompt) if isinstance(b, Several) else _one_and_several(b, a)
    return isinstance(b, Several) and _one_and_several(a, b)


def _has_readings(value: Value) -> bool:
    return isinstance(value, Several) and value.brackets == "either"


def _in_all_readings(a: Value, b: Value) -> bool:
    """Whether two values agree, of which at least one has several readings: all of them have to say so."""
    if a == b:
        return True
    readings, others = (
        value.items if isinstance(value, Several) and value.brackets == "either" else (value,)
        for value in (a, b)
    )
    if len(readings) == len(others) and all(
        same(one, other) for one, other in zip(readings, others, strict=True)
    ):
        return True
    outcomes = {same(one, other) for one in readings for other in others}
    if len(outcomes) > 1:
        raise Undecided("relations that may be joined by and, or by or")
    return outcomes.pop()


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
    for word, other in ((a, b), (b, a)):
        if isinstance(word, Word) and word.text in DENIALS and _is_certain_value(other):
            return False
    if isinstance(a, Word) and isinstance(b, Word):
        if any({a.text, b.text} <= words for words in EXCLUSIVE_WORDS):
            return False
    elif any(isinstance(x, Word) and x.text in INFINITE for x in (a, b)):
        return False
    raise Undecided("words are compared letter by letter, and these differ")


def _is_certain_value(value: Value) -> bool:
    """Whether a value is what "no solution" is not: a number other than 0, or sets and lists of numbers."""
    if isinstance(value, Number):
        return value.value != 0
    if isinstance(value, Several):
        return (
            value.brackets in ("{}", "", "()", "∪")
            and bool(value.items)
            and all(map(reals.is_bound, value.items))
        )
    return isinstance(value, Formula) and reals.is_bound(value)


def _one_and_several(one: Value, several: Several) -> bool:
    if several.brackets == ":":
        if clock.agrees_with_ratio(one, several):
            return True
        raise Undecided("a ratio against a number")
    if isinstance(one, Number) and one.unit is not None and one.unit.parts:
        raise Undecided("a quantity in several units against a list")
    if several.brackets in ("{}", "") and len(several.items) == 1:
        return same(one, several.items[0])
    if several.brackets == "matrix":
        raise Undecided("a matrix against a number")
    if several.brackets == "general" and same(one, several.items[0]):
        return True
    if several.brackets == "()" and any("[" in (name or "") for name in _names(several)):
        raise Undecided("a point against a value, or `C(5, 2)`")
    if several.brackets in SPECIAL:
        raise Undecided("a system, a general solution or a function by cases against a value")
    if isinstance(one, Formula) and (
        quantities.variables(one.form) or ("i",) in numeric.atoms(one.form.numerator)
    ):
        if several == reals.REALS and one.form == forms.atom(("x", "R")):
            return True  # `R`, as it is printed upright
        raise Undecided("a formula against several values")
    return False


SPECIAL = ("general", "≡", "cases", "conditions")
"""Kinds that are equal or undecided."""
_SETS = ("∪", "∖", "∩")


def _severals(a: Several, b: Several, prompt: str | None) -> bool:
    """Whether two lists agree: brackets must match; a bare list equals a set, or a tuple in the same order."""
    if a == b:
        return True
    kinds = {a.brackets, b.brackets}
    if not kinds.isdisjoint(SPECIAL):
        return _specials(a, b)
    if ":" in kinds:
        return _ratios(a, b)
    if "matrix" in kinds:
        return _matrices(a, b)
    a, b = _as_roots(a), _as_roots(b)
    if DOTS in a.items or DOTS in b.items:
        if len(kinds) == 1 and _in_order(a.items, b.items):
            return True
        raise Undecided("a list that goes on, and is written differently")
    if not kinds.isdisjoint(_SETS):
        return _sets(a, b)
    if _labelled(a) and _labelled(b):
        return _by_name(a, b)
    if kinds <= {"{}", ""}:
        return _lists(a, b, prompt)
    for one, other in ((a, b), (b, a)):
        if one.brackets == "{}" and len(one.items) == 1 and isinstance(one.items[0], Several):
            return same(one.items[0], other)
    if len(kinds) == 1:
        return _in_order(a.items, b.items)
    if kinds == {"()", ""} and _in_order(a.items, b.items):
        return True
    if kinds & {"{}", ""} and _unordered(a.items, b.items):
        raise Undecided("the same values in other brackets or in another order")
    return False


def _lists(a: Several, b: Several, prompt: str | None) -> bool:
    """Sets and bare lists: two sets whatever their repeats; a list with its repeats, in any order that may be any."""
    if _labelled(a) != _labelled(b):
        if _in_order(a.items, b.items):
            return True
        if _unordered(a.items, b.items):
            raise Undecided("the same values in another order, of which one side names the variables")
        return False
    if a.brackets == b.brackets == "{}":
        return _unordered(a.items, b.items)
    with suppress(Undecided):  # in another order, "4 oranges, 3 apples" may still be comparable
        if _in_order(a.items, b.items):
            return True
    if _paired(a.items, b.items):
        if _order_is_free(a, b, prompt):
            return True
        raise Undecided("the same values in another order, where the order may count")
    if _unordered(a.items, b.items):
        raise Undecided("the same values, some of them repeated")
    return False


def _order_is_free(a: Several, b: Several, prompt: str | None) -> bool:
    """Whether two lists of the same values in two orders are the same answer."""
    if prompt is not None and _ORDER.search(prompt):
        return False
    if "{}" in (a.brackets, b.brackets) or prompt is not None or len(a.items) <= FREE_ITEMS:
        return True
    # Without the question, names tell: x = 1, 2, 3 lists what one letter may be. So do pairs, solutions of something.
    return any(
        len(_names(several) - {None}) == 1 or all(isinstance(item, Several) for item in several.items)
        for several in (a, b)
    )


def _as_roots(several: Several) -> Several:
    """`x_1 = 2, x_2 = 3`, the roots of an equation, as x = 2, x = 3; any other value unchanged."""
    if several.brackets not in ("", "{}") or not several.items:
        return several
    items = [item for item in several.items if isinstance(item, Number | Formula) and item.name is not None]
    if len(items) != len(several.items) or not all(_ROOT.fullmatch(item.name or "") for item in items):
        return several
    return Several(several.brackets, tuple(replace(item, name=(item.name or "x")[0]) for item in items))


def _by_name(a: Several, b: Several) -> bool:
    """Values with names: the same names have the same values, in any order."""
    if _names(a) == _names(b):
        return len(a.items) == len(b.items) and _unordered(a.items, b.items)
    if len(a.items) == len(b.items) and all(
        same(_unnamed(x), _unnamed(y)) for x, y in zip(a.items, b.items, strict=True)
    ):
        raise Undecided("the same values under other names")
    return False


def _ratios(a: Several, b: Several) -> bool:
    """Whether two ratios are proportional. Times of day look the same: `1:10` and `2:20` are left open."""
    if a.brackets != b.brackets:
        raise Undecided("a ratio against something else")
    if _in_order(a.items, b.items):
        return True
    if len(a.items) != len(b.items):
        return False
    if _may_be_time(a) and _may_be_time(b):
        raise Undecided("two ratios, or two times of day")
    forms_of_a, forms_of_b = (
        [as_formula(item).form for item in several.items if isinstance(item, Number | Formula)]
        for several in (a, b)
    )
    if len(forms_of_a) != len(a.items) or len(forms_of_b) != len(b.items):
        raise Undecided("two ratios that are written differently")
    if not all(form.numerator for form in (forms_of_a[0], forms_of_b[0])):
        raise Undecided("a ratio to 0")
    return all(
        equal(forms.multiply(forms_of_a[0], q), forms.multiply(forms_of_b[0], p))
        for p, q in zip(forms_of_a[1:], forms_of_b[1:], strict=True)
    )


def _may_be_time(ratio: Several) -> bool:
    """Whether a ratio of whole numbers could be hours and minutes: the minutes have two digits."""
    hours, *rest = ratio.items
    return (
        isinstance(hours, Number)
        and hours.value.denominator == 1
        and 0 <= hours.value <= 24
        and all(isinstance(x, Number) and x.value.denominator == 1 and 10 <= x.value <= 59 for x in rest)
    )


def _specials(a: Several, b: Several) -> bool:
    """General solutions, congruences, cases and conditions on several variables: equal or undecided."""
    if a.brackets == b.brackets:
        if a.brackets == "≡":
            return _congruences(a, b)
        if a.brackets == "general" and _general(a, b):
            return True
        if (
            a.brackets in ("cases", "conditions")
            and len(a.items) == len(b.items)
            and _paired(a.items, b.items)
        ):
            return True
    elif "general" in (a.brackets, b.brackets):
        general, other = (a, b) if a.brackets == "general" else (b, a)
        if isinstance(general.items[0], Several) and same(general.items[0], other):
            return True
    raise Undecided("systems, general solutions or functions by cases that are written differently")


def _congruences(a: Several, b: Several) -> bool:
    """`x \\equiv 3 \\pmod 7` and another one: the same residues, where the modulus is the same."""
    (name, modulus, *residues), (other_name, other_modulus, *other_residues) = a.items, b.items
    if modulus != other_modulus or (name != other_name and Word("") not in (name, other_name)):
        raise Undecided("congruences to two moduli, or of two variables")
    assert isinstance(modulus, Number)
    left, right = (
        {one.value % modulus.value for one in values if isinstance(one, Number)}
        for values in (residues, other_residues)
    )
    return left == right


def _general(a: Several, b: Several) -> bool:
    """Whether two general solutions are the same terms, or terms that differ by a whole number of steps."""
    (value, letter, numbers), (other, other_letter, other_numbers) = a.items, b.items
    if numbers != other_numbers or not isinstance(letter, Word) or not isinstance(other_letter, Word):
        return False
    terms, other_terms = _terms(value, letter.text), _terms(other, other_letter.text)
    if terms is None or other_terms is None or len(terms) != len(other_terms):
        return False
    value, other = (_lone_interval(one) if isinstance(one, Several) else one for one in (value, other))
    if _brackets(value) != _brackets(other):
        return False
    whole = numbers == Word("ℤ")
    if isinstance(value, Several) and value.brackets not in INTERVALS and value.brackets not in ("()", "∪"):
        # Families of solutions: in any order, each moved by steps of its own.
        rest = list(other_terms)
        for term in terms:
            match = next((one for one in rest if _moved([term], [one], whole=whole)), None)
            if match is None:
                return False
            rest.remove(match)
        return True
    return _moved(terms, other_terms, whole=whole)


Term = tuple[forms.Form, forms.Form]
"""(value at 0, step) of a formula that is linear in a letter."""


def _brackets(value: Value) -> list[str]:
    """The brackets of a value and of what is in it, from the outside in."""
    if not isinstance(value, Several):
        return []
    return [value.brackets, *(bracket for item in value.items for bracket in _brackets(item))]


def _terms(value: Value, letter: str) -> list[Term] | None:
    """The formulas in a value as linear functions of a letter; None if one is not linear in it."""
    if isinstance(value, Several):
        parts = [_terms(item, letter) for item in value.items]
        usable = [part for part in parts if part is not None]
        return [term for part in usable for term in part] if len(usable) == len(parts) else None
    if not isinstance(value, Number | Formula):
        return None
    form = as_formula(value).form
    if letter in quantities.letters(form.denominator):
        return None
    start: dict[Any, Any] = {}
    step: dict[Any, Any] = {}
    for monomial, coefficient in form.numerator.items():
        exponents = dict(monomial)
        exponent = exponents.pop(("x", letter), 0)
        if exponent not in (0, 1) or any(
            letter in quantities.letters({((atom, 1),): 1}) for atom in exponents
        ):
            return None
        (step if exponent else start)[tuple(sorted(exponents.items()))] = coefficient
    return [(forms.quotient(start, form.denominator), forms.quotient(step, form.denominator))]


def _moved(a: list[Term], b: list[Term], *, whole: bool) -> bool:
    """Whether all terms of b are those of a, moved by one and the same number of steps, 0 unless `whole`."""
    shifts: set[Fraction] = set()
    signs: set[int] = set()
    for (start, step), (other_start, other_step) in zip(a, b, strict=True):
        sign = (
            1 if _equal(step, other_step) else -1 if whole and _equal(step, forms.negative(other_step)) else 0
        )
        if not sign:
            return False
        gap = forms.add(other_start, forms.negative(start))
        if not step.numerator:
            if gap.numerator:
                return False
            continue
        shift = forms.divide(gap, step).rational if gap.numerator else 0
        if shift is None or shift.denominator != 1 or (shift and not whole):
            return False
        shifts.add(Fraction(shift))
        signs.add(sign)
    return len(shifts) <= 1 and len(signs) <= 1


def _equal(a: forms.Form, b: forms.Form) -> bool:
    try:
        return equal(a, b)
    except Unsupported:
        return False


def _matrices(a: Several, b: Several) -> bool:
    if a.brackets == b.brackets:
        return _in_order(a.items, b.items)
    matrix, other = (a, b) if a.brackets == "matrix" else (b, a)
    rows = [row.items for row in matrix.items if isinstance(row, Several)]
    if other.brackets in ("[]", "()") and all(
        isinstance(item, Several) and item.brackets == other.brackets for item in other.items
    ):
        return _in_order(
            matrix.items,
            tuple(replace(item, brackets="row") for item in other.items if isinstance(item, Several)),
        )
    flat = tuple(item for row in rows for item in row)
    if 1 in (len(rows), len(rows[0])) and len(flat) == len(other.items) and _in_order(flat, other.items):
        raise Undecided("a vector that is written as a matrix, and not")
    return False


def _sets(a: Several, b: Several) -> bool:
    """Whether two sets of real numbers have the same pieces. Where ends are formulas, only the same ends will do."""
    try:
        a_pieces, b_pieces = reals.pieces(a), reals.pieces(b)
    except PossiblyEqual:
        raise
    except Unsupported as error:
        one, other = _lone_interval(a), _lone_interval(b)
        if one.brackets == other.brackets and _in_order(one.items, other.items):
            return True
        raise Undecided("sets that these rules cannot compare") from error
    return len(a_pieces) == len(b_pieces) and all(
        (p[1], p[3]) == (q[1], q[3]) and _item(p[0], q[0]) and _item(p[2], q[2])
        for p, q in zip(a_pieces, b_pieces, strict=True)
    )


def _lone_interval(value: Several) -> Several:
    """The interval that a union of one consists of; any other value unchanged."""
    inner = value.items[0] if value.brackets == "∪" and len(value.items) == 1 else value
    return inner if isinstance(inner, Several) else value


def _names(several: Several) -> set[str | None]:
    return {item.name for item in several.items if isinstance(item, Number | Formula)}


def _unnamed(value: Value) -> Value:
    return replace(value, name=None) if isinstance(value, Number | Formula) else value


def _labelled(several: Several) -> bool:
    """Whether items carry different names (x=1, y=2); against a list without names, their order then matters."""
    return len({item.name for item in several.items if isinstance(item, Number | Formula)} - {None}) > 1


def _in_order(a: tuple[Value, ...], b: tuple[Value, ...]) -> bool:
    return len(a) == len(b) and all(_item(x, y) for x, y in zip(a, b, strict=True))


def _unordered(a: tuple[Value, ...], b: tuple[Value, ...]) -> bool:
    """Whether each item of one list has an equal in the other; repeated items count once."""
    return all(_place(x, b) is not None for x in a) and all(_place(x, a) is not None for x in b)


def _paired(a: tuple[Value, ...], b: tuple[Value, ...]) -> bool:
    """Whether the items of two lists are equal in pairs, in any order: repeats count."""
    if len(a) != len(b):
        return False
    rest = b
    for one in a:
        place = _place(one, rest)
        if place is None:
            return False
        rest = rest[:place] + rest[place + 1 :]
    return True


def _place(one: Value, others: tuple[Value, ...]) -> int | None:
    """The place of a value's equal among others. Raises only if none is equal, and some could not be compared."""
    open_question: Unsupported | Undecided | None = None
    for place, other in enumerate(others):
        try:
            if _item(one, other):
                return place
        except (Unsupported, Undecided) as error:
            open_question = error
    if open_question is not None:
        raise open_question
    return None


def _item(a: Value, b: Value) -> bool:
    """Whether two items of lists agree; items with different names are different."""
    names = [item.name for item in (a, b) if isinstance(item, Number | Formula)]
    if len(names) == 2 and None not in names and names[0] != names[1]:
        return False
    return same(a, b)
