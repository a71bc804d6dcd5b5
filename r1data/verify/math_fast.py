r"""Read short answers as exact values: what most answers are, in microseconds and without floats.

Read: integers, decimals (also `0.\overline{3}`), thousands separators, scientific notation, fractions, mixed
fractions, percents, money and units; tuples, lists, sets and intervals of these; ratios, digits in another base
(`11_2`), choice letters, single words. Anything else is None here and goes to math-verify in a worker.
`math_compare` says when two values agree.

Not read: radicals, π, variables, matrices, unions: nothing that needs algebra.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from r1data.verify import math_numbers, math_units
from r1data.verify.math_numbers import Number


@dataclass(frozen=True, slots=True)
class Word:
    """A single word, casefolded: "yes", "monday", "∞"."""

    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice letter, and what stands after it ("C. 5")."""

    letter: str
    rest: "Value | None" = None


@dataclass(frozen=True, slots=True)
class Several:
    """More than one value. `brackets`: "()", "[)" …, "{}" a set, "" a bare list, ":" a ratio."""

    brackets: str
    items: tuple["Value", ...]


Value = Number | Word | Choice | Several

INFINITE = ("∞", "-∞")
_PLAIN = re.compile(r"-?[0-9]+")
_TRANSLATE = str.maketrans("０１２３４５６７８９，．：（）％＋－−–＝", "0123456789,.:()%+---=")
_WRAPPED = re.compile(
    r"\\(?:text|mathrm|textbf|mathbf|textrm|mbox|textit|operatorname|boldsymbol|bm)\s*\{([^{}]*)\}"
)
_SPACING = re.compile(
    r"\\\\|\\(?:left|right|displaystyle|quad|qquad|bigl?|bigr|Bigl?|Bigr)(?![a-zA-Z])|\\[,;:! ]"
)
_TEX = (("∞", r"\infty "), ("∅", r"\emptyset "), ("*", r"\cdot "), ("%", r"\%"), ("°", r"^{\circ}"))
_REPLACED = (
    ("\\dfrac", "\\frac"), ("\\tfrac", "\\frac"), ("\\cfrac", "\\frac"), ("{,}", ","), ("\\%", "%"), ("\\$", "$"),
    ("\\times", "*"), ("\\cdot", "*"), ("×", "*"), ("·", "*"), ("\\lbrace", "\\{"), ("\\rbrace", "\\}"),
    ("\\infty", "∞"), ("infinity", "∞"), ("\\emptyset", "∅"), ("\\varnothing", "∅"), ("\\colon", ":"),
)  # fmt: skip
_DELIMITERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"), ("{", "}"))

_NAMED = re.compile(r"([a-zA-Z](?:_\{?\w\}?)?)\s*=\s*([^=<>]+)")
_LETTER = re.compile(r"\(?([A-J])(?:\)|\.|\)\.|:)?|\(?([A-J])(?:[).:]|\)\.)\s*(\S.*)", re.S)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_JOINED = re.compile(r"\s*,?\s+(?:and|or)\s+|\s*(?:或者|或|和|、)\s*|\s*;\s*")
_ONE_WORD = re.compile(r"[^\W\d_]{3,40}|[+-]?∞|no|NO|No", re.U)


def normal(text: str) -> str:
    """One spelling for what is written in several: no delimiters or spacing commands, units in the open."""
    text = _delimited(text.strip().translate(_TRANSLATE).rstrip(".。,; "))
    if "\\" in text or "{" in text or "×" in text or "·" in text or "infinity" in text:
        while (unwrapped := _WRAPPED.sub(r" \1 ", text)) != text:
            text = unwrapped
        for old, new in _REPLACED:
            text = text.replace(old, new)
        text = _SPACING.sub(_space, text)
    text = _delimited(text.replace("~", " ").replace("\u00a0", " ").strip())
    return " ".join(math_units.with_degrees(text).split()).rstrip(".")


def _space(found: re.Match[str]) -> str:
    """A blank for what only spaces; a row's end stays."""
    return found.group() if found.group() == "\\\\" else " "


def tex(text: str) -> str:
    """`text`, after `normal`, in LaTeX again."""
    text = normal(text)
    for short, command in _TEX:
        text = text.replace(short, command)
    return text


def _delimited(text: str) -> str:
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


@lru_cache(maxsize=8192)
def read(text: str) -> Value | None:
    """The value that `text` writes, or None where it takes more than these rules. Callers limit its length."""
    if _PLAIN.fullmatch(text):
        return Number(int(text))
    text = normal(text)
    return _value(text, 0) if text else None


def _value(text: str, depth: int) -> Value | None:
    if depth > 8:
        return None
    if (number := math_numbers.read(text)) is not None:
        return number
    if text in ("∅", "\\{ \\}", "\\{\\}"):
        return Several("{}", ())
    if letter := _LETTER.fullmatch(text):
        rest = letter.group(3)
        return Choice(letter.group(1) or letter.group(2), _value(rest, depth + 1) if rest else None)
    if named := _NAMED.fullmatch(text):
        value = _value(named.group(2).strip(), depth + 1)
        return replace(value, name=named.group(1)) if isinstance(value, Number) else value
    if _ONE_WORD.fullmatch(text):
        return Word(text.casefold().removeprefix("+"))
    return _several(text, depth)


def _several(text: str, depth: int) -> Several | None:
    """A tuple, interval, set, ratio or bare list; the commas at depth zero part its items."""
    brackets, inner = "", text
    if text.startswith("\\{") and text.endswith("\\}"):
        brackets, inner = "{}", text[2:-2]
    elif text[0] in "([" and text[-1] in ")]" and _closes_last(text):
        brackets, inner = text[0] + text[-1], text[1:-1]
    elif text.count(":") in (1, 2) and "," not in text:
        brackets = ":"
    parts = text.split(":") if brackets == ":" else _parts(inner if brackets else _JOINED.sub(",", text))
    if parts is None or (len(parts) < 2 and brackets != "{}"):
        return None
    items = [_value(part.strip(), depth + 1) if part.strip() else None for part in parts]
    known = tuple(item for item in items if item is not None)
    return Several(brackets, known) if len(known) == len(items) else None


def _closes_last(text: str) -> bool:
    """Whether the bracket that opens the text is closed by its last character, as in (1, 2) and not in (1)+(2)."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0:
            return at == len(text) - 1
    return False


def _parts(text: str) -> list[str] | None:
    """Split at commas outside brackets; `1,234` stands for one number only where nothing else is listed."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth < 0:
            return None
        if letter == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]] if depth == 0 else None
