r"""What stands beside a number: units of measure and money, number words, labels.

A unit is a dimension and an exact factor to that dimension's base units, composed of the rows of `table` and
`money` by powers, products and quotients: `m/s`, `\frac{m}{s}`, `kg·m^2`, `square feet`, `dollars per hour`,
`平方厘米`. `parse` reads them, `measures` compares them. Any other word is a label (72 clips): a unit without a
dimension, known where `nouns` lists it, or where the truth or the prompt have the word (`labels`).

Not covered: units inside formulas, sizes of shoes, octane.
"""

import re
from functools import lru_cache

from r1data.verifiers.math.units import parse as unit_parse
from r1data.verifiers.math.units.value import Tail, Unit

__all__ = ["SIGNS", "Tail", "Unit", "read", "split_unit", "with_degrees"]

SIGNS = (
    r"(?:US|AU?|CA?|HK|NT|NZ|S|R|MX)?\$|[€£¥￥₹₨₩₽₺₫₴₦₱฿₪₡₲₵₸₼₾₭₮৳₿]"
    r"|(?:Rs\.?|RM|Rp|CHF|USD|EUR|GBP|INR|CNY|JPY|RMB)(?=\s?\d)"
)
"""Signs of money before a number, as a pattern."""
LONGEST = 80
"""Most characters of a unit or a label."""

_ANGLE = re.compile(r"\^\{?\s*(?:\\circ|°|∘)\s*\}?|\\degree|\\circ|∘|º")
TRIGONOMETRY = re.compile(r"\\?(?:sin|cos|tan|sec|csc|cot)(?![a-z])")
_BLANK = re.compile(r"\s")
_START = re.compile(
    r"(?<=[\d)}\]π!])\s*(?=[°%￥€£₹℃℉\u3040-\u9fff\uac00-\ud7af])"
    r"|(?<=[\d)}\]πie!])\s+(?=[^\W\d_]|\\frac|\\Omega|\\mu)"
)
_ATTACHED = {
    "mm", "cm", "dm", "km", "nm", "in", "ft", "yd", "mi", "mg", "kg", "lb", "oz", "ms", "hr", "ml", "mL", "dl",
    "dL", "cl", "cL", "Hz", "kJ", "kW", "kV", "MW", "MJ", "GB",
    "MB", "KB", "kB", "TB", "eV", "ha", "Pa", "CM", "KM", "KG", "Kg",
    "Km", "th",
    "st", "nd", "rd",
}  # fmt: skip
"""Units of two letters that may stand behind a number without a blank; others (`5kT`) may be variables there."""
_ATTACHED_LETTERS = frozenset("msghlLNJWV")


def with_degrees(text: str) -> str:
    r"""`60^\circ` and its other spellings as `60°`."""
    if text.isascii() and "\\circ" not in text and "\\degree" not in text:
        return text
    return _ANGLE.sub("°", text)


def split_unit(text: str) -> tuple[str, Unit | None]:
    """A formula and the unit or label after it; what may be a variable stays in the formula.

    Degrees stay in a formula with trigonometric functions.
    """
    if "°" in text and TRIGONOMETRY.search(text):
        return text, None
    if text.isascii() and "%" not in text and not _BLANK.search(text):  # most formulas
        return text, None
    begin = max(0, len(text) - LONGEST)
    for start in _START.finditer(text, begin):
        tail = text[start.end() :]
        parsed = read(tail)
        if (
            parsed is not None
            and parsed.scale == 1
            and parsed.power == 1
            and not parsed.plus
            and (len(tail) > 1 or parsed.unit is not None)
        ):
            return text[: start.start()], parsed.unit
    return text, None


def _cannot_begin(text: str) -> bool:
    """Whether a text begins as no unit or label does, told by its first signs: most tails are of formulas."""
    first = text[0]
    if first.isalpha() and first.isascii():
        return (len(text) == 1 or not text[1].isalpha()) and first not in _SINGLE
    return (
        first in _NO_BEGINNINGS
        or text.startswith(_NO_COMMANDS)
        or (first == "^" and not _SUPERSCRIPT.match(text))
    )


_SINGLE = frozenset("msghltLNJWVTAKCFMHSBakuU")
"""Letters that may be a unit, a scale behind money, the article of "a day" or the start of "U.S. dollars"."""
_NO_BEGINNINGS = frozenset("+-*=<>,:;!|_√≤≥≠∈")
_NO_COMMANDS = (
    "\\pi",
    "\\sqrt",
    "\\log",
    "\\pm",
    "\\le",
    "\\ge",
    "\\cdot",
    "\\times",
    "\\sin",
    "\\cos",
    "\\ln",
    "\\in",
)
_SUPERSCRIPT = re.compile(r"\^\s*\{?\s*[snrt]")


@lru_cache(maxsize=4096)
def read(text: str, money: str = "", attached: bool = False) -> Tail | None:
    """What the text after a number says of it; None if it is no scale, unit or label.

    `million dollars` → scale 1000000, dollar; `clips` → a label; `hours 30 minutes` → hour, plus 1/2; `or 13` → None.

    Args:
        text: normalised.
        money: the sign of money before the number.
        attached: whether no blank is between: then single letters, and most pairs, are variables.
    """
    if len(text) > LONGEST or (text and _cannot_begin(text)):
        return None
    if attached and text.isascii() and text[:1].isalpha():
        letters = text[: next((at for at, letter in enumerate(text) if not letter.isalpha()), len(text))]
        if len(letters) == 1 and not (money and len(text) == 1):
            if len(text) == 1 or letters not in _ATTACHED_LETTERS:
                return None
        elif len(letters) == 2 and letters not in _ATTACHED and not money:
            return None
    return unit_parse.parse(text, money)
