r"""Spellings that are read before lists and relations are: `]1; 2[`, `(2)(3)`, `A(1, 2)`, `(\pm 2, 3)`, "all but 2"."""

import re
from dataclasses import replace
from math import prod

from r1data.verifiers.math import relations
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.relations import SideParser
from r1data.verifiers.math.values import Formula, Several, Value

_END = r"(?:[^\[\](),;]|\([^\[\]()]*\)){1,80}"
_OUTWARD = re.compile(
    r"(?P<before>^|[\s∪∩∈,;]|\\(?:cup|cap|in|setminus|backslash))(?P<open>[\[\]])"
    rf"(?P<ends>{_END}[,;]{_END})(?P<close>[\[\]])(?!\w)"
)
_OPENS_OUTWARD = re.compile(r"(?:[\s∪∩∈,;]|[pnsh])\]|\[\s*(?:$|\\c|\\s|\\b|[∪∩,;}])")
_POINT = re.compile(r"(?P<label>[A-Z](?:_\{?\w\}?|')?)\s*(?P<coordinates>\([^()]*(?:\([^()]*\)[^()]*)*\))")
_BUT = re.compile(
    r"(?P<base>\\mathbb\s*\{?\s*R\s*\}?|ℝ|R|(?:all|any|every|each|the|real)\s[^\\]{3,40}?(?=\s*[eob]))\s*"
    r"(?:-(?=\s*(?:\\\{|\[|\())|except(?:\s+for)?|other than|excluding|but not|besides)\s*(?P<removed>.{1,80})"
)
_NUMBERED = re.compile(r"(?:\s*[,，、]?\s*\([1-9]\)){2,}")
_CIRCLED = re.compile(r"(?:\s*[,，、和]?\s*[①-⑳]){2,}")
NUMBERED_STARTS = "(①②③④⑤⑥⑦⑧⑨⑩"


def with_inward_brackets(text: str) -> str:
    """A text whose intervals exclude an end by a bracket that opens outward, with round brackets instead."""
    if text[0] != "]" and not ("[" in text and _OPENS_OUTWARD.search(text)):
        return text
    return _OUTWARD.sub(_inward, text)


def _inward(match: re.Match[str]) -> str:
    """`]1; 2[` as `(1; 2)`: a bracket that opens outward excludes its end."""
    brackets = match["open"] + match["close"]
    return (
        match["before"]
        + ("(" if brackets[0] == "]" else "[")
        + match["ends"]
        + (")" if brackets[1] == "[" else "]")
    )


def numbered(text: str) -> Several | None:
    """The numbers of statements, `(2)(3)` or `②③`, as a set; with brackets alone it may also be a product."""
    if not (_NUMBERED.fullmatch(text) or _CIRCLED.fullmatch(text)):
        return None
    digits = [int(digit) for digit in re.findall(r"[1-9]", text)] or [
        ord(x) - 0x245F for x in text if "①" <= x <= "⑳"
    ]
    numbered = Several("{}", tuple(Number(digit) for digit in digits))
    if re.search(r"[①-⑳,，、]", text):
        return numbered
    return Several("either", (numbered, Number(prod(digits))))


def point(text: str, parse: SideParser) -> Value | None:
    """The coordinates of `A(1, 2)`, each named after the point: without a label they are any point's."""
    match = _POINT.fullmatch(text) if text[-1] == ")" else None
    coordinates = parse(match["coordinates"]) if match else None
    if match is None or not isinstance(coordinates, Several) or coordinates.brackets != "()":
        return None
    items = [
        replace(item, name=f"{match['label']}[{place}]") if isinstance(item, Number | Formula) else item
        for place, item in enumerate(coordinates.items)
    ]
    return Several("()", tuple(items))


def exception(text: str, parse: SideParser) -> Value | None:
    r"""`all real numbers except 2` and `\mathbb{R} - \{2\}` as a set without another; None for any other text."""
    match = _BUT.fullmatch(text)
    if match is None:
        return None
    base, removed = parse(match["base"]), parse(match["removed"])
    if base is None or removed is None or not relations.is_set(base):
        return None
    if isinstance(removed, Number | Formula):
        removed = Several("{}", (replace(removed, name=None),))
    elif isinstance(removed, Several) and removed.brackets == "":
        removed = Several(
            "{}",
            tuple(replace(x, name=None) if isinstance(x, Number | Formula) else x for x in removed.items),
        )
    return Several("∖", (base, removed)) if relations.is_set(removed) else None


def with_each_sign(several: Several) -> Several | None:
    r"""`(\pm 2, 3)` as two tuples; None where two components have a sign, which may be one sign or two."""
    if several.brackets != "()":
        return several
    places = [n for n, item in enumerate(several.items) if isinstance(item, Several) and item.brackets == ""]
    if not places:
        return several
    choices = several.items[places[0]]
    if len(places) > 1 or not isinstance(choices, Several):
        return None
    before, after = several.items[: places[0]], several.items[places[0] + 1 :]
    return Several("", tuple(Several("()", (*before, choice, *after)) for choice in choices.items))
