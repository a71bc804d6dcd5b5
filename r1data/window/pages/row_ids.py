"""Rows by the ids that addresses hold: `PROMPT_ID/SAMPLE`, as `r1 why` takes them."""

from r1data.data.schema import Row
from r1data.errors import UserError
from r1data.window.library import OpenDataset
from r1data.window.table.table import RowTable


def positions_of(table: RowTable, row_id: str) -> list[int]:
    """The rows that an id names: one sample, or all of a prompt; [] where there are none.

    An id may itself hold a slash and end in digits, so both readings are tried.
    """
    head, slash, tail = row_id.rpartition("/")
    if slash and head and tail.isascii() and tail.isdigit() and len(tail) < 10:
        positions = table.positions_of(head, int(tail))
        if positions:
            return positions
    return table.positions_of(row_id)


def row_of(opened: OpenDataset, row_id: str) -> Row:
    """The row that an id names, the first of several. Raises UserError where there is none."""
    table: RowTable = opened.table
    positions = positions_of(table, row_id)
    if not positions:
        raise UserError(f"{opened.name}: no row {row_id!r:.120}; look among its rows, or with r1 why")
    return table.fetch(positions[:1])[0]
