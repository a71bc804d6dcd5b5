r"""Parses systems, functions by cases, general solutions and congruences.

A system (`\begin{cases} x = 1 \\ y = 2 \end{cases}`, `aligned`, one column of an `array`) is the list of its equations.
A function by cases is a row of value and condition for each case. A general solution is what its terms are, and the
letter that runs through the whole numbers: `x = \frac{\pi}{4} + k\pi, k \in \mathbb{Z}`.
"""

import re

from r1data.verifiers.math import conditions, names, relations, words
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.relations import SideParser
from r1data.verifiers.math.values import Formula, Several, Value, Word

_ENVIRONMENT = re.compile(
    r"(?:(?P<name>[^=\\]{1,20}?)\s*=\s*)?(?:\\?\{\s*)?"
    r"\\begin\s*\{(?P<kind>cases|dcases|rcases|aligned|align\*?|gathered|split|array|matrix)\}"
    r"\s*(?:\{[lcr| ]*\}|\[[tcb]\])?"
    r"(?P<body>.*?)\\end\s*\{(?P=kind)\}\s*(?:\\?\})?\s*\.?",
    re.S,
)
_BETWEEN = re.compile(
    r"(?<=\})\s*(?:\.|\\?\})?\s*(?:[,;，；、]|(?:or|and)(?![a-zA-Z])|或者?|和|\\lor(?![a-zA-Z]))+\s*"
    r"(?=\\?\{?\s*\\begin)"
)
_ROWS = re.compile(r"\\\\(?:\[[^\]]{0,8}\])?")
_WHEN = re.compile(r"(?:if|when|for|where|当|若|如果|,|，|;|\s|\\text\{|\()+|(?:时|,|，|;|\.|\)|\s)+$")
_OTHERWISE = re.compile(r"otherwise|else|其他|其它|否则", re.I)
_INTEGER = (
    r"(?:∈|\\in(?![a-zA-Z]))\s*(?P<set{n}>\\(?:mathbb|Bbb)\s*\{{?\s*[ZN]\s*\}}?(?:\s*[\^_]\s*\{{?[+*]\}}?)?"
    r"|[ℤℕZN](?:\s*[\^_]\s*\{{?[+*]\}}?)?(?![a-zA-Z]))"
)
_DECLARED = re.compile(
    r"(?P<head>.+?)\s*[,;，；(（]?\s*(?:(?:where|with|for|其中)(?![a-zA-Z])\s*)?"
    r"(?:(?P<letter1>[a-zA-Z])\s*" + _INTEGER.format(n=1) +
    r"|(?P<letter2>[a-zA-Z])\s*(?:is|are|为|是)\s*(?:an(?:y)?\s+)?(?:integers?|整数)"
    r"|(?:any|all|every|each|some)\s+integers?\s+(?P<letter3>[a-zA-Z])"
    r"|(?P<letter4>[a-zA-Z])\s*=\s*0\s*,\s*(?:\\pm|±)\s*1\s*,[^=]*(?:dots|\.\.\.|…)\s*"
    r"|integers?\s+(?P<letter5>[a-zA-Z])|(?P<letter6>[a-zA-Z])\s+(?:is )?an? (?:arbitrary )?integer)\s*[)）]?", re.S
)  # fmt: skip
_LETTERS = tuple(f"letter{n}" for n in range(1, 7))
_UPRIGHT = re.compile(r"^[ZN]")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_MODULO = re.compile(
    r"(?:(?P<name>[^≡]{1,20}?)\s*(?:≡|\\equiv(?![a-zA-Z]))\s*)?(?P<residues>[^≡]+?)\s*"
    r"(?:\\pmod|\\mod|\(\s*\\?(?:[bp]?mod)|(?<=[\d\s}])mod)\s*\{?\s*(?P<modulus>\d{1,18})\s*\}?\s*\)?", re.S
)  # fmt: skip


