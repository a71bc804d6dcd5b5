r"""Quotients of two polynomials in atoms: sums, products, powers and roots of what answers are made of.

A form need not be in lowest terms; two are equal where cross-multiplying leaves nothing (`decide`). Roots are real
for positive radicands, an odd root of a negative number is the negative one, an even root has the factor i.

Not covered: $(-8)^{1/3}$ (several conventions), roots of complex numbers, powers with complex exponents.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from r1data.verifiers.math.algebra import numeric, terms
from r1data.verifiers.math.algebra.limits import BITS, POWER, TERMS, Beyond
from r1data.verifiers.math.algebra.primes import factors
from r1data.verifiers.math.algebra.terms import ONE, Atom, Monomial, Poly, Rational


@dataclass(frozen=True, slots=True)
class Form:
    """`top` over `under`; `under` is never 0."""

    top: Poly
    under: Poly

    @property
    def rational(self) -> Rational | None:
        """Its value, where it is a rational number."""
        if len(self.under) != 1 or () not in self.under or not (not self.top or self.top.keys() == {()}):
            return None
        return Fraction(self.top.get((), 0)) / self.under[()]


def number(value: Rational) -> Form:
    """A rational number."""
    return Form(terms.constant(value), ONE)


def atom(what: Atom, exponent: Rational = 1) -> Form:
    """One atom, to a power."""
    return (
        Form(terms.single(what, exponent), ONE) if exponent >= 0 else over(ONE, terms.single(what, -exponent))
    )


POSITIVE = ("p", "pi", "e", "log")
"""Kinds of atoms that are positive numbers."""
IMAGINARY, PI, E = atom(("i",)), atom(("pi",)), atom(("e",))
ZERO, UNIT = Form({}, ONE), Form(ONE, ONE)


def over(top: Poly, under: Poly) -> Form:
    """A quotient. What divides every term of both sides and can be told at a glance is taken out."""
    if not under:
        raise Beyond("a division by 0")
    if len(under) > 1:
        lead = under[min(under)]
        return Form(terms.scaled(top, Fraction(1) / lead), terms.scaled(under, Fraction(1) / lead))
    ((monomial, coefficient),) = under.items()
    top, rest = terms.scaled(top, Fraction(1) / coefficient), []
    for what, exponent in monomial:
        if what[0] in ("p", "i"):
            top = terms.times(top, terms.single(what, -exponent))
        else:
            shared = min((dict(m).get(what, 0) for m in top), default=0)
            if shared := min(shared, exponent):
                top = {_without(m, what, shared): c for m, c in top.items()}
            if exponent != shared:
                rest.append((what, exponent - shared))
    return Form(top, {tuple(rest): 1})


def _without(monomial: Monomial, what: Atom, exponent: Rational) -> Monomial:
    return tuple((a, e - exponent if a == what else e) for a, e in monomial if a != what or e != exponent)


def add(a: Form, b: Form) -> Form:
    """a + b."""
    if a.under == b.under:
        return (
            over(terms.plus(a.top, b.top), a.under) if a.under != ONE else Form(terms.plus(a.top, b.top), ONE)
        )
    top = terms.plus(terms.times(a.top, b.under), terms.times(b.top, a.under))
    return over(top, terms.times(a.under, b.under))


def negative(a: Form) -> Form:
    """-a."""
    return Form(terms.scaled(a.top, -1), a.under)


def multiply(a: Form, b: Form) -> Form:
    """a · b."""
    if a.under == ONE and b.under == ONE:
        return Form(terms.times(a.top, b.top), ONE)
    return over(terms.times(a.top, b.top), terms.times(a.under, b.under))


def divide(a: Form, b: Form) -> Form:
    """a / b. Raises Beyond where b is 0."""
    return over(terms.times(a.top, b.under), terms.times(a.under, b.top))


def power(base: Form, exponent: Form) -> Form:
    """base ^ exponent."""
    n = exponent.rational
    if n is None:
        return _symbolic(base, exponent)
    if n.denominator == 1:
        return _whole(base, int(n))
    if (variable := _lone_variable(base)) is not None:
        return atom(variable, n)
    if n.denominator == 2 and any(map(numeric.has_variables, (base.top, base.under))):
        return _whole(root(base, 2), n.numerator)
    if not is_positive(base):
        raise Beyond("a fractional power of what may be negative")
    return root(_whole(base, n.numerator), n.denominator)


def _whole(base: Form, n: int) -> Form:
    if n < 0:
        return divide(UNIT, _whole(base, -n))
    if max(len(base.top), len(base.under)) == 1:
        return over(_single_power(base.top, n), _single_power(base.under, n))
    if n > POWER:
        raise Beyond("a high power of a sum")
    return over(terms.power(base.top, n), terms.power(base.under, n))


def _single_power(poly: Poly, n: int) -> Poly:
    """A polynomial of one term, or of none, to the n; a power that is long stays unwritten."""
    if not poly or n == 0:
        return poly if n else ONE
    ((monomial, coefficient),) = poly.items()
    rest = terms.raised({monomial: 1}, n) if monomial else ONE
    bits = max(abs(coefficient.numerator), coefficient.denominator).bit_length()
    if bits * n <= BITS or abs(coefficient) == 1:
        return terms.times(rest, terms.constant(coefficient ** (n if abs(coefficient) != 1 else n % 2)))
    sign = -1 if coefficient < 0 and n % 2 else 1
    return terms.scaled(terms.times(rest, _primes(coefficient, n)), sign)


def _primes(value: Rational, exponent: Rational) -> Poly:
    """|value| to a rational power, as primes to powers."""
    made = ONE
    for whole, sign in ((abs(value.numerator), 1), (value.denominator, -1)):
        for prime, power in factors(whole):
            made = terms.times(made, terms.single(("p", prime), sign * power * exponent))
    return made


def is_positive(form: Form) -> bool:
    """Whether a form is one term, a positive number or a product of roots, π and e; variables do not count."""
    return all(_is_positive(poly) for poly in (form.top, form.under))


def _is_positive(poly: Poly) -> bool:
    if len(poly) != 1:
        return False
    ((monomial, coefficient),) = poly.items()
    return coefficient > 0 and all(what[0] in POSITIVE for what, _ in monomial)


def root(form: Form, n: int) -> Form:
    """The nth root."""
    if n < 1 or n > POWER:
        raise Beyond("an unusual root")
    if len(form.under) == 1:
        return over(_root(form.top, n), _root(form.under, n))
    if numeric.sign(form.under) < 0:
        form = Form(terms.scaled(form.top, -1), terms.scaled(form.under, -1))
    return over(_root(terms.times(form.top, terms.power(form.under, n - 1)), n), form.under)


def _root(poly: Poly, n: int) -> Poly:
    if not poly or n == 1:
        return poly
    if len(poly) > 1:
        return _root_of_sum(poly, n)
    ((monomial, coefficient),) = poly.items()
    outside = _primes(coefficient, Fraction(1, n))
    positive = all(what[0] in POSITIVE for what, _ in monomial)
    if coefficient < 0 and positive:
        outside = terms.scaled(outside, -1) if n % 2 else terms.times(outside, _root_of_minus_one(n))
    if positive or (
        coefficient > 0 and len(monomial) == 1 and monomial[0][0][0] == "x" and monomial[0][1] == 1
    ):
        return terms.times(outside, terms.raised({monomial: 1}, Fraction(1, n)))
    inside: Poly = {monomial: 1 if coefficient > 0 else -1}
    return terms.times(outside, terms.single(("r", n, terms.frozen(inside))))


def _root_of_minus_one(n: int) -> Poly:
    if n != 2:
        raise Beyond("an even root of a negative number")
    return terms.single(("i",))


def _root_of_sum(poly: Poly, n: int) -> Poly:
    """A root of a sum: its rational content goes outside, and √(a + b√d) is denested where that is simple."""
    if n == 2 and (plain := _denested(poly)):
        return plain
    lead = abs(Fraction(poly[min(poly)]))
    if not numeric.has_variables(poly) and numeric.sign(poly) < 0:
        lead = -lead
    inside = terms.scaled(poly, Fraction(1) / lead)
    outside = _root({(): lead}, n)
    return terms.times(outside, terms.single(("r", n, terms.frozen(inside))))


def _denested(poly: Poly) -> Poly | None:
    """√(a + b√d) as √u ± √v, where a² - b²d is a square."""
    if len(poly) != 2 or () not in poly or len(poly) > TERMS:
        return None
    a = Fraction(poly[()])
    ((monomial, b),) = [(m, c) for m, c in poly.items() if m]
    if any(what[0] != "p" or exponent != Fraction(1, 2) for what, exponent in monomial) or a <= 0:
        return None
    d = 1
    for what, _ in monomial:
        d *= what[1]
    s = _square_root(a * a - b * b * d)
    if s is None:
        return None
    larger, smaller = _root({(): (a + s) / 2}, 2), _root({(): (a - s) / 2}, 2)
    return terms.plus(larger, terms.scaled(smaller, 1 if b > 0 else -1))


def _square_root(value: Fraction) -> Fraction | None:
    if value <= 0:
        return None
    top, under = isqrt(value.numerator), isqrt(value.denominator)
    exact = top * top == value.numerator and under * under == value.denominator
    return Fraction(top, under) if exact else None


def _lone_variable(form: Form) -> Atom | None:
    """The variable that a form is."""
    for what in numeric.atoms(form.top) if len(form.top) == 1 else ():
        if what[0] == "x" and form == atom(what):
            return what
    return None


def _symbolic(base: Form, exponent: Form) -> Form:
    """A power whose exponent is no rational number: of a prime, of e or of a variable, one factor a term."""
    if len(exponent.under) != 1 or () not in exponent.under:
        raise Beyond("a power with a quotient of sums above")
    if base == E:
        return _powers({("e",): 1}, exponent)
    value = base.rational
    if value is not None and value > 0:
        bases: dict[Atom, Rational] = {("p", p): n for p, n in factors(value.numerator)}
        for p, n in factors(value.denominator):
            bases["p", p] = -n
        return _powers(bases, exponent)
    if (variable := _lone_variable(base)) is not None:
        return _powers({variable: 1}, exponent)
    raise Beyond("a power that is not read")


def _powers(bases: dict[Atom, Rational], exponent: Form) -> Form:
    made = UNIT
    for monomial, coefficient in exponent.top.items():
        if any(what[0] == "i" for what, _ in monomial):
            raise Beyond("a complex exponent")
        for base, n in bases.items():
            much = coefficient * n / Fraction(exponent.under[()])
            made = multiply(made, atom(_raised_atom(base, monomial), much))
    return made


def _raised_atom(base: Atom, exponent: Monomial) -> Atom:
    """What a base with an exponent is made of: e to the log 2 is 2."""
    if not exponent:
        return base
    if base == ("e",) and len(exponent) == 1 and exponent[0][0][0] == "log" and exponent[0][1] == 1:
        return "p", exponent[0][0][1]
    return "^", base, exponent
