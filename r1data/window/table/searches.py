"""Searches through texts, some shards at a time, in the background: a page shows what there is before all is read.

A search goes on while somebody asks for it, and ends by itself when nobody does, or when its time is over. What it
found is numbers of rows; they are whole once `done`.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from r1data.errors import R1Error, UserError
from r1data.window.table.database import Stop
from r1data.window.table.shards import Numbers

CHUNK_BYTES = 32 << 20
"""Bytes on disk of the shards that are searched at a time, in a few tenths of a second by both threads. Ours."""
SECONDS = 120.0
"""Time of one search. Ours: a pattern that nothing helps takes four on 800,000 rows, and more where others compute."""
PATIENCE = 10.0
"""Seconds for which a search goes on that nobody asks for. Ours."""


@dataclass(frozen=True)
class Matches:
    """What a search has by now: rows that fit, in the dataset's order, and how many rows it has gone through."""

    positions: Numbers
    searched: int
    done: bool


class Search:
    """One search, in a thread of its own.

    Args:
        chunks: the numbers of the first shard and of the one behind the last, of each part.
        rows_before: rows before each shard, and all of them.
        find: the rows of a part that fit; raises UserError.
    """

    def __init__(
        self,
        chunks: Sequence[tuple[int, int]],
        rows_before: Numbers,
        find: Callable[[int, int, Stop], Numbers],
    ) -> None:
        self.stop = Stop()
        self._rows_before = rows_before
        self._find = find
        self._parts: list[Numbers] = []
        self._searched = 0
        self._error: R1Error | None = None
        self._done = not chunks
        self._asked = time.monotonic()
        self._changed = threading.Condition()
        if chunks:
            threading.Thread(target=self._work, args=(chunks,), daemon=True, name="search").start()

    @property
    def failed(self) -> bool:
        return self._error is not None

    def matches(self, seconds: float, stop: Stop | None = None) -> Matches:
        """What there is once all is read, or after so many seconds.

        Args:
            stop: ends the waiting; the search ends where nobody else asks for it.

        Raises:
            UserError: the search went wrong, took too long, or was stopped.
        """
        end = time.monotonic() + seconds
        with self._changed:
            while not self._done and self._error is None and (left := end - time.monotonic()) > 0:
                self._asked = time.monotonic()
                if stop is not None:
                    stop.raise_if_stopped()
                self._changed.wait(min(left, 0.5))
            if self._error is not None:
                raise self._error
            self._asked = time.monotonic()
            parts = list(self._parts)
            searched, done = self._searched, self._done
        return Matches(np.concatenate(parts) if parts else np.empty(0, np.int64), searched, done)

    def _work(self, chunks: Sequence[tuple[int, int]]) -> None:
        begin = time.monotonic()
        for first, last in chunks:
            now = time.monotonic()
            if now - begin > SECONDS:
                self.stop.stop(
                    f"the search took over {SECONDS:.0f} s and was ended; filter by other columns, or search for a "
                    "longer text"
                )
            elif now - self._asked > PATIENCE:
                self.stop.stop()
            try:
                self.stop.raise_if_stopped()
                positions = self._find(first, last, self.stop)
            except R1Error as error:
                self._end(error)
                return
            except Exception as error:  # whoever waits must not wait for ever
                self._end(UserError(f"the search went wrong: {type(error).__name__}"))
                raise
            with self._changed:
                self._parts.append(positions)
                self._searched = int(self._rows_before[last])
                self._changed.notify_all()
        self._end(None)

    def _end(self, error: R1Error | None) -> None:
        with self._changed:
            self._error, self._done = error, error is None
            self._changed.notify_all()


def chunks_of(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Shards of these bytes in parts of `CHUNK_BYTES` or a little more."""
    chunks, start, size = [], 0, 0
    for number, each in enumerate(sizes):
        size += each
        if size >= CHUNK_BYTES or number == len(sizes) - 1:
            chunks.append((start, number + 1))
            start, size = number + 1, 0
    return chunks
