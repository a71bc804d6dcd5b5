"""Decides when two numbers or formulas agree: value, unit, base, precision.

Values are compared exactly, with one exception: a decimal of six significant digits or more also agrees with a number
that has no finite decimal, of which it is the rounded or truncated value.
"""

from fractions import Fraction
from itertools import permutations
from typing import Any

from r1data.verifiers.math import names
from r1data.verifiers.math.algebra import forms, numeric, terms
from r1data.verifiers.math.algebra.decide import equal
from r1data.verifiers.math.algebra.forms import Form
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.units import measures
from r1data.verifiers.math.units import names as unit_names
from r1data.verifiers.math.units.measures import Scaled
from r1data.verifiers.math.units.state import dimension_name
from r1data.verifiers.math.values import Formula, Undecided, as_formula

DIGITS = 6
"""Significant digits from which a decimal may stand for a number without a finite decimal. The limit is ours."""
_NAMELESS = (("p",), ("i",), ("pi",), ("e",), ("log",))
"""First items of atoms that contain no variable."""
MOST_DIGITS = 40
"""Decimal places up to which such a decimal is compared with a formula."""


def numbers(a: Number, b: Number) -> bool:
    """Whether two numbers agree.

    Raises:
        Undecided: they have different names or bases, or units that these rules cannot convert.
    """
    _require_same_name(a, b)
    if a.base or b.base:  # the same digits, and the same base if both name one; 0 and 1 are the same in all
        if a.base and b.base and a.base != b.base:
            if a.value == b.value:
                return a.value in (0, 1)
            raise Undecided(f"bases {a.base} and {b.base}")
        return a.value == b.value
    if a.unit is None and b.unit is None:
        agreed = _equal(a, b)
    else:
        ratio = Fraction(a.value) / b.value if a.value and b.value else None
        agreed = measures.agree(a.unit, b.unit, lambda x, y: _equal_scaled(a, b, x, y), ratio)
    if not agreed and a.scale != b.scale and a.value * b.scale == b.value * a.scale:
        raise Undecided("a number word on one side: the question may ask for millions or dozens")
    return agreed


def _equal_scaled(a: Number, b: Number, x: Scaled, y: Scaled) -> bool:
    """Whether two numbers are equal, each times a factor plus an offset."""
    if x == y:
        return _equal(a, b)
    return a.value * x[0] + x[1] == b.value * y[0] + y[1]


def _require_same_name(a: Number | Formula, b: Number | Formula) -> None:
    if a.name is None and b.name is None:
        return
    if a.name and b.name and a.name != b.name:
        raise Undecided(f"{a.name} and {b.name} are different variables")
    for one, other in ((a, b), (b, a)):
        if other.name is None and _is_constant_function(one):
            raise Undecided(f"the constant function {one.name} against a number")


def _is_constant_function(value: Number | Formula) -> bool:
    """Whether a value is what `f(x) = 12` says: a function, whatever x is."""
    if value.name is None or "(" not in value.name or names.is_name(value.name):
        return False
    return names.is_function(value.name) and (isinstance(value, Number) or not variables(value.form))


def _equal(a: Number, b: Number) -> bool:
    """Exactly equal, or a decimal of `DIGITS` or more digits that rounds or truncates a non-terminating fraction."""
    if a.value == b.value:
        return True
    for decimal, fraction in ((a, b), (b, a)):
        if decimal.digits is not None and decimal.digits >= DIGITS and fraction.digits is None:
            return not _terminates(fraction.value) and _is_rounded(decimal, Fraction(fraction.value))
    return False


def _is_rounded(decimal: Number, value: Fraction) -> bool:
    """Whether a decimal is `value`, rounded or truncated at the decimal's last place."""
    unit = Fraction(10 ** max(0, -decimal.places), 10 ** max(0, decimal.places))
    gap = abs(Fraction(decimal.value) - value)
    return 2 * gap <= unit or (gap < unit and abs(Fraction(decimal.value)) < abs(value))


