r"""Sums of products, exactly: polynomials with rational coefficients in what cannot be worked out further.

An atom is a tuple: `("p", 2)` a prime under a root, `("i",)`, `("pi",)`, `("e",)`, `("log", 2)`, `("x", "n")` a
variable, `("^", base, exponent)` a power with a symbolic exponent, `("r", n, radicand)` an nth root of a sum,
`("f", name, argument…)` a function's value. A monomial is a sorted tuple of (atom, exponent), a polynomial a dict
from monomials to coefficients that are not 0. Exponents of primes lie in [0, 1), unless the power is too large to
be written out.

Products of roots of different primes, with or without i, are linearly independent over the rationals
(Besicovitch 1940), so that a polynomial in them is 0 only where it has no terms.
"""

from fractions import Fraction
from typing import Any

from r1data.verifiers.math.algebra.limits import BITS, TERMS, Beyond

Rational = Fraction | int
Atom = tuple[Any, ...]
Monomial = tuple[tuple[Atom, Rational], ...]
Poly = dict[Monomial, Rational]
Frozen = tuple[tuple[Monomial, Rational], ...]

ONE: Poly = {(): 1}
_REDUCED = ("r", "f")


def frozen(poly: Poly) -> Frozen:
    """A polynomial as part of an atom: hashable, and one for each polynomial."""
    return tuple(sorted(poly.items()))


def constant(value: Rational) -> Poly:
    """A rational as a polynomial. Raises Beyond where it is too long."""
    if value.numerator.bit_length() > BITS or value.denominator.bit_length() > BITS:
        raise Beyond("a number that is too long")
    return {(): value} if value else {}


def single(atom: Atom, exponent: Rational = 1) -> Poly:
    """One atom to a power."""
    return _collect([_term(1, {atom: exponent})])


def plus(a: Poly, b: Poly) -> Poly:
    """a + b."""
    return _collect([*((c, m) for m, c in a.items()), *((c, m) for m, c in b.items())])


def scaled(a: Poly, factor: Rational) -> Poly:
    """a times a rational."""
    if factor == 1:
        return a
    return {m: c * factor for m, c in a.items()} if factor else {}


def times(a: Poly, b: Poly) -> Poly:
    """a · b. Raises Beyond where the product has too many terms."""
    if len(b) == 1 and () in b:
        return _checked(scaled(a, b[()]))
    if len(a) == 1 and () in a:
        return _checked(scaled(b, a[()]))
    if len(a) * len(b) > 10 * TERMS:
        raise Beyond("a product of too many terms")
    return _reduced(_collect([_product(c, m, d, n) for m, c in a.items() for n, d in b.items()]))


def power(a: Poly, n: int) -> Poly:
    """a to a small power, n ≥ 0."""
    result, square = ONE, a
    while n:
        if n & 1:
            result = times(result, square)
        n >>= 1
        if n:
            square = times(square, square)
    return result


def raised(a: Poly, exponent: Rational) -> Poly:
    """The only term of `a`, its coefficient 1, to any rational power."""
    ((monomial, _),) = a.items()
    return _reduced(_collect([_term(1, {atom: power * exponent for atom, power in monomial})]))


def _collect(terms: list[tuple[Rational, Monomial]]) -> Poly:
    total: Poly = {}
    for coefficient, monomial in terms:
        if value := total.get(monomial, 0) + coefficient:
            total[monomial] = value
        else:
            total.pop(monomial, None)
    return _checked(total)


def _checked(poly: Poly) -> Poly:
    if len(poly) > TERMS:
        raise Beyond("a sum of too many terms")
    for value in poly.values():
        if value.numerator.bit_length() > BITS or value.denominator.bit_length() > BITS:
            raise Beyond("a number that is too long")
    return poly


def _product(c: Rational, m: Monomial, d: Rational, n: Monomial) -> tuple[Rational, Monomial]:
    if not m or not n:
        return c * d, m or n
    exponents = dict(m)
    for atom, exponent in n:
        exponents[atom] = exponents.get(atom, 0) + exponent
    return _term(c * d, exponents)


def _term(coefficient: Rational, exponents: dict[Atom, Rational]) -> tuple[Rational, Monomial]:
    """A coefficient and a monomial in their one form: whole powers of primes and of i in the coefficient."""
    for atom, exponent in list(exponents.items()):
        if atom[0] == "p" and not 0 <= exponent < 1:
            coefficient = _prime(coefficient, exponents, atom, exponent)
        elif atom[0] == "i":
            if exponent.denominator != 1:
                raise Beyond("a root of i")
            coefficient *= -1 if exponent % 4 > 1 else 1
            exponents[atom] = exponent % 2
    return coefficient, tuple(sorted((atom, e) for atom, e in exponents.items() if e))


def _prime(
    coefficient: Rational, exponents: dict[Atom, Rational], atom: Atom, exponent: Rational
) -> Rational:
    """Write out the whole part of a prime's exponent where that is short; else gather all of it in the exponent."""
    prime = atom[1]
    whole = exponent.numerator // exponent.denominator
    if abs(whole) * prime.bit_length() <= BITS:
        exponents[atom] = exponent - whole
        return coefficient * (prime**whole if whole > 0 else Fraction(1, prime**-whole))
    top, under = coefficient.numerator, coefficient.denominator
    while top and top % prime == 0:
        top, exponents[atom] = top // prime, exponents[atom] + 1
    while under % prime == 0:
        under, exponents[atom] = under // prime, exponents[atom] - 1
    return Fraction(top, under)


def _reduced(poly: Poly) -> Poly:
    r"""With $\sqrt[n]{s}^n = s$, $|x|^2 = x^2$ and $\sin^2 = 1 - \cos^2$ carried out."""
    for _ in range(20):
        for monomial in poly:
            for atom, exponent in monomial:
                if atom[0] in _REDUCED and (rule := _rule(atom)) and exponent >= rule[0]:
                    rest = tuple((a, e) for a, e in monomial if a != atom)
                    left = exponent - rule[0]
                    term: Poly = {tuple(sorted([*rest, (atom, left)])) if left else rest: poly[monomial]}
                    others = {m: c for m, c in poly.items() if m != monomial}
                    poly = plus(others, times(term, rule[1]))
                    break
            else:
                continue
            break
        else:
            return poly
    raise Beyond("a power of roots that takes too long")


def _rule(atom: Atom) -> tuple[int, Poly] | None:
    """(n, what the atom to the n is), where that is known."""
    if atom[0] == "r":
        return atom[1], dict(atom[2])
    if atom[1] == "sin":
        return 2, {(): 1, ((("f", "cos", *atom[2:]), 2),): -1}
    return None
