r"""Parses what several relations say of a variable, as a set: `x < 1 \text{ or } x > 3`, `1 < x < 3, x \ne 2`.

"Or" joins sets, "and" intersects them. A comma is "and" where it can be nothing else: before `\ne` and `\in`, and
between two bounds that enclose something. What could be meant in two ways (`x < 1, x > 3`; `x < 1` and `x > 3`) has
two readings, and is decided where they agree. Relations of several variables are one set for each.

Not covered: conditions on pairs, and conditions that have to be solved.
"""

import re
from itertools import islice, product
from typing import NamedTuple

from r1data.verifiers.math import names, reals, relations, words
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.relations import Condition, SideParser
from r1data.verifiers.math.values import Several, Value, Word

_JOINER = re.compile(
    r"[\[({]|[\])}]|\\[{}]"
    rf"|\s*[,;，；]?\s*(?:(?P<or>(?<![a-zA-Z\\])or(?![a-zA-Z])|(?<=\s)(?:{words.OR_WORDS})(?=\s)"
    r"|\\(?:lor|vee)(?![a-zA-Z])|∨|或者?)"
    r"|(?P<both>\\(?:land|wedge)(?![a-zA-Z])|[∧且&])"
    rf"|(?P<and>(?<![a-zA-Z\\])(?:and|but)(?![a-zA-Z])|(?<=\s)(?:{words.AND_WORDS})(?=\s)|和|与|及|以及))\s*"
    r"|(?P<comma>\s*[,;，；]\s*(?:(?:where|with)(?![a-zA-Z])\s*)?)"
)
_BUILDER = re.compile(
    rf"\s*(?P<name>{names.VARIABLE.pattern})\s*(?:(?:∈|\\in(?![a-zA-Z]))\s*(?P<base>[^|:<>=≤≥]{{1,40}}?))?\s*"
    r"(?:\||\\(?:mid|vert|colon)(?![a-zA-Z])|:|｜)(?P<rest>.+)", re.S
)  # fmt: skip
_LETTER_SETS = re.compile(r"(∈|∉|\\in(?![a-zA-Z])|\\notin(?![a-zA-Z]))\s*([RZNQC])(?![a-zA-Z_(])")
_PARTS = 12
"""Most relations that are joined."""
_READINGS = 4
"""Most readings of one text."""


class Part(NamedTuple):
    """A text between joiners, and what stands before it: "or", "both", "and", "comma", or "" at the start."""

    joiner: str
    text: str


def read(text: str, parse_side: SideParser, parameter: str | None = None) -> Value | None:
    """The set, or the sets, that a text with inequalities, `\\ne` or `\\in` stands for; None if it is not covered.

    Args:
        text: normalised.
        parse_side: parses a text without relation signs.
        parameter: a letter that bounds may contain.
    """
    text = with_set_signs(text)
    parts = split(text)
    if parts is None or len(parts) < 2 or len(parts) > _PARTS:
        return None
    listed = [part.text for part in parts]
    if not relations.signs_in(text) - {"=", "≈"} or not all(listed):
        return None
    conditions = _conditions(parts, parse_side, parameter)
    if conditions is None:
        return None
    if len({condition.name for _, condition in conditions}) > 1:
        return _of_several_variables(conditions)
    try:
        joined = _join(conditions)
    except Unsupported:
        joined = None
    return joined if joined is not None else relations.as_text(text)


def with_set_signs(text: str) -> str:
    r"""`x \in R`, the R upright in print, with a sign for the set."""
    return _LETTER_SETS.sub(lambda match: match[1] + " " + "ℝℤℕℚℂ"["RZNQC".index(match[2])], text)


def split(text: str) -> list[Part] | None:
    """The parts of a text at joiners outside brackets; None if brackets are closed that were not opened."""
    parts, depth, start, joiner = [], 0, 0, ""
    for match in _JOINER.finditer(text):
        if match.lastgroup is None:
            bracket = match.group()[-1]
            depth += 1 if bracket in "[({" else -1
            if depth < 0:
                return None
        elif depth == 0:
            parts.append(Part(joiner, text[start : match.start()].strip()))
            joiner, start = match.lastgroup, match.end()
    return [*parts, Part(joiner, text[start:].strip())]


