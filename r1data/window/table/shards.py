"""The committed shards of a dataset as one list of rows: numbers of rows, the columns, rows by their numbers.

A shard's bytes are compared with its commit before a row of it is given; then only the row groups that are needed are
read. DuckDB is given the paths of regular files that have the committed size, and no others.
"""

import io
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from r1data.data import parquet
from r1data.data.dataset import REMEDY, Dataset, Shard
from r1data.data.locations import scheme
from r1data.data.schema import Row
from r1data.data.values import to_rows
from r1data.errors import DamagedShard

Numbers = npt.NDArray[np.int64]
_GLOB = frozenset("*?[")


@dataclass
class Checked:
    """Shards whose bytes were compared with their commit: the state of each file at that time. Shared and bounded."""

    states: dict[str, tuple[int, ...]] = field(default_factory=dict)
    limit: int = 100_000

    def holds(self, place: str, state: tuple[int, ...]) -> bool:
        return self.states.get(place) == state

    def add(self, place: str, state: tuple[int, ...]) -> None:
        if len(self.states) >= self.limit:
            self.states.clear()
        self.states[place] = state


class Shards:
    """The shards that a dataset has now, in the order of their paths.

    Raises:
        UserError: there is no dataset, or this r1 does not know its schema.
    """

    def __init__(self, dataset: Dataset, checked: Checked | None = None) -> None:
        self.dataset = dataset
        self.shards: list[Shard] = list(dataset.shards())
        self.digest = dataset.digest
        self.starts: Numbers = np.cumsum([0, *(shard.rows for shard in self.shards)], dtype=np.int64)
        self.checked = checked or Checked()

    @property
    def rows(self) -> int:
        return int(self.starts[-1])

    @cached_property
    def paths(self) -> list[str]:
        """The files as DuckDB takes them. Raises DamagedShard where one is not there as it was committed."""
        return [literal(self._path(shard)) for shard in self.shards]

    def positions(self, shard_numbers: Any, rows: Any) -> Numbers:
        """Numbers of rows in the dataset, from the numbers of their shards and of the rows in these."""
        return self.starts[np.asarray(shard_numbers, np.int64)] + np.asarray(rows, np.int64)

    def fetch(self, positions: Sequence[int] | Numbers, columns: Sequence[str] | None = None) -> list[Row]:
        """Rows by their numbers, in the order of these; columns that a shard lacks are left out.

        Raises:
            IndexError: there is no such row.
            DamagedShard: a shard is not what was committed.
        """
        numbers = np.asarray(positions, np.int64)
        if len(numbers) and (numbers.min() < 0 or numbers.max() >= self.rows):
            raise IndexError(f"rows 0 to {self.rows - 1:,} are there")
        shard_of = np.searchsorted(self.starts, numbers, "right") - 1
        rows: list[Row] = [{}] * len(numbers)
        for shard in np.unique(shard_of).tolist():
            places = np.flatnonzero(shard_of == shard)
            inside = numbers[places] - self.starts[shard]
            for place, row in zip(places.tolist(), self._rows_of(shard, inside, columns), strict=True):
                rows[place] = row
        return rows

    def raise_damage(self) -> None:
        """Raises DamagedShard for the first shard that is not what was committed; reads all until then."""
        for shard in self.shards:
            shard.table()

    def _rows_of(self, number: int, rows: Numbers, columns: Sequence[str] | None) -> list[Row]:
        shard = self.shards[number]
        try:
            return self._read(shard, rows, columns)
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            raise DamagedShard(f"{shard.uri}: not readable as Parquet; {REMEDY}") from error

    def _read(self, shard: Shard, rows: Numbers, columns: Sequence[str] | None) -> list[Row]:
        file = self._open(shard)
        present = (
            [name for name in columns if name in file.schema_arrow.names] if columns is not None else None
        )
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
        starts = np.cumsum([0, *sizes])
        group_of = np.searchsorted(starts, rows, "right") - 1
        result: list[Row] = [{}] * len(rows)
        for group in np.unique(group_of).tolist():
            places = np.flatnonzero(group_of == group)
            table = file.read_row_group(group, columns=present, use_threads=False)
            if shard.schema:
                parquet.fits(table, shard.schema, shard.uri, present)
            picked = to_rows(table.take(pa.array(rows[places] - starts[group])), shard.uri)
            for place, row in zip(places.tolist(), picked, strict=True):
                result[place] = row
        return result

    def _open(self, shard: Shard) -> pq.ParquetFile:
        if scheme(shard.store.uri) is not None:
            raw = shard.checked_bytes()
            _refuse_hostile(raw, shard)
            return pq.ParquetFile(io.BytesIO(raw), page_checksum_verification=True, pre_buffer=False)
        path = self._path(shard)
        before = file_state(shard)
        if not self.checked.holds(shard.uri, before):
            _refuse_hostile(shard.checked_bytes(), shard)
            if file_state(shard) == before:
                self.checked.add(shard.uri, before)
        return pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False)

    def _path(self, shard: Shard) -> str:
        """The file of a shard, a regular one of the committed size that lies behind no link."""
        folder = Path(shard.store.uri)
        path = folder / shard.entry.path
        try:
            is_link = stat.S_ISLNK(os.lstat(path.parent).st_mode)
            status = os.lstat(path)
        except OSError:
            is_link, status = False, None
        if status is None:
            raise DamagedShard(f"{shard.uri}: committed, but the file is missing; {REMEDY}")
        if is_link or not stat.S_ISREG(status.st_mode):
            raise DamagedShard(f"{shard.uri}: is no regular file, or lies behind a link; {REMEDY}")
        if shard.entry.bytes and status.st_size != shard.entry.bytes:
            raise DamagedShard(f"{shard.uri}: its bytes are not those that were committed; {REMEDY}")
        return str(path)


def _refuse_hostile(raw: bytes, shard: Shard) -> None:
    """Refuses what would unpack past the limits of `r1data.data.parquet`; nothing is unpacked for that."""
    next(parquet.read_batches(pa.BufferReader(raw), shard.uri))


def file_state(shard: Shard) -> tuple[int, ...]:
    """What is another one once a shard's file was changed. Raises OSError where it is not there."""
    status = os.lstat(shard.uri)
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def literal(path: str) -> str:
    """A path as DuckDB takes it, which reads patterns."""
    return "".join(f"[{char}]" if char in _GLOB else char for char in path)
