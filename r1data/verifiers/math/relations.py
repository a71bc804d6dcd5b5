r"""Equations and inequalities, read: `x = 5` is 5 by the name of x, `1 < x \le 2` is an interval, the rest relations.

A chain of equalities between numbers has to hold (`3 \cdot 4 = 12`); one that does not (`11 = 12 = 13`) says nothing,
and so with `\approx`: what stands before it is the value, if what stands behind it is that value rounded.
Not covered: systems, inequalities to be solved (`x^2 < 4`): math-verify decides those.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from r1data.verifiers.math.algebra import forms, numeric
from r1data.verifiers.math.algebra.decide import equal
from r1data.verifiers.math.algebra.limits import Beyond
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.values import Formula, Relation, Several, Value, Word, as_formula

Reader = Callable[[str], Value | None]

_SIGN = re.compile(
    r"(<=|>=|!=|[<>=≤≥≠∈≈]|\\(?:leqslant|geqslant|leq|geq|le|ge|lt|gt|neq|ne|in|approx)(?![a-zA-Z]))"
)
_MEANS = {
    "<": "<", "<=": "≤", "≤": "≤", ">": ">", ">=": "≥", "≥": "≥", "=": "=", "!=": "≠", "≠": "≠", "∈": "∈", "≈": "≈",
    "\\leqslant": "≤", "\\leq": "≤", "\\le": "≤", "\\lt": "<", "\\geqslant": "≥", "\\geq": "≥", "\\ge": "≥",
    "\\gt": ">", "\\neq": "≠", "\\ne": "≠", "\\in": "∈", "\\approx": "≈",
}  # fmt: skip
_TURNED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
_VARIABLE = re.compile(r"(?:[a-zA-Z]|\\[a-zA-Z]+)(?:_(?:\w|\{\w+\}))?")
_NAME = re.compile(
    r"(?:[a-zA-Z]|\\[a-zA-Z]+)(?:_(?:\w|\{\w+\}))?(?:\([^()=]{1,20}\))?|[A-Z]{2,4}|\|[A-Z]{2}\||\\angle\s*[A-Z]{1,3}"
)
_TUPLE = re.compile(rf"\(\s*(?:{_VARIABLE.pattern})(?:\s*,\s*(?:{_VARIABLE.pattern}))+\s*\)")


def has_sign(text: str) -> bool:
    """Whether an equals sign or the like stands anywhere in a text."""
    return _SIGN.search(text) is not None


def read(text: str, value: Reader) -> Value | None:
    """What a normalised text with such signs writes; None where that is not read here."""
    pieces = _SIGN.split(text)
    sides, signs = [side.strip() for side in pieces[::2]], [_MEANS[sign] for sign in pieces[1::2]]
    if not all(sides) or len(signs) > 4:
        return None
    if signs[-1] == "≈" and set(signs[:-1]) <= {"="}:
        return _approximation(sides, value)
    if set(signs) == {"="}:
        return _equation(sides, value)
    if signs == ["∈"]:
        return value(sides[1]) if _NAME.fullmatch(sides[0]) or _TUPLE.fullmatch(sides[0]) else None
    if signs == ["≠"]:
        return _relation("≠", sides, value)
    if set(signs) <= {"<", "≤"} or set(signs) <= {">", "≥"}:
        return _inequality(sides, signs, value)
    return None


def _equation(sides: list[str], value: Reader) -> Value | None:
    """A named value; the value of a chain that holds; or an equation as it is."""
    head, last = sides[0], sides[-1]
    if _TUPLE.fullmatch(head) and len(sides) == 2:
        found = value(last)
        return found if isinstance(found, Several) else None
    if _NAME.fullmatch(head):
        found = value(last)
        if len(sides) == 2:
            return replace(found, name=head) if isinstance(found, Number | Formula) else found
        sides = sides[1:]
    else:
        found = None
    read_sides = [value(side) for side in sides]
    formulas = [as_formula(side) for side in read_sides if isinstance(side, Number | Formula)]
    if len(formulas) != len(sides):
        return None
    differing = _differing(formulas)
    if differing is None:
        found = read_sides[-1]
        return replace(found, name=head) if len(sides) > 2 and isinstance(found, Number | Formula) else found
    return differing if len(sides) == 2 or not _has_variables(formulas) else None


def _approximation(sides: list[str], value: Reader) -> Value | None:
    """A value with its decimal behind it; a name with a decimal alone."""
    decimal = value(sides[-1])
    if len(sides) == 2 and _NAME.fullmatch(sides[0]):
        return replace(decimal, name=sides[0]) if isinstance(decimal, Number) else None
    found = value(sides[0]) if len(sides) == 2 else _equation(sides[:-1], value)
    if isinstance(found, Relation):
        return found
    if not isinstance(decimal, Number) or not isinstance(found, Number | Formula):
        return None
    gap = forms.add(as_formula(found).form, forms.negative(forms.number(decimal.value)))
    if _has_variables([as_formula(found)]):
        return None
    try:
        near = not gap.top or abs(numeric.real(gap.top, gap.under)) <= 10**-decimal.places
    except Beyond:
        near = False
    return found if near else Relation("=", gap)


def _differing(formulas: list[Formula]) -> Relation | None:
    """None where a chain of equalities between constants holds, else an equation from it."""
    first = formulas[0]
    for other in formulas[1:]:
        difference = forms.add(first.form, forms.negative(other.form))
        if _has_variables(formulas) or not _surely_equal(first, other):
            return Relation("=", difference)
    return None


def _surely_equal(a: Formula, b: Formula) -> bool:
    try:
        return equal(a.form, b.form)
    except Beyond:
        return False


def _has_variables(formulas: list[Formula]) -> bool:
    return any(numeric.has_variables(poly) for one in formulas for poly in (one.form.top, one.form.under))


def _relation(sign: str, sides: list[str], value: Reader) -> Relation | None:
    """Both sides in one difference, its sign turned so that it is below 0."""
    one, other = (value(side) for side in sides)
    if not isinstance(one, Number | Formula) or not isinstance(other, Number | Formula):
        return None
    difference = forms.add(as_formula(one).form, forms.negative(as_formula(other).form))
    if sign in (">", "≥"):
        return Relation(_TURNED[sign], forms.negative(difference))
    return Relation(sign, difference)


def _inequality(sides: list[str], signs: list[str], value: Reader) -> Value | None:
    """Bounds of one variable as an interval; anything else as it is."""
    if len(sides) == 2 and _NAME.fullmatch(sides[1]):
        sides, signs = sides[::-1], [_TURNED[signs[0]]]
    at = 0 if len(sides) == 2 else 1
    bounds = [value(side) for place, side in enumerate(sides) if place != at]
    if len(sides) > 3 or not _NAME.fullmatch(sides[at]) or not all(map(is_bound, bounds)):
        return _solved(_relation(signs[0], sides, value)) if len(sides) == 2 else None
    return _interval(bounds, signs)


def _interval(bounds: list[Value | None], signs: list[str]) -> Several:
    """The interval of what stands before two bounds' signs, or before one's."""
    if len(bounds) == 1:
        bounds = [Word("-∞"), *bounds] if signs[0] in ("<", "≤") else [*bounds, Word("∞")]
        signs = ["<", signs[0]] if signs[0] in ("<", "≤") else [signs[0], "<"]
    elif signs[0] in (">", "≥"):
        bounds, signs = bounds[::-1], signs[::-1]
    brackets = ("[" if signs[0] in ("≤", "≥") else "(") + ("]" if signs[1] in ("≤", "≥") else ")")
    ends = tuple(bound for bound in bounds if bound is not None)
    return Several("∪", (Several(brackets, ends),))


def _solved(relation: Relation | None) -> Value | None:
    """`-2x < 4` as an interval; what is not linear in one variable as it is."""
    if relation is None or relation.difference.under.keys() != {()} or len(relation.difference.top) > 2:
        return relation
    top = relation.difference.top
    with_letters = [monomial for monomial in top if monomial]
    if len(with_letters) != 1 or len(with_letters[0]) != 1 or with_letters[0][0][0][0] != "x":
        return relation
    ((_, exponent),) = with_letters[0]
    if exponent != 1:
        return relation
    factor = Fraction(top[with_letters[0]])
    return _interval(
        [Number(-top.get((), 0) / factor)], [relation.sign if factor > 0 else _TURNED[relation.sign]]
    )


def is_bound(value: Value | None) -> bool:
    """Whether a value can be the end of an interval."""
    if isinstance(value, Formula):
        return not _has_variables([value])
    return isinstance(value, Number) or (isinstance(value, Word) and value.text in ("∞", "-∞"))
