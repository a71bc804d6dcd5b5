"""Rows for other programs under one Arrow schema, though shards differ in their columns."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from r1data.data.dataset import Shard
from r1data.data.parquet import read_batches
from r1data.data.rows import selected, tables
from r1data.data.source import AnyShard, Source
from r1data.errors import UserError


def one_schema(
    source: Source, columns: Sequence[str] = (), limit: int | None = None
) -> tuple[pa.Schema, Iterator[pa.Table]]:
    """The rows with all the columns that any shard has, null where a shard has not, and their schema.

    Shards of a dataset are read twice, first for their columns; a pipe is read to its end before.

    Raises:
        UserError: as `rows.tables`; or shards have a column with types that do not go together.
    """
    arriving = source.shards()
    first = next(arriving, None)
    if first is None:
        fields = [(column.name, column.type) for column in source.schema.columns]
        return selected(source.uri, pa.schema(fields), columns), iter(())
    if isinstance(first, Shard):
        shards: Iterable[AnyShard] = [first, *arriving]
        schema = _unify(source.uri, [_schema(shard) for shard in shards if isinstance(shard, Shard)])
    else:
        shards = source.shards()
        schema = first.table().schema
    schema = selected(source.uri, schema.remove_metadata(), columns)
    whole = (_conform(table, schema) for table in tables(source.uri, shards, (), limit))
    return schema, whole


def _schema(shard: Shard) -> pa.Schema:
    return next(read_batches(pa.BufferReader(shard.checked_bytes()), shard.uri)).schema


def _unify(uri: str, schemas: Sequence[pa.Schema]) -> pa.Schema:
    try:
        return pa.unify_schemas(
            [schema.remove_metadata() for schema in schemas], promote_options="permissive"
        )
    except pa.ArrowException as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{uri}: its shards do not fit one schema: {reason}; choose columns with -c"
        ) from error


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    arrays = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=schema)
