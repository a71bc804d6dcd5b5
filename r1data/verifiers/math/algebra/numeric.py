"""Numeric values to 60 digits, where exact rules are not enough: signs, values that certainly differ, rounded decimals.

A sum counts as different from 0 only if it exceeds 1e-25 times the total size of its terms, far above the rounding
error; nothing is ever concluded to be 0. Variables get fixed positive values, at which equal formulas must agree.
"""

from functools import lru_cache
from typing import Any
from zlib import crc32

from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.algebra.terms import Atom, Poly

BINARY_DIGITS = 260
"""Working precision in bits, 78 decimal digits."""
CERTAIN = 1e-25
"""Size relative to its terms above which a sum is certainly not 0."""
LARGEST = 10**6
"""Largest bit length of the integer part of an intermediate value."""


@lru_cache(maxsize=1)
def context() -> Any:
    """An mpmath context of our own: the precision of the global one may be changed by any library."""
    import mpmath

    private_context = mpmath.mp.clone()
    private_context.prec = BINARY_DIGITS
    return private_context


def atoms(poly: Poly) -> set[Atom]:
    """All atoms of a polynomial, without those nested in other atoms."""
    return {atom for monomial in poly for atom, _ in monomial}


def has_variables(part: Any) -> bool:
    """Whether a variable occurs anywhere in a polynomial or atom, also within functions and exponents."""
    if isinstance(part, tuple):
        return part[:1] == ("x",) or any(map(has_variables, part))
    return isinstance(part, dict) and any(map(has_variables, part))


def sign(poly: Poly) -> int:
    """The sign, 1 or -1. Raises `Unsupported` if the value is complex or not certainly different from 0."""
    value, size = evaluate(poly)
    if abs(value) <= CERTAIN * size or abs(value.imag) > CERTAIN * size:
        raise Unsupported("a number whose sign is not certain")
    return 1 if value.real > 0 else -1


def is_certainly_nonzero(poly: Poly) -> bool:
    """Whether a polynomial certainly differs from 0, with variables at their fixed values."""
    value, size = evaluate(poly)
    return bool(abs(value) > CERTAIN * size)


def real_value(numerator: Poly, denominator: Poly) -> Any:
    """The value of a quotient to 50 digits. Raises `Unsupported` if it is complex, or cancels too much."""
    one, other = _nonzero_value(numerator), _nonzero_value(denominator)
    value = one / other
    if abs(value.imag) > CERTAIN * abs(value):
        raise Unsupported("a complex number")
    return value.real


def _nonzero_value(poly: Poly) -> Any:
    value, size = evaluate(poly)
    if abs(value) <= 1e-15 * size:
        raise Unsupported("a number that cancels to almost nothing")
    return value


def evaluate(poly: Poly) -> tuple[Any, Any]:
    """(value, sum of the absolute values of its terms)."""
    mp = context()
    total, size = mp.mpc(0), mp.mpf(0)
    for monomial, coefficient in poly.items():
        term = mp.mpc(mp.mpf(coefficient.numerator) / coefficient.denominator)
        for atom, exponent in monomial:
            term *= _power(_atom_value(atom), mp.mpf(exponent.numerator) / exponent.denominator)
        total, size = total + term, size + abs(term)
    return total, size


def _power(base: Any, exponent: Any) -> Any:
    mp = context()
    if not base:
        raise Unsupported("a power of 0")
    # Checked before the power is taken: mpmath's exponents are integers of any length, which a tower of powers fills.
    if abs(exponent) * (abs(mp.log(base)) + 1) > LARGEST:
        raise Unsupported("a number that is too large")
    return mp.power(base, exponent)


def _atom_value(atom: Atom) -> Any:
    """The value of one atom."""
    mp, kind = context(), atom[0]
    if kind == "p":
        return mp.mpf(atom[1])
    # crc32, since `hash` of a text differs from process to process; 3/7 keeps the value away from 0.
    if kind == "x":
        return mp.mpf(crc32(repr(atom).encode())) / 2**32 + mp.mpf(3) / 7
    if kind == "log":
        return mp.log(atom[1])
    if kind == "^":
        return _power(_atom_value(atom[1]), evaluate({atom[2]: 1})[0].real)
    if kind in ("r", "f"):
        return _call_value(atom)
    # `+` evaluates mpmath's lazy constants to the working precision.
    constants = {"i": mp.mpc(0, 1), "pi": +mp.pi, "e": +mp.e}
    if kind not in constants:
        raise Unsupported("a symbol without a value")
    return constants[kind]


def _call_value(atom: Atom) -> Any:
    """The value of a root or a function.

    Raises `Unsupported` if variables make it complex: its value at one point then depends on the choice of branch.
    """
    mp = context()
    if atom[0] == "r":
        arguments = [_nonzero_value(dict(atom[2]))]
        value = mp.root(arguments[0], atom[1])
    else:
        arguments = [
            _nonzero_value(dict(numerator)) / _nonzero_value(dict(denominator))
            for numerator, denominator in atom[2:]
        ]
        function = {
            "sin": mp.sin, "cos": mp.cos, "asin": mp.asin, "acos": mp.acos, "atan": mp.atan,
            "log": mp.log, "factorial": mp.factorial, "binomial": mp.binomial, "abs": abs,
        }.get(atom[1])  # fmt: skip
        # A rounding error grows with the argument of a sine; the bound is ours.
        if function is None or any(abs(argument) > 10**6 for argument in arguments):
            raise Unsupported("a function that is not worked out")
        value = function(*arguments)
    if has_variables(atom) and any(abs(x.imag) > CERTAIN * abs(x) for x in (value, *arguments)):
        raise Unsupported("a complex value of a function with variables")
    return value
