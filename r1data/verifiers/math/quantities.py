"""When two numbers, formulas or equations agree: value, unit, base, precision.

Values are compared exactly. A decimal stands for a number that no decimal can write from six significant digits on.
"""

from fractions import Fraction
from itertools import permutations
from typing import Any

from r1data.verifiers.math.algebra import forms, numeric, terms
from r1data.verifiers.math.algebra.decide import equal
from r1data.verifiers.math.algebra.forms import Form
from r1data.verifiers.math.algebra.limits import Beyond
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.units import UNDECIDED, Unit
from r1data.verifiers.math.values import Formula, Relation, Undecided, Value, as_formula

DIGITS = 6
"""Significant digits from which a decimal may stand for what no decimal can write. The number is ours."""
_NAMELESS = (("p",), ("i",), ("pi",), ("e",), ("log",))
"""How atoms begin that hold no variable."""
MOST_DIGITS = 40
"""Decimal places up to which such a decimal is compared with a formula."""


def numbers(a: Number, b: Number) -> bool:
    """Two numbers. Raises Undecided."""
    _agree_in_name(a, b)
    if a.base or b.base:
        return _digits_in_base(a, b)
    if a.unit is None or b.unit is None:
        return _unit_left_out(a, b)
    if not _comparable(a.unit, b.unit):
        return False
    if a.unit == b.unit:
        return _equal(a, b)
    return a.value * a.unit.factor == b.value * b.unit.factor


def _agree_in_name(a: Number | Formula, b: Number | Formula) -> None:
    if a.name and b.name and a.name != b.name:
        raise Undecided(f"{a.name} and {b.name} are different variables")


def _comparable(a: Unit, b: Unit) -> bool:
    """Whether two units are of one dimension."""
    if a.dimension != b.dimension and frozenset({a.dimension, b.dimension}) in UNDECIDED:
        raise Undecided(f"{a.dimension} against {b.dimension}")
    return a.dimension == b.dimension


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
            return not _terminates(fraction.value) and _rounded(decimal, Fraction(fraction.value))
    return False


def _rounded(decimal: Number, value: Fraction) -> bool:
    """Whether a decimal is `value`, rounded or cut at the decimal's last place."""
    unit = Fraction(10 ** max(0, -decimal.places), 10 ** max(0, decimal.places))
    gap = abs(Fraction(decimal.value) - value)
    return 2 * gap <= unit or (gap < unit and abs(Fraction(decimal.value)) < abs(value))


def _terminates(value: Fraction | int) -> bool:
    """Whether a finite decimal writes it: its denominator has no primes but 2 and 5."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def formulas(a: Number | Formula, b: Number | Formula) -> bool:
    """Two formulas, or a formula and a number. Raises Undecided, and Beyond."""
    _agree_in_name(a, b)
    if any(isinstance(one, Number) and one.base for one in (a, b)):
        raise Undecided("digits in a base against a formula")
    one, other = as_formula(a), as_formula(b)
    _both_in_degrees(one, other)
    if one.unit is not None and other.unit is not None and one.unit != other.unit:
        if not _comparable(one.unit, other.unit):
            return False
        return equal(_times(one.form, one.unit.factor), _times(other.form, other.unit.factor))
    return _same_form(one, other) or _rounds(a, b) or _as_percent(one, other)


def _both_in_degrees(a: Formula, b: Formula) -> None:
    angles = [one.unit is not None and one.unit.dimension == "angle" for one in (a, b)]
    with_pi = any(("pi",) in numeric.atoms(poly) for one in (a, b) for poly in (one.form.top, one.form.under))
    if any(angles) and not all(angles) and with_pi:
        raise Undecided("an angle that may be in degrees or radians")


def _times(form: Form, factor: Fraction) -> Form:
    return forms.multiply(form, forms.number(factor))


def _as_percent(a: Formula, b: Formula) -> bool:
    """50% of π is worked out where the other side has no percent sign."""
    for one, other in ((a, b), (b, a)):
        if one.unit is not None and one.unit.dimension == "percent" and other.unit is None:
            return equal(_times(one.form, one.unit.factor), other.form)
    return False


def _same_form(a: Formula, b: Formula) -> bool:
    """Equal as formulas; what differs in the letters alone, or holds a rounded decimal, is not for us to say."""
    if equal(a.form, b.form):
        return True
    if a.decimal != b.decimal and not any(one.decimal and one.form.rational is not None for one in (a, b)):
        raise Beyond("a decimal within a formula")
    names, others = variables(a.form), variables(b.form)
    if names != others and 0 < len(names) == len(others) <= 3:
        for order in permutations(sorted(names)):
            if equal(a.form, renamed(b.form, dict(zip(sorted(others), order, strict=True)))):
                raise Undecided("the same formula in other letters")
    return False


def _rounds(a: Number | Formula, b: Number | Formula) -> bool:
    """Whether one is a decimal that is the other, rounded or cut."""
    for decimal, other in ((a, b), (b, a)):
        if isinstance(decimal, Number) and isinstance(other, Formula) and (decimal.digits or 0) >= DIGITS:
            if (
                variables(other.form)
                or ("i",) in numeric.atoms(other.form.top)
                or other.form.rational is not None
            ):
                return False
            if decimal.places > MOST_DIGITS:
                raise Beyond("a decimal of many places")
            return _rounded(decimal, _to_fraction(numeric.real(other.form.top, other.form.under)))
    return False


def _to_fraction(value: Any) -> Fraction:
    """A binary float of any length, exactly."""
    sign, mantissa, exponent, _ = value._mpf_
    power = Fraction(2**exponent) if exponent >= 0 else Fraction(1, 2**-exponent)
    return power * (-int(mantissa) if sign else int(mantissa))


def variables(form: Form) -> set[str]:
    """The names of a form's variables, also of those within functions and exponents."""
    return {name for poly in (form.top, form.under) for what in numeric.atoms(poly) for name in _names(what)}


