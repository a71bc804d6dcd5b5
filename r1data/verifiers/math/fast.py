r"""Parses short answers to exact values, in microseconds and without floats; most answers need nothing else.

Covered: integers, decimals (also `0.\overline{3}`), thousands separators, scientific notation, fractions, mixed
fractions, percents, money and units; formulas (`algebra`); tuples, lists, sets, intervals, unions, matrices,
inequalities and equations of these; `\pm`; ratios, digits in another base (`11_2`), choice letters, single words.
Anything else is None here and goes to math-verify in a worker. `agreement` decides when two values agree.

Sets by a condition and inequalities joined by "and" or "or" are `conditions`, systems, functions by cases, general
solutions and congruences `systems`, words `words`. Dots in a list are an item that equals dots alone.

Not covered: sums of matrices.
"""

import re
from functools import lru_cache

from r1data.verifiers.math import conditions, names, numbers, relations, shapes, systems, words
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.algebra.parse import parse_formula
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.spelling import normal
from r1data.verifiers.math.units import clock, units
from r1data.verifiers.math.values import DOTS, Choice, Formula, Several, Value, Word

_PLAIN = re.compile(r"-?[0-9]{1,1000}")
_LETTER = re.compile(r"\(?([A-J])(?:\)|\.|\)\.|:)?|\(?([A-J])(?:[).:]|\)\.)\s*(\S.*)", re.S)
_JOINED = re.compile(
    rf"\s*,?\s+(?:{words.AND_WORDS}|{words.OR_WORDS})\s+"
    r"|(?<=[)\]}\d])\s*(?:and|or)\s*(?=[(\[{\\\d-])|\s*(?:或者|或|和|、)\s*|\s*;\s*"
)
_ONE_WORD = re.compile(r"[^\W\d_]{3,40}|[+-]?∞", re.U)
_UNION = re.compile(r"\s*(?:\\(?:big)?cup(?![a-zA-Z])|∪)\s*")
_INTERSECTION = re.compile(r"\s*(?:\\(?:big)?cap(?![a-zA-Z])|∩)\s*")
_MINUS = re.compile(r"\s*(?:\\setminus(?![a-zA-Z])|\\backslash(?![a-zA-Z])|∖)\s*")
_MATRIX = re.compile(
    r"(?:\[|\()?\s*\\begin\s*\{([pb]?matrix|array)\}\s*(?:\{[lcr| ]*\})?(.*)\\end\s*\{\1\}\s*(?:\]|\))?", re.S
)
_RATIO = re.compile(
    r"(-?[\w.]+|\\frac\{\d+\}\{\d+\})\s*(?:(?<=\s)to(?=\s)|比)\s*(-?[\w.]+|\\frac\{\d+\}\{\d+\})$"
)
"""Two numbers with "to" between: 9 to 5 is 9:5."""
_PLUS_MINUS = re.compile(r"\\pm(?![a-zA-Z])|±")
_MINUS_PLUS = re.compile(r"\\mp(?![a-zA-Z])|∓")
_STRUCTURED = re.compile(
    r"[^0-9a-zA-Z+*/^ (){}!._\\-]|\\(?!(?:frac|sqrt|pi|binom|ln)(?![a-zA-Z]))|(?<![a-zA-Z\\])[a-zA-Z]{2}"
)
_OF_SETS = re.compile(r"\\(?:big)?c[au]p(?![a-zA-Z])|\\(?:setminus|backslash)(?![a-zA-Z])|[∪∩∖]")
_DOTS = frozenset(("\\ldots", "\\dots", "\\cdots", "\\dotsc", "\\dotsb", "…", "...", "⋯", "……"))
_BUILDERS = re.compile(r"\s*(?:\||\\(?:mid|vert|colon)(?![a-zA-Z])|:|｜)\s*")
_SET_STARTS = ("\\{", "[", "(", "]", "\\mathbb", "∅", "ℝ")
_MAY_BE_MOMENT = re.compile(r"[a-zA-Z]{3}|[apAP]\.?\s?[mM]|\d-\d\d-\d|[^\x00-\x7f]")
_BARE_BUILDER = re.compile(r"[a-zA-Z]\s*(?:(?:∈|\\in(?![a-zA-Z]))[^|<>=]{1,30})?(?:\||\\mid(?![a-zA-Z]))")
"""The start of a builder whose braces were taken for those of TeX: `{x | 1 < x < 2}`."""
_INTEGERS_NAMED = re.compile(r"dots(?![a-z])|…|∈|\\in(?![a-zA-Z])|integer|整数")
_MAY_BE_ONE_NUMBER = re.compile(r"(?<![\d.])\d{1,3}(?:,\d{3})+(?!\d)")
DEPTH = 8
CACHED_LENGTH = 100
"""Longest text, in characters, whose value is cached: the responses to a prompt repeat each other's answers."""


