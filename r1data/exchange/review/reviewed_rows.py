"""The rows of the dataset under review: ids of all of them in memory, texts read when a row is dealt."""

import contextlib
import threading
from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.dataset import Dataset, Shard
from r1data.data.records import Record
from r1data.data.stores import LocalStore
from r1data.data.stores.entries import FILE, kind_of
from r1data.data.values import to_rows
from r1data.errors import DamagedShard
from r1data.exchange.review.opinions import RowKey
from r1data.exchange.review.questions import DECISIONS
from r1data.lineage.scanning import MEMORY, THREADS, literal_path

_IDS = ["prompt_id", "sample_index"]
_BEFORE = "review_decision"
BLOCK_ROWS, BLOCKS = 50, 16
"""Rows that are kept together after one of them was read, and how many such blocks. Ours."""


class ReviewedRows:
    """Rows by position, in the order of the dataset. Safe between threads.

    `decided_before`: positions of rows that an earlier review decided.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.uri = dataset.uri
        self._shards = list(dataset.shards())
        self._starts = list(accumulate((shard.rows for shard in self._shards), initial=0))
        ids = _all_ids(self._shards)
        if len(ids) != len(self):
            raise DamagedShard(
                f"{self.uri}: holds {len(ids)} rows, its commits say {len(self)}; run `r1 check`"
            )
        self.decided_before = frozenset(np.flatnonzero(_decided(ids)).tolist())
        self._prompt_ids = ids["prompt_id"].combine_chunks()
        self._sample_indices = ids["sample_index"].combine_chunks()
        self._blocks: OrderedDict[int, list[Record]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._starts[-1]

    def key(self, position: int) -> RowKey:
        """The ids of the row at a position."""
        return self._prompt_ids[position].as_py(), self._sample_indices[position].as_py()

    def position(self, key: RowKey) -> int | None:
        """Where the row with these ids is, None where there is none."""
        if not len(self) or not -(1 << 31) <= key[1] < 1 << 31:
            return None
        both = pc.and_(pc.equal(self._prompt_ids, key[0]), pc.equal(self._sample_indices, key[1]))
        place = pc.index(both, True).as_py()
        return place if place >= 0 else None

    def row(self, position: int) -> Record:
        """A whole row, out of a shard whose bytes were found to be those of the commit. Raises DamagedShard."""
        number, place = divmod(position, BLOCK_ROWS)
        with self._lock:
            if number not in self._blocks:
                self._blocks[number] = self._read(number)
            self._blocks.move_to_end(number)
            while len(self._blocks) > BLOCKS:
                self._blocks.popitem(last=False)
            row = self._blocks[number][place]
        if (row["prompt_id"], row["sample_index"]) != self.key(position):
            raise DamagedShard(f"{self.uri}: row {position} is not the one that was listed; run `r1 check`")
        return row

    def _read(self, number: int) -> list[Record]:
        start, end = number * BLOCK_ROWS, min((number + 1) * BLOCK_ROWS, len(self))
        rows: list[Record] = []
        while start < end:
            shard_number = bisect_right(self._starts, start) - 1
            first = self._starts[shard_number]
            part = min(end, self._starts[shard_number + 1]) - start
            rows += to_rows(self._shards[shard_number].table().slice(start - first, part), self.uri)
            start += part
        return rows


def _all_ids(shards: list[Shard]) -> pa.Table:
    """The id columns of all rows. On this machine they alone are read; bytes are checked with the texts."""
    empty = pa.schema([("prompt_id", pa.string()), ("sample_index", pa.int32())]).empty_table()
    paths = [shard.store.path / shard.entry.path for shard in shards if isinstance(shard.store, LocalStore)]
    if paths and all(kind_of(path) == FILE for path in paths):
        import duckdb

        # one that cannot be read so is named by the way below
        with contextlib.suppress(duckdb.Error):
            return _by_duckdb(paths)
    return pa.concat_tables([empty, *map(_ids, shards)], promote_options="permissive")


def _by_duckdb(paths: list[Path]) -> pa.Table:
    import duckdb

    with duckdb.connect(config={"memory_limit": MEMORY, "threads": THREADS}) as connection:
        connection.execute("SET enable_progress_bar = false")
        source = "read_parquet($paths, union_by_name = true)"
        parameters = {"paths": [literal_path(str(path)) for path in paths]}
        columns = connection.sql(f"SELECT * FROM {source}", params=parameters).columns
        names = ", ".join(name for name in (*_IDS, _BEFORE) if name in columns)
        return connection.sql(f"SELECT {names} FROM {source}", params=parameters).to_arrow_table()


def _ids(shard: Shard) -> pa.Table:
    table = shard.table()
    return table.select([name for name in (*_IDS, _BEFORE) if name in table.column_names])


def _decided(table: pa.Table) -> Any:
    if _BEFORE not in table.column_names:
        return np.zeros(len(table), dtype=bool)
    return pc.fill_null(pc.is_in(table[_BEFORE], pa.array(DECISIONS)), False).to_numpy()
