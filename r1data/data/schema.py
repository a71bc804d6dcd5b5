"""Schemas: the columns of rows. The definitions are the JSON files in `schemas/`.

A schema extends another by adding columns, never by changing one. Columns that no schema knows are kept after the
known ones, under their own names.

A minor version adds nullable columns ("since" in the JSON): shards of the same version that lack them are read as if
they contained nulls, so a dataset may mix both. Other versions are refused.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from r1data.data.resources import resource
from r1data.errors import UserError

Row = Mapping[str, Any]
"""One row: its values by column."""
ROWS = ("prompt", "sample", "verified", "filtered")
"""The schemas of the row that grows from stage to stage, narrowest first."""
MAKERS = {"sample": "sample", "verified": "verify", "filtered": "filter", "sft": "build"}
"""Schema → the command that writes rows of it from those before."""

TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int32": pa.int32(),
    "float64": pa.float64(),
    "list<string>": pa.list_(pa.string()),
    "list<struct<role:string,content:string>>": pa.list_(
        pa.struct([("role", pa.string()), ("content", pa.string())])
    ),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its Arrow type, whether it may be null, what it means, the minor version that added it."""

    name: str
    type: pa.DataType
    nullable: bool
    description: str
    since: int = 0


@dataclass(frozen=True, slots=True)
class Schema:
    """A named, versioned list of columns, those of the schemas it extends included."""

    name: str
    version: int
    columns: tuple[Column, ...]
    minor: int = 0

    @property
    def label(self) -> str:
        """For people: `v1`, `v1.1`."""
        return f"v{self.version}.{self.minor}" if self.minor else f"v{self.version}"

    @property
    def added(self) -> tuple[str, ...]:
        """Columns that shards of an older minor version lack."""
        return tuple(column.name for column in self.columns if column.since)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if not column.nullable)


@functools.cache
def load_schema(name: str) -> Schema:
    """The schema of that name; an unknown name lists the known ones."""
    path = resource("schemas") / f"{name}.json"
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in resource("schemas").glob("*.json")))
        raise UserError(f"no schema is called {name!r}; choose one of {names}")
    raw = json.loads(path.read_text())
    inherited = load_schema(raw["extends"]).columns if "extends" in raw else ()
    own = tuple(
        Column(c["name"], TYPES[c["type"]], c["nullable"], c["description"], c.get("since", 0))
        for c in raw["columns"]
    )
    return Schema(raw["name"], raw["version"], inherited + own, raw.get("minor", 0))


def widest(columns: list[str]) -> Schema:
    """The widest schema whose required columns are all among `columns`; `sft` and `preference` before rows."""
    have = set(columns)
    for name in ("sft", "preference", *reversed(ROWS)):
        schema = load_schema(name)
        if have.issuperset(schema.required):
            return schema
    missing = [name for name in load_schema("prompt").required if name not in have]
    raise UserError(
        f"columns missing for any schema: {', '.join(missing)}; add them with `r1 ingest --map` or `--set`"
    )


def includes(schema: str, narrower: str) -> bool:
    """True where rows of `schema` carry every column of `wanted`."""
    return set(load_schema(narrower).names) <= set(load_schema(schema).names)


def how_to_get(needed: str, have: str, uri: str) -> str:
    """What to run on rows of schema `have` for a command that needs rows of schema `needed`."""
    if needed in ROWS and have in ROWS and ROWS.index(have) < ROWS.index(needed):
        steps = [f"`r1 {MAKERS[name]}`" for name in ROWS[ROWS.index(have) + 1 : ROWS.index(needed) + 1]]
        return f"run {', then '.join(steps)} on {uri} first, and give what that writes"
    if needed == "prompt" or needed not in MAKERS:
        return f"give a dataset of {needed} rows"
    return f"give a dataset of {needed} rows, as `r1 {MAKERS[needed]}` writes them"


def conform(table: pa.Table, schema: Schema, where: str) -> pa.Table:
    """`table` with the schema's columns first, in order and of the right type; nullable ones are added as null.

    Raises:
        UserError: a required column is missing or holds nulls, or a type cannot be cast.
    """
    arrays: dict[str, pa.ChunkedArray | pa.Array] = {}
    for column in schema.columns:
        if column.name in table.column_names:
            array = table[column.name]
            try:
                array = array if array.type == column.type else array.cast(column.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise UserError(
                    f"{where}: column {column.name!r} is {array.type}, its schema says {column.type}; "
                    "convert the column"
                ) from error
        elif column.nullable:
            array = pa.nulls(len(table), column.type)
        else:
            raise UserError(
                f"{where}: column {column.name!r} of schema {schema.name!r} is missing; add it to the file"
            )
        if array.null_count and not column.nullable:
            raise UserError(
                f"{where}: column {column.name!r} must not be null; it is in {array.null_count} rows; "
                "fill it or remove them"
            )
        arrays[column.name] = array
    for name in table.column_names:
        arrays.setdefault(name, table[name])
    return pa.table(arrays)


def with_added(table: pa.Table, schema: Schema, columns: list[str] | None = None) -> pa.Table:
    """A shard's rows with nulls for what a minor version of the schema added since it was written.

    Args:
        columns: those that were asked for, in their order; all by default.
    """
    order = columns or [*schema.names, *(name for name in table.column_names if name not in schema.names)]
    for column in schema.columns:
        if column.since and column.name in order and column.name not in table.column_names:
            table = table.append_column(column.name, pa.nulls(len(table), column.type))
    return table if table.column_names == order else table.select(order)
