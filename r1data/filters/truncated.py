"""The filter `truncated`: a response that was cut off."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from r1data.data.responses import is_unclosed
from r1data.data.schema import Row
from r1data.filters.entry import Figure, Filter
from r1data.filters.limits import FilterLimits

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.rows import FilterRows


def truncated(response: str, finish_reason: str | None = None) -> bool:
    """Whether a response was cut off: its thoughts are never closed, or it reached the length limit."""
    return finish_reason == "length" or is_unclosed(response)


def _precheck(rows: "FilterRows") -> "pl.Series":
    """Rows that reached the length limit or do not clearly have the tags."""
    return ~rows.tagged | rows.frame["finish_reason"].eq_missing("length")


def _explain(row: Row, limits: FilterLimits) -> Iterator[Figure]:
    yield Figure("finish reason", row["finish_reason"])
    yield Figure("thoughts left open", is_unclosed(row["response"]))


FILTER = Filter(
    reason="truncated",
    rule=lambda row, _: truncated(row["response"], row["finish_reason"]),
    summary="thoughts that never close, or `finish_reason` is `length`",
    precheck=_precheck,
    explain=_explain,
    advice="sample with more --max-tokens, or finish these: `r1 sample DS -o DS --continue --max-tokens N`",
)
