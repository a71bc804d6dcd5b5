"""What changed between two datasets: schema, parameters, parents, and rows by their ids.

The order of rows and their shards do not matter. Values are compared by 64-bit hashes, a shard at a time, so that no
text is held in memory; two different values collide once in 10^19 times.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from r1data.data.schema import ROWS
from r1data.data.source import DatasetSource, Source, open_source
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.lineage.ancestors import parents_of

KEYS = {
    "sft": ("example_id",),
    "preference": ("preference_id",),
    "prompt": ("prompt_id",),
    **dict.fromkeys(ROWS[1:], ("prompt_id", "sample_index")),
}
"""The id columns of a row, by schema."""
EXAMPLES = 3
"""Example keys in the summary of each kind of difference. Ours."""
_ROW, _OCCURRENCE = "·row", "·again"
"""Columns that are added here; by the middle dot they keep clear of a dataset's own."""
Sides = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DiffSide:
    """One of the two datasets: its columns, and each row's key, column hashes and verdict."""

    source: Source
    types: Mapping[str, pa.DataType]
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Difference:
    """All differences. `changed` has the pairs with equal keys; its `columns` lists the columns that differ."""

    a: DiffSide
    b: DiffSide
    key: tuple[str, ...]
    same: int
    changed: pl.DataFrame
    only_a: pl.DataFrame
    only_b: pl.DataFrame

    @property
    def equal(self) -> bool:
        """True where both hold the same rows under the same columns."""
        rows = self.changed.height + self.only_a.height + self.only_b.height
        return rows == 0 and self.a.types == self.b.types

    def differing(self) -> Iterator[dict[str, Any]]:
        """The keys of all rows that differ, each with its kind of difference."""
        for row in self.changed.select(*self.key, "columns").iter_rows(named=True):
            yield {"change": "changed", **row}
        for name, rows in (("only_a", self.only_a), ("only_b", self.only_b)):
            for row in rows.select(*self.key).iter_rows(named=True):
                yield {"change": name, **row}

    def as_json(self) -> dict[str, Any]:
        """Plain data: pairs as `a` and `b`, rows as counts with a few keys."""
        parents = [
            parents_of(side.source.dataset) if isinstance(side.source, DatasetSource) else []
            for side in (self.a, self.b)
        ]
        types = {
            name: {"a": str(kind), "b": str(self.b.types[name])}
            for name, kind in self.a.types.items()
            if name in self.b.types
        }
        changed_columns = Counter(name for names in self.changed["columns"].to_list() for name in names)
        return {
            "equal": self.equal,
            "a": self.a.source.uri,
            "b": self.b.source.uri,
            "schema": {"a": self.a.source.schema.name, "b": self.b.source.schema.name},
            "rows": {"a": self.a.rows.height, "b": self.b.rows.height},
            "digest": {"a": _digest(self.a), "b": _digest(self.b)},
            "parameters": _parameters(self.a, self.b),
            "parents": _exclusive(*parents),
            "columns": _exclusive(list(self.a.types), list(self.b.types)),
            "types": {name: pair for name, pair in types.items() if pair["a"] != pair["b"]},
            "key": list(self.key),
            "same": self.same,
            "changed": {**self._summary(self.changed), "columns": dict(changed_columns.most_common())},
            "only_a": self._summary(self.only_a),
            "only_b": self._summary(self.only_b),
            "verdicts": _verdicts(self.changed),
        }

    def _summary(self, rows: pl.DataFrame) -> dict[str, Any]:
        return {"rows": rows.height, "examples": rows.select(*self.key).head(EXAMPLES).to_dicts()}


def diff(a: str, b: str) -> Difference:
    """Compares two datasets, or files, of one schema or of two stages of the same rows.

    Rows are paired by key. Where a key occurs more than once, rows that are the same are paired first, then the others
    in their order.

    Raises:
        UserError: one cannot be read, or no key names rows of both.
        DamagedShard: a shard is not what was committed.
    """
    sources = open_source(a), open_source(b)
    key = _key(*sources)
    sides = _side(sources[0], key), _side(sources[1], key)
    # A column of two types is reported as such; its values' hashes cannot be compared.
    types_b = sides[1].types
    shared_columns = [
        name for name, kind in sides[0].types.items() if types_b.get(name) == kind and name not in key
    ]
    row_hash = pl.struct(shared_columns).hash() if shared_columns else pl.lit(0, pl.UInt64)
    rows_a, rows_b = (
        side.rows.with_columns(row_hash.alias(_ROW)).with_columns(
            pl.int_range(pl.len()).over(*key, _ROW).alias(_OCCURRENCE)
        )
        for side in sides
    )
    # Two joins, because a key may occur more than once: the first takes out the rows that are the same, the n-th copy
    # of one against the n-th of the other; the second numbers what is left anew and pairs it in its order.
    on = [*key, _ROW, _OCCURRENCE]
    unmatched = [
        rows.join(other_rows, on=on, how="anti", nulls_equal=True).with_columns(
            pl.int_range(pl.len()).over(*key).alias(_OCCURRENCE)
        )
        for rows, other_rows in ((rows_a, rows_b), (rows_b, rows_a))
    ]
    on = [*key, _OCCURRENCE]
    paired = unmatched[0].join(unmatched[1], on=on, how="inner", suffix="·b", nulls_equal=True)
    unpaired = [
        rows.join(other_rows, on=on, how="anti", nulls_equal=True).sort(key)
        for rows, other_rows in (unmatched, reversed(unmatched))
    ]
    differ = [pl.when(pl.col(n).ne_missing(pl.col(f"{n}·b"))).then(pl.lit(n)) for n in shared_columns]
    differing_names = pl.concat_list(differ).list.drop_nulls() if differ else pl.lit([], pl.List(pl.String))
    return Difference(
        *sides,
        key,
        rows_a.height - unmatched[0].height,
        paired.with_columns(differing_names.alias("columns")).sort(key),
        unpaired[0],
        unpaired[1],
    )


