"""Pipes between commands: one JSON line for each committed shard, and an end line with their count.

The data itself never passes through the pipe: the reader opens the shards in place, so that killing a reader or
writer loses nothing that was committed.
"""

import contextlib
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TextIO

from r1data.data.commits import SHARD_PATH, ShardEntry, digest_of
from r1data.data.dataset import Shard
from r1data.data.stores import open_store
from r1data.errors import RowsLost, UserError

LINE_LIMIT = 64 << 10
"""Characters of a reference; ours, sixteen times the longest path."""


_silent: ContextVar[bool] = ContextVar("silent", default=False)


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Work inside prints no references: the standard output belongs to the program that calls this package."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def stdout_is_pipe() -> bool:
    """True where a data command must print references."""
    if _silent.get():
        return False
    try:
        return stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        return False


class Announcer:
    """Prints the references of one dataset; does nothing where there is no stream."""

    def __init__(self, dataset: str, stream: TextIO | None) -> None:
        self.dataset = dataset
        self.stream = stream
        self.announced: dict[str, ShardEntry] = {}

    def shard(self, entry: ShardEntry) -> None:
        """Announces a shard once."""
        if entry.path not in self.announced:
            self.announced[entry.path] = entry
            self._line(
                {
                    "dataset": self.dataset,
                    "path": entry.path,
                    "rows": entry.rows,
                    "sha256": entry.sha256,
                }
            )

    def end(self, *, complete: bool = True) -> None:
        """The end line: without it the reader knows that something is missing.

        `complete` is False where the command ended well on an input that is still being made; the line says so.
        """
        entries = list(self.announced.values())
        rows = sum(entry.rows for entry in entries)
        line = {"end": True, "shards": len(entries), "rows": rows, "digest": digest_of(entries)}
        self._line(line if complete else {**line, "complete": False})

    def _line(self, record: dict[str, object]) -> None:
        if self.stream is None:
            return
        try:
            self.stream.write(json.dumps(record) + "\n")
            self.stream.flush()  # the reader starts on this shard while the next one is made
        except BrokenPipeError:
            self.stream = None
            # Python flushes stdout once more when it exits, and would report the broken pipe in its own words then
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise RowsLost(
                "the command that reads this pipe went away; what is committed is kept, run again to go on"
            ) from None


class ReferenceReader:
    """Reads references from a stream, a shard at a time, as the writer commits them."""

    def __init__(self, stream: TextIO, name: str = "-") -> None:
        self.stream = stream
        self.name = name
        self.entries: list[ShardEntry] = []
        self.dataset: str | None = None
        self.ended = False
        self.complete = False

    def __iter__(self) -> Iterator[Shard]:
        for number, line in enumerate(self._lines(), 1):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            if not isinstance(record, dict):
                raise UserError(
                    f"{self.name}: line {number} is not a shard reference; pipe an r1 command into this one"
                )
            if record.get("end") is not True:
                yield self._shard(record, number)
                continue
            rows = sum(entry.rows for entry in self.entries)
            reported = (record.get("shards"), record.get("rows"), record.get("digest"))
            if reported != (len(self.entries), rows, digest_of(self.entries)):
                raise RowsLost(
                    f"{self.name}: the end line speaks of {record.get('shards')} shards, {record.get('rows')} rows; "
                    f"{len(self.entries)} and {rows} arrived, or others: run both commands again"
                )
            self.ended = True
            self.complete = record.get("complete") is not False
            return
        rows = sum(entry.rows for entry in self.entries)
        raise RowsLost(
            f"{self.name}: the pipe broke off without its end line after {len(self.entries)} shards, {rows} rows; "
            "the command before this one failed: run both again to go on"
        )

    def _lines(self) -> Iterator[str]:
        """The lines, a longer one than `LINE_LIMIT` in pieces that are no references."""
        try:
            yield from iter(lambda: self.stream.readline(LINE_LIMIT), "")
        except UnicodeDecodeError:
            yield ""

    def _shard(self, record: dict[str, object], number: int) -> Shard:
        dataset, path, rows, sha256 = (record.get(key) for key in ("dataset", "path", "rows", "sha256"))
        is_typed = isinstance(dataset, str) and isinstance(path, str) and isinstance(sha256, str)
        # by its exact type, since True is an int as well; the path is that of a commit, and leads nowhere else
        if not is_typed or type(rows) is not int or not re.fullmatch(SHARD_PATH, str(path)):
            raise UserError(
                f"{self.name}: line {number} is not a shard reference: it needs dataset, path, rows, "
                "sha256; pipe an r1 command into this one"
            )
        if self.dataset not in (None, dataset):
            raise UserError(
                f"{self.name}: line {number} names another dataset than line 1; pipe one at a time"
            )
        self.dataset = str(dataset)
        entry = ShardEntry(str(path), rows, 0, str(sha256))
        self.entries.append(entry)
        return Shard(open_store(self.dataset), entry)
