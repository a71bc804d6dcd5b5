r"""Whether two forms are equal: an exact yes, an exact or certain no, or `Beyond`.

Yes: cross-multiplied, nothing is left. No: what is left is a polynomial in roots of primes, i, variables, powers
with variables above, and at most one of π, e or a logarithm, which are independent of each other (Besicovitch,
Lindemann); or its value, computed to 60 digits, is certainly not 0. Formulas with variables are equal as functions.
"""

from r1data.verifiers.math.algebra import numeric, terms
from r1data.verifiers.math.algebra.forms import Form
from r1data.verifiers.math.algebra.limits import Alike, Beyond
from r1data.verifiers.math.algebra.terms import Atom, Monomial, Poly


def equal(a: Form, b: Form) -> bool:
    """Whether two forms are the same number, or the same function of their variables. Raises Beyond."""
    if a.top == b.top and a.under == b.under:
        return True
    difference = terms.plus(terms.times(a.top, b.under), terms.scaled(terms.times(b.top, a.under), -1))
    if not difference:
        return True
    if any(_is_long(monomial) for monomial in difference):
        if len(difference) == 2 and _independent(difference):  # two products that are written differently
            return False
        raise Beyond("a sum of powers too large to be written out")
    if _independent(difference) or numeric.is_apart(difference):
        return False
    raise Alike("two formulas that may be the same")


def _is_long(monomial: Monomial) -> bool:
    return any(what[0] == "p" and not 0 <= exponent < 1 for what, exponent in monomial)


def _independent(poly: Poly) -> bool:
    """Whether no algebraic relation holds between the atoms of a polynomial, other than those already used."""
    transcendental = 0
    for what in numeric.atoms(poly):
        if what[0] in ("pi", "e", "log"):
            transcendental += 1
        elif not (what[0] in ("p", "i", "x") or (what[0] == "^" and _has_simple_exponent(what))):
            return False
    return transcendental <= 1


def _has_simple_exponent(what: Atom) -> bool:
    """Whether a power is one of a prime or e to a product of variables."""
    return what[1][0] in ("p", "e") and all(part[0] == "x" for part, _ in what[2])
