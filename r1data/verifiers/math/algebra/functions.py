r"""Logarithms, trigonometry, factorials and binomials of forms, evaluated where that is exact.

Logarithms become sums of logarithms of primes; sines of multiples of 15° become roots; factorials and binomials of
integers become integers. Everything else stays an unevaluated call, equal only to itself. `\log` without a base has
an unknown base, which may cancel.

Not covered: hyperbolic functions, identities of sums of angles, inverse functions but for their usual values.
"""

from collections.abc import Callable
from fractions import Fraction
from math import comb, factorial, perm

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
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.algebra.primes import factors
from r1data.verifiers.math.algebra.terms import Poly

LARGEST = 2_100
"""Largest integer whose factorial and binomials are evaluated."""


def unevaluated(name: str, *arguments: Form) -> Form:
    """A call of a function as an atom, not evaluated."""
    return atom(("f", name, *((terms.freeze(x.numerator), terms.freeze(x.denominator)) for x in arguments)))


def log(x: Form) -> Form:
    """The natural logarithm."""
    if not is_positive(x):
        return unevaluated("log", x)
    return add(_log_of_term(x.numerator), negative(_log_of_term(x.denominator)))


def _log_of_term(poly: Poly) -> Form:
    """The logarithm of a polynomial of one positive term."""
    ((monomial, coefficient),) = poly.items()
    total = ZERO
    for whole, sign in ((coefficient.numerator, 1), (coefficient.denominator, -1)):
        for prime, n in factors(whole):
            total = add(total, multiply(number(sign * n), atom(("log", prime))))
    for factor, exponent in monomial:
        if factor[0] not in ("p", "e"):
            raise Unsupported("a logarithm that is not read")
        value = UNIT if factor[0] == "e" else atom(("log", factor[1]))
        total = add(total, multiply(number(exponent), value))
    return total


def log_to(base: Form | None, x: Form) -> Form:
    """The logarithm of x to a base; None stands for a base that is not written."""
    return divide(log(x), log(base) if base is not None else atom(("log?",)))


def sin(x: Form) -> Form:
    """The sine of an angle in radians."""
    turns = divide(x, PI).rational
    if turns is not None:
        return _sine_of(Fraction(turns) % 2)
    if _has_negative_lead(x):
        return negative(sin(negative(x)))
    return unevaluated("sin", x)


def cos(x: Form) -> Form:
    """The cosine of an angle in radians."""
    turns = divide(x, PI).rational
    if turns is not None:
        return _sine_of((Fraction(turns) + Fraction(1, 2)) % 2)
    return unevaluated("cos", negative(x) if _has_negative_lead(x) else x)


def tan(x: Form) -> Form:
    """The tangent of an angle in radians."""
    return divide(sin(x), cos(x))


def _has_negative_lead(x: Form) -> bool:
    # Of x and -x always the same one is taken, so that sin(a - b) and -sin(b - a) are made of one atom.
    return bool(x.numerator) and x.numerator[min(x.numerator)] < 0


def _sine_of(turns: Fraction) -> Form:
    """The sine of `turns` · π, 0 ≤ turns < 2; exact for multiples of 15°."""
    if turns >= 1:
        return negative(_sine_of(turns - 1))
    if turns > Fraction(1, 2):
        turns = 1 - turns
    twelfths = turns * 12
    if twelfths.denominator != 1:
        return unevaluated("sin", multiply(number(turns), PI))
    two = number(2)
    exact_sines = {
        0: ZERO, 2: number(Fraction(1, 2)), 3: divide(root(two, 2), two), 4: divide(root(number(3), 2), two), 6: UNIT,
    }  # fmt: skip
    if (value := exact_sines.get(int(twelfths))) is not None:
        return value
    # sin 75° = (√6 + √2)/4 and sin 15° = (√6 - √2)/4
    six = root(number(6), 2)
    other = root(two, 2) if twelfths == 5 else negative(root(two, 2))
    return divide(add(six, other), number(4))


def inverse_trigonometric(name: str, x: Form) -> Form:
    """arcsin, arccos or arctan ("asin", "acos", "atan"); a multiple of π for the values at multiples of 15°."""
    direct: Callable[[Form], Form] = {"asin": sin, "acos": cos, "atan": tan}[name]
    for twelfths in range(13) if name == "acos" else range(-6, 7):
        if name == "atan" and abs(twelfths) == 6:
            continue
        angle = multiply(number(Fraction(twelfths, 12)), PI)
        value = direct(angle)
        if not terms.add(
            terms.multiply(value.numerator, x.denominator),
            terms.scale(terms.multiply(x.numerator, value.denominator), -1),
        ):
            return angle
    return unevaluated(name, x)


def exp(x: Form) -> Form:
    """e to the x."""
    return power(E, x)


def absolute(x: Form) -> Form:
    """|x|."""
    if any(numeric.has_variables(poly) for poly in (x.numerator, x.denominator)):
        return unevaluated("abs", negative(x) if _has_negative_lead(x) else x)
    if not x.numerator:
        return ZERO
    return negative(x) if numeric.sign(x.numerator) * numeric.sign(x.denominator) < 0 else x


def whole_factorial(x: Form) -> Form:
    """x!. Raises `Unsupported` for fractions and negative numbers."""
    n = x.rational
    if n is None:
        return unevaluated("factorial", x)
    if n.denominator != 1 or n < 0:
        raise Unsupported("a factorial of a fraction")
    if n > LARGEST:
        return unevaluated("factorial", x)
    return number(factorial(int(n)))


def binomial(n: Form, k: Form) -> Form:
    """The binomial coefficient, n choose k. Raises `Unsupported` for fractions and negative numbers."""
    above, below = n.rational, k.rational
    if above is None or below is None:
        return unevaluated("binomial", n, k)
    if above.denominator != 1 or below.denominator != 1 or above < 0 or below < 0:
        raise Unsupported("a binomial of unusual numbers")
    if above > LARGEST:
        return unevaluated("binomial", n, k)
    return number(comb(int(above), int(below)))


def selections(letter: str, n: int, k: int) -> Form | None:
    """`C_5^2`, the ways to choose 2 of 5, and `A_5^2` (or P), those to order 2 of 5; None if k is greater than n."""
    if not 0 <= k <= n <= LARGEST:
        return None
    return number(comb(n, k) if letter == "C" else perm(n, k))


def floor_or_ceiling(x: Form, *, up: bool) -> Form:
    """The ceiling (`up`) or floor of a rational number; unevaluated for any other form."""
    value = x.rational
    if value is None:
        return unevaluated("ceiling" if up else "floor", x)
    return number(-((-value) // 1) if up else value // 1)
