"""The tables of units, money, number words and nouns: every row is read, and factors are those of pint's registry."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import pint
import pytest

from r1data.verifiers.math.units import money, nouns, units
from r1data.verifiers.math.units import table as unit_table
from r1data.verifiers.math.units import table_cjk as unit_table_cjk
from r1data.verifiers.math.units.names import Reading, find
from r1data.verifiers.math.units.scales import scale_of

ROWS = [*unit_table.SCALABLE, *unit_table.PLAIN]
NAMES = sorted({name for symbols, names, _, _ in ROWS for name in (*symbols.split(), *names.split())})
OTHER_UNITS = frozenset(
    (
        "MT",
        "mt",
        "pct",
        "Min",
        "bbl",
        "bp",
        "bps",
        "ct",
        "dpt",
        "kilos",
        "kmph",
        "rads",
        "unit",
        "ac",
        "gauss",
        "pp",
        "mcd",
        "M",
        "AU",
        "decade",
    )
)
"""Names that pint reads as another unit than texts of mathematics do (`mt` is a millitonne there), or not at all."""
BASES = {
    "length": "meter", "mass": "kilogram", "time": "second", "current": "ampere", "temperature": "kelvin",
    "amount": "mole", "luminosity": "candela", "bit": "bit", "angle": "degree", "radians": "radian", "months": "month",
    "solid": "steradian", "percent": "dimensionless",
}  # fmt: skip


def quantity(registry: Any, reading: Reading) -> Any:
    """One unit of a reading in pint's terms."""
    value = registry.Quantity(float(reading.factor), "")
    for base, exponent in reading.dimensions:
        value = value * registry.Quantity(1, BASES[base]) ** exponent
    return value


def test_factors_are_those_of_pint() -> None:
    registry = pint.UnitRegistry()
    different = []
    for name in NAMES:
        readings = [r for r in find(name) if not r.offset and all(base in BASES for base, _ in r.dimensions)]
        try:
            theirs = registry.Quantity(1, name.replace("-", "_"))
        except Exception:  # noqa: BLE001  pint raises many kinds for a name that it does not know
            continue
        ours = [quantity(registry, reading) for reading in readings]
        ratios = [
            float((one / theirs).to("").magnitude)
            for one in ours
            if one.dimensionality == theirs.dimensionality
        ]
        if readings and name not in OTHER_UNITS and not any(abs(ratio - 1) < 1e-5 for ratio in ratios):
            different.append((name, ratios))
    assert not different


def unread(names: Iterable[str]) -> list[str]:
    """The names that are no unit with a dimension behind a number."""
    tails = {name: units.read(name.replace("-", " ")) for name in names}
    return [name for name, tail in tails.items() if not (tail and tail.unit and tail.unit.dimension)]


def test_every_name_is_read_behind_a_number() -> None:
    assert not unread(NAMES)
    assert not unread(name for names, _, _ in unit_table_cjk.ROWS for name in names.split())
    assert not unread([*money.NAMES, *money.COINS, *money.SYMBOLS, *money.CODES.split()])


@pytest.mark.parametrize("prefix", ["", "k", "m", "M", "µ", "μ", "n", "G"])
def test_symbols_take_prefixes(prefix: str) -> None:
    factor = {"": 0, "k": 3, "m": -3, "M": 6, "µ": -6, "μ": -6, "n": -9, "G": 9}[prefix]
    for symbol in ("m", "g", "s", "W", "V", "J", "Hz", "Pa", "eV", "Ω"):
        assert find(prefix + symbol)[0].factor == find(symbol)[0].factor * Fraction(10) ** factor


def test_no_noun_changes_a_number() -> None:
    # "12 logs" are counted, "12 log" is refused: words are refused as written.
    assert not nouns.NOUNS & (nouns.REFUSED | nouns.DIRECTIONS) - {"log", "product"}
    assert not [word for word in nouns.NOUNS if scale_of(word) is not None]


def test_a_plural_has_the_singular_of_its_noun() -> None:
    plurals = (
        "apples",
        "boxes",
        "cookies",
        "berries",
        "loaves",
        "knives",
        "people",
        "women",
        "children",
        "mice",
        "buses",
    )
    singulars = (
        "apple",
        "box",
        "cookie",
        "berry",
        "loaf",
        "knife",
        "person",
        "woman",
        "child",
        "mouse",
        "bus",
    )
    assert tuple(map(nouns.singular, plurals)) == singulars
