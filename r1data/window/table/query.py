"""What a reader asks of the rows, and the same as parameters of an address; one form each, there and back."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

from r1data.data.text import one_line
from r1data.errors import UserError

IN = ("all", "prompt", "response", "thoughts", "answer")
"""The texts that a search may go through; `all` is prompt and response."""
LENGTH = "length"
"""Name under which rows are sorted and filtered by length; `RowTable.length_unit` says in what."""
PATTERN_CHARACTERS = 1_000
VALUES_LIMIT = 100
_FROM, _TO = ".from", ".to"
_COLUMN = re.compile(r"\w[\w.:-]{0,99}")
_NONE, _EMPTY = "-none", "-empty"

Values = tuple[tuple[str, tuple[str | None, ...]], ...]
Ranges = tuple[tuple[str, float | None, float | None], ...]


@dataclass(frozen=True, slots=True)
class RowQuery:
    """What rows are asked for, and in which order.

    Attributes:
        text: rows whose texts contain it.
        regex: rows in whose texts this pattern of RE2 is found; with `text`, both.
        within: the texts that both look at, one of `IN`.
        match_case: whether a letter's case counts for both.
        values: column → values, of which the row has one; None is no value, or a list without any. By column.
        ranges: column, least and greatest value, both included; None is no limit. By column; `LENGTH` is one.
        sort: a column or `LENGTH`; the order of the dataset where it is empty.
        descending: the greatest first; rows without a value come last either way, ties in the dataset's order.
    """

    text: str = ""
    regex: str = ""
    within: str = "all"
    match_case: bool = False
    values: Values = ()
    ranges: Ranges = ()
    sort: str = ""
    descending: bool = False

    @classmethod
    def from_params(cls, pairs: Iterable[tuple[str, str]], *, beside: Iterable[str] = ()) -> Self:
        """The query of an address; a parameter without a value asks for nothing, as a form sends it.

        Args:
            pairs: name and value, as `request.query_params.multi_items()`.
            beside: names of parameters that are not the query's.

        Raises:
            UserError: a parameter has no such value. Whether a column is there is known to `RowTable` alone.
        """
        single: dict[str, str] = {}
        values: dict[str, list[str | None]] = {}
        ranges: dict[str, list[float | None]] = {}
        skipped = frozenset(beside)
        for name, value in pairs:
            if name in skipped or value == "":
                continue
            if name in _SINGLE:
                if name in single:
                    raise UserError(f"{name}= stands twice in the address; leave one")
                single[name] = value
            elif name.endswith((_FROM, _TO)):
                column, _, end = name.rpartition(".")
                ranges.setdefault(_checked_name(column), [None, None])[end == "to"] = _number(name, value)
            else:
                values.setdefault(_checked_name(name), []).append(_decoded(value))
        return cls(
            **_checked(single),
            values=tuple((name, _unique(name, each)) for name, each in sorted(values.items())),
            ranges=tuple((name, ends[0], ends[1]) for name, ends in sorted(ranges.items())),
        )

    def to_params(self) -> list[tuple[str, str]]:
        """Name and value of each parameter that is not as by default, in one order; `from_params` reads them."""
        pairs = [("text", self.text), ("regex", self.regex)]
        pairs += [
            ("in", self.within if self.within != "all" else ""),
            ("case", "1" if self.match_case else ""),
        ]
        pairs += [(name, _encoded(value)) for name, values in self.values for value in values]
        for name, least, most in self.ranges:
            pairs += [(name + _FROM, _shown(least)), (name + _TO, _shown(most))]
        pairs.append(("sort", f"-{self.sort}" if self.descending and self.sort else self.sort))
        return [(name, value) for name, value in pairs if value]

    @property
    def searches(self) -> bool:
        """Whether it looks into texts."""
        return bool(self.text or self.regex)

    def of(self, column: str) -> tuple[str | None, ...]:
        """The values that are asked for of a column."""
        return dict(self.values).get(column, ())

    def range_of(self, column: str) -> tuple[float | None, float | None]:
        """The least and the greatest value that are asked for of a column."""
        return next(((least, most) for name, least, most in self.ranges if name == column), (None, None))

    def with_values(self, column: str, *values: str | None) -> Self:
        """The same with other values of one column; any value without some."""
        kept = {name: each for name, each in self.values if name != column}
        if values:
            kept[column] = _unique(column, list(values))
        return replace(self, values=tuple(sorted(kept.items())))

    def with_range(self, column: str, least: float | None, most: float | None) -> Self:
        """The same with another range of one column."""
        kept = [each for each in self.ranges if each[0] != column]
        if least is not None or most is not None:
            kept.append((column, least, most))
        return replace(self, ranges=tuple(sorted(kept, key=lambda each: each[0])))

    def only_search(self) -> Self:
        """The search alone, in the dataset's order."""
        return replace(self, values=(), ranges=(), sort="", descending=False)

    def without_search(self) -> Self:
        """The same without its search."""
        return replace(self, text="", regex="", within="all", match_case=False)

    def sorted_by(self, column: str, descending: bool = False) -> Self:
        """The same rows by a column, or by `LENGTH`."""
        return replace(self, sort=column, descending=descending)

    def unsorted(self) -> Self:
        """The same rows in the dataset's order."""
        return replace(self, sort="", descending=False)


_SINGLE = ("text", "regex", "in", "case", "sort")


def _checked(single: dict[str, str]) -> dict[str, Any]:
    for name in ("text", "regex"):
        if len(single.get(name, "")) > PATTERN_CHARACTERS:
            raise UserError(f"{name}= has over {PATTERN_CHARACTERS:,} characters; search for less")
    within, case, sort = single.get("in", "all"), single.get("case", "0"), single.get("sort", "")
    if within not in IN:
        raise UserError(f"in={one_line(within, 60)}: no such text; choose one of {', '.join(IN)}")
    if case not in ("0", "1"):
        raise UserError(f"case={one_line(case, 60)}: give 1 where a letter's case counts, else 0")
    return {
        "text": single.get("text", ""),
        "regex": single.get("regex", ""),
        "within": within,
        "match_case": case == "1",
        "sort": _checked_name(sort.removeprefix("-")) if sort else "",
        "descending": sort.startswith("-"),
    }


def _checked_name(name: str) -> str:
    if not _COLUMN.fullmatch(name):
        raise UserError(f"{one_line(name, 60)!r} in the address names no column; remove it")
    return name


def _unique(name: str, values: list[str | None]) -> tuple[str | None, ...]:
    if len(values) > VALUES_LIMIT:
        raise UserError(f"{name}= stands over {VALUES_LIMIT} times in the address; ask for fewer values")
    return tuple(sorted(set(values), key=lambda value: (value is not None, value or "")))


def _number(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UserError(f"{name}={one_line(value, 60)}: give a number")
    return number


def _shown(number: float | None) -> str:
    if number is None:
        return ""
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def _encoded(value: str | None) -> str:
    """A value as an address has it: "" asks for nothing there, so that what is no text begins with `-`."""
    if value is None:
        return _NONE
    if value == "":
        return _EMPTY
    return f"-{value}" if value.startswith("-") else value


def _decoded(value: str) -> str | None:
    if value == _NONE:
        return None
    if value == _EMPTY:
        return ""
    if value.startswith("-") and not value.startswith("--"):
        raise UserError(
            f"{one_line(value, 60)}: write --{one_line(value[1:], 60)} for a value that begins with -"
        )
    return value[1:] if value.startswith("-") else value
