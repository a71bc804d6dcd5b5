"""Sampling strategies: which prompts are sent for a row, and what is written of the responses.

`Strategy` itself is plain sampling: the row's own prompt, and every response kept. Continuing truncated responses, cold
start, general prompts and test generators override parts of it. Not here: how tokens are drawn, engines, shards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from r1data.data.schema import Row

KEPT, DROPPED = "kept", "dropped"
"""Keys of a shard's output tables; the second is written only where the user names a dataset for it."""


@dataclass(frozen=True, slots=True)
class PromptRequest:
    """A prompt as it goes to the template, and what the row's column `sampling` records of it."""

    prompt: str
    system: str | None = None
    note: Mapping[str, Any] = field(default_factory=dict)
    partial_response: PartialResponse | None = None


@dataclass(frozen=True, slots=True)
class PartialResponse:
    """A truncated response to be continued: its text, its token ids where they are known, and its seed.

    `prompt_tokens`: length of the prompt when it was sampled, which the prompt rendered now must have; None: no check.
    """

    text: str
    token_ids: tuple[int, ...] | None
    seed: int
    prompt_tokens: int | None = None


class Strategy:
    """Plain sampling, and the interface that other strategies override parts of."""

    input_schema = "prompt"
    """Schema of the input rows: `prompt` alone, or `sample` and wider."""
    output_schema = "sample"
    """Schema of the rows that are written."""
    columns_read: tuple[str, ...] = ("prompt_id", "prompt", "system")
    """Columns that `row_id` and `requests` read."""
    retries_failures = True
    """Whether a later run retries rows whose request failed transiently; else they are written with an error."""

    def parameters(self) -> Mapping[str, Any]:
        """What of the strategy decides the rows, recorded with the command."""
        return {}

    def partition(self, rows: pa.Table) -> tuple[pa.Table, pa.Table | None]:
        """The rows to sample, and those to leave unsampled; the first get the columns of schema `sample` appended."""
        return rows, None

    def row_id(self, row: Row) -> str:
        """The id from which the seeds of the row's responses are derived."""
        return str(row["prompt_id"])

    def requests(self, row: Row) -> Sequence[PromptRequest]:
        """Alternatives, best first: the first that leaves room for a response is sent, or else the last."""
        return [PromptRequest(row["prompt"], row["system"])]

    def outputs(self, sampled: pa.Table, unsampled: pa.Table | None) -> Mapping[str, pa.Table]:
        """The tables written for a shard, under `KEPT` and, if the strategy drops rows, `DROPPED`."""
        return {KEPT: sampled}

    def counts(self, outputs: Mapping[str, pa.Table]) -> Mapping[str, float]:
        """Additional counts for a shard's summary; they are summed over shards."""
        return {}


def with_columns(table: pa.Table, columns: Mapping[str, Sequence[Any] | pa.ChunkedArray]) -> pa.Table:
    """The table with these columns, replacing those of the same name; Python sequences become text columns."""
    for name, values in columns.items():
        array = values if isinstance(values, pa.ChunkedArray) else pa.array(values, pa.string())
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, array)
        else:
            table = table.append_column(name, array)
    return table
