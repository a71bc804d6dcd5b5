"""Units of measure and money, and their conversion.

A unit is a dimension and an exact factor to that dimension's base unit. Units of one dimension are converted
(5 cm = 50 mm); units of different dimensions never agree (5 cm is not 5 m², $5 is not €5). Other words ("72 clips")
are labels, which are ignored.

Not covered: prefixes beyond the table, temperatures (offsets), month against day, products other than a
quotient of two units or a power of one.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of `dimension` that equals `factor` base units."""

    dimension: str
    factor: Fraction


_TABLE: dict[str, dict[str, str]] = {
    "length": {
        "mm millimeter millimetre": "1/1000", "cm centimeter centimetre": "1/100", "m meter metre": "1",
        "dm decimeter decimetre": "1/10", "km kilometer kilometre": "1000", "in inch inches": "127/5000",
        "ft foot feet": "381/1250", "yd yard": "1143/1250", "mi mile": "201168/125",
    },
    "mass": {
        "mg milligram": "1/1000000", "g gram": "1/1000", "kg kilogram": "1", "tonne": "1000",
        "lb lbs pound": "45359237/100000000", "oz ounce": "45359237/1600000000",
    },
    "time": {
        "ms millisecond": "1/1000", "s sec second": "1", "min minute": "60", "h hr hour": "3600",
        "day": "86400", "week": "604800",
    },
    "months": {"month": "1", "year yr": "12"},
    "volume": {"ml mL milliliter millilitre": "1/1000", "l L liter litre": "1"},
    "angle": {"° deg degree": "1"},
    "radians": {"rad radian": "1"},
    "dollar": {"$ dollar usd USD": "1", "¢ cent": "1/100"},
    "euro": {"€ euro eur EUR": "1"},
    "sterling": {"£ gbp GBP": "1"},
    "yen or yuan": {"¥": "1"},
    "percent": {"% percent": "1/100"},
    "hertz": {"Hz hertz": "1", "kHz": "1000"},
    "newton": {"N newton": "1"},
    "joule": {"J joule": "1", "kJ": "1000"},
    "watt": {"W watt": "1", "kW": "1000"},
    "volt": {"V volt": "1"},
}  # fmt: skip
UNITS = {
    name: Unit(dimension, Fraction(factor))
    for dimension, units in _TABLE.items()
    for names, factor in units.items()
    for name in names.split()
}
UNDECIDED = {frozenset({"mass", "sterling"}), frozenset({"angle", "radians"}), frozenset({"months", "time"})}
"""Pairs of dimensions that these rules cannot tell apart or convert: pounds, angles, the length of a month."""
SCALES = {
    "dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
_POWER = re.compile(r"\^\{?([23])\}?$")
_ANGLE = re.compile(r"\^\{?(?:\\circ|°|∘)\}?|\\degree|\\circ|∘")
_TRIGONOMETRY = re.compile(r"\\?(?:sin|cos|tan|sec|csc|cot)(?![a-z])")
_TRAILING = re.compile(r"(.*(?:[\d)}\]]|\\pi|π))\s*(°|%|(?<=\s)[a-zA-Z][a-zA-Z /^\d{}]{0,30})", re.S)
_LABEL = re.compile(r"[^\W\d_]{3,}|[\u3040-\u9fff]{1,4}")
_NO_LABELS = frozenset(
    ("and", "not", "about", "than", "plus", "minus", "times", "over", "but", "maybe", "perhaps", "either", "between",
     "from")
)  # fmt: skip
"""Words after a number that change its meaning, or join it with another."""


def with_degrees(text: str) -> str:
    r"""`60^\circ` and its other spellings as `60°`."""
    return _ANGLE.sub("°", text)


def split_unit(text: str) -> tuple[str, Unit | None]:
    """A formula and the unit after it; a label ("apples") is removed, a possible variable is kept.

    Degrees stay in a formula with trigonometric functions.
    """
    if (trailing := _TRAILING.fullmatch(text)) and not ("°" in text and _TRIGONOMETRY.search(text)):
        tail = trailing.group(2).strip()
        scale_and_unit = read(tail)
        if (
            scale_and_unit is not None
            and scale_and_unit[0] == 1
            and (len(tail) > 1 or scale_and_unit[1] is not None)
        ):
            return trailing.group(1), scale_and_unit[1]
    return text, None


@lru_cache(maxsize=4096)
def read(text: str) -> tuple[int, Unit | None] | None:
    """(scale, unit) of the text after a number; None if it is neither a scale, a unit nor a label.

    `million dollars` → (1000000, dollar); `clips` → (1, None); `or 13` → None.
    """
    scale = 1
    words = text.replace("per cent", "percent").split()
    while words and words[0].lower() in SCALES:
        scale *= SCALES[words.pop(0).lower()]
    if not words:
        return scale, None
    if (unit := _unit(" ".join(words))) is not None:
        return scale, unit
    if len(words) <= 4 and all(_LABEL.fullmatch(w) and w.lower() not in _NO_LABELS for w in words):
        return scale, None
    return None


def _unit(text: str) -> Unit | None:
    """A unit, a power of one or a quotient of two."""
    over, _, under = text.replace(" per ", "/").partition("/")
    top = _power(over.strip())
    if top is None or not under:
        return top
    bottom = _power(under.strip())
    return None if bottom is None else Unit(f"{top.dimension}/{bottom.dimension}", top.factor / bottom.factor)


def _power(text: str) -> Unit | None:
    """A unit by its name or symbol, or a power of one: `cm²`, `square feet`, `m^3`."""
    text = text.replace("²", "^2").replace("³", "^3")
    for word, mark in (("square ", "^2"), ("sq ", "^2"), ("cubic ", "^3")):
        if text.lower().startswith(word):
            text = text[len(word) :].strip() + mark
    power = _POWER.search(text)
    name = (text[: power.start()].strip() if power else text).removesuffix(".")
    low = name.lower()
    unit = UNITS.get(name)
    if unit is None and len(low) > 3:  # capitals and plurals of long names alone: Mg is not mg
        unit = UNITS.get(low) or UNITS.get(low.removesuffix("s"))
    if unit is None or power is None:
        return unit
    n = int(power.group(1))
    return Unit(f"{unit.dimension}^{n}", unit.factor**n)
