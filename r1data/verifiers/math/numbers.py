r"""One number as people and models write it, exactly: digits, fraction, power of ten, percent, money, unit.

Read: `1,234.5`, `-3`, `\frac{3}{4}`, `3/4`, `1 1/2`, `6.02e23`, `6.02*10^{23}`, `0.\overline{3}`, `11_2`, `$5`, `50%`,
`3 million dollars`, `72 clips`. Not read: decimal commas, roman or written numbers, anything with an operation.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from r1data.verifiers.math import units
from r1data.verifiers.math.units import Unit


@dataclass(frozen=True, slots=True)
class Number:
    """`value` as written, in `unit`, to `places` decimal places; `name` is the x of x = 5.

    `digits` counts the significant ones of a decimal and is None for integers and fractions.
    """

    value: Fraction | int
    unit: Unit | None = None
    digits: int | None = None
    places: int = 0
    base: int | None = None
    name: str | None = None


EXPONENT = 1_000
"""Powers of ten are written out up to here; beyond, the worker with its limits takes over."""

_DECIMAL = r"(?:[1-9]\d{0,2}(?:[, ]\d{3})+(?!\d)|\d+)(?:\.\d*)?|\.\d+"
_NUMBER = re.compile(
    rf"""(?P<sign>[-+])?\s*(?P<money>[$€£¥]|)\s*(?P<minus>-)?
    (?: (?:(?P<whole>\d+)\s*)?
        \\frac\s*(?:\{{\s*(?P<top>-?\d+)\s*\}}|(?P<top1>\d))\s*(?:\{{\s*(?P<under>\d+)\s*\}}|(?P<under1>\d))
      | (?:(?P<whole2>\d+)\s+)? (?P<top2>\d+)\s*/\s*(?P<under2>\d+)
      | (?P<digits>\d+)_\{{?(?P<base>\d{{1,2}})\}}?
      | (?P<before>\d*)\.(?P<fixed>\d*)\\(?:overline|dot)\{{(?P<period>\d+)\}}
      | 10\s*\^\s*(?:\{{\s*(?P<ten>[-+]?\d+)\s*\}}|(?P<ten1>-?\d))
      | (?P<decimal>{_DECIMAL})
        (?:\s*[eE](?P<e>[-+]?\d+) | \s*\*\s*10\s*\^\s*(?:\{{\s*(?P<power>[-+]?\d+)\s*\}}|(?P<power1>-?\d+)))?
    )(?P<tail>.*)""",
    re.X | re.A,
)


def read(text: str) -> Number | None:
    """The number that a normalised text writes, all of it; None where it writes something else."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    magnitude = _magnitude(found)
    tail = found["tail"]
    after = _after(tail, found["money"])
    if magnitude is None or after is None:
        return None
    value, digits, places = magnitude
    scale, unit = after
    if scale != 1:
        value, digits = value * scale, None
    negative = (found["sign"] == "-") != (found["minus"] is not None)
    return Number(
        -value if negative else value, unit, digits, places, int(found["base"]) if found["base"] else None
    )


def _after(tail: str, money: str) -> tuple[int, Unit | None] | None:
    """(scale, unit) of what follows the digits. A single letter needs a space before it: 5m is five times m."""
    currency = units.UNITS[money] if money else None
    if not tail:
        return 1, currency
    stripped = tail.strip()
    if len(stripped) == 1 and stripped.isalpha() and stripped.isascii() and tail[0] != " ":
        return None
    after = units.read(stripped)
    if after is None or (currency and after[1] and after[1] != currency):
        return None
    return after[0], after[1] or currency


def _magnitude(found: re.Match[str]) -> tuple[Fraction | int, int | None, int] | None:
    """(value without its sign, significant digits if a decimal, decimal places)."""
    if (top := found["top"] or found["top1"] or found["top2"]) is not None:
        under = int(found["under"] or found["under1"] or found["under2"])
        whole = int(found["whole"] or found["whole2"] or 0)
        if under == 0 or (whole and top.startswith("-")):
            return None
        return whole + Fraction(int(top), under), None, 0
    if found["base"]:
        return (int(found["digits"]), None, 0) if 2 <= int(found["base"]) <= 36 else None
    if found["period"]:
        return _repeating(found["before"], found["fixed"], found["period"]), None, 0
    if (ten := found["ten"] or found["ten1"]) is not None:
        return _times_power(1, int(ten)) if len(ten) < 6 else None
    return _decimal(
        found["decimal"].replace(",", "").replace(" ", ""), found["e"] or found["power"] or found["power1"]
    )


def _times_power(value: Fraction | int, exponent: int) -> tuple[Fraction | int, int | None, int] | None:
    if abs(exponent) > EXPONENT:
        return None
    return (value * 10**exponent if exponent >= 0 else value * Fraction(1, 10**-exponent)), None, 0


def _repeating(before: str, fixed: str, period: str) -> Fraction:
    base = Fraction(int((before or "0") + fixed), 10 ** len(fixed))
    return base + Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(fixed))


def _decimal(text: str, exponent: str | None) -> tuple[Fraction | int, int | None, int] | None:
    whole, point, fraction = text.partition(".")
    if not point or not fraction:
        value: Fraction | int = int(whole)
        digits = None
    else:
        value = Fraction(int((whole or "0") + fraction), 10 ** len(fraction))
        digits = len((whole + fraction).lstrip("0"))
    if exponent is None:
        return value, digits, len(fraction)
    if len(exponent) > 6:
        return None
    scaled = _times_power(value, int(exponent))
    return scaled and (scaled[0], digits, len(fraction) - int(exponent))