def _names(part: Any) -> set[str]:
    """The names within an atom, or within a part of one."""
    if not isinstance(part, tuple) or part[:1] in _NAMELESS:
        return set()
    if len(part) == 2 and part[0] == "x" and isinstance(part[1], str):
        return {part[1]}
    return {name for inner in part for name in _names(inner)}


def renamed(form: Form, names: dict[str, str]) -> Form:
    """A form with its variables renamed, all at once."""
    return Form(_renamed_poly(form.top, names), _renamed_poly(form.under, names))


def _renamed_poly(poly: terms.Poly, names: dict[str, str]) -> terms.Poly:
    return {tuple(sorted(_renamed(monomial, names))): value for monomial, value in poly.items()}


def _renamed(part: Any, names: dict[str, str]) -> Any:
    if not isinstance(part, tuple):
        return part
    if len(part) == 2 and part[0] == "x" and isinstance(part[1], str):
        return "x", names[part[1]]
    return tuple(_renamed(inner, names) for inner in part)


def relations(a: Value, b: Value) -> bool:
    """Two equations or inequalities, or one and something else. Raises Undecided, and Beyond."""
    one, other = _as_relation(a), _as_relation(b)
    if any(relation is not None and not variables(relation.difference) for relation in (one, other)):
        raise Undecided("an equation between numbers that does not hold")
    if one is None or other is None:
        raise Undecided("an equation against a value")
    if one.sign != other.sign:
        raise Beyond("relations of two kinds")
    p, q = one.difference.top, other.difference.top
    lead = min(p, default=None)
    if lead in q and lead is not None:
        ratio = Fraction(p[lead]) / q[lead]
        if terms.scaled(q, ratio) == p and (ratio > 0 or one.sign in ("=", "≠")):
            return True
    if one.sign == "=" and all(map(_is_linear, (p, q))):
        return False
    raise Beyond("relations that are written differently")


def _as_relation(value: Value) -> Relation | None:
    """A relation; `y = 2x` as one; None for what only has a value. Raises Beyond for a set."""
    if isinstance(value, Relation):
        return value
    if not isinstance(value, Number | Formula):
        raise Beyond("a relation against a set")
    if value.name is None or not value.name.isalpha():
        return None
    left = forms.atom(("x", value.name))
    return Relation("=", forms.add(left, forms.negative(as_formula(value).form)))


def _is_linear(poly: terms.Poly) -> bool:
    """Whether a polynomial is a sum of variables and a number."""
    return any(poly) and all(
        not monomial or (len(monomial) == 1 and monomial[0][0][0] == "x" and monomial[0][1] == 1)
        for monomial in poly
    )
