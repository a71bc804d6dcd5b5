r"""Read short answers as exact values: what most answers are, in microseconds and without floats.

Read: integers, decimals (also `0.\overline{3}`), thousands separators, scientific notation, fractions, mixed
fractions, percents, money and units; formulas (`algebra`); tuples, lists, sets, intervals, unions, matrices,
inequalities and equations of these; `\pm`; ratios, digits in another base (`11_2`), choice letters, single words.
Anything else is None here and goes to math-verify in a worker. `agreement` says when two values agree.

Not read: sequences with dots, congruences, functions by cases, sets by a condition, sums of matrices.
"""

import re
from functools import lru_cache

from r1data.verifiers.math import numbers, relations, units
from r1data.verifiers.math.algebra.limits import Beyond
from r1data.verifiers.math.algebra.parse import read as read_formula
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.spelling import normal
from r1data.verifiers.math.values import Choice, Formula, Several, Value, Word

_PLAIN = re.compile(r"-?[0-9]{1,1000}")
_LETTER = re.compile(r"\(?([A-J])(?:\)|\.|\)\.|:)?|\(?([A-J])(?:[).:]|\)\.)\s*(\S.*)", re.S)
_JOINED = re.compile(
    r"\s*,?\s+(?:and|or)\s+|(?<=[)\]}\d])\s*(?:and|or)\s*(?=[(\[{\\\d-])|\s*(?:或者|或|和|、)\s*|\s*;\s*"
)
_OR = re.compile(r"\bor\b|或")
_AND = re.compile(r"\band\b|[,;和、]")
_ONE_WORD = re.compile(r"[^\W\d_]{3,40}|[+-]?∞|no|NO|No", re.U)
_REALS = re.compile(r"\\mathbb\s*\{?\s*R\s*\}?|ℝ|\\R")
_UNION = re.compile(r"\s*(?:\\cup(?![a-zA-Z])|∪)\s*")
_MINUS = re.compile(r"\s*(?:\\setminus(?![a-zA-Z])|\\backslash(?![a-zA-Z])|∖)\s*")
_MATRIX = re.compile(
    r"(?:\[|\()?\s*\\begin\s*\{([pb]?matrix|array)\}\s*(?:\{[lcr| ]*\})?(.*)\\end\s*\{\1\}\s*(?:\]|\))?", re.S
)
_PLUS_MINUS = re.compile(r"\\pm(?![a-zA-Z])|±")
_MINUS_PLUS = re.compile(r"\\mp(?![a-zA-Z])|∓")
_MAY_BE_ONE_NUMBER = re.compile(r"(?<![\d.])\d{1,3}(?:,\d{3})+(?!\d)")
DEPTH = 8
KEPT = 100
"""Characters of a text up to which its value is kept for its next appearance."""


def read(text: str) -> Value | None:
    """The value that `text` writes, or None where it takes more than these rules. Callers limit its length."""
    return _kept(text) if len(text) <= KEPT else _read(text)


def _read(text: str) -> Value | None:
    if _PLAIN.fullmatch(text):
        return Number(int(text))
    text = normal(text)
    return value(text, 0) if text else None


_kept = lru_cache(maxsize=4096)(_read)
forget = _kept.cache_clear


def value(text: str, depth: int) -> Value | None:
    """What a normalised text writes."""
    if depth > DEPTH:
        return None
    if (number := numbers.read(text)) is not None:
        return number
    if text in ("∅", "\\{ \\}", "\\{\\}"):
        return Several("{}", ())
    if letter := _LETTER.fullmatch(text):
        rest = letter.group(3)
        return Choice(letter.group(1) or letter.group(2), value(rest, depth + 1) if rest else None)
    if _ONE_WORD.fullmatch(text):
        return Word(text.casefold().removeprefix("+"))
    if _REALS.fullmatch(text):
        return Several("()", (Word("-∞"), Word("∞")))
    if relations.has_sign(text):
        listed = _several(text, depth)
        return listed if listed is not None else relations.read(text, lambda part: value(part, depth + 1))
    return _several(text, depth) or _plus_minus(text, depth) or _formula(text)


def _formula(text: str) -> Value | None:
    """A formula and its unit; a number, where it is one."""
    text, unit = units.split(text)
    try:
        form = read_formula(text)
    except Beyond:
        return None
    decimal, rational = "." in text, form.rational
    if rational is not None and not decimal:
        return Number(rational, unit)
    return Formula(form, unit, decimal)


