r"""Parses equations and inequalities: `x = 5` is 5 named x, `1 < x \le 2` is an interval, the rest are relations.

A chain of equalities between numbers must hold (`3 \cdot 4 = 12`); one that does not (`11 = 12 = 13`) has no value.
Likewise with `\approx`: the left side is the value if the right side is its rounded decimal.
`condition` gives what one inequality, `x \ne 2` or `x \in S` says of a variable, as a set; `conditions` joins several.
Not covered: inequalities that have to be solved (`x^2 < 4`): math-verify decides those.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from r1data.verifiers.math import names
from r1data.verifiers.math.algebra import forms, numeric
from r1data.verifiers.math.algebra.decide import equal
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.reals import REALS, is_bound
from r1data.verifiers.math.values import Formula, Relation, Several, Value, Word, as_formula

SideParser = Callable[[str], Value | None]

# Longer signs first: else `<=` would be `<`, and its `=` another sign. Not a class: signs alone are searched for fast.
_SIGN = re.compile(
    r"(<=|>=|!=|<|>|=|≤|≥|≠|∈|∉|≈|⩽|⩾"
    r"|\\(?:leqslant|geqslant|leqq|geqq|leq|geq|le|ge|lt|gt|neq|ne|notin|in|approx)(?![a-zA-Z]))"
)
_MEANS = {
    "<": "<", "<=": "≤", "≤": "≤", "⩽": "≤", ">": ">", ">=": "≥", "≥": "≥", "⩾": "≥", "=": "=", "!=": "≠", "≠": "≠",
    "∈": "∈", "∉": "∉", "≈": "≈", "\\leqslant": "≤", "\\leqq": "≤", "\\leq": "≤", "\\le": "≤", "\\lt": "<",
    "\\geqslant": "≥", "\\geqq": "≥", "\\geq": "≥", "\\ge": "≥", "\\gt": ">", "\\neq": "≠", "\\ne": "≠", "\\in": "∈",
    "\\notin": "∉", "\\approx": "≈",
}  # fmt: skip
_MIRRORED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
_ABSOLUTE = re.compile(rf"\|\s*({names.VARIABLE.pattern})\s*\|")


class Condition(NamedTuple):
    """What one relation says of a variable: that it lies in `values`. `sign` is its first relation sign."""

    name: str
    values: Value
    sign: str


def has_sign(text: str) -> bool:
    """Whether a text contains a relation sign: =, <, ∈, ≈ and their spellings."""
    return _SIGN.search(text) is not None


def signs_in(text: str) -> set[str]:
    """The relation signs of a text, each in one spelling."""
    return {_MEANS[sign] for sign in _SIGN.findall(text)}


def read(text: str, parse_side: SideParser) -> Value | None:
    """The value of a normalised text with relation signs; None if it is not covered.

    `parse_side` parses one side, a text without such signs, to its value or None.
    """
    sides, signs = _split(text)
    if not all(sides) or len(signs) > 4 or any(map(_is_cut, sides)):
        return None
    if signs[-1] == "≈" and set(signs[:-1]) <= {"="}:
        return _parse_approximation(sides, parse_side)
    if set(signs) == {"="}:
        return _parse_equation(sides, parse_side)
    if (single := condition(text, parse_side)) is not None:
        return single.values
    if signs == ["∈"]:
        # What is no set has no members: `x \in 12` is a text like any other.
        return as_text(text) if names.is_name(sides[0]) else _members_of_tuples(sides, parse_side)
    if len(sides) == 2 and signs[0] in ("<", "≤", ">", "≥", "≠"):
        return _as_relation(signs[0], sides, parse_side)
    return None


def as_text(text: str) -> Word:
    """A text that is compared letter by letter, whatever it means."""
    return Word("".join(text.split()))


def condition(text: str, parse_side: SideParser, parameter: str | None = None) -> Condition | None:
    """What a text with relation signs says of one variable; None if it says something else, or is not covered.

    Args:
        text: normalised; without "and", "or" and commas between relations.
        parse_side: as of `read`.
        parameter: a letter that bounds may contain: the k of `k \\pi < x < k \\pi + 1`.
    """
    sides, signs = _split(text)
    if not all(sides) or not 2 <= len(sides) <= 3:
        return None
    if signs in (["≠"], ["∈"], ["∉"], ["="]):
        return _parse_membership(sides, signs[0], parse_side)
    if set(signs) <= {"<", "≤"} or set(signs) <= {">", "≥"}:
        return _parse_inequality(sides, signs, parse_side, parameter)
    return None


def _split(text: str) -> tuple[list[str], list[str]]:
    """The sides of a text with relation signs, and the signs between them."""
    split_text = _SIGN.split(text)
    return [side.strip() for side in split_text[::2]], [_MEANS[sign] for sign in split_text[1::2]]


def _is_cut(side: str) -> bool:
    r"""Whether a sign within braces cut a side off, as in `\sum_{k=1}^3 k`; escaped braces are a set's."""
    return side.count("{") - side.count("\\{") != side.count("}") - side.count("\\}")


