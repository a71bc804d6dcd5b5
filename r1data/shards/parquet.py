"""One shard's Parquet file: how it is written, and how a file of unknown origin is read within a bound of memory.

Written: zstd level 3, row groups of 1,000 rows, page checksums. Long text gets neither a dictionary nor statistics,
which cost more time than they save space.

Not covered: a file whose own sizes lie. Its pages unpack one at a time, each to 2 GiB at most.
"""

import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from r1data.errors import DamagedShard
from r1data.shards.schema import Schema

ROW_GROUP = 1_000
UNPACKED_LIMIT = 2 << 30
"""Bytes of memory that one shard's rows may take; ours: a shard made here takes some tens of megabytes."""
BATCH_LIMIT = 256 << 20
"""Bytes that a batch of a suspicious column may take at worst."""
LONG_TEXT = frozenset(
    (
        "prompt",
        "system",
        "truth",
        "meta",
        "response",
        "reasoning",
        "answer",
        "extracted",
        "content",
        "messages",
        "prompt_id",
        "example_id",
        "chosen",
        "rejected",
    )
)
_COMPACT = {"RLE_DICTIONARY", "PLAIN_DICTIONARY", "DELTA_BYTE_ARRAY"}
"""Encodings in which a few bytes may stand for many."""


def encode(table: pa.Table) -> pa.Buffer:
    """The bytes of a shard file; the same for the same rows."""
    short = [path for path in _leaves(table.schema) if path.split(".")[0] not in LONG_TEXT]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=3,
        row_group_size=ROW_GROUP,
        use_dictionary=short,
        write_statistics=short,
        write_page_checksum=True,
        store_schema=True,
    )
    return sink.getvalue()


def decode(raw: bytes, where: str, columns: list[str] | None = None) -> pa.Table:
    """The rows of a shard file.

    Raises:
        DamagedShard: not Parquet, a page's checksum is wrong, or it would take more than `UNPACKED_LIMIT`.
    """
    batches = list(read_batches(pa.BufferReader(raw), where, columns))
    return pa.concat_tables(batches)


def read_batches(source: Any, where: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """The rows of a Parquet file a row group, or less, at a time, `UNPACKED_LIMIT` bytes in all at most.

    Raises:
        DamagedShard: as for `decode`.
    """
    taken = 0
    try:
        file = pq.ParquetFile(source, page_checksum_verification=True)
        yield file.schema_arrow.empty_table().select(columns or file.schema_arrow.names)
        for number in range(file.metadata.num_row_groups):
            rows = _careful_rows(file.metadata.row_group(number), where)
            for table in _row_group(file, number, rows, columns):
                taken += table.nbytes
                if taken > UNPACKED_LIMIT:
                    raise _too_large(where, taken)
                yield table
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, KeyError) as error:
        raise DamagedShard(f"{where}: not readable as Parquet: {error}") from error


def _row_group(
    file: pq.ParquetFile, number: int, rows: int | None, columns: list[str] | None
) -> Iterator[pa.Table]:
    if rows is None:
        yield file.read_row_group(number, columns=columns, use_threads=False)
        return
    for batch in file.iter_batches(rows, row_groups=[number], columns=columns, use_threads=False):
        yield pa.Table.from_batches([batch])


def _careful_rows(group: Any, where: str) -> int | None:
    """How many rows of a row group to read at a time; None where all of it fits whatever its encodings hide."""
    rows = None
    for index in range(group.num_columns):
        chunk = group.column(index)
        declared = max(chunk.total_uncompressed_size, chunk.num_values)
        if declared > UNPACKED_LIMIT or group.total_byte_size > UNPACKED_LIMIT:
            raise _too_large(where, max(declared, group.total_byte_size))
        widest = chunk.total_uncompressed_size
        compact = chunk.physical_type == "BYTE_ARRAY" and _COMPACT.intersection(chunk.encodings)
        if compact and widest * chunk.num_values > BATCH_LIMIT:
            rows = min(rows or group.num_rows, max(1, BATCH_LIMIT // widest))
    return rows


def _too_large(where: str, size: int) -> DamagedShard:
    return DamagedShard(
        f"{where}: would unpack to {size:,} bytes or more, {UNPACKED_LIMIT:,} are allowed; refused"
    )


def fits(table: pa.Table, schema: Schema, where: str) -> None:
    """Compares rows with the schema they are said to have.

    Raises:
        DamagedShard: a column is missing or of another type; the message names it.
    """
    said = f"schema {schema.name!r} v{schema.version}"
    for column in schema.columns:
        if column.name not in table.column_names:
            raise DamagedShard(f"{where}: column {column.name!r} of {said} is missing")
        found = table.schema.field(column.name).type
        if found != column.type:
            raise DamagedShard(f"{where}: column {column.name!r} is {found}, {said} says {column.type}")


def _leaves(schema: pa.Schema) -> list[str]:
    """Paths of the columns as Parquet stores them."""
    stored = pq.ParquetFile(io.BytesIO(_empty(schema))).schema
    return [stored.column(index).path for index in range(len(stored.names))]


def _empty(schema: pa.Schema) -> bytes:
    sink = io.BytesIO()
    pq.write_table(schema.empty_table(), sink)
    return sink.getvalue()
