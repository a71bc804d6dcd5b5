"""The journal of a review: an append-only file of JSON lines that survives a kill at any moment.

A record is one line. It is durable once `sync` has returned; several threads that wait share one fsync. What a kill
can leave is a last line without its end: it was never confirmed to anybody, and the next opening cuts it off. Any
other line that cannot be read is damage, and the journal is refused. A lock on the file keeps a second program out.
"""

import errno
import fcntl
import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from r1data.data.records import Record
from r1data.data.small_files import own_lock
from r1data.data.stores.local import fsync
from r1data.errors import UserError

FOLDER, FILE = ".r1/review", "journal.jsonl"
"""Where the journal lies in the dataset that the review writes."""
KIND = "record"
"""The field that says what a line is."""
HEADER, ENTRY, UNDO, DEAL, FINISH = "review", "entry", "undo", "deal", "finish"
_BLOCK = 1 << 20


class Journal:
    """An open journal; safe between threads, and one process at a time has it.

    Raises:
        UserError: another program has it open, a line is damaged, or the disk knows no locks.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = own_lock(path)
        self._write_lock = threading.Lock()
        self._sync_lock = threading.Lock()
        self._synced = 0
        self._failure: str | None = None
        try:
            self._take_lock()
            self.end = self._cut_torn_line()
        except BaseException:
            os.close(self._descriptor)
            raise

    @classmethod
    def make(cls, path: Path) -> Self:
        """Opens the journal, with its folders where they are missing; their names are durable too."""
        folder = path.parent
        folder.mkdir(parents=True, exist_ok=True)
        journal = cls(path)
        for part in (folder, *folder.parents[:3]):
            fsync(part)
        return journal

    def close(self) -> None:
        """Closes the file, which releases the lock."""
        with self._write_lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = -1
            self._failure = self._failure or f"{self.path}: closed; open the review again"

    def records(self) -> Iterator[tuple[int, Record]]:
        """Every record with the place of its line, from the beginning. Raises UserError for a damaged line."""
        with self.path.open("rb") as file:
            place = 0
            for number, line in enumerate(file, start=1):
                if place >= self.end:
                    return
                yield place, self._parsed(line, f"line {number}")
                place += len(line)

    def record_at(self, place: int) -> Record:
        """The record whose line begins at a place that `append` or `records` gave."""
        line = b""
        while b"\n" not in line:
            block = os.pread(self._descriptor, _BLOCK, place + len(line))
            if not block:
                break
            line += block
        return self._parsed(line.partition(b"\n")[0], f"byte {place}")

    def append(self, record: Mapping[str, Any]) -> int:
        """Writes a record and returns the place of its line; a kill of this program does not undo it any more.

        Raises:
            OSError: it could not be written, and nothing of it is in the journal.
            UserError: an earlier failure left the journal in doubt.
        """
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with self._write_lock:
            self._refuse_after_failure()
            place, written = self.end, 0
            try:
                while written < len(line):
                    written += os.pwrite(self._descriptor, line[written:], place + written)
            except OSError as error:
                self._take_back(place, error)
                raise
            self.end = place + len(line)
            return place

    def sync(self) -> None:
        """Waits until all that was appended before is on the disk.

        Raises:
            OSError: the disk failed. What was written since the last `sync` is in doubt, so nothing is taken any more.
        """
        needed = self.end
        # Whoever waits for the lock here mostly finds its record written by the fsync of the one before.
        with self._sync_lock:
            if self._synced >= needed:
                return
            self._refuse_after_failure()
            covered = self.end
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                self._failure = f"{self.path}: the disk failed ({error.strerror}); see to it and start again"
                raise
            self._synced = covered

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"{self.path}: another `r1 review` has this review open; use its address, or end it first"
            ) from None
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                raise
            raise UserError(f"{self.path}: this disk knows no locks; choose -o on another disk") from error

    def _cut_torn_line(self) -> int:
        """Cuts off a last line that has no end; returns the size then."""
        size = os.fstat(self._descriptor).st_size
        end = size
        while end > 0:
            start = max(0, end - _BLOCK)
            line_end = os.pread(self._descriptor, end - start, start).rfind(b"\n")
            if line_end >= 0:
                end = start + line_end + 1
                break
            end = start
        if end < size:
            os.ftruncate(self._descriptor, end)
            os.fsync(self._descriptor)
        return end

    def _take_back(self, place: int, error: OSError) -> None:
        try:
            os.ftruncate(self._descriptor, place)
        except OSError:
            self._failure = (
                f"{self.path}: cannot be written ({error.strerror}); see to the disk and start again"
            )

    def _refuse_after_failure(self) -> None:
        if self._failure is not None:
            raise UserError(self._failure)

    def _parsed(self, line: bytes, place: str) -> Record:
        try:
            record = json.loads(line)
            if isinstance(record, dict) and isinstance(record.get(KIND), str):
                return record
            reason = "no record of a review"
        except (ValueError, RecursionError):
            reason = "not JSON"
        raise UserError(
            f"{self.path}: {place} is damaged ({reason}); restore the file from a copy, or remove that line"
        )