def _conditions(
    parts: list[Part], parse_side: SideParser, parameter: str | None
) -> list[tuple[str, Condition]] | None:
    """Each part as (joiner, condition); a part without a sign continues the one before it: `x \\ne 2, 3`."""
    conditions: list[tuple[str, Condition]] = []
    for joiner, text in parts:
        whole = text
        if not relations.has_sign(text):
            before = conditions[-1][1] if conditions else None
            if before is None or before.sign not in ("≠", "∈", "=", "∉"):
                return None
            whole = f"{before.name} {before.sign} {text}"
            if before.sign in ("≠", "∉"):
                joiner = "both"
            elif joiner == "comma":
                return None
        condition = relations.condition(whole, parse_side, parameter)
        if condition is None:
            return None
        conditions.append((joiner, condition))
    return conditions


def _join(conditions: list[tuple[str, Condition]]) -> Value | None:
    """The set of one variable, in all readings; None if it has too many. Raises `Unsupported` for other sets."""
    everywhere: list[Value] = []
    branches: list[list[Value]] = [[]]
    joiners: set[str] = set()
    for joiner, condition in conditions:
        holds_for_all = (
            condition.sign in ("≠", "∉")
            or isinstance(condition.values, Word)
            or condition.values == reals.REALS
        )
        if joiner == "or" and holds_for_all:
            return None
        if joiner == "or":
            branches.append([])
        # Behind a comma, `x \ne 2` and `x \in \mathbb{Z}` hold for all that was said.
        if holds_for_all:
            everywhere.append(condition.values)
        else:
            if branches[-1]:
                joiners.add(joiner)
            branches[-1].append(condition.values)
    alternatives = [_readings(branch, joiners) for branch in branches if branch]
    unions = list(islice(product(*alternatives), _READINGS + 1)) if alternatives else [()]
    if len(unions) > _READINGS:
        return None
    readings = [_within(union, everywhere) for union in unions]
    return readings[0] if len(readings) == 1 else Several("either", tuple(readings))


def _within(union: tuple[Value, ...], everywhere: list[Value]) -> Value:
    """A union of sets, without what does not lie in all of `everywhere`."""
    joined = Several("∪", union) if len(union) > 1 else None
    parts = (*((joined,) if joined is not None else union), *everywhere)
    return parts[0] if len(parts) == 1 else Several("∩", parts)


def _readings(branch: list[Value], joiners: set[str]) -> list[Value]:
    """What the sets of a branch mean together: what they have in common, and their union if that may be meant."""
    if len(branch) == 1:
        return branch
    common = Several("∩", tuple(branch))
    if joiners <= {"both"}:
        return [common]
    pieces = reals.pieces(common)
    if pieces and (joiners <= {"both", "and"} or all(reals.pieces(one) != pieces for one in branch)):
        return [common]
    # "x < 1 and x > 3", "x > 3, x > 5": nothing, or no more than one of them says alone. Then "or" may be meant.
    return [common, Several("∪", tuple(branch))]


def _of_several_variables(conditions: list[tuple[str, Condition]]) -> Several | None:
    """A set for each variable, in the order of their names; None if the relations are alternatives."""
    if any(joiner == "or" for joiner, _ in conditions):
        return None
    sets: dict[str, list[Value]] = {}
    for _, condition in conditions:
        sets.setdefault(condition.name, []).append(condition.values)
    rows = [
        Several("row", (Word(name), values[0] if len(values) == 1 else Several("∩", tuple(values))))
        for name, values in sorted(sets.items())
    ]
    return Several("conditions", tuple(rows))


def builder(inner: str, parse_side: SideParser) -> Value | None:
    r"""The set of what stands in `\{x \in \mathbb{R} \mid x < 4\}`; None if it is no builder of a set of numbers."""
    inner = with_set_signs(inner)
    match = _BUILDER.fullmatch(inner)
    if match is None:
        return None
    name, base = match["name"], parse_side(match["base"].strip()) if match["base"] else reals.REALS
    values = read(f"{name} ∈ ℝ, {match['rest'].strip()}", parse_side)
    if base is None or values is None or not relations.is_set(values):
        return relations.as_text(inner)
    return values if base == reals.REALS else Several("∩", (values, base))
