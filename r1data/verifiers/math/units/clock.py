"""Times of day and dates: `8:34 p.m.` is `20:34`, `January 5th` is `5 Jan`, `1月5日`.

A time is a number of seconds since midnight of the dimension "clock", a date a number of the dimension "date", or
"day of a year" where no year is given. Two of them agree or differ; against anything else they are undecided.
Not read: a time without a.m. or p.m. (8:34 is a ratio; `agrees_with_ratio`), 1/5/2024, whose order nobody knows, zones.
"""

import re
from fractions import Fraction

from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.units.value import Unit
from r1data.verifiers.math.values import Several, Value

LONGEST = 60
"""Most characters of a time or a date."""

_MONTH_NAMES = (
    "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
    "september sept sep", "october oct", "november nov", "december dec",
)  # fmt: skip
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
_DAY = r"(?:the\s+)?(\d{1,2})(?:\s*\^?\s*\{?\s*(?:st|nd|rd|th)\s*\}?)?"
_YEAR = r"(?:(?:,\s*|\s+)(\d{4}))?"
_TIME = re.compile(r"(\d{1,2})(?:\s*[:.]\s*(\d{2}))?(?:\s*:\s*(\d{2}))?\s*([ap])\.?\s?m\.?", re.I)
_WORDS = {"noon": 12, "12 noon": 12, "midday": 12, "midnight": 0, "12 midnight": 0, "正午": 12, "午夜": 0}
_HAN_TIME = re.compile(
    r"(上午|早上|早晨|清晨|凌晨|午前|오전|下午|晚上|傍晚|午後|오후|中午)\s*(\d{1,2})\s*(?:[点點时時시:：]\s*(?:(\d{1,2})\s*[分분]?|(半))?)\s*[整]?"
)
_AFTERNOON = frozenset(("下午", "晚上", "傍晚", "午後", "오후"))
_MONTH_FIRST = re.compile(rf"{_WEEKDAY}({_NAMES})\.?\s+{_DAY}{_YEAR}", re.I)
_DAY_FIRST = re.compile(rf"{_WEEKDAY}{_DAY}\s+(?:of\s+)?({_NAMES})\.?{_YEAR}", re.I)
_ISO = re.compile(r"(\d{4})-(0\d|1[0-2])-([0-2]\d|3[01])")
_HAN_DATE = re.compile(r"(?:(\d{4})\s*[年년]\s*)?(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日号號일]")


def read(text: str) -> Number | None:
    """The time of day or the date that all of a normalised text stands for; None if it is neither."""
    # Most texts are formulas: their first and last signs spare them the patterns.
    if not text[0].isalnum() or len(text) > LONGEST:
        return None
    if (hours := _WORDS.get(text.lower())) is not None:
        return _moment(hours, 0, 0)
    if not text.isascii():
        return _read_han(text)
    if text[-1] in "mM" and (match := _TIME.fullmatch(text)):
        hours, minutes, seconds = (int(part or 0) for part in match.group(1, 2, 3))
        return (
            _moment(hours % 12 + (12 if match[4] in "pP" else 0), minutes, seconds)
            if 1 <= hours <= 12
            else None
        )
    if text[0].isalpha():
        match = _MONTH_FIRST.fullmatch(text) if len(text) > 4 and text[2].isalpha() else None
        return _date(match[3], _MONTHS[match[1].lower()], match[2]) if match else None
    if len(text) == 10 and text[4] == "-" and (match := _ISO.fullmatch(text)):
        return _date(match[1], int(match[2]), match[3])
    match = _DAY_FIRST.fullmatch(text) if " " in text else None
    return _date(match[3], _MONTHS[match[2].lower()], match[1]) if match else None


def _read_han(text: str) -> Number | None:
    """As `read`, in Chinese, Japanese and Korean."""
    if match := _HAN_TIME.fullmatch(text):
        hours, minutes = int(match[2]), 30 if match[4] else int(match[3] or 0)
        return _moment(hours + (12 if match[1] in _AFTERNOON and hours < 12 else 0), minutes, 0)
    match = _HAN_DATE.fullmatch(text)
    return _date(match[1], int(match[2]), match[3]) if match else None


def _moment(hours: int, minutes: int, seconds: int) -> Number | None:
    if hours > 24 or minutes > 59 or seconds > 59:
        return None
    return Number(hours % 24 * 3600 + minutes * 60 + seconds, Unit("clock"))


def _date(year: str | None, month: int, day: str) -> Number | None:
    if not 1 <= month <= 12 or not 1 <= int(day) <= 31:
        return None
    number = month * 100 + int(day)
    return (
        Number(int(year) * 10_000 + number, Unit("date")) if year else Number(number, Unit("day of a year"))
    )


def agrees_with_ratio(one: Value, several: Several) -> bool:
    """Whether a time of day is the `20:34` that was read as a ratio. Of 24 hours: 8:34 may be in the evening."""
    if not (isinstance(one, Number) and one.unit is not None and one.unit.dimension == "clock"):
        return False
    parts = [item.value if isinstance(item, Number) and item.unit is None else None for item in several.items]
    if None in parts or not 2 <= len(parts) <= 3:
        return False
    hours, minutes, *seconds = (Fraction(part) for part in parts if part is not None)
    return (hours >= 13 or hours == 0) and hours * 3600 + minutes * 60 + sum(seconds) == one.value
