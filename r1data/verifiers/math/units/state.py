"""What has been read so far of the text after a number: units multiplied in all their readings, and a label."""

from dataclasses import dataclass, field
from fractions import Fraction

from r1data.verifiers.math.units import counters, nouns
from r1data.verifiers.math.units.names import Dimensions, Reading
from r1data.verifiers.math.units.value import Unit

READINGS = 12
"""Most readings of a unit that is composed of ambiguous ones."""


@dataclass(slots=True)
class State:
    """Units and label so far; `sign` is -1 below the line, `counted` after what is counted or measured."""

    readings: list[Reading] = field(default_factory=lambda: [Reading((), Fraction(1))])
    units: list[str] = field(default_factory=list)
    sign: int = 1
    group: bool = False
    label: list[str] = field(default_factory=list)
    counted: bool = False
    explicit: bool = False
    """Whether a sign, a power or a word of several letters shows that letters are units and no variables."""


def multiply(state: State, name: str, readings: tuple[Reading, ...], power: int) -> None:
    """Multiply all readings by all readings of a unit. After `/` or "per" one unit alone is below the line."""
    power *= state.sign
    state.units.append(name)
    state.explicit = state.explicit or len(name) > 1 or not name.isascii()
    if not state.group:
        state.sign = 1
    alone = len(state.units) == 1 and power == 1
    state.readings = [
        Reading(
            _added(dimensions, other.dimensions, power),
            factor * other.factor**power,
            other.offset if alone else Fraction(0),
        )
        for dimensions, factor, _ in state.readings
        for other in readings
    ][:READINGS]


def _added(a: Dimensions, b: Dimensions, power: int) -> Dimensions:
    exponents = dict(a)
    for base, exponent in b:
        exponents[base] = exponents.get(base, 0) + exponent * power
    return tuple(sorted((base, exponent) for base, exponent in exponents.items() if exponent))


def dimension_name(dimensions: Dimensions) -> str:
    """A dimension as text: `length·mass/time^2`."""
    above = "·".join(base if n == 1 else f"{base}^{n}" for base, n in dimensions if n > 0)
    below = "·".join(base if n == -1 else f"{base}^{-n}" for base, n in dimensions if n < 0)
    return f"{above or '1'}/{below}" if below else above


def unit_of(state: State, *, parts: bool) -> Unit | None:
    """The unit and the label of all that was read; None for neither."""
    label = frozenset(state.label)
    known = all(is_known(word) for word in state.label)
    if not state.units and not label:
        return None
    # Hours a day: a unit, though its dimensions cancel.
    cancelled = "" if "?quarter" in state.label or not state.units else "1"
    one, *others = [
        Unit(
            dimension_name(reading.dimensions) or cancelled,
            reading.factor,
            reading.offset,
            label,
            known,
            (),
            parts,
        )
        for reading in state.readings
    ]
    return Unit(one.dimension, one.factor, one.offset, label, known, tuple(others), parts)


def is_known(word: str) -> bool:
    """Whether a label's word is a noun of the lists, or has a counter before it."""
    noun = word.removeprefix("per ")
    return noun in nouns.NOUNS or noun in counters.NOUNS or noun == "time" or noun.startswith("个")
