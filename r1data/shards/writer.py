"""Publishing: a shard appears whole, hashed and committed, or it does not appear.

Write to `.r1/tmp`, fsync, hash, rename into `data/`, fsync the folder, then commit. The finished shard is the
marker from which a rerun goes on.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from r1data.errors import UserError
from r1data.shards import commits, files
from r1data.shards.commits import Command, Parent, ShardEntry
from r1data.shards.references import Announcer, stdout_is_pipe
from r1data.shards.schema import Schema, conform, load_schema

ROW_GROUP = 1_000
Inputs = Sequence[tuple[str, str]]
Counts = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a command did: the dataset it wrote and whatever it counted."""

    dataset: str
    rows: int
    shards: int
    digest: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        flat = {"dataset": self.dataset, "rows": self.rows, "shards": self.shards, "digest": self.digest}
        return {**flat, **self.details}


def write_parquet(table: pa.Table, path: Path) -> tuple[int, str]:
    """Writes a shard file and returns its size in bytes and its sha256; on disk when this returns."""
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=3,
        row_group_size=ROW_GROUP,
        write_page_checksum=True,
        store_schema=True,
    )
    files.fsync(path)
    return path.stat().st_size, files.sha256(path)


def encode(
    table: pa.Table, schema: Schema, name: str, part: Path, inputs: Inputs = (), counts: Counts | None = None
) -> ShardEntry:
    """Writes a shard's file at `part` and returns what a commit says of it."""
    size, digest = write_parquet(conform(table, schema, name), part)
    return ShardEntry(f"data/{name}.parquet", len(table), size, digest, tuple(inputs), dict(counts or {}))


