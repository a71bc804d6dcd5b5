"""Number words behind digits: `5 million`, `3 eighths`, `2 dozen`, `1.2万`. Data, and what a word stands for.

Not read: a number written in words alone ("twelve"), `score` and `gross`, which are other nouns too, and 兆, which is
10^6 in one country and 10^12 in another.
"""

from fractions import Fraction

_WHOLE = {
    "ten": 10, "dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "quadrillion": 10**15, "quintillion": 10**18, "lakh": 10**5, "lac": 10**5, "crore": 10**7, "myriad": 10**4,
    "millionen": 10**6, "milliarde": 10**9, "milliarden": 10**9, "millón": 10**6, "millones": 10**6,
    "mn": 10**6, "bn": 10**9, "mln": 10**6, "mrd": 10**9, "milliard": 10**9, "тысяч": 1000, "тысячи": 1000,
    "миллион": 10**6, "миллионов": 10**6, "миллиона": 10**6, "миллиардов": 10**9, "milhões": 10**6, "milioni": 10**6,
}  # fmt: skip
_PARTS = {
    "half": 2, "halve": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "fortieth": 40,
    "fiftieth": 50, "sixtieth": 60, "seventieth": 70, "eightieth": 80, "ninetieth": 90, "hundredth": 100,
    "thousandth": 1000, "millionth": 10**6, "billionth": 10**9, "trillionth": 10**12,
}  # fmt: skip
CHARACTERS = {
    "十": 10, "百": 100, "千": 10**3, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8,
    "십": 10, "백": 100, "천": 10**3, "만": 10**4, "억": 10**8, "조": 10**12,
}  # fmt: skip
"""Scales of Chinese, Japanese and Korean, one character each."""
SUFFIXES = {
    "k": 10**3, "K": 10**3, "M": 10**6, "m": 10**6, "MM": 10**6, "B": 10**9, "b": 10**9, "bn": 10**9, "T": 10**12,
}  # fmt: skip
"""Letters behind an amount of money."""


def scale_of(word: str) -> Fraction | int | None:
    """What a number word multiplies by, in singular or plural: `millions` 1000000, `eighths` 1/8; None for others."""
    low = word.lower()
    for name in (low, low.removesuffix("s")):
        if name in _WHOLE:
            return _WHOLE[name]
        if name in _PARTS and name != "halve":
            return Fraction(1, _PARTS[name])
    return Fraction(1, 2) if low == "halves" else None
