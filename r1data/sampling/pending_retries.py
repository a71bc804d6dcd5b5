"""Rows that are owed: their request failed for now, so they are left to the next run.

Commits are only ever added to, and others read a shard as soon as it is there: a row that failed for now and was
committed could not be taken back. So a shard is committed without such rows. They lie beside it in
`.r1/quarantine/SHARD.parquet`, with finish_reason `error` and the reason; the shard's counts say how many: `to_retry`.
The next run asks for them again and commits those that come as a shard of their own, `SHARD-again1`, and so on. The
counts add up over shards: what came is taken off again.

A quarantine file is written before its shard is committed, and holds what is owed after that shard: of several
that belong together, the last one's says it. So a kill in between loses nothing.
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
"""Name of the count of rows owed, in a shard's counts and in the summary."""
REQUEST = "request"
"""Column of the quarantined rows: the number of the request within its part."""
AGAIN = "-again"


@dataclass(frozen=True, slots=True)
class Owed:
    """Requests of a part that are owed, and the name of the shard that their rows will go into."""

    shard: str
    requests: tuple[int, ...]


class Owing:
    """What is owed of one dataset."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.files = {
            file.name for folder in (QUARANTINE, OLD_QUARANTINE) for file in writer.store.files(folder)
        }
        self.before: dict[str, str] = {}

    def of(self, shard: str, inputs: Inputs) -> Owed | None:
        """What is owed of a committed shard; None for nothing. Shards that followed it are passed on to the pipe.

        Raises UserError where it is not known any more which rows are owed.
        """
        last, number, count = shard, 1, self._counted(shard)
        while self.writer.has(f"{shard}{AGAIN}{number}", inputs):
            self.forget(last)
            last, number = f"{shard}{AGAIN}{number}", number + 1
            count += self._counted(last)
        if not count:
            self.forget(last)
            return None
        following = f"{shard}{AGAIN}{number}"
        self.before[following] = last
        return Owed(following, self._requests(last, count))

    def put(self, shard: str, rows: pa.Table, requests: Sequence[int]) -> None:
        """Writes down the rows that are owed once `shard` is committed; of none, that there are none."""
        if not requests:
            self.forget(shard)
            return
        name, _ = quarantine_names(shard)
        content = parquet.encode(rows.append_column(REQUEST, pa.array(requests, pa.int32())))
        store = self.writer.target.store
        store.place(store.stage(name, content), name)
        self.files.add(name)

    def committed(self, shard: str) -> None:
        """What it followed says nothing any more."""
        if shard in self.before:
            self.forget(self.before.pop(shard))

    def forget(self, shard: str) -> None:
        """Removes what lies beside a shard and is owed no more, or lies beside a later one."""
        for name in self.files.intersection(quarantine_names(shard)):
            self.writer.store.remove(name)
            self.files.discard(name)

    def _counted(self, shard: str) -> int:
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
