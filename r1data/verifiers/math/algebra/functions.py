r"""Logarithms, trigonometry, factorials and binomials of forms, worked out where that is exact.

Logarithms become sums of logarithms of primes; sines of multiples of 15° become roots; factorials and binomials of
whole numbers become whole numbers. Everything else stays a function's value, equal only to itself. `\log` without a
base has an unknown base, which cancels or does not.

Not covered: hyperbolic functions, identities of sums of angles, inverse functions but for their usual values.
"""

from collections.abc import Callable
from fractions import Fraction
from math import comb, factorial

from r1data.verifiers.math.algebra import numeric, terms
from r1data.verifiers.math.algebra.forms import (
    PI,
    UNIT,
    ZERO,
    E,
    Form,
    add,
    atom,
    divide,
    is_positive,
    multiply,
    negative,
    number,
    power,
    root,
)
from r1data.verifiers.math.algebra.limits import Beyond
from r1data.verifiers.math.algebra.primes import factors
from r1data.verifiers.math.algebra.terms import Poly

LARGEST = 2_100
"""Whole numbers of which factorials and binomials are worked out."""


def applied(name: str, *arguments: Form) -> Form:
    """A function's value that is left as it is."""
    return atom(("f", name, *((terms.frozen(x.top), terms.frozen(x.under)) for x in arguments)))


def log(x: Form) -> Form:
    """The natural logarithm."""
    if not is_positive(x):
        return applied("log", x)
    return add(_log(x.top), negative(_log(x.under)))


def _log(poly: Poly) -> Form:
    ((monomial, coefficient),) = poly.items()
    total = ZERO
    for whole, sign in ((coefficient.numerator, 1), (coefficient.denominator, -1)):
        for prime, n in factors(whole):
            total = add(total, multiply(number(sign * n), atom(("log", prime))))
    for what, exponent in monomial:
        if what[0] not in ("p", "e"):
            raise Beyond("a logarithm that is not read")
        value = UNIT if what[0] == "e" else atom(("log", what[1]))
        total = add(total, multiply(number(exponent), value))
    return total


def log_to(base: Form | None, x: Form) -> Form:
    """The logarithm to a base; None is a base that is not given."""
    return divide(log(x), log(base) if base is not None else atom(("log?",)))


def sin(x: Form) -> Form:
    """The sine of an angle in radians."""
    turns = divide(x, PI).rational
    if turns is not None:
        return _sine_of(Fraction(turns) % 2)
    if _leads_negative(x):
        return negative(sin(negative(x)))
    return applied("sin", x)


def cos(x: Form) -> Form:
    """The cosine of an angle in radians."""
    turns = divide(x, PI).rational
    if turns is not None:
        return _sine_of((Fraction(turns) + Fraction(1, 2)) % 2)
    return applied("cos", negative(x) if _leads_negative(x) else x)


def tan(x: Form) -> Form:
    """The tangent of an angle in radians."""
    return divide(sin(x), cos(x))


def _leads_negative(x: Form) -> bool:
    return bool(x.top) and x.top[min(x.top)] < 0


def _sine_of(turns: Fraction) -> Form:
    """The sine of `turns` times π, 0 ≤ turns < 2."""
    if turns >= 1:
        return negative(_sine_of(turns - 1))
    if turns > Fraction(1, 2):
        turns = 1 - turns
    fifteenths = turns * 12
    if fifteenths.denominator != 1:
        return applied("sin", multiply(number(turns), PI))
    two = number(2)
    known = {
        0: ZERO, 2: number(Fraction(1, 2)), 3: divide(root(two, 2), two), 4: divide(root(number(3), 2), two), 6: UNIT,
    }  # fmt: skip
    if (value := known.get(int(fifteenths))) is not None:
        return value
    six = root(number(6), 2)
    other = root(two, 2) if fifteenths == 5 else negative(root(two, 2))
    return divide(add(six, other), number(4))


def inverse(name: str, x: Form) -> Form:
    """arcsin, arccos or arctan: of their usual values a multiple of π."""
    direct: Callable[[Form], Form] = {"asin": sin, "acos": cos, "atan": tan}[name]
    for twelfths in range(13) if name == "acos" else range(-6, 7):
        if name == "atan" and abs(twelfths) == 6:
            continue
        angle = multiply(number(Fraction(twelfths, 12)), PI)
        value = direct(angle)
        if not terms.plus(terms.times(value.top, x.under), terms.scaled(terms.times(x.top, value.under), -1)):
            return angle
    return applied(name, x)


def exp(x: Form) -> Form:
    """e to the x."""
    return power(E, x)


def absolute(x: Form) -> Form:
    """|x|."""
    if any(numeric.has_variables(poly) for poly in (x.top, x.under)):
        return applied("abs", negative(x) if _leads_negative(x) else x)
    if not x.top:
        return ZERO
    return negative(x) if numeric.sign(x.top) * numeric.sign(x.under) < 0 else x


def whole_factorial(x: Form) -> Form:
    """x!"""
    n = x.rational
    if n is None:
        return applied("factorial", x)
    if n.denominator != 1 or n < 0:
        raise Beyond("a factorial of a fraction")
    if n > LARGEST:
        return applied("factorial", x)
    return number(factorial(int(n)))


def binomial(n: Form, k: Form) -> Form:
    """n over k."""
    above, below = n.rational, k.rational
    if above is None or below is None:
        return applied("binomial", n, k)
    if above.denominator != 1 or below.denominator != 1 or above < 0 or below < 0:
        raise Beyond("a binomial of unusual numbers")
    if above > LARGEST:
        return applied("binomial", n, k)
    return number(comb(int(above), int(below)))


def rounded(x: Form, *, up: bool) -> Form:
    """The whole number next to a rational number; of anything else as it is."""
    value = x.rational
    if value is None:
        return applied("ceiling" if up else "floor", x)
    return number(-((-value) // 1) if up else value // 1)