def _key(a: Source, b: Source) -> tuple[str, ...]:
    names = a.schema.name, b.schema.name
    if names[0] == names[1]:
        return KEYS[names[0]]
    if "preference" in names:
        raise UserError(
            f"{a.uri} holds {names[0]} rows and {b.uri} {names[1]} rows; they have no id in "
            "common; compare datasets of the same rows"
        )
    return KEYS["prompt" if "prompt" in names else "sample"]


def _side(source: Source, key: tuple[str, ...]) -> DiffSide:
    """Hashes of a source's rows, a shard at a time."""
    types: dict[str, pa.DataType] = {}
    frames = []
    for shard in source.shards():
        table = shard.table()
        # A column that is all null in one shard has no type there; another shard tells it.
        types |= {field.name: field.type for field in table.schema if not pa.types.is_null(field.type)}
        try:
            frames.append(_hashed(table, key))
        # Polars panics at some types of Arrow, and a panic is no Exception
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, pa.ArrowException) as error:
            raise UserError(
                f"{source.uri}: shard {shard.name}: its columns cannot be compared: {one_line(str(error), 200)}; "
                "convert the column to text"
            ) from error
    if not frames:
        types = {column.name: column.type for column in source.schema.columns}
        frames = [_hashed(pa.schema(types.items()).empty_table(), key)]
    return DiffSide(source, types, pl.concat(frames, how="diagonal_relaxed"))


def _hashed(table: pa.Table, key: tuple[str, ...]) -> pl.DataFrame:
    """A column's hash is null where its value is, so that a column that a shard lacks is one of nulls."""
    frame = pl.DataFrame(table)
    verdict = pl.col("verdict") if "verdict" in frame.columns else pl.lit(None, pl.String)
    values = [
        pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash())
        for name in frame.columns
        if name not in key
    ]
    return frame.select(*key, *(value.name.keep() for value in values), verdict.alias("·verdict"))


def _verdicts(changed_rows: pl.DataFrame) -> list[dict[str, Any]]:
    differing = changed_rows.filter(pl.col("·verdict").ne_missing(pl.col("·verdict·b")))
    transitions = (
        differing.group_by("·verdict", "·verdict·b").agg(rows=pl.len()).sort("rows", "·verdict", "·verdict·b")
    )
    return [
        {"from": row["·verdict"], "to": row["·verdict·b"], "rows": row["rows"]}
        for row in transitions.reverse().to_dicts()
    ]


def _digest(side: DiffSide) -> str | None:
    return side.source.dataset.digest if isinstance(side.source, DatasetSource) else None


def _parameters(a: DiffSide, b: DiffSide) -> dict[str, Sides]:
    """The commands where they differ, else the parameters that do."""
    flat = [_flat(side) for side in (a, b)]
    if flat[0].get("command") != flat[1].get("command"):
        flat = [{"command": side.get("command")} for side in flat]
    names = sorted(flat[0].keys() | flat[1].keys())
    pairs = {name: {"a": flat[0].get(name), "b": flat[1].get(name)} for name in names}
    return {name: pair for name, pair in pairs.items() if pair["a"] != pair["b"]}


def _flat(side: DiffSide) -> dict[str, Any]:
    if not isinstance(side.source, DatasetSource):
        return {}
    command = side.source.dataset.command
    parameters: dict[str, Any] = {"command": command["name"]}
    for name, value in command["parameters"].items():
        inner = value.items() if isinstance(value, dict) else ()
        parameters |= {f"{name}.{key}": item for key, item in inner} if inner else {name: value}
    return parameters


def _exclusive(a: list[str], b: list[str]) -> Sides:
    return {"a": [name for name in a if name not in b], "b": [name for name in b if name not in a]}
