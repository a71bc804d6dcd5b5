r"""Polynomials with rational coefficients in atoms, the quantities that the algebra does not evaluate further.

An atom is a tuple: `("p", 2)` a prime under a root, `("i",)`, `("pi",)`, `("e",)`, `("log", 2)`, `("x", "n")` a
variable, `("^", base, exponent)` a power with a symbolic exponent, `("r", n, radicand)` an nth root of a sum,
`("f", name, argument…)` a function's value. A monomial is a sorted tuple of (atom, exponent), a polynomial a dict
from monomials to coefficients that are not 0. Exponents of primes lie in [0, 1), unless the power is too large to
be expanded.

Products of roots of different primes, with or without i, are linearly independent over the rationals
(Besicovitch 1940), so a polynomial in them is 0 only if it has no terms.
"""

from fractions import Fraction
from typing import Any

from r1data.verifiers.math.algebra.limits import BITS, TERMS, Unsupported

Rational = Fraction | int
Atom = tuple[Any, ...]
Monomial = tuple[tuple[Atom, Rational], ...]
Poly = dict[Monomial, Rational]
FrozenPoly = tuple[tuple[Monomial, Rational], ...]

ONE: Poly = {(): 1}
_REDUCED = ("r", "f")


def freeze(poly: Poly) -> FrozenPoly:
    """A polynomial in a canonical, hashable form, to be part of an atom."""
    return tuple(sorted(poly.items()))


def constant(value: Rational) -> Poly:
    """A rational as a polynomial. Raises `Unsupported` if it has more than `BITS` bits."""
    if value.numerator.bit_length() > BITS or value.denominator.bit_length() > BITS:
        raise Unsupported("a number that is too long")
    return {(): value} if value else {}


def atom_power(atom: Atom, exponent: Rational = 1) -> Poly:
    """The polynomial of one atom to a power."""
    return _collect([_term(1, {atom: exponent})])


def add(a: Poly, b: Poly) -> Poly:
    """a + b."""
    return _collect([*((c, m) for m, c in a.items()), *((c, m) for m, c in b.items())])


def scale(a: Poly, factor: Rational) -> Poly:
    """a times a rational."""
    if factor == 1:
        return a
    return {m: c * factor for m, c in a.items()} if factor else {}


def multiply(a: Poly, b: Poly) -> Poly:
    """a · b. Raises `Unsupported` if the product has too many terms."""
    if len(b) == 1 and () in b:
        return _check_size(scale(a, b[()]))
    if len(a) == 1 and () in a:
        return _check_size(scale(b, a[()]))
    # Before the product is made, since its terms cost time even where like ones would be collected to a few.
    if len(a) * len(b) > 10 * TERMS:
        raise Unsupported("a product of too many terms")
    return _apply_reductions(_collect([_product(c, m, d, n) for m, c in a.items() for n, d in b.items()]))


def power(a: Poly, n: int) -> Poly:
    """a to a small power, n ≥ 0."""
    result, square = ONE, a
    while n:
        if n & 1:
            result = multiply(result, square)
        n >>= 1
        if n:
            square = multiply(square, square)
    return result


def raise_monomial(a: Poly, exponent: Rational) -> Poly:
    """A polynomial of one term with coefficient 1, to any rational power."""
    ((monomial, _),) = a.items()
    return _apply_reductions(_collect([_term(1, {atom: power * exponent for atom, power in monomial})]))


def _collect(terms: list[tuple[Rational, Monomial]]) -> Poly:
    total: Poly = {}
    for coefficient, monomial in terms:
        # No coefficient of 0 stays: a polynomial is 0 exactly if it has no terms, and `decide` relies on that.
        if value := total.get(monomial, 0) + coefficient:
            total[monomial] = value
        else:
            total.pop(monomial, None)
    return _check_size(total)


def _check_size(poly: Poly) -> Poly:
    if len(poly) > TERMS:
        raise Unsupported("a sum of too many terms")
    for value in poly.values():
        if value.numerator.bit_length() > BITS or value.denominator.bit_length() > BITS:
            raise Unsupported("a number that is too long")
    return poly


def _product(c: Rational, m: Monomial, d: Rational, n: Monomial) -> tuple[Rational, Monomial]:
    if not m or not n:
        return c * d, m or n
    exponents = dict(m)
    for atom, exponent in n:
        exponents[atom] = exponents.get(atom, 0) + exponent
    return _term(c * d, exponents)


def _term(coefficient: Rational, exponents: dict[Atom, Rational]) -> tuple[Rational, Monomial]:
    """A term in canonical form: integer powers of primes, and i², are moved into the coefficient."""
    for atom, exponent in list(exponents.items()):
        if atom[0] == "p" and not 0 <= exponent < 1:
            coefficient = _expand_prime(coefficient, exponents, atom, exponent)
        elif atom[0] == "i":
            if exponent.denominator != 1:
                raise Unsupported("a root of i")
            # i² = -1 and i³ = -i
            coefficient *= -1 if exponent % 4 > 1 else 1
            exponents[atom] = exponent % 2
    return coefficient, tuple(sorted((atom, e) for atom, e in exponents.items() if e))


def _expand_prime(
    coefficient: Rational, exponents: dict[Atom, Rational], atom: Atom, exponent: Rational
) -> Rational:
    """Move the integer part of a prime's exponent into the coefficient; returns the new coefficient.

    Where the power would be too large, the other way round: all powers of that prime are taken out of the coefficient
    and added to the exponent. Either way, equal values have one representation.
    """
    prime = atom[1]
    whole = exponent.numerator // exponent.denominator
    if abs(whole) * prime.bit_length() <= BITS:
        exponents[atom] = exponent - whole
        return coefficient * (prime**whole if whole > 0 else Fraction(1, prime**-whole))
    numerator, denominator = coefficient.numerator, coefficient.denominator
    while numerator and numerator % prime == 0:
        numerator, exponents[atom] = numerator // prime, exponents[atom] + 1
    while denominator % prime == 0:
        denominator, exponents[atom] = denominator // prime, exponents[atom] - 1
    return Fraction(numerator, denominator)


def _apply_reductions(poly: Poly) -> Poly:
    r"""Apply $\sqrt[n]{s}^n = s$ and $\sin^2 = 1 - \cos^2$ until neither applies.

    Every step rewrites one term and starts over, because the rewritten term may cancel or create others; nested
    radicals may take long, hence the bound on the number of steps.
    """
    for _ in range(20):
        for monomial in poly:
            for atom, exponent in monomial:
                if atom[0] in _REDUCED and (reduction := _reduction_rule(atom)) and exponent >= reduction[0]:
                    rest = tuple((a, e) for a, e in monomial if a != atom)
                    remaining_exponent = exponent - reduction[0]
                    term: Poly = {
                        tuple(sorted([*rest, (atom, remaining_exponent)]))
                        if remaining_exponent
                        else rest: poly[monomial]
                    }
                    others = {m: c for m, c in poly.items() if m != monomial}
                    poly = add(others, multiply(term, reduction[1]))
                    break
            else:
                continue
            break
        else:
            return poly
    raise Unsupported("a power of roots that takes too long")


def _reduction_rule(atom: Atom) -> tuple[int, Poly] | None:
    """(n, the polynomial that equals the atom to the nth power); None for an atom without such a rule."""
    if atom[0] == "r":
        return atom[1], dict(atom[2])
    if atom[1] == "sin":
        return 2, {(): 1, ((("f", "cos", *atom[2:]), 2),): -1}
    return None
