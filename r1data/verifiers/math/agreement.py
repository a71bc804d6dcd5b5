r"""The rules for when two values agree, all in one place (`docs/verify.md` explains them).

`same` is symmetric and returns True or False only if the rules decide. If they cannot, it raises `Undecided`, which
becomes `unverifiable`, never `incorrect`; if it takes more algebra than ours, `Unsupported`, and math-verify is asked.

Sets of real numbers are compared by their pieces (`reals`), lists by `lists`, general solutions and congruences by
`families`, numbers and formulas by `quantities`, equations by `equations`.
"""

from dataclasses import replace

from r1data.verifiers.math import equations, families, lists, quantities, reals
from r1data.verifiers.math.algebra import forms, numeric
from r1data.verifiers.math.algebra.decide import equal
from r1data.verifiers.math.algebra.limits import PossiblyEqual, Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.units import clock
from r1data.verifiers.math.values import (
    DOTS,
    INFINITE,
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


DENIALS = ("no solution", "no real solution", "does not exist", "infinitely many")
"""Words that deny that there is an answer. Against 0 they are left open: it may be how many there are."""


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
        return equations.agree(a, b)
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
    if several.brackets == "()" and any("[" in (name or "") for name in lists.names_of(several)):
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
    if not kinds.isdisjoint(_SETS):
        return _sets(a, b)
    a, b = lists.as_roots(a), lists.as_roots(b)
    if DOTS in a.items or DOTS in b.items:
        if len(kinds) == 1 and lists.in_order(a.items, b.items, same):
            return True
        raise Undecided("a list that goes on, and is written differently")
    for one, other in ((a, b), (b, a)):
        if (
            one.brackets == "{}" != other.brackets
            and len(one.items) == 1
            and isinstance(one.items[0], Several)
        ):
            return same(one.items[0], other)
    if lists.are_labelled(a) and lists.are_labelled(b):
        return lists.agree_by_name(a, b, same)
    if kinds <= {"{}", ""}:
        return lists.agree(a, b, prompt, same)
    if len(kinds) == 1:
        return lists.in_order(a.items, b.items, same)
    if kinds == {"()", ""} and lists.in_order(a.items, b.items, same):
        return True
    if kinds & {"{}", ""} and lists.unordered(a.items, b.items, same):
        raise Undecided("the same values in other brackets or in another order")
    return False


def _ratios(a: Several, b: Several) -> bool:
    """Whether two ratios are proportional. Times of day look the same: `1:10` and `2:20` are left open."""
    if a.brackets != b.brackets:
        raise Undecided("a ratio against something else")
    if lists.in_order(a.items, b.items, same):
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
            return families.congruences(a, b)
        if a.brackets == "general" and families.general_solutions(a, b):
            return True
        if (
            a.brackets in ("cases", "conditions")
            and len(a.items) == len(b.items)
            and lists.paired(a.items, b.items, same)
        ):
            return True
    elif "general" in (a.brackets, b.brackets):
        general, other = (a, b) if a.brackets == "general" else (b, a)
        if isinstance(general.items[0], Several) and same(general.items[0], other):
            return True
    raise Undecided("systems, general solutions or functions by cases that are written differently")


def _matrices(a: Several, b: Several) -> bool:
    if a.brackets == b.brackets:
        return lists.in_order(a.items, b.items, same)
    matrix, other = (a, b) if a.brackets == "matrix" else (b, a)
    rows = [row.items for row in matrix.items if isinstance(row, Several)]
    if other.brackets in ("[]", "()") and all(
        isinstance(item, Several) and item.brackets == other.brackets for item in other.items
    ):
        other_rows = tuple(replace(item, brackets="row") for item in other.items if isinstance(item, Several))
        return lists.in_order(matrix.items, other_rows, same)
    flat = tuple(item for row in rows for item in row)
    if (
        1 in (len(rows), len(rows[0]))
        and len(flat) == len(other.items)
        and lists.in_order(flat, other.items, same)
    ):
        raise Undecided("a vector that is written as a matrix, and not")
    return False


def _sets(a: Several, b: Several) -> bool:
    """Whether two sets of real numbers have the same pieces. Where ends are formulas, only the same ends will do."""
    try:
        a_pieces, b_pieces = reals.pieces(a), reals.pieces(b)
    except PossiblyEqual:
        raise
    except Unsupported as error:
        one, other = reals.lone_interval(a), reals.lone_interval(b)
        named = (lists.names_of(one) | lists.names_of(other)) - {None}
        if one.brackets == other.brackets and not named and lists.in_order(one.items, other.items, same):
            return True
        raise Undecided("sets that these rules cannot compare") from error
    return len(a_pieces) == len(b_pieces) and all(
        (p[1], p[3]) == (q[1], q[3])
        and lists.items_agree(p[0], q[0], same)
        and lists.items_agree(p[2], q[2], same)
        for p, q in zip(a_pieces, b_pieces, strict=True)
    )