def _parse_membership(sides: list[str], sign: str, parse_side: SideParser) -> Condition | None:
    r"""`x \ne 2`, `x \in S`, `x \notin S` and `x = 2` as sets."""
    name, text = sides
    if not names.VARIABLE.fullmatch(name):
        return None
    value = parse_side(text)
    if sign in ("=", "≠"):
        listed = value.items if isinstance(value, Several) and value.brackets == "" else (value,)
        if not all(is_bound(item) and not isinstance(item, Word) for item in listed):
            return None
        points = Several("{}", tuple(item for item in listed if item is not None))
        return Condition(name, points if sign == "=" else Several("∖", (REALS, points)), sign)
    if value is None or not (is_set(value) or (isinstance(value, Word) and value.text[0] in "ℤℕℚℂ")):
        return None
    if sign == "∈":
        return Condition(name, value, sign)
    return Condition(name, Several("∖", (REALS, value)), sign) if is_set(value) else None


def is_set(value: Value) -> bool:
    """Whether a value is a set: of numbers, an interval, a union of such, or one in braces."""
    return isinstance(value, Several) and value.brackets in (
        "{}",
        "∪",
        "∩",
        "∖",
        "()",
        "[)",
        "(]",
        "[]",
        "either",
    )


def _members_of_tuples(sides: list[str], parse_side: SideParser) -> Value | None:
    r"""The set of `(x, y) \in \{(1, 2), (3, 4)\}`."""
    return parse_side(sides[1]) if names.TUPLE.fullmatch(sides[0]) else None


def _parse_equation(sides: list[str], parse_side: SideParser) -> Value | None:
    """A named value, the value of a chain of equalities that holds, or an equation as a relation."""
    head, last = sides[0], sides[-1]
    if names.TUPLE.fullmatch(head) and len(sides) == 2:
        return _parse_named_tuple(head, last, parse_side)
    if ":" in head and all(map(names.is_name, (part.strip() for part in head.split(":")))):
        # The ratio of two things, as a ratio; `a : b = 12` is none.
        value = parse_side(last) if len(sides) == 2 else None
        return value if isinstance(value, Several) and value.brackets == ":" else as_text("=".join(sides))
    named = names.is_name(head)
    if named or names.is_function(head):
        if len(sides) == 2:
            value = parse_side(last)
            if isinstance(value, Number | Formula):
                return replace(value, name=head)
            # A function of variables is no pair and no set; `f(x) = \pm x` is two functions.
            return value if named or not isinstance(value, Several) or value.brackets == "" else None
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


