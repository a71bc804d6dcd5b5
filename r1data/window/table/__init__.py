"""Rows of a dataset by what a reader asks for: searches, filters, sorts, counts, pages; never all rows in memory."""

from r1data.window.table.database import Stop
from r1data.window.table.query import IN, RowQuery
from r1data.window.table.table import FACET_COLUMNS, RowTable, Selection

__all__ = ["FACET_COLUMNS", "IN", "RowQuery", "RowTable", "Selection", "Stop"]