def _plus_minus(text: str, depth: int) -> Value | None:
    r"""Both values of a formula with one `\pm`, and a `\mp` at most."""
    if len(_PLUS_MINUS.findall(text)) != 1 or len(_MINUS_PLUS.findall(text)) > 1:
        return None
    both = [
        value(_MINUS_PLUS.sub(below, _PLUS_MINUS.sub(above, text)), depth + 1)
        for above, below in (("+", "-"), ("-", "+"))
    ]
    known = tuple(one for one in both if isinstance(one, Number | Formula))
    return Several("", known) if len(known) == 2 else None


def _several(text: str, depth: int) -> Several | None:
    """A matrix, union, tuple, interval, set, ratio or bare list; the commas at depth zero part its items."""
    if "\\begin" in text:
        return _matrix(text, depth)
    if _UNION.search(text):
        return _listed("∪", _UNION.split(text), depth)
    if _MINUS.search(text):
        return _listed("∖", _MINUS.split(text), depth)
    brackets, inner = "", text
    if text.startswith("\\{") and text.endswith("\\}"):
        brackets, inner = "{}", text[2:-2]
    elif text[0] in "([" and text[-1] in ")]" and _closes_last(text):
        brackets, inner = text[0] + text[-1], text[1:-1]
    elif text.count(":") in (1, 2) and "," not in text:
        brackets = ":"
    if not brackets and ";" in text and "," in text and len(_parts(text, ";") or ()) > 1:
        return _groups(text, depth)
    if brackets and ";" in inner and "," not in inner:
        inner = inner.replace(";", ",")
    parts = text.split(":") if brackets == ":" else _parts(inner if brackets else _JOINED.sub(",", text))
    if parts is None or (len(parts) < 2 and brackets != "{}"):
        return None
    several = _listed(brackets, parts, depth)
    return several if brackets or several is None else _bare(several, text)


def _groups(text: str, depth: int) -> Several | None:
    """`1,2; 3,4` as tuples, where semicolons part them."""
    groups = [_parts(group) for group in _parts(text, ";") or []]
    if not all(group is not None and len(group) > 1 for group in groups):
        return None
    tuples = [_listed("()", group, depth + 1) for group in groups if group is not None]
    known = tuple(one for one in tuples if one is not None)
    return Several("", known) if len(known) == len(groups) else None


def _bare(listed: Several, text: str) -> Several | None:
    """A list without brackets; inequalities that are joined by "or" are one union."""
    kinds = {item.brackets for item in listed.items if isinstance(item, Several)}
    if "∪" in kinds:
        intervals = [item for one in listed.items if isinstance(one, Several) for item in one.items]
        joined = _OR.search(text) and not _AND.search(text)
        return Several("∪", tuple(intervals)) if joined and kinds == {"∪"} else None
    formulas = any(isinstance(item, Formula) for item in listed.items)
    return None if formulas and _MAY_BE_ONE_NUMBER.search(text) else listed


def _listed(brackets: str, parts: list[str], depth: int) -> Several | None:
    r"""The items, each read; in a set or a list, `\pm` gives two of them."""
    items: list[Value] = []
    for part in parts:
        item = value(part.strip(), depth + 1) if part.strip() else None
        if item is None:
            return None
        if brackets in ("{}", "") and isinstance(item, Several) and item.brackets == "":
            items.extend(item.items)
        else:
            items.append(item)
    return Several(brackets, tuple(items))


def _matrix(text: str, depth: int) -> Several | None:
    found = _MATRIX.fullmatch(text)
    if not found or "\\begin" in found.group(2):
        return None
    rows = [row.split("&") for row in found.group(2).split("\\\\") if row.strip()]
    read_rows = [_listed("row", row, depth) for row in rows]
    known = tuple(row for row in read_rows if row is not None)
    return Several("matrix", known) if known and len(known) == len(rows) else None


def _closes_last(text: str) -> bool:
    """Whether the bracket that opens the text is closed by its last character, as in (1, 2) and not in (1)+(2)."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0:
            return at == len(text) - 1
    return False


def _parts(text: str, separator: str = ",") -> list[str] | None:
    """Split at commas, or another separator, outside brackets; None where these are not balanced."""
    if separator not in text:
        return [text]
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth < 0:
            return None
        if letter == separator and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]] if depth == 0 else None