def _terminates(value: Fraction | int) -> bool:
    """Whether a fraction has a finite decimal: its denominator has no primes but 2 and 5."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def formulas(a: Number | Formula, b: Number | Formula) -> bool:
    """Whether two formulas, or a formula and a number, agree.

    Raises:
        Undecided: names, bases or units that these rules cannot reconcile, or the same formula in other letters.
        Unsupported: it takes more algebra than ours.
    """
    _require_same_name(a, b)
    if any(isinstance(one, Number) and one.base for one in (a, b)):
        raise Undecided("digits in a base against a formula")
    one, other = as_formula(a), as_formula(b)
    if one.unit is None and other.unit is None:
        return _same_formulas(a, b, one, other)
    in_degrees = [side.unit is not None and side.unit.dimension == "angle" for side in (one, other)]
    with_pi = any(
        ("pi",) in numeric.atoms(poly)
        for side in (one, other)
        for poly in (side.form.numerator, side.form.denominator)
    )
    if any(in_degrees) and not all(in_degrees) and with_pi:
        if not _may_be_same_angle(one, other):
            return False
        raise Undecided("an angle that may be in degrees or radians")
    if _letter_as_unit(one, other):
        return True
    if measures.agree(one.unit, other.unit, lambda x, y: _same_scaled(a, b, one, other, x, y)):
        return True
    for side in (one, other):
        if side.unit is not None and any(map(unit_names.find, variables(side.form))):
            raise Undecided("letters that may be units within a formula")
    return False


def _may_be_same_angle(a: Formula, b: Formula) -> bool:
    """Whether degrees equal a value without a unit, where that is read as degrees or as radians."""
    degrees, bare = (a, b) if a.unit is not None and a.unit.dimension == "angle" else (b, a)
    turned = forms.multiply(bare.form, forms.divide(forms.number(180), forms.PI))
    return any(equal(degrees.form, reading) for reading in (bare.form, turned))


def _letter_as_unit(a: Formula, b: Formula) -> bool:
    """Whether one side is a number with a unit, and the other the same with the unit as a letter: `5 m` and `5m`."""
    for plain, measured in ((a, b), (b, a)):
        names = variables(plain.form)
        if plain.unit is None and measured.unit is not None and len(names) == 1:
            readings = unit_names.find(next(iter(names)))
            letter = forms.atom(("x", next(iter(names))))
            for reading in readings:
                if dimension_name(reading.dimensions) == measured.unit.dimension:
                    times = forms.multiply(
                        _scale_form(measured.form, (measured.unit.factor, Fraction(0))), letter
                    )
                    if equal(_scale_form(plain.form, (reading.factor, Fraction(0))), times):
                        return True
    return False


def _same_formulas(a: Number | Formula, b: Number | Formula, one: Formula, other: Formula) -> bool:
    """Whether two formulas without units are equal; raises Undecided where only one of them has a variable."""
    if equal(one.form, other.form):
        return True
    letters_of_one, letters_of_other = variables(one.form), variables(other.form)
    if not letters_of_one and not letters_of_other:
        _require_same_decimals(one, other)
        return _agrees_as_rounded_decimal(a, b)
    if letters_of_one and letters_of_other:
        _require_same_decimals(one, other)
        _require_same_letters(one.form, other.form, letters_of_one, letters_of_other)
        return False
    constant, formula = (other, one) if letters_of_one else (one, other)
    if letters_of_one | letters_of_other == {"j"} and ("i",) in numeric.atoms(constant.form.numerator):
        # The engineers' imaginary unit; as a vector it is never equal to a number.
        if equal(_with_imaginary(formula.form), constant.form):
            return True
        raise Undecided("a complex number with j, or a vector")
    raise Undecided("a number against a formula with a variable")


def _require_same_decimals(a: Formula, b: Formula) -> None:
    """Raises Unsupported for formulas of which one has a decimal in it: it may be rounded."""
    if a.decimal != b.decimal and not any(one.decimal and one.form.rational is not None for one in (a, b)):
        raise Unsupported("a decimal within a formula")


def _require_same_letters(a: Form, b: Form, names: set[str], others: set[str]) -> None:
    """Raises Undecided if two formulas that differ are the same in other letters."""
    # Three letters at most, that is six orders: each is a comparison of its own.
    if names != others and len(names) == len(others) <= 3:
        for order in permutations(sorted(names)):
            if equal(a, rename_variables(b, dict(zip(sorted(others), order, strict=True)))):
                raise Undecided("the same formula in other letters")


def _with_imaginary(form: Form) -> Form:
    """A form that is linear in j, with i for it. Raises `Unsupported` for any other."""
    if form.denominator.keys() != {()} or any(
        dict(m).get(("x", "j"), 0) not in (0, 1) for m in form.numerator
    ):
        raise Unsupported("j, and not in a complex number")
    replaced = forms.ZERO
    for monomial, value in form.numerator.items():
        rest = {tuple(part for part in monomial if part[0] != ("x", "j")): value}
        term = Form(rest, form.denominator)
        replaced = forms.add(
            replaced,
            term if len(rest) and rest.keys() == {monomial} else forms.multiply(term, forms.IMAGINARY),
        )
    return replaced


def _same_scaled(
    a: Number | Formula, b: Number | Formula, one: Formula, other: Formula, x: Scaled, y: Scaled
) -> bool:
    """Whether two formulas are equal, each times a factor plus an offset."""
    if x == y:
        return _same_formulas(a, b, one, other)
    return equal(_scale_form(one.form, x), _scale_form(other.form, y))


def _scale_form(form: Form, scaled: Scaled) -> Form:
    return forms.add(forms.multiply(form, forms.number(scaled[0])), forms.number(scaled[1]))


def _agrees_as_rounded_decimal(a: Number | Formula, b: Number | Formula) -> bool:
    """Whether one is a decimal that is the other's value, rounded or truncated."""
    for decimal, other in ((a, b), (b, a)):
        if isinstance(decimal, Number) and isinstance(other, Formula) and (decimal.digits or 0) >= DIGITS:
            if (
                variables(other.form)
                or ("i",) in numeric.atoms(other.form.numerator)
                or other.form.rational is not None
            ):
                return False
            if decimal.places > MOST_DIGITS:
                raise Unsupported("a decimal of many places")
            return _is_rounded(
                decimal, _to_fraction(numeric.real_value(other.form.numerator, other.form.denominator))
            )
    return False


