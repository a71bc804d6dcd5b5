r"""Forms: quotients of two polynomials in atoms, with their sums, products, powers and roots.

A form need not be in lowest terms; `decide` compares two by cross-multiplying. Roots of positive radicands are real,
an odd root of a negative number is the negative real one, a square root of a negative number has the factor i.

Not covered: $(-8)^{1/3}$ (several conventions), roots of complex numbers, powers with complex exponents.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from r1data.verifiers.math.algebra import numeric, terms
from r1data.verifiers.math.algebra.limits import BITS, POWER, TERMS, Unsupported
from r1data.verifiers.math.algebra.primes import factors
from r1data.verifiers.math.algebra.terms import ONE, Atom, Poly, Rational


@dataclass(frozen=True, slots=True)
class Form:
    """`numerator` over `denominator`, two polynomials; the denominator is never 0."""

    numerator: Poly
    denominator: Poly

    @property
    def rational(self) -> Rational | None:
        """Its value if it is a rational number, else None."""
        if (
            len(self.denominator) != 1
            or () not in self.denominator
            or not (not self.numerator or self.numerator.keys() == {()})
        ):
            return None
        return Fraction(self.numerator.get((), 0)) / self.denominator[()]


def number(value: Rational) -> Form:
    """The form of a rational number."""
    return Form(terms.constant(value), ONE)


def atom(base: Atom, exponent: Rational = 1) -> Form:
    """The form of one atom to a rational power."""
    return (
        Form(terms.atom_power(base, exponent), ONE)
        if exponent >= 0
        else quotient(ONE, terms.atom_power(base, -exponent))
    )


POSITIVE = ("p", "pi", "e", "log")
"""Kinds of atoms whose values are positive numbers."""
IMAGINARY, PI, E = atom(("i",)), atom(("pi",)), atom(("e",))
ZERO, UNIT = Form({}, ONE), Form(ONE, ONE)


def quotient(numerator: Poly, denominator: Poly) -> Form:
    """The quotient of two polynomials, reduced by what a single-term denominator shares with every term above it.

    Raises:
        Unsupported: the denominator is 0.
    """
    if not denominator:
        raise Unsupported("a division by 0")
    if len(denominator) > 1:
        # No polynomial gcd: making the leading coefficient 1 is enough for `decide`, which cross-multiplies.
        lead = denominator[min(denominator)]
        return Form(terms.scale(numerator, Fraction(1) / lead), terms.scale(denominator, Fraction(1) / lead))
    ((monomial, coefficient),) = denominator.items()
    numerator, rest = terms.scale(numerator, Fraction(1) / coefficient), []
    for factor, exponent in monomial:
        if factor[0] in ("p", "i"):  # 1/√2 is written as √2/2, and 1/i as -i
            numerator = terms.multiply(numerator, terms.atom_power(factor, -exponent))
        else:
            shared_exponent = min((dict(m).get(factor, 0) for m in numerator), default=0)
            if shared_exponent := min(shared_exponent, exponent):
                numerator = {
                    tuple(
                        (a, e - shared_exponent if a == factor else e)
                        for a, e in m
                        if a != factor or e != shared_exponent
                    ): c
                    for m, c in numerator.items()
                }
            if exponent != shared_exponent:
                rest.append((factor, exponent - shared_exponent))
    return Form(numerator, {tuple(rest): 1})


def add(a: Form, b: Form) -> Form:
    """a + b."""
    if a.denominator == b.denominator:
        return (
            quotient(terms.add(a.numerator, b.numerator), a.denominator)
            if a.denominator != ONE
            else Form(terms.add(a.numerator, b.numerator), ONE)
        )
    numerator = terms.add(
        terms.multiply(a.numerator, b.denominator), terms.multiply(b.numerator, a.denominator)
    )
    return quotient(numerator, terms.multiply(a.denominator, b.denominator))


def negative(a: Form) -> Form:
    """-a."""
    return Form(terms.scale(a.numerator, -1), a.denominator)


def multiply(a: Form, b: Form) -> Form:
    """a · b."""
    if a.denominator == ONE and b.denominator == ONE:
        return Form(terms.multiply(a.numerator, b.numerator), ONE)
    return quotient(terms.multiply(a.numerator, b.numerator), terms.multiply(a.denominator, b.denominator))


def divide(a: Form, b: Form) -> Form:
    """a / b. Raises `Unsupported` where b is 0."""
    return quotient(terms.multiply(a.numerator, b.denominator), terms.multiply(a.denominator, b.numerator))


def power(base: Form, exponent: Form) -> Form:
    """base ^ exponent.

    Raises:
        Unsupported: the power depends on a convention (a fractional power of a negative number), or is too large.
    """
    n = exponent.rational
    if n is None:
        return _symbolic_power(base, exponent)
    if n.denominator == 1:
        return _integer_power(base, int(n))
    if (variable := _lone_variable(base)) is not None:
        return atom(variable, n)
    if n.denominator == 2 and any(map(numeric.has_variables, (base.numerator, base.denominator))):
        return _integer_power(root(base, 2), n.numerator)
    if not is_positive(base):
        raise Unsupported("a fractional power of what may be negative")
    return root(_integer_power(base, n.numerator), n.denominator)


def _integer_power(base: Form, n: int) -> Form:
    if n < 0:
        return divide(UNIT, _integer_power(base, -n))
    if max(len(base.numerator), len(base.denominator)) == 1:
        return quotient(_monomial_power(base.numerator, n), _monomial_power(base.denominator, n))
    if n > POWER:
        raise Unsupported("a high power of a sum")
    return quotient(terms.power(base.numerator, n), terms.power(base.denominator, n))


def _monomial_power(poly: Poly, n: int) -> Poly:
    """A polynomial of at most one term to the power n ≥ 0; a coefficient too large to expand becomes prime powers."""
    if not poly or n == 0:
        return poly if n else ONE
    ((monomial, coefficient),) = poly.items()
    rest = terms.raise_monomial({monomial: 1}, n) if monomial else ONE
    bits = max(abs(coefficient.numerator), coefficient.denominator).bit_length()
    if bits * n <= BITS or abs(coefficient) == 1:
        return terms.multiply(rest, terms.constant(coefficient ** (n if abs(coefficient) != 1 else n % 2)))
    sign = -1 if coefficient < 0 and n % 2 else 1
    return terms.scale(terms.multiply(rest, _prime_powers(coefficient, n)), sign)


def _prime_powers(value: Rational, exponent: Rational) -> Poly:
    """|value| to a rational power, as a product of prime powers."""
    product = ONE
    for whole, sign in ((abs(value.numerator), 1), (value.denominator, -1)):
        for prime, power in factors(whole):
            product = terms.multiply(product, terms.atom_power(("p", prime), sign * power * exponent))
    return product


def is_positive(form: Form) -> bool:
    """Whether a form is a single positive term: a product of numbers, roots, π, e and logarithms, no variables."""
    return all(
        len(poly) == 1
        and all(
            coefficient > 0 and all(factor[0] in POSITIVE for factor, _ in monomial)
            for monomial, coefficient in poly.items()
        )
        for poly in (form.numerator, form.denominator)
    )


def root(form: Form, n: int) -> Form:
    """The nth root. Raises `Unsupported` for an even root other than the square root of a negative number."""
    if n < 1 or n > POWER:
        raise Unsupported("an unusual root")
    if len(form.denominator) == 1:
        return quotient(_root(form.numerator, n), _root(form.denominator, n))
    # A sum below: extend by denominator^(n-1), so that the root is taken of the numerator alone. That needs a positive
    # denominator, else the sign would be lost in an even root.
    if numeric.sign(form.denominator) < 0:
        form = Form(terms.scale(form.numerator, -1), terms.scale(form.denominator, -1))
    return quotient(
        _root(terms.multiply(form.numerator, terms.power(form.denominator, n - 1)), n), form.denominator
    )


def _root(poly: Poly, n: int) -> Poly:
    if not poly or n == 1:
        return poly
    if len(poly) > 1:
        return _root_of_sum(poly, n)
    ((monomial, coefficient),) = poly.items()
    outside = _prime_powers(coefficient, Fraction(1, n))
    positive = all(factor[0] in POSITIVE for factor, _ in monomial)
    if coefficient < 0 and positive:
        if n % 2 == 0 and n != 2:
            raise Unsupported("an even root of a negative number")
        outside = terms.scale(outside, -1) if n % 2 else terms.multiply(outside, terms.atom_power(("i",)))
    if positive or (
        coefficient > 0 and len(monomial) == 1 and monomial[0][0][0] == "x" and monomial[0][1] == 1
    ):
        return terms.multiply(outside, terms.raise_monomial({monomial: 1}, Fraction(1, n)))
    inside: Poly = {monomial: 1 if coefficient > 0 else -1}
    return terms.multiply(outside, terms.atom_power(("r", n, terms.freeze(inside))))


def _root_of_sum(poly: Poly, n: int) -> Poly:
    """The root of a sum: the leading coefficient is moved outside, and √(a + b√d) is denested where possible."""
    if n == 2 and (denested := _denested(poly)):
        return denested
    lead = abs(Fraction(poly[min(poly)]))
    if not numeric.has_variables(poly) and numeric.sign(poly) < 0:
        lead = -lead
    inside = terms.scale(poly, Fraction(1) / lead)
    outside = _root({(): lead}, n)
    return terms.multiply(outside, terms.atom_power(("r", n, terms.freeze(inside))))


def _denested(poly: Poly) -> Poly | None:
    """√(a + b√d) as √u ± √v if a² - b²d is the square of a rational, else None."""
    if len(poly) != 2 or () not in poly or len(poly) > TERMS:
        return None
    a = Fraction(poly[()])
    ((monomial, b),) = [(m, c) for m, c in poly.items() if m]
    if any(factor[0] != "p" or exponent != Fraction(1, 2) for factor, exponent in monomial) or a <= 0:
        return None
    d = 1
    for factor, _ in monomial:
        d *= factor[1]
    square = a * a - b * b * d
    if square <= 0:
        return None
    # `isqrt` rounds down: the square of what it gives tells whether it was exact.
    s = Fraction(isqrt(square.numerator), isqrt(square.denominator))
    if s * s != square:
        return None
    larger, smaller = _root({(): (a + s) / 2}, 2), _root({(): (a - s) / 2}, 2)
    return terms.add(larger, terms.scale(smaller, 1 if b > 0 else -1))


def _lone_variable(form: Form) -> Atom | None:
    """The variable that the form consists of, None if it is anything else."""
    for factor in numeric.atoms(form.numerator) if len(form.numerator) == 1 else ():
        if factor[0] == "x" and form == atom(factor):
            return factor
    return None


def _symbolic_power(base: Form, exponent: Form) -> Form:
    """A power with an exponent that is no rational number, of a rational, e or a variable: one factor per term."""
    if len(exponent.denominator) != 1 or () not in exponent.denominator:
        raise Unsupported("a power with a quotient of sums above")
    if base == E:
        return _power_product({("e",): 1}, exponent)
    value = base.rational
    if value is not None and value > 0:
        bases: dict[Atom, Rational] = {("p", p): n for p, n in factors(value.numerator)}
        for p, n in factors(value.denominator):
            bases["p", p] = -n
        return _power_product(bases, exponent)
    if (variable := _lone_variable(base)) is not None:
        return _power_product({variable: 1}, exponent)
    raise Unsupported("a power that is not read")


def _power_product(bases: dict[Atom, Rational], exponent: Form) -> Form:
    """The product of bases, each to its own power, to a symbolic exponent: one atom per base and term."""
    product = UNIT
    for monomial, coefficient in exponent.numerator.items():
        if any(factor[0] == "i" for factor, _ in monomial):
            raise Unsupported("a complex exponent")
        for base, n in bases.items():
            power_atom: Atom = ("^", base, monomial) if monomial else base
            # e^(log p) is the prime p: else e^(log 2) and 2 would be two atoms, and never equal.
            if base == ("e",) and len(monomial) == 1 and monomial[0][0][0] == "log" and monomial[0][1] == 1:
                power_atom = ("p", monomial[0][0][1])
            factor_exponent = coefficient * n / Fraction(exponent.denominator[()])
            product = multiply(product, atom(power_atom, factor_exponent))
    return product
