"""Pending retries: rows whose request failed transiently, which the next run samples again.

Commits are append-only, and others read a shard as soon as it is there: a committed row could not be replaced. So a
shard is committed without the rows that failed transiently. They are kept beside it in `.r1/quarantine/SHARD.parquet`,
with finish_reason `error` and the reason; the shard's count `to_retry` says how many. The next run samples them again
and commits those that succeed as a shard of its own, `SHARD-again1`, and so on. Counts are summed over shards, so a
retry shard's `to_retry` is negative by the number of rows that succeeded.

The file of pending rows is written before its shard is committed and holds everything that is pending after it; of
several files for one shard and its retries, the latest counts. So a kill between the two writes loses nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from r1data.data import parquet
from r1data.data.stores.layout import OLD_QUARANTINE, QUARANTINE, quarantine_names
from r1data.data.writer import Writer
from r1data.errors import UserError

Inputs = tuple[tuple[str, str], ...]
TO_RETRY = "to_retry"
"""The count of pending rows, in a shard's counts and in the summary."""
REQUEST = "request"
"""Column of the quarantined rows: the number of the request within its part."""
RETRY_SUFFIX = "-again"


@dataclass(frozen=True, slots=True)
class PendingRetries:
    """The requests of a part to send again, and the name of the shard that their rows will go into."""

    shard: str
    requests: tuple[int, ...]


class RetryQueue:
    """The pending retries of one dataset."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.files = {
            file.name for folder in (QUARANTINE, OLD_QUARANTINE) for file in writer.store.files(folder)
        }
        self.predecessors: dict[str, str] = {}

    def pending(self, shard: str, inputs: Inputs) -> PendingRetries | None:
        """The pending retries of a committed shard; None without any. Its retry shards are announced to the pipe.

        Raises UserError where the file that lists the pending rows is gone.
        """
        # Each retry's file holds all that is pending after it, so that the file of the shard before it is discarded.
        latest, number, count = shard, 1, self._pending_count(shard)
        while self.writer.has(f"{shard}{RETRY_SUFFIX}{number}", inputs):
            self.discard(latest)
            latest, number = f"{shard}{RETRY_SUFFIX}{number}", number + 1
            count += self._pending_count(latest)
        if not count:
            self.discard(latest)
            return None
        next_shard = f"{shard}{RETRY_SUFFIX}{number}"
        self.predecessors[next_shard] = latest
        return PendingRetries(next_shard, self._requests(latest, count))

    def save(self, shard: str, rows: pa.Table, requests: Sequence[int]) -> None:
        """Writes the rows that will be pending once `shard` is committed; removes the file where there are none."""
        if not requests:
            self.discard(shard)
            return
        name, _ = quarantine_names(shard)
        content = parquet.encode(rows.append_column(REQUEST, pa.array(requests, pa.int32())))
        # Placed, which replaces: a run that was killed before its commit has left a file under this name.
        store = self.writer.target.store
        store.place(store.stage(name, content), name)
        self.files.add(name)

    def mark_committed(self, shard: str) -> None:
        """Removes the pending rows of the shard that this one retried: they are in this one's file now."""
        if shard in self.predecessors:
            self.discard(self.predecessors.pop(shard))

    def discard(self, shard: str) -> None:
        """Removes a shard's file of pending rows, which is empty or superseded by a later shard's."""
        for name in self.files.intersection(quarantine_names(shard)):
            self.writer.store.remove(name)
            self.files.discard(name)

    def _pending_count(self, shard: str) -> int:
        return int(self.writer.committed[shard].counts.get(TO_RETRY, 0))

    def _requests(self, shard: str, count: int) -> tuple[int, ...]:
        for name in quarantine_names(shard):
            with contextlib.suppress(FileNotFoundError):
                table = parquet.decode(self.writer.store.read(name), f"{self.writer.uri}/{name}")
                return tuple(int(number) for number in table.column(REQUEST).to_pylist())
        raise UserError(
            f"{self.writer.uri}: {count} rows failed in an earlier run, and {quarantine_names(shard)[0]}, which says "
            "which, is gone; restore it from a copy, or choose another -o"
        )
