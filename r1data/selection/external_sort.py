"""Sorts the rows of many files out of core, however long their texts.

Rows are distributed over buckets on disk, each a range of the order, and each bucket is sorted in memory. (DuckDB
sorts the keys; to sort texts of 20 kB along with them it needs several times the memory limit that it is given.)
"""

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BUCKET_BYTES = 64 << 20
MOST_BUCKETS = 256
"""Files that are open at once; of more than 16 GiB of rows buckets get larger."""
PLACE = "place"


def in_order(tables: Iterable[pa.Table], size: int, places: int, folder: Path) -> Iterator[pa.Table]:
    """The rows of all tables, by their column `place`, in tables of some 64 MiB.

    Args:
        tables: with the same columns, `place` among them: numbers from 1 to `places`, none twice.
        size: about how many bytes all of them have.
        folder: for the buckets; what is in it goes, and nothing is left.
    """
    buckets = max(1, min(MOST_BUCKETS, -(-size // BUCKET_BYTES)))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    paths = [folder / f"{number}.arrow" for number in range(buckets)]
    edges = [number * places // buckets for number in range(1, buckets)]
    with contextlib.ExitStack() as files:
        writers: dict[int, pa.RecordBatchWriter] = {}
        for table in map(_sort, _combine(tables)):
            stops = [*np.searchsorted(table[PLACE].to_numpy(), edges, side="right").tolist(), len(table)]
            for number, (start, stop) in enumerate(zip([0, *stops], stops, strict=False)):
                if start < stop:
                    if number not in writers:
                        options = pa.ipc.IpcWriteOptions(compression="lz4")
                        writers[number] = files.enter_context(
                            pa.ipc.new_file(paths[number], table.schema, options=options)
                        )
                    writers[number].write_table(table.slice(start, stop - start))
    for number in sorted(writers):
        with pa.ipc.open_file(paths[number]) as reader:
            table = reader.read_all()
        paths[number].unlink()
        yield _sort(table)
    folder.rmdir()


def _combine(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Tables of a bucket's size or so, so that what each bucket gets of one is no crumb."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(each.nbytes for each in waiting) >= BUCKET_BYTES:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _sort(table: pa.Table) -> pa.Table:
    return table.take(pc.sort_indices(table[PLACE]))
