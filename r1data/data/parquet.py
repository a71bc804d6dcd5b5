"""The Parquet file of one shard: how it is written, and how a file of unknown origin is read within a memory limit.

Writing: zstd level 3, row groups of 1,000 rows, page checksums. Long text gets neither a dictionary nor statistics,
which cost more time than they save space.

Reading: the memory that the rows may take is computed from the page headers first (`pages`), since a few bytes can
expand to many. A file over the limits below is refused before it is decompressed; a large one is read in parts.
"""

import io
import os
from bisect import bisect_right
from collections.abc import Collection, Iterator
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from r1data.data.pages import ColumnPages, Group, read_groups
from r1data.data.schema import Schema
from r1data.data.text import one_line
from r1data.errors import DamagedShard

ROW_GROUP = 1_000
UNPACKED_LIMIT = 1 << 30
"""Bytes of memory that one shard's rows may take; ours: a shard made here takes some tens of megabytes."""
RATIO_LIMIT = 100
"""How many times its own size a larger file may take, a part at a time; text packs three to twenty times."""
BATCH_LIMIT = 128 << 20
"""Bytes that a part may take at worst, or its largest page if that is more."""
PAGE_LIMIT = 256 << 20
"""Bytes of one page, unpacked; writers aim at one megabyte, and a page may hold a thousand long responses."""
ROWS_ANYWAY = 200_000
"""Rows that a file may have however small it is; a larger one has one a byte at most. Ours: rows have own texts."""
GROUPS_ANYWAY, ROWS_OF_A_GROUP = 1_000, 50
"""Row groups that a file may have however small they are, and rows that those of a file with more have at least; ours.

Each takes a millisecond for itself.
"""
LEAVES_LIMIT = 11_000
"""Columns of a file, inner ones counted; ours: those of `records.COLUMNS_LIMIT`, and what r1 adds to them."""
REASON_CHARACTERS = 300
FOOTER_LIMIT = 8 << 20
"""Bytes of a footer, which takes some fifty times its size once it is read."""
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


