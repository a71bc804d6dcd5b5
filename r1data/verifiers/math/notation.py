r"""Notations with one meaning in several spellings, on texts that are normal otherwise: one spelling for each.

What announces an answer (`The answer is 42`, `答案：42`) and says that it is rounded (`approximately 3.14`) comes off;
digits in a base are `1011_{2}` however the base is named; periods of decimals are `0.\overline{3}`; separators of
thousands that can be nothing else (`12'345`, `1.234.567`) are dropped; a label in brackets loses them (`9 (apples)`).

`about 12` and `\approx 12` stay: who rounds to a whole number does not say that it is 12.
"""

import re
from functools import lru_cache

from r1data.verifiers.extraction import announcements

_APPROXIMATELY = re.compile(
    r"(?:\\approx(?![a-zA-Z])|≈)\s*(?=[-+$€£¥]*[\d,]*\.\d)|approx(?:\.|imately)?\s+(?=[-+$€£¥\\(\d.])", re.I
)
_APPROXIMATELY_BEHIND = re.compile(r"\s*,?\s*\(\s*approx(?:\.|imately)?(?:\s+value)?\s*\)$", re.I)
_BASE_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "sixteen": 16, "twenty": 20, "sixty": 60, "binary": 2, "ternary": 3, "octal": 8, "decimal": 10,
    "hexadecimal": 16, "hex": 16, "bin": 2, "oct": 8, "dec": 10,
}  # fmt: skip
_BASE_NAME = "|".join(sorted(_BASE_WORDS, key=len, reverse=True))
_PREFIXED = re.compile(r"(-?)0(?:[bB]([01]+)|[oO]([0-7]+)|[xX]([0-9a-fA-F]+))")
_PREFIX_BASES = {"b": 2, "o": 8, "x": 16}
_SUBSCRIPT = re.compile(
    r"(?<![a-zA-Z\\])([0-9][0-9A-Fa-f.]*|[A-F][0-9A-F]*[0-9][0-9A-F]*)\s*_"
    rf"\s*\{{?\s*\(?(?:base\s*)?({_BASE_NAME}|\d{{1,2}})\)?\s*\}}?"
    r"(?![\w}])"
)
_IN_BRACKETS = re.compile(r"\(\s*([0-9A-F]+)\s*\)(?=_)")
_IN_WORDS = re.compile(
    rf"(-?[A-Fa-f]*[0-9][0-9A-Fa-f]*)\s*(?:[,(]?\s*(?:in )?base[ -]?(?P<base>\d{{1,2}}|{_BASE_NAME})\)?"
    r"|\s\(?(?:in )?(?P<name>binary|octal|hexadecimal)\)?)"
)
_PERIOD = re.compile(
    r"(\d*\.\d*)\s*\\(?:bar|overline|dot|overbar)\s*(?:\{\s*(\d+)\s*\}|(\d))(?!\s*(?:\d*\\dot|\\bar))"
)
_PERIOD_IN_BRACKETS = re.compile(r"(-?\d+\.\d*)\((\d+)\)(%?)")
"""All of a text: `2.5(3)x` is a product."""
_PERIOD_WITH_DOTS = re.compile(r"(\.\d*\s*\\(?:bar|overline)\s*\{\d+\})\s*\\ldots(?![a-zA-Z])")
_DOTS_ABOVE = re.compile(r"(\d*\.\d*)\\dot\s*\{?(\d)\}?(\d*)\\dot\s*\{?(\d)\}?")
_APOSTROPHES = re.compile(r"(?<![\d.,'])([1-9]\d{0,2}(?:'\d{3})+)(?![\d'])")
_POINTS = re.compile(r"(?<![\d.,])([1-9]\d{0,2}(?:\.\d{3}){2,})(?![\d.]|,\d{3}(?!\d))(?:,(\d+))?")
_CIS = re.compile(r"(?<![a-zA-Z])cis\s*(\([^()]*\)|[^\s+\-*/,;()]+)")
_LINES = re.compile(r"(?<![\d._])([1-9]\d{0,2}(?:\\?_\d{3})+)(?![\d_{])")
_LABEL = re.compile(
    r"([\d%)}°])\s*\(\s*(?!(?:or|and|not|mod|base|to|if|where|when)\b)([^\W\d_](?:[^\W\d_]|[ .'/²³])*)\)"
    r"(?=\s*(?:$|[;,]))"
)
_WORD = re.compile(r"[^\W\d_]{3}|[\u3040-\u9fff\uac00-\ud7a3]")
_SYMBOLS = frozenset(
    (
        "mm",
        "cm",
        "m",
        "dm",
        "km",
        "in",
        "ft",
        "yd",
        "mi",
        "mg",
        "g",
        "kg",
        "lb",
        "oz",
        "ml",
        "mL",
        "l",
        "L",
        "s",
        "h",
        "hr",
        "am",
        "pm",
        "a.m.",
        "p.m.",
        "A.M.",
        "P.M.",
        "AM",
        "PM",
    )
)