def environment(text: str, parse: SideParser) -> Value | None:
    """A system or a function by cases; None for any other text, matrices included."""
    if text.count("\\begin") > 1:
        return _several_systems(text, parse)
    match = _ENVIRONMENT.fullmatch(text)
    if match is None or "\\begin" in match["body"]:
        return None
    rows = [row.strip() for row in _ROWS.split(match["body"]) if row.strip()]
    if match["name"] and not (
        names.is_name(match["name"].strip()) or names.is_function(match["name"].strip())
    ):
        return None
    if all("&" in row for row in rows) and not _is_equation(rows[0].partition("&")[0]):
        conditional = match["kind"] != "array" or all(_is_condition(row.partition("&")[2]) for row in rows)
        if conditional and (by_cases := _cases(rows, parse)) is not None:
            return by_cases
    rows = [row.replace("&", " ").strip(" ,;，；") for row in rows]
    if match["kind"] == "array" and len(rows) == 1 and not match["name"] and "&" not in match["body"]:
        return parse(rows[0])
    if match["name"] or not all(map(relations.has_sign, rows)):
        return None
    joined = ", ".join(" ".join(row.split()) for row in rows)
    if relations.signs_in(joined) - {"=", "≈"}:
        return conditions.read(joined, parse)
    values = [parse(" ".join(row.split())) for row in rows]
    items = tuple(value for value in values if value is not None)
    return Several("", items) if len(items) == len(rows) else None


def _several_systems(text: str, parse: SideParser) -> Value | None:
    """Systems that are joined by "or": each a tuple of its named values."""
    parts = _BETWEEN.split(text)
    values = [environment(part.strip(), parse) for part in parts] if len(parts) > 1 else []
    tuples = [
        Several("()", value.items) for value in values if isinstance(value, Several) and value.brackets == ""
    ]
    return Several("", tuple(tuples)) if tuples and len(tuples) == len(values) else None


def _is_condition(cell: str) -> bool:
    """Whether the second cell of a row is a condition, and no entry of a matrix."""
    return relations.has_sign(cell) or _OTHERWISE.search(cell) is not None


def _is_equation(cell: str) -> bool:
    """Whether the first cell of a row is the left side of an equation: `x &= 1`."""
    return not cell.strip() or relations.has_sign(cell)


def _cases(rows: list[str], parse: SideParser) -> Several | None:
    """The cases of a function, each a row of (value, condition)."""
    parsed = []
    for row in rows:
        cell, _, condition = row.partition("&")
        if "&" in condition or condition.lstrip().startswith(("=", "<", ">")):
            return None
        value = parse(" ".join(cell.strip().rstrip(",，;").split()))
        bare = " ".join(_WHEN.sub("", condition.strip()).split())
        if value is None or not bare:
            return None
        parsed.append(Several("row", (value, _condition(bare, parse))))
    return Several("cases", tuple(parsed))


def _condition(text: str, parse: SideParser) -> Value:
    """The condition of a case as a set, if it is one, else its text."""
    if _OTHERWISE.fullmatch(text):
        return Word("otherwise")
    values = conditions.read(text, parse) or (
        relations.read(text, parse) if relations.has_sign(text) else None
    )
    return values if values is not None and relations.is_set(values) else relations.as_text(text)


def general(text: str, parse: SideParser) -> Value | None:
    r"""A general solution, `\frac{\pi}{4} + k\pi, k \in \mathbb{Z}`; None for any other text."""
    match = _DECLARED.fullmatch(text)
    if match is None:
        return None
    letter = next(match[name] for name in _LETTERS if match[name])
    numbers = (
        words.read(_UPRIGHT.sub(lambda sign: "ℤℕ"["ZN".index(sign[0])], match["set1"]))
        if match["set1"]
        else Word("ℤ")
    )
    head = match["head"].strip()
    if numbers is None or letter not in _COMMAND.sub("", head):
        return None
    value = conditions.read(head, parse, letter)
    if value is None and relations.signs_in(head) - {"=", "≈"}:
        condition = relations.condition(head, parse, letter)
        # `n > 3, n \in \mathbb{Z}` is a condition on n itself.
        value = condition.values if condition is not None and condition.name != letter else None
    elif value is None:
        value = parse(head)
    if not isinstance(value, Formula | Several | Number):
        return None
    return Several("general", (value, Word(letter), numbers))


def congruence(text: str, parse: SideParser) -> Value | None:
    r"""`x \equiv 3 \pmod 7` as (name, modulus, residues …); None for any other text."""
    match = _MODULO.fullmatch(text)
    if match is None or int(match["modulus"]) == 0:
        return None
    name = (match["name"] or "").strip()
    if name and not names.is_name(name):
        return None
    parsed = parse(match["residues"].strip())
    residues = parsed.items if isinstance(parsed, Several) and parsed.brackets in ("", "{}") else (parsed,)
    if not residues or not all(
        isinstance(one, Number) and one.value.denominator == 1 and one.unit is None for one in residues
    ):
        return None
    values = tuple(one for one in residues if one is not None)
    return Several("≡", (Word(name), Number(int(match["modulus"])), *values))
