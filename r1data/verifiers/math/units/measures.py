"""Compares what stands beside two numbers: which units may be compared, and by which factors.

A unit that is missing on one side is no mistake, unless the number would be right in another unit of its kind. Two
labels have to be the same, or one part of the other. Words that nobody knows (`UnknownWords`) leave a pair undecided,
and so do units that agree only in a reading that is not the usual one.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import cache

from r1data.verifiers.math.units import names as unit_names
from r1data.verifiers.math.units.money import CODES
from r1data.verifiers.math.units.state import dimension_name, is_known
from r1data.verifiers.math.units.value import Unit
from r1data.verifiers.math.values import Undecided

Scaled = tuple[Fraction, Fraction]
"""A factor and an offset: a number of units times the factor, plus the offset, is the number of base units."""
Equal = Callable[[Scaled, Scaled], bool]

_PLAIN: Scaled = (Fraction(1), Fraction(0))
_NO_UNIT = Unit("")
_MONEY = frozenset(CODES.split())
_APART = frozenset({"clock", "date", "day of a year", "ordinal"})
"""Dimensions of numbers that are no quantities: undecided against anything else."""
_SAME_KIND = {"months": "time", "radians": "angle", "percentage-point": "percent", "unit": "length"}
"""Dimensions that cannot be converted into each other, and yet may mean the same."""
_PREFIXES = (-9, -6, -3, 3, 6, 9)


class UnknownWords(Undecided):
    """Words beside a number of which neither the lists nor the other side know what they do to it."""

    def __init__(self, words: frozenset[str]) -> None:
        shown = ", ".join(sorted(word.replace("~", "").replace("?", "") for word in words))
        super().__init__(f"words beside the number that may change it: {shown}")
        self.words = words


def agree(a: Unit | None, b: Unit | None, equal: Equal, ratio: Fraction | None = None) -> bool:
    """Whether two quantities agree.

    Args:
        a: the unit and label of the one; None for a bare number.
        b: of the other.
        equal: whether the numbers are equal, each times a factor plus an offset.
        ratio: the first number divided by the second, where both are rational and not 0.

    Raises:
        Undecided: units that cannot be converted, labels that differ, words that may change the number.
    """
    a, b = a or _NO_UNIT, b or _NO_UNIT
    _require_labels(a, b)
    if a is b or (a.dimension == b.dimension and a == b):  # most pairs: in whatever unit, it is the same one
        return equal(_PLAIN, _PLAIN)
    undecided = ""
    for one in (a, *a.others):
        for other in (b, *b.others):
            agreed = _pair(one, other, equal, ratio)
            if agreed and one.dimension == a.dimension and other.dimension == b.dimension:
                return True
            if agreed or agreed is None:
                undecided = f"{_shown(one)} against {_shown(other)}"
    if undecided:
        raise Undecided(undecided)
    return False


def comparable(a: Unit | None, b: Unit | None) -> bool:
    """Whether two formulas with these units can only differ by their formulas: the same units, or one missing.

    Raises:
        Undecided: as `agree`.
    """
    a, b = a or _NO_UNIT, b or _NO_UNIT
    _require_labels(a, b)
    if not a.dimension or not b.dimension:
        return True
    if a.dimension != b.dimension and _are_related(a.dimension, b.dimension):
        raise Undecided(f"{_shown(a)} against {_shown(b)}")
    if a.dimension == b.dimension and (a.factor, a.offset) != (b.factor, b.offset):
        raise Undecided("the same kind of quantity in another unit")
    return a.dimension == b.dimension


def _shown(unit: Unit) -> str:
    return unit.dimension or "no unit"


def _require_labels(a: Unit, b: Unit) -> None:
    """Raises `UnknownWords` or `Undecided` where the words beside two numbers may make them two things."""
    if not a.label and not b.label:
        return
    unknown = frozenset(word for word in a.label ^ b.label if not is_known(word))
    if a.dimension and b.dimension:
        unknown -= {"?quarter"}  # a coin, where both are money
    if unknown:
        raise UnknownWords(unknown)
    if a.label and b.label and not (a.label <= b.label or b.label <= a.label):
        raise Undecided(f"{' '.join(sorted(a.label))} against {' '.join(sorted(b.label))}")
    for one, other in ((a, b), (b, a)):
        if one.label and not one.dimension and other.dimension and not other.label:
            raise Undecided(f"{' '.join(sorted(one.label))} against {other.dimension}")


def _pair(a: Unit, b: Unit, equal: Equal, ratio: Fraction | None) -> bool | None:
    """Whether two quantities agree in one reading of each; None for undecided."""
    x, y = (a.factor, a.offset), (b.factor, b.offset)
    if a.dimension == b.dimension:
        if x == y:
            return equal(_PLAIN, _PLAIN)
        if equal(x, y):
            return True
        # Degrees of two scales: a temperature, or a difference of two.
        return (
            None
            if a.offset != b.offset and equal((a.factor, Fraction(0)), (b.factor, Fraction(0)))
            else False
        )
    if not a.dimension:
        return _against_bare(b, a, lambda x, y: equal(y, x), 1 / ratio if ratio else None)
    if not b.dimension:
        return _against_bare(a, b, equal, ratio)
    heads = [one.dimension.partition("/")[0] for one in (a, b)]
    if heads[0] == heads[1] and heads[0] in _MONEY:  # $18, and $18 an hour
        return equal(_PLAIN, _PLAIN) or None
    return None if _are_related(a.dimension, b.dimension) else False


def _against_bare(unit: Unit, bare: Unit, equal: Equal, ratio: Fraction | None) -> bool | None:
    """Whether a quantity agrees with a number that has no unit."""
    if unit.dimension in _APART and unit.dimension != "ordinal":
        return None
    if equal(_PLAIN, (bare.factor, Fraction(0))):
        return True
    # Without its percent sign a number may have been converted, 50% to 0.5; so may "5 hours a day", to 5/24.
    if unit.dimension in ("percent", "1"):
        return equal((unit.factor, Fraction(0)), (bare.factor, Fraction(0)))
    if unit.parts or (ratio and unit.factor * ratio in _factors(unit.dimension)):
        return None
    return False


def _are_related(a: str, b: str) -> bool:
    """Whether two dimensions may mean the same, though nothing converts them."""
    if _APART & {a, b}:
        return True
    one, other = _exponents(a), _exponents(b)
    kinds = [{_SAME_KIND.get(base, base): n for base, n in side.items()} for side in (one, other)]
    if kinds[0] == kinds[1]:
        return True
    # Turns and radians are often left out of a unit, and area is asked for in "units".
    rest = [
        {base: n for base, n in side.items() if base not in ("angle", "radians")} for side in (one, other)
    ]
    return rest[0] == rest[1] or (one.keys() == other.keys() == {"unit"})


@cache
def _exponents(dimension: str) -> dict[str, int]:
    above, _, below = dimension.partition("/")
    exponents: dict[str, int] = {}
    for part, sign in ((above, 1), (below, -1)):
        for item in part.split("·") if part and part != "1" else ():
            base, _, exponent = item.partition("^")
            exponents[base] = sign * int(exponent or 1)
    return exponents


@cache
def _factors(dimension: str) -> frozenset[Fraction]:
    """The factors of the units in use of a dimension, of squares and cubes, and of speeds."""
    exponents = _exponents(dimension)
    if len(exponents) == 1:
        ((base, power),) = exponents.items()
        return frozenset(factor**power for factor in _base_factors(base)) | _base_factors(dimension)
    if exponents == {"length": 1, "time": -1}:
        return frozenset(x / y for x in _base_factors("length") for y in _base_factors("time"))
    return _base_factors(dimension)


@cache
def _base_factors(dimension: str) -> frozenset[Fraction]:
    factors: set[Fraction] = set()
    if dimension in _MONEY:
        return frozenset({Fraction(1), Fraction(1, 100)})
    for reading, scalable in unit_names.all_readings():
        if dimension_name(reading.dimensions) == dimension and not reading.offset:
            factors.add(reading.factor)
            if scalable:
                factors.update(reading.factor * Fraction(10) ** power for power in _PREFIXES)
    return frozenset(factors)
