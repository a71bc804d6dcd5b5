"""What a prompt asks for: the unit or the number word in which the answer is to be given.

"How many centimetres …?", "Give your answer in millions", 单位：厘米, 多少万元. Read from the prompt alone, so no
response can buy anything with it; where it asks for two units of one dimension, it asks for neither.
"""

import re
from fractions import Fraction
from functools import lru_cache

from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.units import units
from r1data.verifiers.math.units.scales import CHARACTERS, scale_of
from r1data.verifiers.math.units.value import Unit
from r1data.verifiers.math.values import Value

LONGEST = 20_000
"""Most characters of a prompt that are read, from its end."""

_ASKED = re.compile(
    r"(?:\b(?:in|how many|number of|how much in|nearest|terms of)\s+|\()(?=((?:[^\W\d_]{1,30}[ -]?){1,3}))",
    re.I,
)
_ASKED_HAN = re.compile(
    r"(?:单位[是为]?|多少|几|何|몇|合)\s*[:：(（]?\s*([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,8})"
)


def agrees(a: Value, b: Value, prompt: str) -> bool | None:
    """Whether two numbers agree, where one has a unit or a number word and the other was given in what was asked for.

    Returns:
        None where the prompt does not say.
    """
    if not (isinstance(a, Number) and isinstance(b, Number)) or a.name or b.name or a.base or b.base:
        return None
    if a.scale == b.scale and (a.unit is None) == (b.unit is None):
        return None  # before the prompt is read: most pairs are two bare numbers
    scales, asked_units = _asked(prompt[-LONGEST:])
    if a.scale != b.scale and 1 in (a.scale, b.scale):
        scaled, bare = (a, b) if a.scale != 1 else (b, a)
        if (
            scaled.scale not in scales
            or bare.unit is not None
            or not _is_asked_unit(scaled.unit, asked_units)
        ):
            return None
        return scaled.value == bare.value * scaled.scale
    measured, bare = (a, b) if a.unit is not None else (b, a)
    if (
        measured.unit is None
        or bare.unit is not None
        or not measured.unit.known
        or not measured.unit.dimension
    ):
        return None
    factors = {unit.factor for unit in asked_units if unit.dimension == measured.unit.dimension}
    if len(factors) != 1 or measured.unit.offset:
        return None
    return measured.value * measured.unit.factor == bare.value * factors.pop()


def _is_asked_unit(unit: Unit | None, asked_units: tuple[Unit, ...]) -> bool:
    """Whether a unit is none, or what the prompt asks for, if it asks for any of that dimension."""
    if unit is None:
        return True
    factors = {other.factor for other in asked_units if other.dimension == unit.dimension}
    return unit.known and factors <= {unit.factor}


@lru_cache(maxsize=256)
def _asked(prompt: str) -> tuple[frozenset[Fraction | int], tuple[Unit, ...]]:
    """The number words and the units that a prompt asks for."""
    scales: set[Fraction | int] = set()
    asked_units: list[Unit] = []
    for match in _ASKED.finditer(prompt):
        words = match[1].replace("-", " ").split()
        if words and (scale := scale_of(words[0])) is not None and (scale > 1 or "many" in match[0].lower()):
            scales.add(scale)
        for length in range(len(words), 0, -1):
            tail = units.read(" ".join(words[:length]))
            if tail and tail.unit and tail.unit.dimension and tail.scale == 1 and not tail.unit.label:
                asked_units.append(tail.unit)
                break
    for match in _ASKED_HAN.finditer(prompt):
        text = match[1]
        if text[0] in CHARACTERS:
            scales.add(CHARACTERS[text[0]])
        for length in range(len(text), 0, -1):
            tail = units.read(text[:length])
            if tail and tail.unit and tail.unit.dimension and tail.scale == 1 and not tail.unit.label:
                asked_units.append(tail.unit)
                break
    return frozenset(scales), tuple(asked_units)
