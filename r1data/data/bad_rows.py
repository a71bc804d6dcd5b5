"""Rows of a plain file that no dataset can take: the error about one, and how a whole file is judged for quarantine.

`BadRecord` is about one row alone: what readers yield in its place, so that they can go on behind it. Whether a row is
of another kind than the rest, or has a value that its column cannot hold, follows from what most rows are (`MostRows`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from r1data.data.stores.layout import QUARANTINE_REASON
from r1data.data.text import one_line, storable
from r1data.errors import UserError

KINDS = ("prompt", "response", "messages")
"""Columns that all rows of a file have, or none."""
TEXT_CHARACTERS, REASON_CHARACTERS = 4_000, 300
"""What is kept of a bad row's text, and told of its reason; the line's number leads to the rest."""
MOST_ROWS = 16
"""Bad rows from which a file is refused where they are more than the good ones."""
STRETCH = 2_000
"""Good rows among which there may be no more bad ones than this, so that quarantine takes a bounded memory."""
RARE = 0.01
"""Share of a column's values that may be of another type for the column to keep its type. Ours, all five."""
EXACT = 2**53
"""Largest whole number up to which each one is a float of 64 bits."""

_HOLDS: tuple[tuple[pa.DataType, frozenset[str]], ...] = (
    (pa.bool_(), frozenset({"bool"})),
    (pa.int64(), frozenset({"int", "long int"})),
    (pa.float64(), frozenset({"int", "float"})),
    (pa.string(), frozenset({"bool", "int", "long int", "float", "text"})),
)
"""Types of columns, narrowest first, and the kinds of values that each holds."""


class BadRecord(UserError):
    """A row that cannot be taken.

    Attributes:
        number: of its line or row in the file.
        reason: what is wrong with it, on one line.
        text: the row as far as it could be read, cut and storable.
    """

    def __init__(
        self, where: str, number: int, reason: str, remedy: str = "", text: str = "", unit: str = "line"
    ) -> None:
        super().__init__(f"{where}: {unit} {number}: {reason}" + (f"; {remedy}" if remedy else ""))
        self.number = number
        self.reason = one_line(reason, REASON_CHARACTERS)
        self.text = storable(text[:TEXT_CHARACTERS])


class UnmappedRecord(BadRecord):
    """A row without a column that it needs; where it is the first row, the options are wrong rather than the row."""


BadRow = tuple[int, str, str]
"""Number, text and reason of a bad row: what is kept of the error, whose traceback holds on to the whole row."""


def quarantine_table(rows: Sequence[BadRow]) -> pa.Table:
    """Bad rows as they are quarantined: `quarantine_line`, `quarantine_text` and `quarantine_reason`."""
    columns = {"quarantine_line": pa.int64(), "quarantine_text": pa.string(), QUARANTINE_REASON: pa.string()}
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    return pa.table({name: pa.array(each, columns[name]) for name, each in zip(columns, values, strict=True)})


class Tally:
    """Counts good and bad rows; too many bad ones are an error about the file."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.good = self.bad = 0
        self.bad_in_stretch = 0
        self.first: BadRecord | None = None

    def add_good(self) -> None:
        self.good += 1
        if self.good % STRETCH == 0:
            self.bad_in_stretch = 0

    def add_bad(self, error: BadRecord) -> None:
        """Raises UserError where there are too many since the last stretch of good rows."""
        self.bad += 1
        self.bad_in_stretch += 1
        self.first = self.first or error
        if self.bad_in_stretch > STRETCH:
            self.refuse()

    def conclude(self) -> None:
        """Raises UserError where no row is good, or most are bad."""
        if self.bad > max(MOST_ROWS, self.good) or (self.bad and not self.good):
            self.refuse()

    def refuse(self) -> None:
        """Raises the error about the file."""
        raise UserError(
            f"{self.where}: {self.bad} rows cannot be taken and {self.good} can, too few to quarantine the others: "
            f"mend the file, or the options; the first is {str(self.first).removeprefix(f'{self.where}: ')}"
        )


class MostRows:
    """What most rows of a file are: which of `KINDS` they have, and the types of columns of their own."""

    def __init__(self, where: str, own_columns_limit: int) -> None:
        self.where, self.limit = where, own_columns_limit
        self._rows: Counter[frozenset[str]] = Counter()
        self._values: dict[frozenset[str], defaultdict[str, Counter[str]]] = {}
        self._names: set[str] = set()

    def add(self, row: Mapping[str, Any], own_columns: Sequence[str]) -> bool:
        """Counts a row; False where the file has more columns by now than anybody could choose from."""
        kind = _kind_of_row(row)
        self._rows[kind] += 1
        values = self._values.setdefault(kind, defaultdict(Counter))
        self._names.update(own_columns)
        for name in own_columns:
            values[name][_kind_of_value(row[name])] += 1
        # a single row may have as many columns as all others may: which are the others' is known at the end alone
        return len(self._names) <= 2 * self.limit

    def conclude(self) -> None:
        """Decides by what was counted. Raises UserError where no kind of rows is most of them."""
        ((self.kind, rows),) = self._rows.most_common(1)
        if 2 * rows <= self._rows.total():
            kinds = " or ".join(_names(kind) for kind, _ in self._rows.most_common(2))
            raise UserError(
                f"{self.where}: rows have {kinds}, and most have neither; split the file by kind of row"
            )
        values = self._values.pop(self.kind)
        counts = Counter({name: kinds.total() for name, kinds in values.items()})
        ranked = counts.most_common(self.limit + 1)
        least = ranked[self.limit][1] if len(ranked) > self.limit else 0
        self.types = {name: _type_of_most(values[name]) for name, count in counts.items() if count > least}
        self._values.clear()

    def why_unfit(self, row: Mapping[str, Any], own_columns: Sequence[str]) -> str | None:
        """What sets a row apart from most; None where nothing does."""
        kind = _kind_of_row(row)
        if kind != self.kind:
            return f"it has {_names(kind)}, most rows have {_names(self.kind)}"
        for name in own_columns:
            if name not in self.types:
                return (
                    f"column {one_line(name, 60)!r}: one of over {self.limit:,} different columns of the file"
                )
            value, column_type = row[name], self.types[name]
            if column_type == pa.string() or value is None:
                continue
            kind_of_value = _kind_of_value(value)
            if kind_of_value not in dict(_HOLDS)[column_type]:
                return f"column {one_line(name, 60)!r}: a {kind_of_value} where nearly all rows have {column_type}"
            if kind_of_value == "long int" and not -(2**63) <= value < 2**63:
                return f"column {one_line(name, 60)!r}: a whole number of more than 64 bits"
        return None


def _kind_of_row(row: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(name for name in KINDS if name in row)


def _names(kind: frozenset[str]) -> str:
    return " and ".join(sorted(kind))


def _kind_of_value(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -EXACT <= value <= EXACT else "long int"
    return "float" if isinstance(value, float) else "text"


def _type_of_most(kinds: Counter[str]) -> pa.DataType:
    """The narrowest type but text that holds nearly all values of a column, else text."""
    least = (1 - RARE) * (kinds.total() - kinds["null"])
    for column_type, held in _HOLDS[:-1]:
        if least and sum(kinds[kind] for kind in held) >= least:
            return column_type
    return pa.string()
