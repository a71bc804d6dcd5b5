r"""Normalises the text of an answer before it is parsed: one spelling for whatever has several.

Math delimiters, bold, `\text`, sizes and spacing are removed; `\dfrac`, `\times`, `\infty`, degrees, full-width digits
and the like get one spelling. The meaning of a text is decided elsewhere.
"""

import re
from functools import lru_cache

from r1data.verifiers.math import dressing, glyphs, notation
from r1data.verifiers.math.units import units

_THIN = re.compile(r",\\!\s*")
_DOTS = re.compile(r"\.{3,}")
_ENDS = ".。,; "
_CUT = re.compile(r"(?<!\\)(?:\\\\)*\\$")
"""A backslash that has lost what stood behind it: `12\\,` ends in a space, not in a comma."""
_MATH = re.compile(r"(?<!\\)\$\$?((?:[^$\\]|\\.)+)\$\$?(?!\d)", re.S)
_TEX = (
    ("∞", r"\infty "), ("∅", r"\emptyset "), ("*", r"\cdot "), ("%", r"\%"), ("°", r"^{\circ}"), ("μ", r"\mu "),
    ("Ω", r"\Omega "),
)  # fmt: skip
_BRACE = re.compile(r"\\.|[{}]", re.S)
_DELIMITERS = (
    ("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("__", "__"), ("```", "```"),
    ("`", "`"), ("{", "}"),
    ('"', '"'), ("'", "'"), ("«", "»"), ("「", "」"), ("『", "』"), ("_", "_"), ("*", "*"),
)  # fmt: skip
_BY_FIRST_SIGN = {
    first[0]: tuple(pair for pair in _DELIMITERS if pair[0][0] == first[0]) for first, _ in _DELIMITERS
}


CACHED_LENGTH = 100
"""Longest text, in characters, whose normal spelling is cached: a pair's two texts are compared in several ways."""


def normal(text: str) -> str:
    r"""The text in its normal spelling: without delimiters and dressing, units outside `\text`."""
    return _normal_cached(text) if len(text) <= CACHED_LENGTH else _normal_uncached(text)


def _normal_uncached(text: str) -> str:
    text = text.strip()
    if not text.isascii():
        text = glyphs.plain(text)
    if "..." in text:
        text = _DOTS.sub(r"\\ldots ", text)
    text = strip_delimiters(_without_end(text))
    if "**" in text:
        text = text.replace("**", "^")
    if "$" in text and "$" in text[text.index("$") + 1 :]:
        text = _MATH.sub(_without_dollars, text)
    if "\\" in text or "{" in text:
        text = dressing.with_plain_commas(text)
        text = dressing.undress(_THIN.sub(",", text) if "\\!" in text else text)
        text = _without_end(text)
    if "infinity" in text:
        text = text.replace("infinity", "∞")
    text = strip_delimiters(text.replace("~", " ").replace("\u00a0", " ").strip())
    text = " ".join(units.with_degrees(text).split()).replace(" _", "_").rstrip(".")
    return notation.plain(text)


_normal_cached = lru_cache(maxsize=1024)(_normal_uncached)
forget = _normal_cached.cache_clear


def _without_end(text: str) -> str:
    """A text without blanks and punctuation at its end."""
    text = text.rstrip(_ENDS)
    while text.endswith("\\") and _CUT.search(text):
        text = text[:-1].rstrip(_ENDS)
    return text.removesuffix("\\\\").rstrip() if text.endswith("\\\\") else text


def _without_dollars(formula: re.Match[str]) -> str:
    """What stands between two dollar signs of TeX, not of money: `$5 and $6`."""
    inner = formula[1]
    return formula[0] if inner[0].isspace() != inner[-1].isspace() else f" {inner} "


def to_latex(text: str) -> str:
    """A text normalised and converted back to LaTeX, for math-verify."""
    text = normal(text)
    for short, command in _TEX:
        text = text.replace(short, command)
    return text


def strip_delimiters(text: str) -> str:
    """The text without the math delimiters, braces, quotation marks or asterisks that enclose all of it."""
    for _ in range(8):
        for start, end in _BY_FIRST_SIGN.get(text[:1], ()):
            if text.startswith(start) and text.endswith(end) and len(text) > len(start) + len(end):
                inner = text[len(start) : len(text) - len(end)]
                if not inner.endswith("\\") and (_encloses(text) if start == "{" else start not in inner):
                    text = inner.strip()
                    break
        else:
            return text
    return text


def _encloses(text: str) -> bool:
    """Whether the brace that a text begins with is closed by its last character."""
    depth = 0
    for brace in _BRACE.finditer(text):
        depth += (brace.group() == "{") - (brace.group() == "}")
        if depth == 0:
            return brace.end() == len(text)
    return False
