r"""Parses one number as people and models write it, exactly: digits, fraction, power of ten, percent, money, unit.

Read: `1,234.5`, `-3`, `\frac{3}{4}`, `3/4`, `1 1/2`, `6.02e23`, `6.02*10^{23}`, `0.\overline{3}`, `11_2`, `$5`, `50%`,
`3 million dollars`, `72 clips`. Not read: decimal commas, roman or written numbers, anything with an operation.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from r1data.verifiers.math.units import units
from r1data.verifiers.math.units.units import Unit


@dataclass(frozen=True, slots=True)
class Number:
    """`value` as written, in `unit`, to `places` decimal places; `name` is the x of x = 5.

    `digits` counts the significant ones of a decimal and is None for integers and fractions. `scale` is what a number
    word behind the digits multiplied them by: 1000000 in `5 million`; `value` is 5000000.
    """

    value: Fraction | int
    unit: Unit | None = None
    digits: int | None = None
    places: int = 0
    base: int | None = None
    name: str | None = None
    scale: Fraction | int = 1


EXPONENT = 1_000
"""Largest power of ten that is expanded here; above it, the worker with its limits takes over."""

_DECIMAL = r"(?:[1-9]\d{0,2}(?:[, ]\d{3})+(?!\d)|\d+)(?:\.\d*)?|\.\d+"
_NUMBER = re.compile(
    rf"""(?P<sign>[-+])?\s*(?P<money>{units.SIGNS}|)\s*(?P<minus>-)?
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
    """The number that all of a normalised text stands for; None if it is anything else."""
    match = _NUMBER.fullmatch(text)
    if not match:
        return None
    parsed_magnitude = _parse_magnitude(match)
    if parsed_magnitude is None:
        return None
    value, digits, places = parsed_magnitude
    scale: Fraction | int = 1
    unit = None
    if match["tail"] or match["money"]:
        tail = units.read(
            match["tail"].strip(), match["money"], bool(match["tail"]) and not match["tail"][0].isspace()
        )
        if tail is None or (tail.power != 1 and (digits is not None or value.denominator != 1)):
            return None
        scale, unit = tail.scale, tail.unit
        # With a scale the digits are no decimal's any more: 1.333333 million stands for no fraction that it rounds.
        if scale != 1 or tail.plus or tail.power != 1:
            value, digits = value**tail.power * scale + tail.plus, None
    negative = (match["sign"] == "-") != (match["minus"] is not None)
    return Number(
        -value if negative else value,
        unit,
        digits,
        places,
        int(match["base"]) if match["base"] else None,
        None,
        scale,
    )


def _parse_magnitude(match: re.Match[str]) -> tuple[Fraction | int, int | None, int] | None:
    """(absolute value, significant digits if a decimal, decimal places); None for a division by 0 and the like."""
    if (top := match["top"] or match["top1"] or match["top2"]) is not None:
        under = int(match["under"] or match["under1"] or match["under2"])
        whole = int(match["whole"] or match["whole2"] or 0)
        if under == 0 or (whole and top.startswith("-")):
            return None
        return whole + Fraction(int(top), under), None, 0
    if match["base"]:
        digits, in_base = match["digits"], int(match["base"])
        return (int(digits), None, 0) if 2 <= in_base <= 36 and int(max(digits)) < in_base else None
    if period := match["period"]:
        # The period as a geometric series: 0.(36) is 36/99.
        base = Fraction(int((match["before"] or "0") + match["fixed"]), 10 ** len(match["fixed"]))
        return base + Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(match["fixed"])), None, 0
    if (ten := match["ten"] or match["ten1"]) is not None:
        return _scale_by_ten(1, int(ten)) if len(ten) < 6 else None
    return _parse_decimal(
        match["decimal"].replace(",", "").replace(" ", ""), match["e"] or match["power"] or match["power1"]
    )


def _scale_by_ten(value: Fraction | int, exponent: int) -> tuple[Fraction | int, int | None, int] | None:
    """A value times a power of ten, as `_parse_magnitude` gives it; None if the power is too large."""
    if abs(exponent) > EXPONENT:
        return None
    return (value * 10**exponent if exponent >= 0 else value * Fraction(1, 10**-exponent)), None, 0


def _parse_decimal(text: str, exponent: str | None) -> tuple[Fraction | int, int | None, int] | None:
    """A decimal without separators, times a power of ten if one is given, as `_parse_magnitude` gives it."""
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
    scaled = _scale_by_ten(value, int(exponent))
    return scaled and (scaled[0], digits, len(fraction) - int(exponent))
