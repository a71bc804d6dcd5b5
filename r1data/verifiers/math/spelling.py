r"""Normalises the text of an answer before it is parsed: one spelling for whatever has several.

Math delimiters, bold, `\text`, sizes and spacing are removed; `\dfrac`, `\times`, `\infty`, degrees, full-width digits
and the like get one spelling. The meaning of a text is decided elsewhere.
"""

import re

from r1data.verifiers.math import units

_TRANSLATE = str.maketrans("０１２３４５６７８９，．：（）％＋－−–＝＜＞", "0123456789,.:()%+---=<>")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff]")
"""Zero-width characters. Bidirectional overrides are kept, so that a text that displays otherwise is not parsed."""
_WRAPPED = re.compile(
    r"\\(?:text|mathrm|textbf|mathbf|textrm|mbox|textit|textnormal|operatorname|boldsymbol|bm)\s*\{([^{}]*)\}"
)
_SPACING = re.compile(
    r"\\\\|\\(?:left|right|displaystyle|limits|quad|qquad|bigl?|bigr|Bigl?|Bigr)(?![a-zA-Z])|\\[,;:! ]"
)
_THIN = re.compile(r",\\!\s*")
_TEX = (("∞", r"\infty "), ("∅", r"\emptyset "), ("*", r"\cdot "), ("%", r"\%"), ("°", r"^{\circ}"))
_REPLACED = (
    ("\\dfrac", "\\frac"), ("\\tfrac", "\\frac"), ("\\cfrac", "\\frac"), ("{,}", ","), ("\\%", "%"), ("\\$", "$"),
    ("\\times", "*"), ("\\cdot", "*"), ("×", "*"), ("·", "*"), ("\\lbrace", "\\{"), ("\\rbrace", "\\}"),
    ("\\infty", "∞"), ("infinity", "∞"), ("\\emptyset", "∅"), ("\\varnothing", "∅"), ("\\colon", ":"),
    ("\\langle", "("), ("\\rangle", ")"),
)  # fmt: skip
_DELIMITERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"), ("{", "}"))


def normal(text: str) -> str:
    """The text in its normal spelling: without delimiters and spacing commands, units outside `\\text`."""
    text = strip_delimiters(text.strip().translate(_TRANSLATE).rstrip(".。,; "))
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    if "**" in text:
        text = text.replace("**", "^")
    if "\\" in text or "{" in text or "×" in text or "·" in text or "infinity" in text:
        # From the inside out, a layer each time: the pattern matches only what has no braces within.
        while (unwrapped := _WRAPPED.sub(r" \1 ", text)) != text:
            text = unwrapped
        text = _THIN.sub(",", text)
        for old, new in _REPLACED:
            text = text.replace(old, new)
        # Two backslashes end a row of a matrix: matched first and kept, so that they are no spacing command's start.
        text = _SPACING.sub(lambda match: match.group() if match.group() == "\\\\" else " ", text)
    text = strip_delimiters(text.replace("~", " ").replace("\u00a0", " ").strip())
    return " ".join(units.with_degrees(text).split()).replace(" _", "_").rstrip(".")


def to_latex(text: str) -> str:
    """A text normalised and converted back to LaTeX, for math-verify."""
    text = normal(text)
    for short, command in _TEX:
        text = text.replace(short, command)
    return text


def strip_delimiters(text: str) -> str:
    """The text without the math delimiters, braces or asterisks that enclose all of it."""
    for _ in range(8):
        for start, end in _DELIMITERS:
            inner = text[len(start) : len(text) - len(end)]
            enclosed = len(text) > len(start) + len(end) and text.startswith(start) and text.endswith(end)
            if enclosed and start not in inner and end not in inner and not inner.endswith("\\"):
                text = inner.strip()
                break
        else:
            return text
    return text
