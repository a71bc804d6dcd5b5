"""Scripts: which letters belong to each, and which scripts each language uses.

Letters only. Digits, punctuation, currency signs and the mathematical alphabets belong to no script here, because they
occur in the formulae of every language. So do plain Greek letters: only those with an accent, which formulae lack and
nearly every Greek word has, count as the Greek script.
"""

import re
from functools import lru_cache

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff\u31f0-\u31ff\uff66-\uff6f\uff71-\uff9d"
LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"

GREEK = "\u0370-\u03ff\u1f00-\u1fff"
"""All Greek letters, those of formulae among them."""

SCRIPTS = {
    "han": HAN,
    "kana": KANA,
    "hangul": "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3",
    "greek": "\u0386\u0388-\u0390\u03aa-\u03b0\u03ca-\u03ce\u1f00-\u1fff",
    "cyrillic": "\u0400-\u0481\u048a-\u052f",
    "arabic": "\u0620-\u064a\u066e-\u06d3\u06fa-\u06fc\u0750-\u077f\ufb50-\ufbb1\ufbd3-\ufd3d\ufe70-\ufefc",
    "hebrew": "\u05d0-\u05ea",
    "devanagari": "\u0900-\u0963\u0971-\u097f",
    "bengali": "\u0980-\u09e3",
    "gurmukhi": "\u0a01-\u0a63\u0a70-\u0a75",
    "gujarati": "\u0a81-\u0ae3",
    "tamil": "\u0b82-\u0bd7",
    "telugu": "\u0c00-\u0c63",
    "kannada": "\u0c80-\u0ce3",
    "malayalam": "\u0d00-\u0d63",
    "thai": "\u0e01-\u0e3a\u0e40-\u0e4e",
    "other": "\u0531-\u0587\u0b01-\u0b63\u0d81-\u0ddf\u0e81-\u0ec4\u0f40-\u0f6c\u1000-\u103f"
    "\u10a0-\u10ff\u1200-\u135a\u1780-\u17b3",
}
"""The letters of each script except Latin, as the inside of a character class (Python's and Rust's syntax)."""

WRITTEN_IN = {
    "zh": ("han",),
    "yue": ("han",),
    "ja": ("han", "kana"),
    "ko": ("hangul",),
    "el": ("greek",),
    **dict.fromkeys(("ru", "uk", "bg", "be", "sr", "mk", "kk"), ("cyrillic",)),
    **dict.fromkeys(("ar", "fa", "ur"), ("arabic",)),
    **dict.fromkeys(("he", "yi"), ("hebrew",)),
    **dict.fromkeys(("hi", "mr", "ne", "sa"), ("devanagari",)),
    "bn": ("bengali",),
    "pa": ("gurmukhi",),
    "gu": ("gujarati",),
    "ta": ("tamil",),
    "te": ("telugu",),
    "kn": ("kannada",),
    "ml": ("malayalam",),
    "th": ("thai",),
    **dict.fromkeys(("ka", "hy", "am", "km", "lo", "my", "bo", "si", "or"), ("other",)),
}
"""The scripts of each language; a language that is missing here is written in Latin letters."""

CHARACTERS_PER_WORD = {"han": 1.8, "kana": 3.0, "thai": 4.8}
"""For scripts without spaces. Measured: 1.80 with jieba on Chinese, 4.79 with pythainlp on Thai; 3 for kana is an
assumption."""


def primary(language: str | None) -> str | None:
    """The primary subtag of a BCP 47 tag in lower case (`zh-Hant-TW` → `zh`), or None if there is no language."""
    tag = (language or "").replace("_", "-").split("-")[0].strip().lower()
    return tag if tag and tag not in ("und", "mul", "zxx", "unknown") else None


def written_in_latin(language: str) -> bool:
    """Whether a language (primary subtag) is written in Latin letters."""
    return language not in WRITTEN_IN


def shared(language: str) -> tuple[str, ...]:
    """The languages that use the same scripts as a language."""
    return tuple(tag for tag, written in WRITTEN_IN.items() if written == WRITTEN_IN.get(language))


@lru_cache(maxsize=256)
def foreign_class(language: str, allowed: tuple[str, ...] = ()) -> str:
    """A character class: the letters of all scripts except Latin, the language's own and those of `allowed`."""
    own = {script for tag in (language, *allowed) for script in WRITTEN_IN.get(tag, ())}
    return "[" + "".join(letters for name, letters in SCRIPTS.items() if name not in own) + "]"


@lru_cache(maxsize=256)
def foreign_letters(language: str, allowed: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Runs of letters of `foreign_class`."""
    return re.compile(foreign_class(language, allowed) + "+")


LATIN_WORDS = re.compile(f"[{LATIN}]{{2,}}")
FOREIGN_TO_LATIN = foreign_letters("en")
_HAS_LETTERS = {name: re.compile(f"[{letters}]") for name, letters in SCRIPTS.items()}
_RUNS = {name: re.compile(f"[{letters}]+") for name, letters in SCRIPTS.items()}
_RUNS["greek"] = re.compile(
    f"[{GREEK}]{{2,}}"
)  # a text with one accent is in Greek, and its other words are too


def count_words(text: str) -> dict[str, float]:
    """Word counts by script, without Latin: runs of letters, or characters divided by `CHARACTERS_PER_WORD`."""
    if text.isascii():
        return {}
    # A text has some hundred different characters: which scripts occur is asked of those, not of all its characters
    # once for each script.
    letters = "".join(set(text))
    counts = {}
    for name, pattern in _HAS_LETTERS.items():
        if pattern.search(letters):
            runs = _RUNS[name].findall(text)
            per_word = CHARACTERS_PER_WORD.get(name)
            counts[name] = sum(map(len, runs)) / per_word if per_word else float(len(runs))
    return counts
