"""Finds a unit by its name or symbol: prefixes, plurals, capitals, several readings of one name.

Symbols count as written (Mg is not mg); names of more than three letters in any case and in plural. The tables are
indexed at the first look-up, not at import.
"""

from fractions import Fraction
from functools import cache, lru_cache
from typing import NamedTuple

from r1data.verifiers.math.units import money
from r1data.verifiers.math.units import table as unit_table
from r1data.verifiers.math.units import table_cjk as unit_table_cjk

Dimensions = tuple[tuple[str, int], ...]
"""Base dimensions and their exponents, sorted."""


class Reading(NamedTuple):
    """One reading of a name: a unit of `dimensions` that equals `factor` base units, from `offset` of them on."""

    dimensions: Dimensions
    factor: Fraction
    offset: Fraction = Fraction(0)


_LARGE = {"k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21, "Y": 24, "R": 27, "Q": 30}
_SMALL = {"m": -3, "µ": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24, "r": -27, "q": -30}
_NEAR = {"c": -2, "d": -1, "da": 1, "h": 2}
_WORDS = {
    "kilo": 3, "mega": 6, "giga": 9, "tera": 12, "peta": 15, "exa": 18, "zetta": 21, "yotta": 24, "ronna": 27,
    "quetta": 30, "milli": -3, "micro": -6, "nano": -9, "pico": -12, "femto": -15, "atto": -18, "zepto": -21,
    "yocto": -24, "ronto": -27, "quecto": -30, "centi": -2, "deci": -1, "deca": 1, "deka": 1, "hecto": 2,
    "kilò": 3, "kiló": 3, "zenti": -2, "centí": -2, "milí": -3, "dezi": -1, "mikro": -6,
}  # fmt: skip
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_BINARY_WORDS = {"kibi": 1, "mebi": 2, "gibi": 3, "tebi": 4, "pebi": 5, "exbi": 6}
_WITH_NEAR = {"m", "g", "l", "L", "ℓ", "Pa", "bar", "A"}
"""Units of which hundredths, tenths, tens and hundreds have symbols in use."""
_NO_SYMBOLS = {
    "am",
    "pm",
    "as",
    "at",
    "Em",
    "Pm",
    "PM",
    "das",
    "dat",
    "hs",
    "cs",
    "ds",
    "ym",
    "zm",
    "rm",
    "qm",
    "hA",
    "dA",
    "cA",
    "hN",
    "hK",
    "cK",
    "mt",
}
"""Letters that are no prefixed symbol, but words, times and products. A unit of the tables comes first anyway."""
_OFFSETS = {
    "celsius": (Fraction(1), Fraction("273.15")), "fahrenheit": (Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
}  # fmt: skip


@lru_cache(maxsize=2048)
def find(name: str) -> tuple[Reading, ...]:
    """The readings of a unit's name or symbol, the usual one first; none for any other word."""
    exact = _index()[0].get(name, ())
    low = name.lower()
    named = _named(low) if len(low) > 3 or low in _index()[1] else ()
    prefixed = () if exact or named or name in _NO_SYMBOLS else _prefixed_symbol(name)
    return tuple(dict.fromkeys((*exact, *named, *prefixed)))


def _named(low: str) -> tuple[Reading, ...]:
    """By a name in lower case, in plural, or with a prefix in words."""
    names, scalable = _index()[1], _index()[2]
    forms = (low, low.removesuffix("s"), low.removesuffix("es"))
    readings: list[Reading] = []
    for form in dict.fromkeys(forms):
        readings += names.get(form, ())
        for length in (3, 4, 5, 6):
            prefix, rest = form[:length], form[length:].lstrip("-")
            if rest in scalable and prefix in _WORDS:
                readings += [_scaled(r, Fraction(10) ** _WORDS[prefix]) for r in scalable[rest]]
                if rest in ("byte", "bit"):
                    readings += _binary(scalable[rest], _WORDS[prefix])
            elif rest in ("byte", "bit") and prefix in _BINARY_WORDS:
                readings += [_scaled(r, Fraction(1024) ** _BINARY_WORDS[prefix]) for r in scalable[rest]]
    return tuple(dict.fromkeys(readings))


def _prefixed_symbol(name: str) -> tuple[Reading, ...]:
    symbols = _index()[3]
    for length in (1, 2):
        prefix, rest = name[:length], name[length:]
        prefix = {"μ": "µ", "u": "µ", "K": "k"}.get(prefix, prefix)
        if rest not in symbols:
            continue
        is_data = rest in ("B", "b", "bit", "bps")
        if prefix in _BINARY and is_data:
            return tuple(_scaled(r, Fraction(1024) ** _BINARY[prefix]) for r in symbols[rest])
        power = _LARGE.get(prefix)
        if power is None and not is_data:
            power = _SMALL.get(prefix, _NEAR.get(prefix) if rest in _WITH_NEAR else None)
        # Capital K stands for kilo only where no kelvin can be meant.
        if power is not None and not (
            name[0] == "K" and not is_data and rest not in ("Hz", "W", "V", "Pa", "N", "J")
        ):
            decimal = tuple(_scaled(r, Fraction(10) ** power) for r in symbols[rest])
            return (*decimal, *_binary(symbols[rest], power)) if is_data else decimal
    return ()


def _binary(readings: tuple[Reading, ...], power: int) -> list[Reading]:
    """A kilobyte is also taken for 1,024 bytes, a megabyte for 1,024 of those."""
    return [_scaled(r, Fraction(1024) ** (power // 3)) for r in readings] if power > 0 else []


def _scaled(reading: Reading, factor: Fraction) -> Reading:
    return reading._replace(factor=reading.factor * factor)


Index = dict[str, tuple[Reading, ...]]


@cache
def _index() -> tuple[Index, Index, Index, Index]:
    """(symbols and words as written, names in lower case, names that take prefixes, symbols that take prefixes)."""
    symbols: dict[str, list[Reading]] = {}
    names: dict[str, list[Reading]] = {}
    scalable_names: dict[str, list[Reading]] = {}
    scalable: dict[str, list[Reading]] = {}
    for rows, takes_prefix in ((unit_table.SCALABLE, True), (unit_table.PLAIN, False)):
        for symbol_list, name_list, dimension, factor in rows:
            reading = parse_row(dimension, factor)
            for symbol in symbol_list.split():
                symbols.setdefault(symbol, []).append(reading)
                if takes_prefix:
                    scalable.setdefault(symbol, []).append(reading)
            for name in name_list.split():
                names.setdefault(name, []).append(reading)
                if takes_prefix:
                    scalable_names.setdefault(name, []).append(reading)
    # Without a prefix these letters are variables, or billions.
    scalable.setdefault("b", []).append(Reading((("bit", 1),), Fraction(1)))
    scalable.setdefault("B", []).append(Reading((("bit", 1),), Fraction(8)))
    for word_list, dimension, factor in unit_table_cjk.ROWS:
        for word in word_list.split():
            symbols.setdefault(word, []).append(parse_row(dimension, factor))
    for name, amount in (
        *money.SYMBOLS.items(),
        *money.WRITTEN.items(),
        *((c, c) for c in money.CODES.split()),
    ):
        symbols.setdefault(name, []).extend(_currencies(amount))
    for name, amount in (
        *money.NAMES.items(),
        *money.COINS.items(),
        *((c.lower(), c) for c in ("USD", "EUR", "GBP")),
    ):
        names.setdefault(name, []).extend(_currencies(amount))
    return tuple(
        {n: tuple(r) for n, r in table.items()} for table in (symbols, names, scalable_names, scalable)
    )  # type: ignore[return-value]


def all_readings() -> list[tuple[Reading, bool]]:
    """Every reading of the tables, without prefixes, and whether it takes them."""
    return [
        (parse_row(dimension, factor), takes_prefix)
        for rows, takes_prefix in ((unit_table.SCALABLE, True), (unit_table.PLAIN, False))
        for _, _, dimension, factor in rows
    ]


def parse_row(dimension: str, factor: str) -> Reading:
    """A reading from a row of the table: `length mass time-2`, `temperature celsius`."""
    parts = dimension.split()
    if parts[-1] in _OFFSETS:
        return Reading(((parts[0], 1),), *_OFFSETS[parts[-1]])
    exponents = []
    for part in parts:
        base = part.rstrip("-0123456789")
        exponents.append((base, int(part[len(base) :] or 1)))
    return Reading(tuple(sorted(exponents)), Fraction(factor))


def _currencies(amount: str) -> list[Reading]:
    """`USD/100 EUR/100` as readings."""
    readings = []
    for one in amount.split():
        code, _, part = one.partition("/")
        readings.append(Reading(((code, 1),), Fraction(1, int(part or 1))))
    return readings
