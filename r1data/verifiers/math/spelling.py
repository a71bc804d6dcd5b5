r"""One spelling for what is written in several: the text of an answer before it is read.

Math delimiters, bold, `\text`, sizes and spacing come off; `\dfrac`, `\times`, `\infty`, degrees, full-width digits
and the like get one spelling. What a text means is decided elsewhere.
"""

import re

from r1data.verifiers.math import units

_TRANSLATE = str.maketrans("０１２３４５６７８９，．：（）％＋－−–＝＜＞", "0123456789,.:()%+---=<>")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff]")
"""Without width or effect on the order of what is seen; overrides of that order stay, and are not read."""
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
    """The text in one spelling: no delimiters or spacing commands, units in the open."""
    text = delimited(text.strip().translate(_TRANSLATE).rstrip(".。,; "))
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    if "**" in text:
        text = text.replace("**", "^")
    if "\\" in text or "{" in text or "×" in text or "·" in text or "infinity" in text:
        while (unwrapped := _WRAPPED.sub(r" \1 ", text)) != text:
            text = unwrapped
        text = _THIN.sub(",", text)
        for old, new in _REPLACED:
            text = text.replace(old, new)
        text = _SPACING.sub(_space, text)
    text = delimited(text.replace("~", " ").replace("\u00a0", " ").strip())
    return " ".join(units.with_degrees(text).split()).replace(" _", "_").rstrip(".")


def _space(found: re.Match[str]) -> str:
    """A blank for what only spaces; a row's end stays."""
    return found.group() if found.group() == "\\\\" else " "


def tex(text: str) -> str:
    """`text`, after `normal`, in LaTeX again."""
    text = normal(text)
    for short, command in _TEX:
        text = text.replace(short, command)
    return text


def delimited(text: str) -> str:
    """Without the math delimiters, braces or asterisks that enclose all of it."""
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