def encode(table: pa.Table) -> pa.Buffer:
    """The bytes of a shard file; the same for the same rows."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options(table.schema))
    return sink.getvalue()


def options(schema: pa.Schema) -> dict[str, Any]:
    """How pyarrow writes a shard with these columns."""
    # The options go by the paths of leaves (`messages.list.element.content`), which pyarrow tells of a file alone, so
    # an empty one is written.
    empty = io.BytesIO()
    pq.write_table(schema.empty_table(), empty)
    stored = pq.ParquetFile(empty).schema
    leaves = [stored.column(index).path for index in range(len(stored.names))]
    short = [path for path in leaves if path.split(".")[0] not in LONG_TEXT]
    return {
        "compression": "zstd",
        "compression_level": 3,
        "row_group_size": ROW_GROUP,
        "use_dictionary": short,
        "write_statistics": short,
        "write_page_checksum": True,
        "store_schema": True,
    }


def decode(
    raw: bytes, where: str, columns: list[str] | None = None, optional: Collection[str] = ()
) -> pa.Table:
    """The rows of a shard file.

    Args:
        raw: the file.
        where: what it is called in messages.
        columns: those to read; all by default.
        optional: of `columns`, those that are left out where the file does not have them; where it has none of
            `columns`, its first column is read.

    Raises:
        DamagedShard: not Parquet, a page's checksum is wrong, or it would take more than `UNPACKED_LIMIT`.
    """
    batches = list(read_batches(pa.BufferReader(raw), where, columns, optional=optional))
    return pa.concat_tables(batches)


def read_batches(
    source: Any,
    where: str,
    columns: list[str] | None = None,
    *,
    ratio: int = 0,
    optional: Collection[str] = (),
) -> Iterator[pa.Table]:
    """The rows of a Parquet file a row group, or less, at a time; the first table is empty.

    Args:
        source: a file that can seek.
        columns, optional: as for `decode`.
        ratio: lets the file as a whole unpack to so many times its size, where that is more than `UNPACKED_LIMIT`.

    Raises:
        DamagedShard: as for `decode`.
    """
    try:
        limit = max(UNPACKED_LIMIT, ratio * _size(source))
        # each step reads only what the one before found to be small enough: footer, page headers, pages
        _refuse_footer(source, where)
        source.seek(0)
        # without a buffer, or with pre_buffer, pyarrow reads whole column chunks before it gives the first row
        buffer = 0 if isinstance(source, pa.BufferReader) else 1 << 20
        file = pq.ParquetFile(source, page_checksum_verification=True, pre_buffer=False, buffer_size=buffer)
        if len(file.schema.names) > LEAVES_LIMIT:
            raise _too_large(where, len(file.schema.names), LEAVES_LIMIT, "holds", "columns")
        groups = list(read_groups(source, file.schema))
        _refuse_bomb(groups, limit, where)
        _refuse_repeats(groups, _size(source), where)
        if columns:
            there = file.schema_arrow.names
            # where none is left, any one column: the rows still have to be counted
            columns = [name for name in columns if name not in optional or name in there] or there[:1]
        yield _plain(file.schema_arrow.empty_table().select(columns or file.schema_arrow.names))
        unpacked_bytes = 0
        for number, group in enumerate(groups):
            for batch in file.iter_batches(
                _rows_at_a_time(group), row_groups=[number], columns=columns, use_threads=False
            ):
                table = _plain(pa.Table.from_batches([batch]))
                # offsets and UTF-8 of a file of unknown origin, which pyarrow takes as they are
                table.validate(full=True)
                unpacked_bytes += table.nbytes
                if unpacked_bytes > limit:
                    raise _too_large(where, unpacked_bytes, limit)
                yield table
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError, MemoryError) as error:
        # Arrow quotes the file's bytes
        reason = one_line((str(error).splitlines() or [""])[0], REASON_CHARACTERS) or type(error).__name__
        raise DamagedShard(
            f"{where}: not readable as Parquet: {reason}; restore it from a copy, or write it again"
        ) from error


def _size(source: Any) -> int:
    source.seek(0, os.SEEK_END)
    return int(source.tell())


def _refuse_footer(source: Any, where: str) -> None:
    size = _size(source)
    source.seek(max(0, size - 8))
    length = int.from_bytes(source.read(4), "little")
    if FOOTER_LIMIT < length < size:
        raise _too_large(where, length, FOOTER_LIMIT, "its footer has")


def _refuse_bomb(groups: list[Group], limit: int, where: str) -> None:
    """Refuses what is over a limit whatever its values are, and lists that may be."""
    least = sum(column.least for group in groups for column in group.columns)
    if least > limit:
        raise _too_large(where, least, limit)
    for group in groups:
        for column in group.columns:
            if column.largest > PAGE_LIMIT:
                raise _too_large(where, column.largest, PAGE_LIMIT, "a page of it unpacks to")
            if column.repeated and column.most > limit:
                raise _too_large(where, column.most, limit, "a list of it may unpack to")


def _refuse_repeats(groups: list[Group], size: int, where: str) -> None:
    """Refuses rows that are nearly all the same: they take little memory, but minutes wherever they go."""
    # the footer's count is a claim; of values, a column has as many as there are rows, or more where it has lists
    rows = sum(min((column.values for column in group.columns), default=group.rows) for group in groups)
    if len(groups) > GROUPS_ANYWAY and rows < ROWS_OF_A_GROUP * len(groups):
        raise DamagedShard(
            f"{where}: holds {len(groups):,} row groups of {rows / len(groups):.0f} rows; refused: write the file "
            "again with larger row groups"
        )
    if rows > max(ROWS_ANYWAY, size):
        raise DamagedShard(
            f"{where}: holds {rows:,} rows in {size:,} bytes, a row a byte is allowed; refused: write the file "
            "again without the repeats"
        )


def _rows_at_a_time(group: Group) -> int:
    """How many rows of a row group take `BATCH_LIMIT` bytes at most, whatever their values are."""
    rows = max(1, group.rows)
    repeated = [column for column in group.columns if column.repeated]
    flat = [column for column in group.columns if not column.repeated]
    while rows > 1 and sum(_worst_of(column, rows) for column in flat) > BATCH_LIMIT:
        rows = (rows + 1) // 2
    # Which rows the values of a list belong to is not known without reading them: they count as spread evenly. That
    # may fail, but no further than to what `_refuse_bomb` lets all of them take together.
    share = sum(column.most for column in repeated) // BATCH_LIMIT
    return max(1, min(rows, group.rows // (share + 1)))


def _worst_of(column: ColumnPages, rows: int) -> int:
    """Bytes that any `rows` consecutive values of a column without lists take at worst."""
    # The worst stretch begins with the last value of some page: it then reaches most of the pages behind. Each counts
    # with as many values as it can give to the stretch; sums from the start make a stretch one subtraction.
    pages = column.pages
    starts = list(accumulate((page.values for page in pages), initial=0))
    bytes_before = list(accumulate((column.worst(p, min(rows, p.values)) for p in pages), initial=0))
    spans = (bisect_right(starts, start + rows - 2) for start in starts[1:])
    return max(
        (bytes_before[min(end, len(pages))] - bytes_before[n] for n, end in enumerate(spans)), default=0
    )


def _plain(table: pa.Table) -> pa.Table:
    """The table with dictionaries as the values they stand for."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table[field.name].cast(field.type.value_type))
    return table


def _too_large(
    where: str, size: int, limit: int, what: str = "would unpack to", unit: str = "bytes"
) -> DamagedShard:
    advice = "smaller row groups" if unit == "bytes" else f"fewer {unit}"
    return DamagedShard(
        f"{where}: {what} {size:,} {unit} or more, {limit:,} are allowed; refused: write the file again with {advice}"
    )


def fits(table: pa.Table, schema: Schema, where: str, columns: Collection[str] | None = None) -> None:
    """Compares rows with the schema they are said to have, or with an older minor version of it.

    Args:
        columns: compares these alone, where no others were read.

    Raises:
        DamagedShard: a column is missing or of another type; the message names it.
    """
    schema_name = f"schema {schema.name!r} {schema.label}"
    for column in schema.columns:
        if columns is not None and column.name not in columns:
            continue
        if column.name not in table.column_names and column.since:
            continue
        if column.name not in table.column_names:
            raise DamagedShard(
                f"{where}: column {column.name!r} of {schema_name} is missing; restore the shard from "
                "a copy, or make the dataset again"
            )
        actual_type = table.schema.field(column.name).type
        if actual_type != column.type:
            raise DamagedShard(
                f"{where}: column {column.name!r} is {actual_type}, {schema_name} says {column.type}; "
                "make the dataset again"
            )
