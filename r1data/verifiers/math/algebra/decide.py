r"""Decides whether two forms are equal: an exact yes, a proven or numerically certain no, or `Unsupported`.

Yes: the cross-multiplied difference is the zero polynomial. No: the difference is a non-zero polynomial in atoms that
are algebraically independent (roots of primes, i, variables, powers with symbolic exponents, and at most one of π, e
or a logarithm; Besicovitch, Lindemann), or its value to 60 digits is certainly not 0. Formulas with variables are
compared as functions. It does not simplify: two forms that are equal by an identity it lacks raise `PossiblyEqual`.
"""

from r1data.verifiers.math.algebra import numeric, terms
from r1data.verifiers.math.algebra.forms import Form
from r1data.verifiers.math.algebra.limits import PossiblyEqual, Unsupported
from r1data.verifiers.math.algebra.terms import Poly


def equal(a: Form, b: Form) -> bool:
    """Whether two forms are the same number, or the same function of their variables.

    Raises:
        Unsupported: neither can be shown; `PossiblyEqual` where the two agree to 60 digits.
    """
    if a.numerator == b.numerator and a.denominator == b.denominator:
        return True
    difference = terms.add(
        terms.multiply(a.numerator, b.denominator),
        terms.scale(terms.multiply(b.numerator, a.denominator), -1),
    )
    if not difference:
        return True
    # A prime's exponent outside [0, 1) is a power that was too large to be written into the coefficient.
    if any(
        atom[0] == "p" and not 0 <= exponent < 1 for monomial in difference for atom, exponent in monomial
    ):
        # A term with an unexpanded power has all of that prime in the exponent, so two equal terms are the same
        # monomial and would have cancelled. Three or more may add up to 0 in a way that only expanding would show.
        if len(difference) == 2 and _is_independent(difference):
            return False
        raise Unsupported("a sum of powers too large to be written out")
    if _is_independent(difference) or numeric.is_certainly_nonzero(difference):
        return False
    raise PossiblyEqual("two formulas that may be the same")


def _is_independent(poly: Poly) -> bool:
    """Whether the atoms of a polynomial satisfy no algebraic relation beyond those that `terms` already applied."""
    transcendental = 0
    for atom in numeric.atoms(poly):
        if atom[0] in ("pi", "e", "log"):
            transcendental += 1
        elif atom[0] == "^":  # independent only as a prime or e to a product of variables
            if atom[1][0] not in ("p", "e") or any(part[0] != "x" for part, _ in atom[2]):
                return False
        elif atom[0] not in ("p", "i", "x"):
            return False
    # One at most: that π, e and logarithms are independent of each other is a conjecture (Schanuel).
    return transcendental <= 1
