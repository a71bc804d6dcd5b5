r"""Parses equations and inequalities: `x = 5` is 5 named x, `1 < x \le 2` is an interval, the rest are relations.

A chain of equalities between numbers must hold (`3 \cdot 4 = 12`); one that does not (`11 = 12 = 13`) has no value.
Likewise with `\approx`: the left side is the value if the right side is its rounded decimal.
Not covered: systems, and inequalities that have to be solved (`x^2 < 4`): math-verify decides those.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from r1data.verifiers.math.algebra import forms, numeric
from r1data.verifiers.math.algebra.decide import equal
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.values import Formula, Relation, Several, Value, Word, as_formula

SideParser = Callable[[str], Value | None]

# Longer signs first: else `<=` would be `<`, and its `=` another sign.
_SIGN = re.compile(
    r"(<=|>=|!=|[<>=≤≥≠∈≈]|\\(?:leqslant|geqslant|leq|geq|le|ge|lt|gt|neq|ne|in|approx)(?![a-zA-Z]))"
)
_MEANS = {
    "<": "<", "<=": "≤", "≤": "≤", ">": ">", ">=": "≥", "≥": "≥", "=": "=", "!=": "≠", "≠": "≠", "∈": "∈", "≈": "≈",
    "\\leqslant": "≤", "\\leq": "≤", "\\le": "≤", "\\lt": "<", "\\geqslant": "≥", "\\geq": "≥", "\\ge": "≥",
    "\\gt": ">", "\\neq": "≠", "\\ne": "≠", "\\in": "∈", "\\approx": "≈",
}  # fmt: skip
_MIRRORED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
_VARIABLE = re.compile(r"(?:[a-zA-Z]|\\[a-zA-Z]+)(?:_(?:\w|\{\w+\}))?")
_NAME = re.compile(
    r"(?:[a-zA-Z]|\\[a-zA-Z]+)(?:_(?:\w|\{\w+\}))?(?:\([^()=]{1,20}\))?|[A-Z]{2,4}|\|[A-Z]{2}\||\\angle\s*[A-Z]{1,3}"
)
_TUPLE = re.compile(rf"\(\s*(?:{_VARIABLE.pattern})(?:\s*,\s*(?:{_VARIABLE.pattern}))+\s*\)")


def has_sign(text: str) -> bool:
    """Whether a text contains a relation sign: =, <, ∈, ≈ and their spellings."""
    return _SIGN.search(text) is not None


def read(text: str, parse_side: SideParser) -> Value | None:
    """The value of a normalised text with relation signs; None if it is not covered.

    `parse_side` parses one side, a text without such signs, to its value or None.
    """
    pieces = _SIGN.split(text)
    sides, signs = [side.strip() for side in pieces[::2]], [_MEANS[sign] for sign in pieces[1::2]]
    if not all(sides) or len(signs) > 4:
        return None
    if signs[-1] == "≈" and set(signs[:-1]) <= {"="}:
        return _parse_approximation(sides, parse_side)
    if set(signs) == {"="}:
        return _parse_equation(sides, parse_side)
    if signs == ["∈"]:
        return parse_side(sides[1]) if _NAME.fullmatch(sides[0]) or _TUPLE.fullmatch(sides[0]) else None
    if signs == ["≠"]:
        return _as_relation("≠", sides, parse_side)
    if set(signs) <= {"<", "≤"} or set(signs) <= {">", "≥"}:
        return _parse_inequality(sides, signs, parse_side)
    return None


def _parse_equation(sides: list[str], parse_side: SideParser) -> Value | None:
    """A named value, the value of a chain of equalities that holds, or an equation as a relation."""
    head, last = sides[0], sides[-1]
    if _TUPLE.fullmatch(head) and len(sides) == 2:
        components = parse_side(last)
        return components if isinstance(components, Several) else None
    if _NAME.fullmatch(head):
        if len(sides) == 2:
            value = parse_side(last)
            return replace(value, name=head) if isinstance(value, Number | Formula) else value
        sides = sides[1:]
    side_values = [parse_side(side) for side in sides]
    formulas = [as_formula(side) for side in side_values if isinstance(side, Number | Formula)]
    if len(formulas) != len(sides):
        return None
    differing = _first_false_equality(formulas)
    if differing is None:
        last_value = side_values[-1]
        return (
            replace(last_value, name=head)
            if len(sides) > 2 and isinstance(last_value, Number | Formula)
            else last_value
        )
    return differing if len(sides) == 2 or not _has_variables(formulas) else None


def _parse_approximation(sides: list[str], parse_side: SideParser) -> Value | None:
    r"""`value \approx decimal`: the value if its decimal is right; `x \approx decimal`: the decimal, named x."""
    decimal = parse_side(sides[-1])
    if len(sides) == 2 and _NAME.fullmatch(sides[0]):
        return replace(decimal, name=sides[0]) if isinstance(decimal, Number) else None
    value = parse_side(sides[0]) if len(sides) == 2 else _parse_equation(sides[:-1], parse_side)
    if isinstance(value, Relation):
        return value
    if not isinstance(decimal, Number) or not isinstance(value, Number | Formula):
        return None
    gap = forms.add(as_formula(value).form, forms.negative(forms.number(decimal.value)))
    if _has_variables([as_formula(value)]):
        return None
    try:
        near = (
            not gap.numerator
            or abs(numeric.real_value(gap.numerator, gap.denominator)) <= 10**-decimal.places
        )
    except Unsupported:
        near = False
    return value if near else Relation("=", gap)


def _first_false_equality(formulas: list[Formula]) -> Relation | None:
    """None if a chain of equalities between constants holds, else the first equation in it that does not."""
    first = formulas[0]
    for other in formulas[1:]:
        difference = forms.add(first.form, forms.negative(other.form))
        try:
            holds = not _has_variables(formulas) and equal(first.form, other.form)
        except Unsupported:
            holds = False
        if not holds:
            return Relation("=", difference)
    return None


def _has_variables(formulas: list[Formula]) -> bool:
    return any(
        numeric.has_variables(poly) for one in formulas for poly in (one.form.numerator, one.form.denominator)
    )


def _as_relation(sign: str, sides: list[str], parse_side: SideParser) -> Relation | None:
    """Both sides as one difference compared with 0; `>` and `≥` are mirrored to `<` and `≤`."""
    one, other = (parse_side(side) for side in sides)
    if not isinstance(one, Number | Formula) or not isinstance(other, Number | Formula):
        return None
    difference = forms.add(as_formula(one).form, forms.negative(as_formula(other).form))
    if sign in (">", "≥"):
        return Relation(_MIRRORED[sign], forms.negative(difference))
    return Relation(sign, difference)


def _parse_inequality(sides: list[str], signs: list[str], parse_side: SideParser) -> Value | None:
    """Bounds of one variable as an interval; any other inequality of two sides as a relation."""
    if len(sides) == 2 and _NAME.fullmatch(sides[1]):
        sides, signs = sides[::-1], [_MIRRORED[signs[0]]]
    position = 0 if len(sides) == 2 else 1
    bounds = [parse_side(side) for place, side in enumerate(sides) if place != position]
    if len(sides) > 3 or not _NAME.fullmatch(sides[position]) or not all(map(is_bound, bounds)):
        return _solve_linear(_as_relation(signs[0], sides, parse_side)) if len(sides) == 2 else None
    return _interval_from_bounds(bounds, signs)


def _interval_from_bounds(bounds: list[Value | None], signs: list[str]) -> Several:
    """The interval of a variable between two bounds, or on one side of a single bound."""
    if len(bounds) == 1:
        bounds = [Word("-∞"), *bounds] if signs[0] in ("<", "≤") else [*bounds, Word("∞")]
        signs = ["<", signs[0]] if signs[0] in ("<", "≤") else [signs[0], "<"]
    elif signs[0] in (">", "≥"):
        bounds, signs = bounds[::-1], signs[::-1]
    brackets = ("[" if signs[0] in ("≤", "≥") else "(") + ("]" if signs[1] in ("≤", "≥") else ")")
    # A union of one: it is a set for sure, and `(1, 2)` by itself may be a pair.
    ends = tuple(bound for bound in bounds if bound is not None)
    return Several("∪", (Several(brackets, ends),))


def _solve_linear(relation: Relation | None) -> Value | None:
    """A relation that is linear in one variable (`-2x < 4`) as an interval; any other relation unchanged."""
    if (
        relation is None
        or relation.difference.denominator.keys() != {()}
        or len(relation.difference.numerator) > 2
    ):
        return relation
    numerator = relation.difference.numerator
    with_letters = [monomial for monomial in numerator if monomial]
    if len(with_letters) != 1 or len(with_letters[0]) != 1 or with_letters[0][0][0][0] != "x":
        return relation
    ((_, exponent),) = with_letters[0]
    if exponent != 1:
        return relation
    factor = Fraction(numerator[with_letters[0]])
    return _interval_from_bounds(
        [Number(-numerator.get((), 0) / factor)], [relation.sign if factor > 0 else _MIRRORED[relation.sign]]
    )


def is_bound(value: Value | None) -> bool:
    """Whether a value can be the end of an interval."""
    if isinstance(value, Formula):
        return not _has_variables([value])
    return isinstance(value, Number) or (isinstance(value, Word) and value.text in ("∞", "-∞"))