def read(text: str) -> Value | None:
    """The value of an answer's text, None if these rules do not cover it. Callers limit its length."""
    return _read_cached(text) if len(text) <= CACHED_LENGTH else _read_uncached(text)


def _read_uncached(text: str) -> Value | None:
    # A whole number needs no normal spelling; `benchmarks/verify.py` shows what such shortcuts earn.
    if _PLAIN.fullmatch(text):
        return Number(int(text))
    text = normal(text)
    return _parse(text, 0) if text else None


_read_cached = lru_cache(maxsize=4096)(_read_uncached)
forget = _read_cached.cache_clear


def _parse(text: str, depth: int) -> Value | None:
    """The value of a normalised text. `depth` counts the nesting of lists, up to `DEPTH`."""
    if depth > DEPTH:
        return None
    if (number := numbers.read(text)) is not None:
        return number
    if text in ("∅", "\\{ \\}", "\\{\\}"):
        return Several("{}", ())
    if letter := _LETTER.fullmatch(text):
        rest = letter.group(3)
        return Choice(letter.group(1) or letter.group(2), _parse(rest, depth + 1) if rest else None)
    if "\\" not in text and _MAY_BE_MOMENT.search(text) and (moment := clock.read(text)) is not None:
        return moment
    if " to " in text or "比" in text:
        text = _RATIO.sub(r"\1:\2", text)
    if text[0] in shapes.NUMBERED_STARTS and (statements := shapes.numbered(text)) is not None:
        return statements
    # A shortcut: what holds nothing but numbers, letters, signs and these commands is a formula, if it is anything.
    if not _STRUCTURED.search(text) and (formula := _parse_formula(text)) is not None:
        return formula
    if (named := words.read(text)) is not None:
        return named
    if _ONE_WORD.fullmatch(text):
        return Word(text.casefold().removeprefix("+"))
    return _parse_structured(shapes.with_inward_brackets(text), depth)


def _parse_structured(text: str, depth: int) -> Value | None:
    """The value of a text that is no number, word or plain formula."""

    def parse(part: str) -> Value | None:
        return _parse(part, depth + 1)

    if "\\begin" in text and (system := systems.environment(text, parse)) is not None:
        return system
    if (rest := shapes.exception(text, parse)) is not None:
        return rest
    if relations.has_sign(text):
        return _parse_relations(text, depth)
    if ("mod" in text or "≡" in text) and (value := systems.congruence(text, parse)) is not None:
        return value
    if _INTEGERS_NAMED.search(text) and (value := systems.general(text, parse)) is not None:
        return value
    value = _parse_several(text, depth) or _parse_plus_minus(text, depth) or _parse_formula(text)
    return value if value is not None else shapes.point(text, parse)


def _parse_relations(text: str, depth: int) -> Value | None:
    """The value of a text with relation signs."""

    def parse(part: str) -> Value | None:
        return _parse(part, depth + 1)

    head, _, rest = text.partition("=")
    if rest.startswith(_SET_STARTS, 1 if rest[:1] == " " else 0) and names.is_set(head.strip()):
        value = parse(rest.strip())
        if value is not None and relations.is_set(value):
            return value
    if _BARE_BUILDER.match(text) and (built := _parse_builder(text, depth)) is not None:
        return built
    if not text.startswith("\\{"):
        if _INTEGERS_NAMED.search(text) and (value := systems.general(text, parse)) is not None:
            return value
        if (value := conditions.read(text, parse)) is not None:
            return value
    # A list before a relation, as in `x = 1, y = 2`: the comma binds less than the sign.
    value = _parse_several(text, depth)
    return value if value is not None else relations.read(conditions.with_set_signs(text), parse)


def _parse_formula(text: str) -> Value | None:
    """A formula with its unit; a number if the formula is rational and has no decimal point."""
    text, unit = units.split_unit(text)
    try:
        form = parse_formula(text)
    except Unsupported:
        return None
    decimal, rational = "." in text, form.rational
    if rational is not None and not decimal:
        return Number(rational, unit)
    return Formula(form, unit, decimal)


def _parse_plus_minus(text: str, depth: int) -> Value | None:
    r"""Both values of a formula with one `\pm`, and a `\mp` at most."""
    if len(_PLUS_MINUS.findall(text)) != 1 or len(_MINUS_PLUS.findall(text)) > 1:
        return None
    parsed = [
        _parse(_MINUS_PLUS.sub(below, _PLUS_MINUS.sub(above, text)), depth + 1)
        for above, below in (("+", "-"), ("-", "+"))
    ]
    values = tuple(value for value in parsed if isinstance(value, Number | Formula))
    return Several("", values) if len(values) == 2 else None


