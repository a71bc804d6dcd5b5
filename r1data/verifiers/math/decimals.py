r"""Decimals that go on (`0.1212\ldots`, `3.14159…`) and values that are given as rounded (`\approx 3.14`).

Dots after a period that stands there twice mean that it goes on: 4/33 is `0.1212\ldots`. Other digits before dots are
the beginning of the value: from six significant digits on they are taken for it, fewer leave the pair undecided where
they fit, as a rounded decimal of few digits does.
"""

import re
from fractions import Fraction

from r1data.verifiers.math import fast, quantities
from r1data.verifiers.math.algebra import numeric
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.values import Formula

_DOTTED = re.compile(r"(-?)\s*(\d*)\.(\d+)\s*\\ldots\s*(?:\\%|%)?")
_PERIOD = re.compile(r"(\d+?)\1+$")
_ROUNDED = re.compile(r"(-?\d*\.?\d+)")


def is_dotted(text: str) -> bool:
    """Whether a normal text is a decimal that goes on."""
    return _DOTTED.fullmatch(text) is not None


def as_period(text: str) -> str | None:
    r"""`0.1212\ldots` as `0.\overline{12}`; None where no period shows."""
    dotted = _DOTTED.fullmatch(text)
    period = _PERIOD.search(dotted[3]) if dotted else None
    if dotted is None or period is None:
        return None
    return rf"{dotted[1]}{dotted[2] or 0}.{dotted[3][: period.start()]}\overline{{{period[1]}}}"


def begins_with(text: str, value: Fraction) -> bool | None:
    """Whether a value begins with the digits before the dots; None where those are all of it or fewer than six."""
    dotted = _DOTTED.fullmatch(text)
    if dotted is None:
        return None
    written, unit = Fraction(f"{dotted[1]}{dotted[2] or 0}.{dotted[3]}"), Fraction(1, 10 ** len(dotted[3]))
    if abs(written - value) >= unit or (written and written * value < 0):
        return False
    enough = len((dotted[2] + dotted[3]).lstrip("0")) >= quantities.DIGITS
    return True if enough and written != value else None


def rounds(text: str, value: Fraction) -> bool:
    """Whether a decimal is a value, rounded or cut at its last place."""
    decimal = _ROUNDED.fullmatch(text.replace(",", ""))
    if decimal is None:
        return False
    places = len(decimal[1].partition(".")[2])
    return abs(Fraction(decimal[1]) - value) < Fraction(1, 10**places)


def constant(text: str) -> Fraction | None:
    """The value of a normal text that is a real constant without a unit, to some 60 digits; None for anything else."""
    value = fast.read(text)
    if isinstance(value, Number):
        return None if value.unit or value.base else Fraction(value.value)
    if not isinstance(value, Formula) or value.unit or quantities.variables(value.form):
        return None
    if ("i",) in numeric.atoms(value.form.numerator) | numeric.atoms(value.form.denominator):
        return None
    try:
        real = numeric.real_value(value.form.numerator, value.form.denominator)
    except Unsupported:
        return None
    return Fraction(numeric.context().nstr(real, 45))
