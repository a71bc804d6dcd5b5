"""The prompts' own rows, kept beside what a GRPO run trains on: rollouts repeat their columns.

The trainer reads token ids and what rewards need; a recorded rollout carries the whole prompt, as each row of this
project does. The rows lie in an Arrow file in the run's folder, in the order of the prepared prompts, which every
process maps and none reads whole.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from r1data.data.plain import content_id
from r1data.data.records import Record, as_text
from r1data.data.schema import load_schema

FILE = "prompt_rows.arrow"
ROWS_AT_ONCE = 1_000
DEFAULTS = {"domain": "unknown", "language": "en", "source": "unknown"}
"""As for plain files."""


class PromptRowWriter:
    """Writes the rows that pass through `rows`, as the schema `prompt` has them.

    Args:
        path: the Arrow file; it is whole once the block has ended.
    """

    def __init__(self, path: Path) -> None:
        self.schema = pa.schema([(column.name, column.type) for column in load_schema("prompt").columns])
        self.sink = pa.OSFile(str(path), "wb")
        self.writer = pa.ipc.new_file(self.sink, self.schema)
        self.buffer: list[Record] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if kind is None and self.buffer:
            self._write()
        self.writer.close()
        self.sink.close()

    def rows(self, rows: Iterable[Record]) -> Iterator[Record]:
        """The rows as they are."""
        for row in rows:
            self.buffer.append(_as_prompt(row))
            if len(self.buffer) == ROWS_AT_ONCE:
                self._write()
            yield row

    def _write(self) -> None:
        self.writer.write_table(pa.Table.from_pylist(self.buffer, schema=self.schema))
        self.buffer = []


class PromptRows:
    """The rows of a file that `PromptRowWriter` wrote, by position."""

    def __init__(self, path: Path) -> None:
        self.reader = pa.ipc.open_file(pa.memory_map(str(path)))
        lengths = (self.reader.get_batch(number).num_rows for number in range(self.reader.num_record_batches))
        self.ends = list(accumulate(lengths))

    def __iter__(self) -> Iterator[Record]:
        for number in range(self.reader.num_record_batches):
            yield from self.reader.get_batch(number).to_pylist()

    def __getitem__(self, position: int) -> Record:
        batch = bisect_right(self.ends, position)
        offset = position - (self.ends[batch - 1] if batch else 0)
        row: Record = self.reader.get_batch(batch).slice(offset, 1).to_pylist()[0]
        return row


def _as_prompt(row: Record) -> Record:
    """A row of whatever schema as one of `prompt`, with the defaults that a plain file gets."""
    prompt: dict[str, Any] = {name: as_text(row.get(name)) for name in load_schema("prompt").names}
    if prompt["prompt_id"] is None:
        prompt["prompt_id"] = content_id(prompt["system"], prompt["prompt"])
    return prompt | {name: value for name, value in DEFAULTS.items() if prompt[name] is None}
