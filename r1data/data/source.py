"""The input of a command: a dataset, a plain file, a hub dataset, or references on stdin."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Protocol

import pyarrow as pa

from r1data.data.column_notes import RESPONSE_NAMES
from r1data.data.commits import Parent, digest_of
from r1data.data.dataset import Dataset
from r1data.data.plain import DEFAULT_VERIFIER, PlainSource, is_plain
from r1data.data.references import ReferenceReader
from r1data.data.schema import Schema, how_to_get, includes
from r1data.errors import UserError


class AnyShard(Protocol):
    """A named piece of a source; `sha256` identifies its content."""

    @property
    def name(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    def table(self) -> pa.Table: ...


class Source(Protocol):
    """Rows that a command reads, a shard at a time."""

    @property
    def uri(self) -> str: ...
    @property
    def schema(self) -> Schema: ...
    @property
    def complete(self) -> bool:
        """True where nothing more will come; known once `shards` has ended."""

    @property
    def rows(self) -> int | None:
        """Rows in all, None where they are still being made."""

    def shards(self) -> Iterator[AnyShard]: ...
    def parents(self) -> list[Parent]:
        """The source as its reader's parent; the digest is known once `shards` has ended."""


class DatasetSource:
    """A dataset as input."""

    def __init__(self, uri: str) -> None:
        self.dataset = Dataset(uri)
        self.uri = uri
        self.schema = self.dataset.schema
        self.complete = self.dataset.complete
        self.rows = self.dataset.rows

    def shards(self) -> Iterator[AnyShard]:
        return self.dataset.shards()

    def parents(self) -> list[Parent]:
        return [Parent(self.uri, self.dataset.digest)]


class PipeSource:
    """References on stdin: shards arrive as the command before commits them."""

    rows = None

    def __init__(self) -> None:
        self.reader = ReferenceReader(sys.stdin)
        self.arriving = iter(self.reader)
        self.first = next(self.arriving, None)
        if self.reader.dataset is None:
            raise UserError(
                "-: nothing came through the pipe; the command before this one had no rows; run it "
                "alone to see why"
            )
        self.uri = self.reader.dataset
        self.schema = Dataset(self.uri).schema

    @property
    def complete(self) -> bool:
        return self.reader.complete

    def shards(self) -> Iterator[AnyShard]:
        for shard in chain([self.first] if self.first else [], self.arriving):
            yield replace(shard, schema=self.schema)

    def parents(self) -> list[Parent]:
        digest = digest_of(self.reader.entries) if self.reader.ended else None
        return [Parent(self.uri, digest)]


def open_source(uri: str, *needs: str, verifier: str | None = None) -> Source:
    """Opens what a `DS` argument names.

    Args:
        uri: a dataset's path or URL, a JSONL, JSON, CSV or Parquet file's, `hf:org/name`, or `-` for references on
            stdin.
        needs: schemas, one of which the rows must carry the columns of; none means any.
        verifier: that of a plain file's rows which have a truth and name no verifier; None is the default, `math`.

    Raises:
        UserError: nothing is there, it is unreadable, or its rows are narrower than `needs`.
    """
    source: Source
    if uri == "-":
        source = PipeSource()
    elif is_plain(uri):
        source = PlainSource(uri, verifier=verifier or DEFAULT_VERIFIER)
    else:
        source = DatasetSource(uri)
    if needs and not any(includes(source.schema.name, name) for name in needs):
        for shard in source.shards():
            shard.table()  # a damaged dataset is said to be damaged, whatever else is wrong with it
        advice = how_to_get(needs[0], source.schema.name, source.uri)
        # a plain file may hold responses under a name that only its user can tell to be theirs
        first = source.first if isinstance(source, PlainSource) else {}
        column = next((name for name in RESPONSE_NAMES if name in first and name != "response"), None)
        if needs[0] == "sample" and column:
            advice = f"run `r1 ingest {source.uri} -o DS --map response={column}` first, and give DS here"
        raise UserError(
            f"{uri}: holds {source.schema.name} rows; this command needs {' or '.join(needs)} rows: {advice}"
        )
    return source
