"""Finds the rows on which a stage raises: they are quarantined, and it goes on without them.

The counterpart of `retries`, which does so for rows that kill their worker. It runs in the worker, in halves of
halves, and each row that fails alone has what was raised for its reason. The result equals that of the stage on the
other rows.

Not covered: rows that the stage fails on only in combination, and a stage that fails on all of them or on most. Those
are the stage's own errors.
"""

import traceback
from collections.abc import Callable, Container, Mapping
from types import MappingProxyType
from typing import TypeVar

import pyarrow as pa

from r1data.data.text import message_of, one_line
from r1data.errors import R1Error, RowError, RowsLost, UserError

Result = TypeVar("Result")

MOST_ROWS = 16
"""Failing rows of a shard from which it is the stage that fails, where they are more than half of those tried."""
REASON_CHARACTERS = 300
"""Both ours."""
NOT_OF_A_ROW = (R1Error, OSError, ImportError, MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit)


def run_without_failing(
    stage: Callable[[pa.Table], Result],
    table: pa.Table,
    *,
    start: int = 0,
    stop: int | None = None,
    quarantine: Mapping[int, str] = MappingProxyType({}),
    shard: str = "",
) -> tuple[Result, Mapping[int, str]]:
    """What a stage makes of the rows that it does not fail on, and the others with their reasons.

    Args:
        start, stop: the rows of the table that are at hand.
        quarantine: rows that are left out whatever they do; they are among the others, too.
        shard: its name, for messages.

    Raises:
        UserError, RowsLost: it fails on all rows, if they are several, or on most.
        Exception: what it raised, where no single row is the cause.
    """
    stop = len(table) if stop is None else stop
    while True:
        try:
            return stage(without(table, quarantine, start, stop)), quarantine
        except BaseException as error:  # a panic in Rust is no Exception
            if not is_of_a_row(error):
                raise
            search = _Search(stage, table, quarantine, error, shard)
            search.look(start, stop)
            failing_rows = search.conclude()
            if not failing_rows:
                raise
        quarantine = {**quarantine, **failing_rows}


def is_of_a_row(error: BaseException) -> bool:
    """Whether an error may be due to a row; a user's mistake, a full disk, a missing package or Ctrl-C is not."""
    return isinstance(error, RowError) or not isinstance(error, NOT_OF_A_ROW)


def reason_of(error: BaseException) -> str:
    """What is told of an error, on one line."""
    message = message_of(error)
    text = message if isinstance(error, RowError) else f"{type(error).__name__}: {message}"
    return one_line(text, REASON_CHARACTERS)


class _Search:
    """The search for the rows that fail alone, from the first to the last."""

    def __init__(
        self,
        stage: Callable[[pa.Table], object],
        table: pa.Table,
        quarantine: Mapping[int, str],
        error: BaseException,
        shard: str,
    ) -> None:
        self.stage, self.table, self.quarantine = stage, table, quarantine
        self.error, self.shard = error, shard
        self.failing_rows: dict[int, str] = {}
        self.rows_tried = 0

    def look(self, start: int, stop: int) -> None:
        """Looks among the rows from `start` to `stop`, which fail together."""
        middle = (start + stop) // 2
        for first, last in [(start, middle), (middle, stop)] if stop - start > 1 else [(start, stop)]:
            count = (last - first) - sum(first <= row < last for row in self.quarantine)
            if not count:
                continue
            error = self._error(first, last)
            if error is None:
                self.rows_tried += count
            elif last - first == 1:
                self.rows_tried += 1
                self.failing_rows[first] = reason_of(error)
                self._give_up_where_most_fail()
            else:
                self.look(first, last)

    def conclude(self) -> Mapping[int, str]:
        """The rows that fail alone. Raises where all do, if they are several."""
        if 1 < self.rows_tried == len(self.failing_rows):
            self._give_up("each of its rows")
        return self.failing_rows

    def _error(self, start: int, stop: int) -> BaseException | None:
        try:
            self.stage(without(self.table, self.quarantine, start, stop))
        except BaseException as error:
            if not is_of_a_row(error):
                raise
            return error
        return None

    def _give_up_where_most_fail(self) -> None:
        if len(self.failing_rows) > max(MOST_ROWS, self.rows_tried / 2):
            self._give_up("most of its rows")

    def _give_up(self, rows: str) -> None:
        if isinstance(self.error, RowError):  # a message for users, of a filter of another package say
            raise UserError(reason_of(self.error)) from self.error
        where = traceback.extract_tb(self.error.__traceback__)[-1]
        raise RowsLost(
            f"shard {self.shard}: {rows} failed, as with {reason_of(self.error)} ({where.filename}:{where.lineno}); "
            "what is committed is kept: mend the input, or leave out what fails, and run again"
        ) from self.error


def without(table: pa.Table, left_out: Container[int], start: int, stop: int) -> pa.Table:
    """The rows from `start` to `stop` but those that are left out."""
    pieces = [table.slice(0, 0)]  # where all rows are left out, there is still a table with their columns
    for row in (*(row for row in range(start, stop) if row in left_out), stop):
        pieces.append(table.slice(start, row - start))
        start = row + 1
    return pa.concat_tables(pieces)
