"""Numbers to 60 digits, for what exact rules leave open: a sign, a gap that is certain, a decimal that is rounded.

A value counts as different from 0 only where it is 10^25 times as large, relative to the terms that it is the sum
of, as what rounding can do; nothing is ever held to be 0. Variables are given fixed positive values, at which two
formulas that are the same must agree.
"""

from functools import lru_cache
from typing import Any
from zlib import crc32

from r1data.verifiers.math.algebra.limits import Beyond
from r1data.verifiers.math.algebra.terms import Atom, Poly

BINARY_DIGITS = 260
CERTAIN = 1e-25
LARGEST = 10**6
"""Binary digits before the point of any number on the way."""


@lru_cache(maxsize=1)
def context() -> Any:
    """A context of mpmath's that nobody else changes."""
    import mpmath

    made = mpmath.mp.clone()
    made.prec = BINARY_DIGITS
    return made


def atoms(poly: Poly) -> set[Atom]:
    """All atoms of a polynomial, those inside other atoms not counted."""
    return {what for monomial in poly for what, _ in monomial}


def has_variables(part: Any) -> bool:
    """Whether a variable occurs anywhere, also within functions and exponents."""
    if isinstance(part, tuple):
        return part[:1] == ("x",) or any(map(has_variables, part))
    return isinstance(part, dict) and any(map(has_variables, part))


def sign(poly: Poly) -> int:
    """1 or -1. Raises Beyond where the polynomial is complex, or not certainly different from 0."""
    value, size = _evaluate(poly)
    if abs(value) <= CERTAIN * size or abs(value.imag) > CERTAIN * size:
        raise Beyond("a number whose sign is not certain")
    return 1 if value.real > 0 else -1


def is_apart(poly: Poly) -> bool:
    """Whether a polynomial certainly differs from 0; at fixed values of its variables, where it has some."""
    value, size = _evaluate(poly)
    return bool(abs(value) > CERTAIN * size)


def real(top: Poly, under: Poly) -> Any:
    """A quotient to 50 digits. Raises Beyond where it is complex, or has cancelled too much to be known."""
    one, other = _certain(top), _certain(under)
    value = one / other
    if abs(value.imag) > CERTAIN * abs(value):
        raise Beyond("a complex number")
    return value.real


def _certain(poly: Poly) -> Any:
    value, size = _evaluate(poly)
    if abs(value) <= 1e-15 * size:
        raise Beyond("a number that cancels to almost nothing")
    return value


def _evaluate(poly: Poly) -> tuple[Any, Any]:
    """(the value, the sum of the sizes of its terms)."""
    number = context()
    total, size = number.mpc(0), number.mpf(0)
    for monomial, coefficient in poly.items():
        term = number.mpc(number.mpf(coefficient.numerator) / coefficient.denominator)
        for what, exponent in monomial:
            term *= _raised(_atom(what), exponent)
        total, size = total + term, size + abs(term)
    return total, size


def _raised(base: Any, exponent: Any) -> Any:
    number = context()
    if isinstance(exponent, int) or exponent.denominator == 1:
        exponent = number.mpf(int(exponent))
    else:
        exponent = number.mpf(exponent.numerator) / exponent.denominator
    return _power(base, exponent)


def _power(base: Any, exponent: Any) -> Any:
    number = context()
    if not base:
        raise Beyond("a power of 0")
    if abs(exponent) * (abs(number.log(base)) + 1) > LARGEST:
        raise Beyond("a number that is too large")
    return number.power(base, exponent)


def _atom(what: Atom) -> Any:
    """The value of one atom."""
    number, kind = context(), what[0]
    if kind == "p":
        return number.mpf(what[1])
    if kind == "x":
        return number.mpf(crc32(repr(what).encode())) / 2**32 + number.mpf(3) / 7
    if kind == "log":
        return number.log(what[1])
    if kind == "^":
        return _power(_atom(what[1]), _evaluate({what[2]: 1})[0].real)
    if kind in ("r", "f"):
        return _applied(what)
    constants = {"i": number.mpc(0, 1), "pi": +number.pi, "e": +number.e}
    if kind not in constants:
        raise Beyond("a symbol without a value")
    return constants[kind]


def _applied(what: Atom) -> Any:
    """A root or a function's value; where variables make it complex, it depends on how branches are cut."""
    if what[0] == "r":
        arguments = [_certain(dict(what[2]))]
        value = context().root(arguments[0], what[1])
    else:
        arguments = [_certain(dict(top)) / _certain(dict(under)) for top, under in what[2:]]
        value = _function(what[1], arguments)
    if has_variables(what) and any(abs(x.imag) > CERTAIN * abs(x) for x in (value, *arguments)):
        raise Beyond("a complex value of a function with variables")
    return value


def _function(name: str, arguments: list[Any]) -> Any:
    number = context()
    call = {
        "sin": number.sin, "cos": number.cos, "asin": number.asin, "acos": number.acos, "atan": number.atan,
        "log": number.log, "factorial": number.factorial, "binomial": number.binomial, "abs": abs,
    }.get(name)  # fmt: skip
    if call is None or any(abs(value) > 10**6 for value in arguments):
        raise Beyond("a function that is not worked out")
    return call(*arguments)
