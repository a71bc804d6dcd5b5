"""When two equations or inequalities are the same: one is a multiple of the other.

Two equations differ if a point solves one of them alone. Whatever is neither goes to math-verify.
"""

from fractions import Fraction

from r1data.verifiers.math.algebra import curves, forms, terms
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.quantities import variables
from r1data.verifiers.math.values import Formula, Relation, Several, Undecided, Value, as_formula


def agree(a: Value, b: Value) -> bool:
    """Whether two equations or inequalities, or one and another value, agree.

    Raises:
        Undecided: a relation against a plain value, or one that does not hold.
        Unsupported: they may be equivalent, but not by a constant factor; math-verify decides.
    """
    one, other = _as_relation(a), _as_relation(b)
    if any(relation is not None and not variables(relation.difference) for relation in (one, other)):
        raise Undecided("an equation between numbers that does not hold")
    if one is None or other is None:
        raise Undecided("an equation against a value")
    if one.sign != other.sign:
        raise Unsupported("relations of two kinds")
    p, q = one.difference.numerator, other.difference.numerator
    # Relations may differ by a factor, which one term that both have tells; a negative one turns an inequality round.
    lead = min(p, default=None)
    if lead in q and lead is not None:
        ratio = Fraction(p[lead]) / q[lead]
        if terms.scale(q, ratio) == p and (ratio > 0 or one.sign in ("=", "≠")):
            return True
    if one.sign == "=" and (all(map(_is_linear, (p, q))) or curves.certainly_differ(p, q)):
        return False
    raise Unsupported("relations that are written differently")


def _as_relation(value: Value) -> Relation | None:
    """As a relation: a named value (`y = 2x`) becomes y - 2x = 0; None for others. Raises Unsupported for a set."""
    if isinstance(value, Relation):
        return value
    if isinstance(value, Several) and value.brackets in ("", "()", "general", "≡", "cases", "conditions"):
        raise Undecided("an equation against several values")
    if not isinstance(value, Number | Formula):
        raise Unsupported("a relation against a set")
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
