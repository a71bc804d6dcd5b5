"""A training command's input: rows of a dataset, file or pipe."""

from __future__ import annotations

from r1data.data.rows import Rows
from r1data.data.source import open_source
from r1data.errors import UserError


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
