"""A training command's input: rows of a dataset, file or pipe, and what they are, for the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from r1data.data.source import Source, open_source
from r1data.errors import UserError


@dataclass(frozen=True)
class Rows:
    """Rows that can be read again and again, a shard in memory at a time."""

    source: Source

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for shard in self.source.shards():
            yield from shard.table().to_pylist()

    def parents(self) -> list[dict[str, Any]]:
        """Where the rows come from: `uri` and `digest`."""
        return [asdict(parent) for parent in self.source.parents()]


def read(uri: str, schema: str) -> Rows:
    """What a `DS` argument names. A pipe is first read to its end: its shards lie in a dataset, training needs all.

    Raises UserError where nothing is there, rows are narrower than `schema`, or a pipe broke off.
    """
    source = open_source(uri, schema)
    if uri == "-":
        for _ in source.shards():
            pass
        if not source.complete:
            raise UserError("-: the pipe ended before its end line; run the command before this one again")
        source = open_source(source.uri, schema)
    return Rows(source)
