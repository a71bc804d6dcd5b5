"""Publishing: a shard appears complete, hashed and committed, or not at all.

The order is: write to `.r1/tmp`, fsync, hash, rename into `data/`, fsync the folder, then commit; `stores` has the
equivalent for object stores. The finished shard is the marker from which a rerun resumes.
"""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from r1data.data import commits, parquet
from r1data.data.commits import Command, Parent, ShardEntry
from r1data.data.locations import absolute, relative
from r1data.data.references import Announcer, stdout_is_pipe
from r1data.data.schema import Schema, conform, load_schema
from r1data.data.stores import open_store
from r1data.data.stores.layout import DATA, Store
from r1data.errors import UserError

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
    complete: bool = True
    """False where the input was not whole yet: the same command goes on once more has arrived."""

    def as_json(self) -> dict[str, Any]:
        flat = {"dataset": self.dataset, "rows": self.rows, "shards": self.shards, "digest": self.digest}
        return {**flat, "complete": self.complete, **self.details}


@dataclass(frozen=True, slots=True)
class Draft:
    """A shard that is durable but not published yet."""

    entry: ShardEntry
    staged: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a worker needs to make shards of a dataset."""

    store: Store
    schema: Schema

    def draft(self, name: str, table: pa.Table, inputs: Inputs = (), counts: Counts | None = None) -> Draft:
        """Writes a shard where only `Writer.adopt` finds it.

        Raises:
            UserError: the rows do not fit the schema.
        """
        path = f"{DATA}/{name}.parquet"
        if not commits.SHARD_PATH.fullmatch(path):
            raise ValueError(f"shard name {name!r} has characters outside [A-Za-z0-9_.-]")
        content = parquet.encode(conform(table, self.schema, name))
        digest = hashlib.sha256(content).hexdigest()
        entry = ShardEntry(path, len(table), content.size, digest, tuple(inputs), dict(counts or {}))
        return Draft(entry, self.store.stage(path, content))


class Writer:
    """Writes one dataset. The folder is made with the first shard, so that a failed start leaves nothing behind."""

    def __init__(
        self, uri: str | Path, schema: Schema, command: Command, parents: Sequence[Parent], announce: bool
    ) -> None:
        self.store = open_store(uri)
        self.schema = schema
        self.command = command
        self._recorded = command.as_json()
        self.committed: dict[str, ShardEntry] = {}
        self._seen: set[str] = set()
        self._missing: set[str] = set()
        self._last = -1
        self._finished: tuple[str, list[Parent]] | None = None
        self._counted: Mapping[str, Any] = {}
        self._ready = False
        self._set_parents(parents)
        if self.store.exists():
            self._refresh()
            if self._last < 0 and self.store.is_foreign():
                raise UserError(
                    f"{self.uri}: is a file, or holds other files than a dataset's; choose another -o"
                )
            self.store.sweep()
            # by size alone, which one listing tells: hashing every shard would make each rerun read the whole dataset
            sizes = {file.name: file.bytes for file in self.store.files(DATA)}
            self._missing = {n for n, entry in self.committed.items() if sizes.get(entry.path) != entry.bytes}
        stream = sys.stdout if announce and stdout_is_pipe() else None
        self.announcer = Announcer(absolute(self.store.uri), stream)

    @classmethod
    def open(
        cls,
        uri: str | Path,
        *,
        schema: str,
        command: Command,
        parents: Sequence[Parent] = (),
        announce: bool = True,
    ) -> Self:
        """Opens a dataset for writing, new or to be finished.

        Args:
            uri: a folder, or a URL of a store that promises exclusive commits.
            schema: name of the schema that every shard must fit.
            parents: the inputs, their URIs as this process sees them.
            announce: print shard references where stdout is a pipe; off for a second output.

        Raises:
            UserError: the place holds something else, or the result of other arguments.
        """
        return cls(uri, load_schema(schema), command, parents, announce)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        """Nothing to undo: what is committed stays, what is not never appeared."""

    @property
    def uri(self) -> str:
        return self.store.uri

    @property
    def target(self) -> Target:
        """What workers write shards with; makes the dataset's folders."""
        self._prepare()
        return Target(self.store, self.schema)

    def begin(self) -> None:
        """Commits no shard where nothing is committed yet: from now on the folder remembers its command."""
        self._prepare()
        while self._last < 0 and not self._commit([]):
            self._refresh()

    def has(self, name: str, inputs: Inputs = ()) -> bool:
        """True where that shard is committed and there; its reference goes on to the pipe all the same.

        Raises:
            UserError: the shard was made from other input than it would be made from now.
        """
        entry = self.committed.get(name)
        if entry is None:
            return False
        if inputs and entry.inputs != tuple(inputs):
            raise UserError(
                f"{self.uri}: shard {name!r} was made from other input than now; choose another -o, "
                "or remove the folder to start over"
            )
        if name in self._missing:
            return False
        self._announce(entry)
        return True

    def finished(self) -> Mapping[str, Any] | None:
        """What was counted when all was written from the very inputs that there are now; None where that is not so.

        Where it is, every shard's reference goes on to the pipe, and only `finish` is left to call.
        """
        state = (commits.digest_of(list(self.committed.values())), self.parents)
        if self._missing or self._finished != state or any(parent.digest is None for parent in self.parents):
            return None
        for entry in self.committed.values():
            self._announce(entry)
        return self._counted

    def publish(
        self, name: str, table: pa.Table, inputs: Inputs = (), counts: Counts | None = None
    ) -> ShardEntry:
        """Writes and commits a shard.

        Args:
            name: follows from input and parameters, never from time or order.
            inputs: name and sha256 of the shards it was made from.
            counts: numbers that add up over shards; `finish` reports their sums.
        """
        return self.adopt(self.target.draft(name, table, inputs, counts))

    def adopt(self, draft: Draft) -> ShardEntry:
        """Publishes and commits a shard that a worker wrote, or takes what another process committed by that name.

        Raises:
            UserError: the shard was committed before, is gone, and came out with other bytes now.
        """
        entry = draft.entry
        # The order decides what a kill at any moment leaves: the file first, then the commit that names it. A file that
        # no commit names is litter, which the next run overwrites; a commit without its file would be a damaged set.
        with self.store.alone():
            self._refresh()
            committed = self.committed.get(entry.name)
            if committed is None:
                self.store.place(draft.staged, entry.path)
                # a store without locks lets others commit meanwhile: each time, look whether it was this shard
                while entry.name not in self.committed and not self._commit([entry]):
                    self._refresh()
            elif committed.sha256 == entry.sha256:
                self.store.place(draft.staged, entry.path)
            elif entry.name in self._missing:
                # an object store stages in place: what lies there then has that very name
                if draft.staged != entry.path:
                    self.store.remove(draft.staged)
                raise UserError(
                    f"{self.uri}/{entry.path}: its file is gone, and making it again gave other bytes than those "
                    "committed; restore it from a copy, or choose another -o"
                )
            elif draft.staged != entry.path:
                self.store.remove(draft.staged)
        self._missing.discard(entry.name)
        self._announce(self.committed[entry.name])
        return self.committed[entry.name]

    def adopt_all(self, drafts: Sequence[Draft]) -> None:
        """Publishes several shards and commits them together, for a dataset that one process alone writes."""
        with self.store.alone():
            for draft in drafts:
                self.store.place(draft.staged, draft.entry.path)
            while drafts and not self._commit([draft.entry for draft in drafts]):
                self._refresh()
        for draft in drafts:
            self._missing.discard(draft.entry.name)
            self._announce(draft.entry)

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
            self._set_parents(parents)
        strangers = sorted(self.committed.keys() - self._seen)
        if strangers:
            raise UserError(
                f"{self.uri}: shard {strangers[0]!r} was made from input that is not there now; choose another -o"
            )
        entries = list(self.committed.values())
        digest = commits.digest_of(entries)
        sums: dict[str, float] = {}
        for entry in entries:
            for key, value in entry.counts.items():
                sums[key] = sums.get(key, 0) + value
        summary = {**sums, **(details or {})}
        # a rerun of what is finished adds no commit, so that it leaves the dataset as it was, byte for byte
        if complete and self._finished != (digest, self.parents):
            self._prepare()
            if not self._commit([], digest=digest, summary=summary):
                # another process committed since the last look: its shards belong into the digest and the sums too
                self._refresh()
                return self.finish(details, parents=parents)
        self.store.sweep()  # of workers that died on the way
        self.announcer.end(complete=complete)
        rows = sum(entry.rows for entry in entries)
        return Summary(self.uri, rows, len(entries), digest, summary, complete)

    def _refresh(self) -> None:
        """Takes in what was committed since the last look, here or by another process."""
        for commit in commits.read(self.store, self._last):
            self._last = commit.number
            self._refuse_other_arguments(commit)
            for shard in commit.shards:
                self.committed.setdefault(shard.name, shard)
            if commit.complete:
                self._finished = (commits.digest_of(list(self.committed.values())), list(commit.parents))
                self._counted = commit.summary

    def _prepare(self) -> None:
        if not self._ready:
            self.store.prepare()
            self._ready = True

    def _refuse_other_arguments(self, commit: commits.Commit) -> None:
        mine, theirs = self._recorded, commit.command
        if mine["name"] != theirs["name"]:
            raise UserError(
                f"{self.uri}: written by `r1 {theirs['name']}`; choose another -o for `r1 {mine['name']}`"
            )
        recorded, current = theirs["parameters"], mine["parameters"]
        for key in sorted(recorded.keys() | current.keys()):
            if recorded.get(key) != current.get(key):
                raise UserError(
                    f"{self.uri}: written with {key} = {recorded.get(key)!r}, now {current.get(key)!r}; "
                    "choose another -o, or remove the folder to start over"
                )

    def _set_parents(self, parents: Sequence[Parent]) -> None:
        self.parents = [Parent(relative(parent.uri, self.store.uri), parent.digest) for parent in parents]

    def _announce(self, entry: ShardEntry) -> None:
        self._seen.add(entry.name)
        self.announcer.shard(entry)

    def _commit(
        self, shards: list[ShardEntry], *, digest: str | None = None, summary: Mapping[str, Any] | None = None
    ) -> bool:
        """Adds a commit, unless another process just added one; the last one of a finished command has a digest."""
        number = commits.append(
            self.store,
            shards=shards,
            schema=(self.schema.name, self.schema.version),
            command=self.command,
            parents=self.parents,
            complete=digest is not None,
            summary=summary,
            digest=digest,
            after=self._last,
        )
        if number is not None:
            self._last = number
            self.committed.update({shard.name: shard for shard in shards})
        return number is not None