def _parse_several(text: str, depth: int) -> Value | None:
    """A matrix, union, tuple, interval, set, ratio or bare list; commas outside brackets separate its items."""
    if "\\begin" in text:
        return _parse_matrix(text, depth)
    if _OF_SETS.search(text):
        for brackets, operation in (("∪", _UNION), ("∩", _INTERSECTION), ("∖", _MINUS)):
            if len(sets := _split_at(text, operation)) > 1:
                return _parse_items(brackets, sets, depth)
    brackets, inner = "", text
    if text.startswith("\\{") and text.endswith("\\}"):
        brackets, inner = "{}", text[2:-2]
        if (built := _parse_builder(inner, depth)) is not None:
            return built
    elif text[0] == "{" and text.find("}") == len(text) - 1 and "{" not in text[1:]:
        brackets, inner = "{}", text[1:-1]
        if (built := _parse_builder(inner, depth)) is not None:
            return built
    elif text[0] in "([" and text[-1] in ")]" and _closes_last(text):
        brackets, inner = text[0] + text[-1], text[1:-1]
    elif text.count(":") in (1, 2) and "," not in text and "=" not in text:
        brackets = ":"
    if not brackets and ";" in text and "," in text and len(_split_outside_brackets(text, ";") or ()) > 1:
        return _parse_groups(text, depth)
    if brackets and ";" in inner and "," not in inner:
        inner = inner.replace(";", ",")
    parts = (
        text.split(":")
        if brackets == ":"
        else _split_outside_brackets(inner if brackets else _JOINED.sub(",", text))
    )
    if parts is None or (len(parts) < 2 and brackets != "{}"):
        return None
    several = _parse_items(brackets, parts, depth)
    return several if brackets or several is None else _parse_bare_list(several, text)


def _parse_groups(text: str, depth: int) -> Several | None:
    """`1,2; 3,4` as a list of tuples."""
    groups = [_split_outside_brackets(group) for group in _split_outside_brackets(text, ";") or []]
    if not all(group is not None and len(group) > 1 for group in groups):
        return None
    parsed_tuples = [_parse_items("()", group, depth + 1) for group in groups if group is not None]
    items = tuple(item for item in parsed_tuples if item is not None)
    return Several("", items) if len(items) == len(groups) else None


def _parse_builder(inner: str, depth: int) -> Value | None:
    r"""What `\{x \mid x < 4\}` and `\{2k \mid k \in \mathbb{Z}\}` contain between the braces; None if it is a list."""
    separator = _BUILDERS.search(inner)
    if separator is None or not separator.start():
        return None

    def parse(part: str) -> Value | None:
        return _parse(part, depth + 1)

    head, rest = inner[: separator.start()], inner[separator.end() :]
    if not relations.has_sign(rest) and not _INTEGERS_NAMED.search(rest):
        return None
    general = systems.general(rest, parse) or systems.general(f"{head}, {rest}", parse)
    return general or conditions.builder(inner, parse) or relations.as_text(inner)


def _parse_bare_list(bare_list: Several, text: str) -> Several | None:
    """A list without brackets; None if its commas may be thousands separators within formulas, or it lists sets."""
    if any(isinstance(item, Several) and item.brackets in ("∪", "∖", "∩") for item in bare_list.items):
        return None
    formulas = any(isinstance(item, Formula) for item in bare_list.items)
    return None if formulas and _MAY_BE_ONE_NUMBER.search(text) else bare_list


def _parse_items(brackets: str, parts: list[str], depth: int) -> Several | None:
    r"""A value of several parsed items; in a set or a list, an item with `\pm` gives two."""
    items: list[Value] = []
    for part in parts:
        part = part.strip()
        item = (DOTS if part in _DOTS else _parse(part, depth + 1)) if part else None
        if item is None or (brackets in ("∪", "∩", "∖") and isinstance(item, Choice)):
            return None
        if brackets in ("{}", "") and isinstance(item, Several) and item.brackets == "":
            items.extend(item.items)
        else:
            items.append(item)
    return shapes.with_each_sign(Several(brackets, tuple(items)))


def _parse_matrix(text: str, depth: int) -> Several | None:
    match = _MATRIX.fullmatch(text)
    if not match or "\\begin" in match.group(2):
        return None
    rows = [row.split("&") for row in match.group(2).split("\\\\") if row.strip()]
    parsed_rows = [_parse_items("row", row, depth) for row in rows]
    items = tuple(row for row in parsed_rows if row is not None)
    return Several("matrix", items) if items and len(items) == len(rows) else None


def _closes_last(text: str) -> bool:
    """Whether the opening bracket is closed by the last character, as in (1, 2) and not in (1)+(2)."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0:
            return at == len(text) - 1
    return False


def _split_at(text: str, separator: re.Pattern[str]) -> list[str]:
    """Split at what matches outside of brackets."""
    parts, start = [], 0
    for match in separator.finditer(text):
        before = text[start : match.start()]
        if sum(map(before.count, "([{")) == sum(map(before.count, ")]}")):
            parts.append(before)
            start = match.end()
    return [*parts, text[start:]]


def _split_outside_brackets(text: str, separator: str = ",") -> list[str] | None:
    """Split at a separator outside brackets; None if the brackets are not balanced."""
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