def plain(text: str) -> str:
    """A text in plain notation."""
    if text[:1].isalpha() and (text[1:2].isalpha() or not text.isascii()):
        text = without_announcement(text)
    if "pprox" in text or "≈" in text:
        text = _APPROXIMATELY_BEHIND.sub("", text)
        rounded = _APPROXIMATELY.match(text)
        text = text[rounded.end() :] if rounded else text
    if "_" in text or "base" in text or "ary" in text or "al" in text or text[:1] in "-0":
        text = _with_bases(text)
    if "." in text and ("(" in text or "\\bar" in text or "\\dot" in text or "\\overline" in text):
        text = _with_periods(text)
    if "cis" in text:
        text = _CIS.sub(r"(\\cos(\1)+i*\\sin(\1))", text)
    if "'" in text:
        text = _APOSTROPHES.sub(lambda number: number[1].replace("'", ""), text)
    if text.count(".") > 1:
        text = _POINTS.sub(
            lambda number: number[1].replace(".", "") + (f".{number[2]}" if number[2] else ""), text
        )
    if text.rfind("(") > 0:
        text = _LABEL.sub(_without_brackets, text)
    return text


def without_announcement(text: str) -> str:
    """The text behind what announces an answer at its start; the text itself where nothing does, or all of it does."""
    announced = _announcement().match(text)
    return text[announced.end() :] if announced and announced.end() < len(text) else text


@lru_cache(maxsize=1)
def _announcement() -> re.Pattern[str]:
    """What announces an answer in any of the languages: a noun, and a copula or a colon."""
    nouns, finals = announcements.pattern("answer", "result"), announcements.pattern("final")
    copulas = announcements.pattern("copula")
    return re.compile(
        rf"(?:(?:so|thus|hence|therefore),?\s+)?(?:(?:the|our|my|la|le|el|die|das|der|a|o|de|het)\s+)?(?:(?:{finals})\s*)*"
        rf"(?:{nouns})(?:\s+set)?(?:\s*(?:{finals}))*\s*(?:[:：=]|(?:\s|(?<=[\u3040-\u9fff\uac00-\ud7a3]))(?:{copulas})(?:\s*[:：]|\s+"
        r"|(?=[\d\u3040-\u9fff\uac00-\ud7a3\\$(-])))\s*",
        re.I,
    )


def _with_bases(text: str) -> str:
    """Digits in a base, as `1011_{2}`."""
    if prefixed := _PREFIXED.fullmatch(text):
        figures = prefixed[prefixed.lastindex or 0]
        return f"{prefixed[1]}{figures.upper()}_{{{_PREFIX_BASES[text.lstrip('-')[1].lower()]}}}"
    names_base = "base" in text or "ary" in text or "al" in text
    if names_base and (named := _IN_WORDS.fullmatch(text)):
        base = int(_BASE_WORDS.get(named["base"] or named["name"], named["base"]))
        fits = 2 <= base <= 36 and all(int(digit, 36) < base for digit in named[1].lstrip("-"))
        return f"{named[1].upper()}_{{{base}}}" if fits else text
    if "_" in text:
        text = _LINES.sub(lambda number: re.sub(r"\\?_", "", number[1]), text)
        text = _SUBSCRIPT.sub(
            lambda number: f"{number[1]}_{{{_BASE_WORDS.get(number[2], number[2])}}}",
            _IN_BRACKETS.sub(r"\1", text),
        )
    return text


def _with_periods(text: str) -> str:
    r"""Decimals with a period, as `0.\overline{36}`."""
    text = _DOTS_ABOVE.sub(r"\1\\overline{\2\3\4}", text)
    text = _PERIOD_WITH_DOTS.sub(r"\1", text)
    if whole := _PERIOD_IN_BRACKETS.fullmatch(text):
        return rf"{whole[1]}\overline{{{whole[2]}}}{whole[3]}"
    return _PERIOD.sub(lambda number: rf"{number[1]}\overline{{{number[2] or number[3]}}}", text)


def _without_brackets(label: re.Match[str]) -> str:
    """A number and its label, without the brackets around what is a word or a unit."""
    inside = label[2].strip()
    return f"{label[1]} {inside}" if _WORD.search(inside) or inside in _SYMBOLS else label[0]