class Writer:
    """Writes one dataset. The folder is made with the first shard, so that a failed start leaves nothing behind."""

    def __init__(
        self, path: str | Path, schema: Schema, command: Command, parents: Sequence[Parent], announce: bool
    ) -> None:
        self.path = files.local(path)
        self.schema = schema
        self.command = command
        self.parents = [Parent(_relative(parent.uri, self.path), parent.digest) for parent in parents]
        self.committed: dict[str, ShardEntry] = {}
        self._seen: set[str] = set()
        self._finished: tuple[str, list[Parent]] | None = None
        self._open()
        stream = sys.stdout if announce and stdout_is_pipe() else None
        self.announcer = Announcer(self.path, stream)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        schema: str,
        command: Command,
        parents: Sequence[Parent] = (),
        announce: bool = True,
    ) -> Self:
        """Opens a dataset for writing, new or to be finished.

        Args:
            schema: name of the schema that every shard must fit.
            parents: the inputs, their URIs as this process sees them.
            announce: print shard references where stdout is a pipe; off for a second output.

        Raises:
            UserError: the folder holds something else, or the result of other arguments.
        """
        return cls(path, load_schema(schema), command, parents, announce)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        """Nothing to undo: what is committed stays, what is not never appeared."""

    def has(self, name: str, inputs: Inputs = ()) -> bool:
        """True where that shard is committed already; its reference goes on to the pipe all the same.

        Raises:
            UserError: the shard was made from other input than it would be made from now.
        """
        entry = self.committed.get(name)
        if entry is None:
            return False
        if inputs and entry.inputs != tuple(inputs):
            raise UserError(
                f"{self.path}: shard {name!r} was made from other input than now; choose another -o, "
                "or remove the folder to start over"
            )
        self._seen.add(name)
        self.announcer.shard(entry)
        return True

    def publish(
        self, name: str, table: pa.Table, inputs: Inputs = (), counts: Counts | None = None
    ) -> ShardEntry:
        """Writes and commits a shard.

        Args:
            name: follows from input and parameters, never from time or order.
            inputs: name and sha256 of the shards it was made from.
            counts: numbers that add up over shards; `finish` reports their sums.
        """
        part = self.scratch()
        return self.adopt(part, encode(table, self.schema, name, part, inputs, counts))

    def adopt(self, part: Path, entry: ShardEntry) -> ShardEntry:
        """Commits a file that a worker wrote under `scratch()`."""
        target = self.path / entry.path
        if not commits.SHARD_PATH.fullmatch(entry.path):
            raise ValueError(f"shard name {entry.name!r} has characters outside [A-Za-z0-9_.-]")
        part.rename(target)
        files.fsync(target.parent)
        self._commit([entry])
        self.committed[entry.name] = entry
        self._seen.add(entry.name)
        self.announcer.shard(entry)
        return entry

    def scratch(self) -> Path:
        """A fresh temporary file name for a worker."""
        self._make_folder()
        return files.temporary(self.path / commits.SCRATCH)

    def finish(
        self,
        details: Mapping[str, Any] | None = None,
        *,
        complete: bool = True,
        parents: Sequence[Parent] | None = None,
    ) -> Summary:
        """Ends the dataset: the last commit, the end line, the summary.

        Args:
            details: what the command counted; kept in the commit and shown to the user.
            complete: False where the input itself was not whole yet.
            parents: the inputs again, now with their digests, where they were not known at the start.
        """
        if parents is not None:
            self.parents = [Parent(_relative(parent.uri, self.path), parent.digest) for parent in parents]
        self._refuse_other_input()
        entries = list(self.committed.values())
        digest = commits.digest_of(entries)
        details = {**_sums(entries), **(details or {})}
        if complete and self._finished != (digest, self.parents):
            self._make_folder()
            self._commit([], complete=True, summary=details)
        self.announcer.end()
        return Summary(str(self.path), sum(entry.rows for entry in entries), len(entries), digest, details)

    def _refuse_other_input(self) -> None:
        strangers = sorted(self.committed.keys() - self._seen)
        if strangers:
            raise UserError(
                f"{self.path}: shard {strangers[0]!r} was made from input that is not there now; choose another -o"
            )

    def _open(self) -> None:
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise UserError(f"{self.path}: exists and is not a folder; choose another -o")
        log = commits.read(self.path)
        if not log:
            if any(self.path.iterdir()) and not (self.path / ".r1").is_dir():
                raise UserError(f"{self.path}: the folder holds other files; choose another -o")
            return
        self._refuse_other_arguments(log[0])
        self.committed = {shard.name: shard for commit in log for shard in commit.shards}
        if any(commit.complete for commit in log):
            digest = commits.digest_of(list(self.committed.values()))
            self._finished = (digest, list(log[-1].parents))
        files.sweep(self.path / commits.SCRATCH)

    def _refuse_other_arguments(self, first: commits.Commit) -> None:
        mine, theirs = self.command.as_json(), first.command
        if mine["name"] != theirs["name"]:
            raise UserError(
                f"{self.path}: written by `r1 {theirs['name']}`; choose another -o for `r1 {mine['name']}`"
            )
        before, now = theirs["parameters"], mine["parameters"]
        for key in sorted(before.keys() | now.keys()):
            if before.get(key) != now.get(key):
                raise UserError(
                    f"{self.path}: written with {key} = {before.get(key)!r}, now {now.get(key)!r}; "
                    "choose another -o, or remove the folder to start over"
                )

    def _make_folder(self) -> None:
        for part in ("data", commits.LOG, commits.SCRATCH):
            (self.path / part).mkdir(parents=True, exist_ok=True)

    def _commit(
        self, shards: list[ShardEntry], *, complete: bool = False, summary: Mapping[str, Any] | None = None
    ) -> None:
        commits.append(
            self.path,
            shards=shards,
            schema=(self.schema.name, self.schema.version),
            command=self.command,
            parents=self.parents,
            complete=complete,
            summary=summary,
        )


def _sums(entries: Sequence[ShardEntry]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for entry in entries:
        for key, value in entry.counts.items():
            sums[key] = sums.get(key, 0) + value
    return sums


def _relative(uri: str, dataset: Path) -> str:
    return uri if "://" in uri else os.path.relpath(uri, dataset)
