"""The filter `truncated`: a response that was cut off."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from r1data.data.responses import is_unclosed
from r1data.data.schema import Row
from r1data.filters.entry import Figure, Filter
from r1data.filters.limits import FilterLimits
from r1data.filters.marks import Mark

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.rows import FilterRows


_SHOWN = 80
"""Characters of the end that are marked, of the last line. Ours."""


def truncated(response: str, finish_reason: str | None = None) -> bool:
    """Whether a response was cut off: its thoughts are never closed, or it reached the length limit."""
    return finish_reason == "length" or is_unclosed(response)


def _precheck(rows: "FilterRows") -> "pl.Series":
    """Rows that reached the length limit or do not clearly have the tags."""
    return ~rows.tagged | rows.frame["finish_reason"].eq_missing("length")


def _explain(row: Row, limits: FilterLimits) -> Iterator[Figure]:
    yield Figure("finish reason", row["finish_reason"])
    yield Figure("thoughts left open", is_unclosed(row["response"]))


def _locate(row: Row, limits: FilterLimits) -> Iterator[Mark]:
    """The end of what was cut off."""
    column = "answer" if row.get("answer") and not is_unclosed(row["response"]) else "thoughts"
    text = (row[column] or "").rstrip()
    start = max(text.rfind("\n") + 1, len(text) - _SHOWN)
    title = (
        "reached the limit of tokens" if row["finish_reason"] == "length" else "thoughts end here, unclosed"
    )
    yield Mark(start, len(text), "truncated", title, column)


FILTER = Filter(
    reason="truncated",
    rule=lambda row, _: truncated(row["response"], row["finish_reason"]),
    summary="thoughts that never close, or `finish_reason` is `length`",
    precheck=_precheck,
    explain=_explain,
    locate=_locate,
    advice="sample with more --max-tokens, or finish these: `r1 sample DS -o DS --continue --max-tokens N`",
)
