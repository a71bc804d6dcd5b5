"""What is asked about a row, and what becomes of the responses: sampling asks the row's prompt and keeps all.

Cold start asks in other ways (cold_start/). Not here: how tokens are drawn, engines, shards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

Row = Mapping[str, Any]
KEPT, DROPPED = "kept", "dropped"
"""Keys of the tables that a method makes of a shard; the second is written where a place is given for it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt as it goes to the template, and what the row's `sampling` says of it."""

    prompt: str
    system: str | None = None
    note: Mapping[str, Any] = field(default_factory=dict)
    begun: Begun | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A response of which the rest is wanted: its text, its token ids where they are known, the seed that it had.

    `prompt_tokens`: what the prompt had then; the rendered prompt must have as many. None: it need not.
    """

    text: str
    token_ids: tuple[int, ...] | None
    seed: int
    prompt_tokens: int | None = None


class Method:
    """Plain sampling; cold start's methods differ in one part of it or another."""

    takes = "prompt"
    """Schema of the rows that are asked about: `prompt` alone, or `sample` and wider."""
    makes = "sample"
    """Schema of the rows that are written."""
    reads: tuple[str, ...] = ("prompt_id", "prompt", "system")
    """Columns that `row_id` and `asked` look at."""
    owes = True
    """Whether rows whose request failed for now are left to a later run; else they are rows with an error at once."""

    def recorded(self) -> Mapping[str, Any]:
        """What of the method decides the rows, for the command's record."""
        return {}

    def choose(self, rows: pa.Table) -> tuple[pa.Table, pa.Table | None]:
        """The rows to ask about, and those left aside; the first get the columns of schema `sample` at their end."""
        return rows, None

    def row_id(self, row: Row) -> str:
        """The id from which the seeds of the row's responses follow."""
        return str(row["prompt_id"])

    def asked(self, row: Row) -> Sequence[Asked]:
        """What may be asked, best first; the first that leaves room for a response is, else the last."""
        return [Asked(row["prompt"], row["system"])]

    def made(self, sampled: pa.Table, aside: pa.Table | None) -> Mapping[str, pa.Table]:
        """What is written of a shard, under `KEPT` and, if anything, `DROPPED`."""
        return {KEPT: sampled}

    def counts(self, made: Mapping[str, pa.Table]) -> Mapping[str, float]:
        """What the summary says of a shard beside what sampling counts, in numbers that add up."""
        return {}
