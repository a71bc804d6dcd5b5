"""Responses and the positions that a model has for them.

Where the user names the length of responses, each prompt must leave room for a whole one: what would be cut shorter
than asked is refused before the model is loaded. Where nobody names it, a response gets what its prompt leaves, up to
the default. Models behind a server are its own affair. Not here: prompts that leave no room at all
(`engines.base.refuse`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.source import Source
from r1data.errors import UserError
from r1data.sampling.plan import SamplingPlan

if TYPE_CHECKING:
    from r1data.sampling.parts import Renderer

REMEDY = (
    "leave --max-tokens out to take what a prompt leaves, or train the model with more positions (--context)"
)
SPARE = 256
"""Bytes that a template may add to a prompt before its tokens are counted. Ours."""


def shortened(plan: SamplingPlan) -> str | None:
    """What to tell people where responses may get shorter than the default length; None where they cannot."""
    positions = None if plan.length_given else plan.positions()
    if positions is None or positions > plan.sampling.max_tokens:
        return None
    return (
        f"{plan.model} has {positions:,} positions: a response may have what its prompt leaves of them, not "
        f"{plan.sampling.max_tokens:,} tokens"
    )


def check_length(plan: SamplingPlan) -> None:
    """Raise UserError where the length that the user names leaves no position for any prompt."""
    positions = plan.positions() if plan.length_given else None
    if positions is not None and plan.sampling.max_tokens >= positions:
        raise UserError(
            f"{plan.model}: has {positions:,} positions, and --max-tokens {plan.sampling.max_tokens} leaves none for "
            f"a prompt; {REMEDY}"
        )


def check_prompts(source: Source, plan: SamplingPlan, renderer: Callable[[], Renderer]) -> None:
    """Raise UserError where prompts leave no room for a whole response of the length that the user names.

    A pipe is not looked ahead into; rows of it that are too long say so in their place (`parts`).
    """
    positions = plan.positions() if plan.length_given else None
    if positions is None or source.rows is None:
        return
    room = positions - plan.sampling.max_tokens
    longest = max((_longest(table, renderer()) for table in _long_rows(source, room - SPARE)), default=0)
    if longest > room:
        raise UserError(
            f"{plan.model}: has {positions:,} positions, and a prompt of {longest:,} tokens with --max-tokens "
            f"{plan.sampling.max_tokens} needs {longest + plan.sampling.max_tokens:,}; "
            + (f"give at most {positions - longest}, or " if positions > longest else "")
            + REMEDY
        )


def _long_rows(source: Source, most_bytes: int) -> Iterator[pa.Table]:
    """The rows whose prompts have more bytes, a shard at a time: a token has at least one."""
    for shard in source.shards():
        table = shard.table()
        size = pc.binary_length(pc.fill_null(table["prompt"].cast(pa.large_string()), ""))
        if "system" in table.column_names:
            system = pc.fill_null(table["system"].cast(pa.large_string()), "")
            size = pc.add(size, pc.binary_length(system))
        rows = table.filter(pc.greater(size, most_bytes))
        if len(rows):
            yield rows


def _longest(rows: pa.Table, renderer: Renderer) -> int:
    part = renderer.part("lengths", (), rows)
    return max((len(request.token_ids) for request in part.requests), default=0)
