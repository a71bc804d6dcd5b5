"""Rows of a dataset or a plain file as dicts or Arrow tables, with one shard in memory at a time.

A damaged shard yields no rows at all. `one_schema` gives the tables of shards that differ in their columns under one
Arrow schema, for other programs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from r1data.data.dataset import Shard
from r1data.data.parquet import read_batches
from r1data.data.records import Record
from r1data.data.source import AnyShard, DatasetSource, Source
from r1data.data.text import one_line
from r1data.data.values import to_rows
from r1data.data.writer import Summary
from r1data.errors import UserError

NAMES_CHARACTERS = 2_000
"""Characters of the list of columns in an error. Ours."""
BATCH_ROWS = 500
"""Rows that are Python objects at the same time."""


@dataclass(frozen=True)
class Rows:
    """The rows of a source, to be read again and again.

    `len()` counts them, iterating gives one dict a row, `table()` all of them as one `pyarrow.Table`.
    """

    source: Source

    @property
    def uri(self) -> str:
        """The dataset's or the file's place."""
        return self.source.uri

    @property
    def schema(self) -> str:
        """Name of the widest schema that the rows fill: `prompt`, `sample`, `verified`, `filtered`, `sft`, …"""
        return self.source.schema.name

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the command that wrote the dataset reported, as with `--json`; of a plain file its place and rows."""
        if not isinstance(self.source, DatasetSource):
            return {"dataset": self.uri, "rows": len(self)}
        dataset = self.source.dataset
        shards = len(dataset.entries)
        return Summary(
            dataset.uri, dataset.rows, shards, dataset.digest, dataset.summary, dataset.complete
        ).as_json()

    def __len__(self) -> int:
        return self.source.rows if self.source.rows is not None else sum(map(len, self.tables()))

    def __iter__(self) -> Iterator[Record]:
        for table in self.tables():
            for batch in table.to_batches(max_chunksize=BATCH_ROWS):
                yield from to_rows(batch, self.uri)

    def tables(self, columns: Sequence[str] = (), limit: int | None = None) -> Iterator[pa.Table]:
        """The rows, one `pyarrow.Table` a shard. Raises as `tables` of this module does."""
        return tables(self.source.uri, self.source.shards(), columns, limit)

    def table(self, columns: Sequence[str] = (), limit: int | None = None) -> pa.Table:
        """All rows at once, for what fits into memory; a column that only some shards have is null in the others.

        Raises:
            UserError: a column of `columns` is in no shard.
            DamagedShard: a shard is not what was committed.
        """
        shards = list(self.tables(columns, limit))
        if shards:
            return pa.concat_tables(shards, promote_options="default")
        fields = [(column.name, column.type) for column in self.source.schema.columns]
        return selected(self.uri, pa.schema(fields), columns).empty_table()

    def parents(self) -> list[dict[str, Any]]:
        """Where the rows come from, as a command records it: `uri` and `digest`."""
        return [asdict(parent) for parent in self.source.parents()]


def tables(
    uri: str, shards: Iterable[AnyShard], columns: Sequence[str] = (), limit: int | None = None
) -> Iterator[pa.Table]:
    """The rows of `shards`, one table a shard.

    Args:
        uri: names the source in messages.
        shards: read in their order.
        columns: only these; all without any.
        limit: the first rows, over all shards.

    Raises:
        UserError: a shard lacks a column of `columns`.
        DamagedShard: a shard is not what was committed; those before it were given.
    """
    rows_left = limit
    for shard in shards:
        table = shard.table()
        selected(uri, table.schema, columns)
        table = table.select(columns) if columns else table
        yield table if rows_left is None else table.slice(0, rows_left)
        rows_left = None if rows_left is None else rows_left - len(table)
        if rows_left is not None and rows_left <= 0:
            return


def selected(uri: str, schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    """`schema` with `columns` alone, all without any. Raises UserError on a column that is not there."""
    for name in columns:
        if name not in schema.names:
            have = one_line(", ".join(schema.names), NAMES_CHARACTERS)
            raise UserError(f"{uri}: no column {name!r}; choose from: {have}")
    return pa.schema([schema.field(name) for name in columns]) if columns else schema


def one_schema(
    source: Source, columns: Sequence[str] = (), limit: int | None = None
) -> tuple[pa.Schema, Iterator[pa.Table]]:
    """The rows with all the columns that any shard has, null where a shard has not, and their schema.

    Shards of a dataset are read twice, first for their columns; a pipe is read to its end before.

    Args:
        source: a dataset, a plain file or a pipe.
        columns: only these; all without any.
        limit: the first rows, over all shards.

    Raises:
        UserError: as `tables`; or shards have a column with types that do not go together.
    """
    arriving = source.shards()
    first = next(arriving, None)
    if first is None:
        fields = [(column.name, column.type) for column in source.schema.columns]
        return selected(source.uri, pa.schema(fields), columns), iter(())
    if isinstance(first, Shard):
        shards: Iterable[AnyShard] = [first, *arriving]
        # from checked bytes; the first table of `read_batches` is empty, so that no row is unpacked for its columns
        schemas = [
            next(read_batches(pa.BufferReader(shard.checked_bytes()), shard.uri)).schema.remove_metadata()
            for shard in shards
            if isinstance(shard, Shard)
        ]
        try:
            # permissive: a column that is all null in one shard, or int32 here and int64 there, takes the wider type
            schema = pa.unify_schemas(schemas, promote_options="permissive")
        except pa.ArrowException as error:
            reason = " ".join(str(error).split())
            raise UserError(
                f"{source.uri}: its shards do not fit one schema: {reason}; choose columns with -c"
            ) from error
    else:
        # a plain file was surveyed to its end when it was opened, so all its shards have the same columns
        shards = source.shards()
        schema = first.table().schema
    schema = selected(source.uri, schema.remove_metadata(), columns)
    return schema, (_conform(table, schema) for table in tables(source.uri, shards, (), limit))


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    names = set(table.column_names)  # made anew each time that a table is asked for it
    arrays = [
        table[field.name].cast(field.type) if field.name in names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=schema)
