"""A dataset: committed Parquet shards with a schema and a lineage. Shards are verified before they are read."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from r1data.data import commits, parquet
from r1data.data.commits import Commit, Parent, ShardEntry
from r1data.data.locations import resolve
from r1data.data.schema import Schema, load_schema, with_added
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG, Store
from r1data.errors import DamagedShard, UserError


@dataclass(frozen=True, slots=True)
class Shard:
    """One committed shard of a dataset; cheap to hand to a worker process.

    `schema` is the one that its columns must fit, None where that is not known.
    """

    store: Store
    entry: ShardEntry
    schema: Schema | None = None

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def rows(self) -> int:
        return self.entry.rows

    @property
    def sha256(self) -> str:
        return self.entry.sha256

    @property
    def uri(self) -> str:
        return f"{self.store.uri}/{self.entry.path}"

    def table(self, columns: list[str] | None = None) -> pa.Table:
        """The rows, after the bytes were found to be those of the commit.

        Raises:
            DamagedShard: the file is missing, has other bytes, rows or columns than committed, or unpacks past the
                limit of `shards.parquet`.
        """
        added = self.schema.added if self.schema else ()
        # decoded from the very bytes that were hashed: the file may be another one by the time of a second read
        table = parquet.decode(self.checked_bytes(), self.uri, columns, added)
        if len(table) != self.rows:
            raise DamagedShard(f"{self.uri}: holds {len(table)} rows, its commit says {self.rows}; {REMEDY}")
        if self.schema:
            parquet.fits(table, self.schema, self.uri, columns)
        return with_added(table, self.schema, columns) if added and self.schema else table

    def checked_bytes(self) -> bytes:
        """The file, if it is what was committed."""
        # A file that is far larger than its commit says is not read to be hashed: a sparse one has any size for free.
        limit = min(parquet.UNPACKED_LIMIT, max(self.entry.bytes or parquet.UNPACKED_LIMIT, _SMALL))
        try:
            raw = self.store.read(self.entry.path, limit)
        except FileNotFoundError:
            raise DamagedShard(f"{self.uri}: committed, but the file is missing; {REMEDY}") from None
        if hashlib.sha256(raw).hexdigest() != self.sha256:
            raise DamagedShard(f"{self.uri}: its bytes are not those that were committed; {REMEDY}")
        return raw


_SMALL = 64 << 20
"""Bytes of a file that are read whatever the commit says."""
REMEDY = "`r1 check --repair --dry-run` tells what can be done"


class Dataset:
    """A dataset at a path or URL, opened for reading."""

    def __init__(self, uri: str | Path) -> None:
        self.store = open_store(uri)
        if not self.store.exists():
            raise UserError(
                f"{self.store.uri}: no such dataset; check the path, or make one with `r1 ingest FILE "
                f"-o {self.store.uri}`"
            )
        self.commits: list[Commit] = commits.read(self.store)
        if not self.commits:
            raise UserError(
                f"{self.store.uri}: not a dataset of r1 (no commits in {LOG}); `r1 ingest` makes one"
            )

    @property
    def uri(self) -> str:
        return self.store.uri

    @property
    def schema(self) -> Schema:
        """The schema of the rows.

        Raises:
            UserError: this r1 does not know it, or knows another version of it.
        """
        name, version = self.commits[-1].schema
        try:
            schema = load_schema(name)
        except UserError as error:
            raise UserError(f"{self.uri}: {error}; update r1") from None
        if schema.version != version:
            raise UserError(
                f"{self.uri}: its rows have schema {name!r} v{version}, this r1 knows v{schema.version}; "
                + ("update r1" if version > schema.version else "make the dataset again with this r1")
            )
        return schema

    @property
    def entries(self) -> list[ShardEntry]:
        """What the commits name, each shard once, in the order of their paths."""
        union: dict[str, ShardEntry] = {}
        for commit in self.commits:
            for shard in commit.shards:
                first = union.setdefault(shard.path, shard)
                if first.sha256 != shard.sha256:
                    raise DamagedShard(
                        f"{self.uri}/{shard.path}: committed twice with different bytes; {REMEDY}"
                    )
        return [union[path] for path in sorted(union)]

    @property
    def rows(self) -> int:
        return sum(entry.rows for entry in self.entries)

    @property
    def complete(self) -> bool:
        """True where the command that wrote it came to its end."""
        return any(commit.complete for commit in self.commits)

    @property
    def digest(self) -> str:
        return commits.digest_of(self.entries)

    @property
    def command(self) -> Mapping[str, Any]:
        return self.commits[0].command

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the command that wrote it reported at its end; empty before that."""
        return next((c.summary for c in reversed(self.commits) if c.complete), {})

    def parents(self) -> list[Parent]:
        """The inputs, their URIs as seen from where the dataset lies now."""
        return [Parent(resolve(parent.uri, self.uri), parent.digest) for parent in self.commits[-1].parents]

    def shards(self) -> Iterator[Shard]:
        """The shards, in the order of their paths."""
        schema = self.schema
        for entry in self.entries:
            yield Shard(self.store, entry, schema)

    def table(self, columns: list[str] | None = None) -> pa.Table:
        """All rows at once; for sets that fit into memory."""
        tables = [shard.table(columns) for shard in self.shards()]
        return pa.concat_tables(tables, promote_options="default") if tables else pa.table({})

    def tables(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """The rows, a shard at a time."""
        return (shard.table(columns) for shard in self.shards())
