"""Responses of shards in the making, kept where a run is interrupted, so that the same command goes on from them.

A shard is committed whole, and until then its responses are in memory. When a run ends early (Ctrl-C, SIGTERM, servers
that are gone), and once a minute besides, those that have come are written to `.r1/unfinished`, each
beside a digest of its request. The next run takes up the responses whose requests it would send again, and sends the
others; the files go when the shard is committed. The first such file comes with a commit of no shards, which remembers
the command and its parameters: another command in that folder is refused.

Requests that failed are not kept: they are sent again. Not here: rows that failed (`pending_retries`).
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from r1data.data import parquet
from r1data.data.stores.layout import UNFINISHED
from r1data.data.writer import Writer
from r1data.engines.base import Completion, Request
from r1data.errors import UserError
from r1data.sampling.parts import Part

SAVE_SECONDS = 60.0
"""How often the responses of shards in the making are written while a run goes on: what a `kill -9` can lose. Ours."""
MOST_TOKENS, MOST_SECONDS = 1 << 31, 1e9
COLUMNS = pa.schema(
    [
        ("request", pa.int32()),
        ("digest", pa.string()),
        ("text", pa.string()),
        ("token_ids", pa.list_(pa.int32())),
        ("finish_reason", pa.string()),
        ("prompt_tokens", pa.int64()),
        ("response_tokens", pa.int64()),
        ("seconds", pa.float64()),
    ]
)
"""Of the files; `seconds` is the time that a file's responses took together, in its first row."""
ENDED = ("stop", "length")
_NAME = re.compile(rf"{re.escape(UNFINISHED)}/([\w.-]+)\.(\d+)-[0-9a-f]{{8}}\.parquet", re.ASCII)
"""A file: its shard, how many responses it holds, and an id, as two processes may work on one dataset."""


class Unfinished:
    """The unfinished shards of one dataset."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.files = _matches(file.name for file in writer.store.files(UNFINISHED))
        self.open: dict[str, Part] = {}
        """Parts that are not committed yet, by name."""
        self.start()

    def start(self) -> None:
        """Starts the clock."""
        self.saved = self.counted = time.monotonic()

    def begin(self, part: Part) -> None:
        """Takes up what an interrupted run left of a part.

        Raises:
            UserError: a file of it cannot be read.
        """
        for name in self._files_of(part.name):
            where = f"{self.writer.uri}/{name}"
            table = parquet.decode(self.writer.store.read(name), where)
            if not table.schema.equals(COLUMNS):
                raise UserError(
                    f"{where}: has not the columns of unfinished responses; remove it, and they are sampled again"
                )
            for row in table.to_pylist():
                self._take_up(part, row)
        self.open[part.name] = part

    def end(self, part: Part) -> None:
        """Removes what was kept of a part that is committed, or of which nothing came."""
        self.counted = time.monotonic()
        self.open.pop(part.name, None)
        for name in self._files_of(part.name):
            self.writer.store.remove(name)
            del self.files[name]

    def clear(self) -> None:
        """Removes whatever is left, in a dataset that is complete."""
        for name in _matches(file.name for file in self.writer.store.files(UNFINISHED)):
            self.writer.store.remove(name)

    def save_if_due(self) -> None:
        """Writes the new responses where the last ones were written long enough ago."""
        if time.monotonic() - self.saved >= SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Writes the responses that have come since the last time, each part's to a file of its own."""
        self.saved = time.monotonic()
        for part in self.open.values():
            numbers = [n for n in part.received.keys() - part.saved if part.received[n].error is None]
            if numbers:
                rows = [_row(part, number) for number in sorted(numbers)]
                # The time of all open parts together is counted once.
                now = time.monotonic()
                rows[0]["seconds"], self.counted = now - self.counted, now
                self._write(part.name, pa.Table.from_pylist(rows, schema=COLUMNS))
                part.saved.update(numbers)

    def responses(self) -> int:
        """How many responses of shards in the making the files hold."""
        return sum(int(match[2]) for match in self.files.values())

    def _take_up(self, part: Part, row: dict[str, Any]) -> None:
        number, digest, seconds = row.pop("request"), row.pop("digest"), row.pop("seconds")
        if number not in part.candidates or row["finish_reason"] not in ENDED or None in row.values():
            return
        # What no run writes is not taken: counts beyond these would make a commit that cannot be read.
        tokens = (row["prompt_tokens"], row["response_tokens"])
        if not all(0 <= count <= MOST_TOKENS for count in tokens) or not 0 <= (seconds or 0) <= MOST_SECONDS:
            return
        part.earlier_seconds += seconds or 0.0
        # A source that has changed since may have another prompt in this place, to which this is no response.
        if digest == digest_of(part.requests[number]):
            part.earlier[number] = Completion(**row)
            part.saved.add(number)

    def _write(self, shard: str, table: pa.Table) -> None:
        if not self.files:
            self.writer.begin()
        store, name = (
            self.writer.target.store,
            f"{UNFINISHED}/{shard}.{len(table)}-{secrets.token_hex(4)}.parquet",
        )
        store.place(store.stage(name, parquet.encode(table)), name)
        self.files.update(_matches([name]))

    def _files_of(self, shard: str) -> list[str]:
        return sorted(name for name, match in self.files.items() if match[1] == shard)


def _matches(names: Iterable[str]) -> dict[str, re.Match[str]]:
    """The files of responses among these, by name."""
    return {name: match for name in names if (match := _NAME.fullmatch(name))}


def digest_of(request: Request) -> str:
    """A digest of all that a response depends on, but for the settings that a dataset's commits remember."""
    messages = [asdict(message) for message in request.messages]
    content = [request.token_ids, messages, request.seed, request.schema, request.prefix_tokens]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _row(part: Part, number: int) -> dict[str, Any]:
    completion = part.received[number]
    return {
        "request": number,
        "digest": digest_of(part.requests[number]),
        "text": completion.text,
        "token_ids": completion.token_ids,
        "finish_reason": completion.finish_reason,
        "prompt_tokens": completion.prompt_tokens,
        "response_tokens": completion.response_tokens,
        "seconds": 0.0,
    }
