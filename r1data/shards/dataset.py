"""A dataset: a folder of committed Parquet shards with a schema and a lineage. Reading checks before it trusts."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from r1data.errors import DamagedShard, UserError
from r1data.shards import commits, files
from r1data.shards.commits import Commit, Parent, ShardEntry
from r1data.shards.schema import Schema, load_schema

UNPACKED_LIMIT = 4 << 30
"""Bytes that a shard may unpack to; ours: a shard made here holds some tens of megabytes."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One committed shard of a dataset; cheap to hand to a worker process."""

    dataset: Path
    entry: ShardEntry

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
    def path(self) -> Path:
        return self.dataset / self.entry.path

    def table(self, columns: list[str] | None = None) -> pa.Table:
        """The rows, after the bytes were found to be those of the commit.

        Raises:
            DamagedShard: the file is missing, has other bytes or rows than committed, or unpacks past the limit.
        """
        raw = self._checked_bytes()
        try:
            file = pq.ParquetFile(io.BytesIO(raw), page_checksum_verification=True)
            meta = file.metadata
            unpacked = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
            if unpacked > UNPACKED_LIMIT:
                raise DamagedShard(f"{self.path}: would unpack to {unpacked:,} bytes; refused")
            table = file.read(columns=columns)
        except (pa.ArrowInvalid, OSError) as error:
            raise DamagedShard(f"{self.path}: not readable as Parquet: {error}") from error
        if len(table) != self.rows:
            raise DamagedShard(f"{self.path}: holds {len(table)} rows, its commit says {self.rows}")
        return table

    def _checked_bytes(self) -> bytes:
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            raise DamagedShard(
                f"{self.path}: committed, but the file is missing; restore it from a copy"
            ) from None
        if hashlib.sha256(raw).hexdigest() != self.sha256:
            raise DamagedShard(
                f"{self.path}: its bytes are not those that were committed; restore it from a copy"
            )
        return raw


class Dataset:
    """A dataset on disk, opened for reading."""

    def __init__(self, path: str | Path) -> None:
        self.path = files.local(path)
        if not self.path.exists():
            raise UserError(f"{self.path}: no such dataset")
        self.commits: list[Commit] = commits.read(self.path)
        if not self.commits:
            raise UserError(
                f"{self.path}: not a dataset of r1 (no commits in {commits.LOG}); `r1 ingest` makes one"
            )

    @property
    def uri(self) -> str:
        return str(self.path)

    @property
    def schema(self) -> Schema:
        """The schema of the rows.

        Raises:
            UserError: the dataset was written with another version of the schema.
        """
        name, version = self.commits[-1].schema
        schema = load_schema(name)
        if schema.version != version:
            raise UserError(
                f"{self.path}: schema {name!r} is version {version}, this r1 knows {schema.version}"
            )
        return schema

    @property
    def entries(self) -> list[ShardEntry]:
        """What the commits name, each shard once, in the order of their paths."""
        union: dict[str, ShardEntry] = {}
        for commit in self.commits:
            for shard in commit.shards:
                known = union.setdefault(shard.path, shard)
                if known.sha256 != shard.sha256:
                    raise DamagedShard(f"{self.path / shard.path}: committed twice with different bytes")
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
        """The inputs, their URIs relative to this folder."""
        return list(self.commits[-1].parents)

    def shards(self) -> Iterator[Shard]:
        """The shards, in the order of their paths."""
        for entry in self.entries:
            yield Shard(self.path, entry)

    def table(self, columns: list[str] | None = None) -> pa.Table:
        """All rows at once; for sets that fit into memory."""
        tables = [shard.table(columns) for shard in self.shards()]
        return pa.concat_tables(tables, promote_options="default") if tables else pa.table({})

    def tables(self) -> Iterator[pa.Table]:
        """The rows, a shard at a time."""
        return (shard.table() for shard in self.shards())