def _parse_named_tuple(head: str, last: str, parse_side: SideParser) -> Value | None:
    """`(x, y) = (1, 2)`: its components, each with its name; several tuples, as they are."""
    components = parse_side(last)
    if not isinstance(components, Several):
        return None
    letters = [letter.strip() for letter in head.strip()[1:-1].split(",")]
    if components.brackets != "()" or len(letters) != len(components.items):
        return components
    return Several(
        "()",
        tuple(
            replace(item, name=letter) if isinstance(item, Number | Formula) else item
            for letter, item in zip(letters, components.items, strict=True)
        ),
    )


def _parse_approximation(sides: list[str], parse_side: SideParser) -> Value | None:
    r"""`value \approx decimal`: the value if its decimal is right; `x \approx decimal`: the decimal, named x."""
    decimal = parse_side(sides[-1])
    named = len(sides) == 2 and names.is_name(sides[0])
    if named and sides[0] != "e":
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
    if named and not near:  # an eccentricity, say
        return replace(decimal, name=sides[0])
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


def _parse_inequality(
    sides: list[str], signs: list[str], parse_side: SideParser, parameter: str | None
) -> Condition | None:
    """Bounds of one variable, or of its absolute value, as a set; a linear inequality solved."""
    if len(sides) == 2 and (names.is_name(sides[1]) or _ABSOLUTE.fullmatch(sides[1])):
        sides, signs = sides[::-1], [_MIRRORED[signs[0]]]
    place = 0 if len(sides) == 2 else 1
    bounds = [parse_side(side) for at, side in enumerate(sides) if at != place]
    usable = all(is_bound(bound) or _contains_only(bound, parameter) for bound in bounds)
    if usable and (names.is_name(sides[place]) or names.is_function(sides[place])):
        return Condition(sides[place], _interval_from_bounds(bounds, signs), signs[0])
    if usable and len(sides) == 2 and (absolute := _ABSOLUTE.fullmatch(sides[place])):
        return _within_absolute(absolute[1], signs[0], bounds[0])
    relation = _as_relation(signs[0], sides, parse_side) if len(sides) == 2 else None
    return None if relation is None else _solve_linear(relation)


def _contains_only(bound: Value | None, parameter: str | None) -> bool:
    """Whether a bound is a formula in a parameter."""
    if parameter is None or not isinstance(bound, Formula):
        return False
    letters = {
        atom
        for poly in (bound.form.numerator, bound.form.denominator)
        for atom in numeric.atoms(poly)
        if numeric.has_variables(atom)
    }
    return letters <= {("x", parameter)}


def _within_absolute(name: str, sign: str, bound: Value | None) -> Condition | None:
    """`|x| < 3` as (-3, 3), `|x| > 3` as all the rest."""
    if not isinstance(bound, Number | Formula):
        return None
    low = (
        Number(-bound.value)
        if isinstance(bound, Number)
        else replace(bound, form=forms.negative(bound.form), name=None)
    )
    if sign in ("<", "≤"):
        return Condition(name, _interval_from_bounds([low, bound], [sign, sign]), sign)
    outside = [
        _interval_from_bounds([end], [side]).items[0] for end, side in ((low, _MIRRORED[sign]), (bound, sign))
    ]
    return Condition(name, Several("∪", tuple(outside)), sign)


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


def _solve_linear(relation: Relation) -> Condition | None:
    """A relation that is linear in one variable (`-2x < 4`) as an interval of it; None for any other."""
    if relation.difference.denominator.keys() != {()} or len(relation.difference.numerator) > 2:
        return None
    numerator = relation.difference.numerator
    with_letters = [monomial for monomial in numerator if monomial]
    if len(with_letters) != 1 or len(with_letters[0]) != 1 or with_letters[0][0][0][0] != "x":
        return None
    (((_, letter), exponent),) = with_letters[0]
    if exponent != 1:
        return None
    factor = Fraction(numerator[with_letters[0]])
    sign = relation.sign if factor > 0 else _MIRRORED[relation.sign]
    return Condition(letter, _interval_from_bounds([Number(-numerator.get((), 0) / factor)], [sign]), sign)