def _to_fraction(value: Any) -> Fraction:
    """A binary float of any length, exactly."""
    sign, mantissa, exponent, _ = value._mpf_
    power = Fraction(2**exponent) if exponent >= 0 else Fraction(1, 2**-exponent)
    return power * (-int(mantissa) if sign else int(mantissa))


def variables(form: Form) -> set[str]:
    """The names of a form's variables, also within functions and exponents."""
    return letters(form.numerator) | letters(form.denominator)


def letters(poly: terms.Poly) -> set[str]:
    """The names of a polynomial's variables, also within functions and exponents."""
    return {name for atom in numeric.atoms(poly) for name in _names(atom)}


def _names(part: Any) -> set[str]:
    """The names of variables in an atom or in a part of one."""
    if not isinstance(part, tuple) or part[:1] in _NAMELESS:
        return set()
    if len(part) == 2 and part[0] == "x" and isinstance(part[1], str):
        return {part[1]}
    return {name for inner in part for name in _names(inner)}


def rename_variables(form: Form, names: dict[str, str]) -> Form:
    """A form with its variables renamed, all at once."""
    return Form(_renamed_poly(form.numerator, names), _renamed_poly(form.denominator, names))


def _renamed_poly(poly: terms.Poly, names: dict[str, str]) -> terms.Poly:
    return {tuple(sorted(_renamed(monomial, names))): value for monomial, value in poly.items()}


def _renamed(part: Any, names: dict[str, str]) -> Any:
    if not isinstance(part, tuple):
        return part
    if len(part) == 2 and part[0] == "x" and isinstance(part[1], str):
        return "x", names[part[1]]
    return tuple(_renamed(inner, names) for inner in part)
