"""The filter `bad_format`: a response without the tags that the layout requires.

The layouts are defined in `r1data.data.responses`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from r1data.data.responses import CLOSE, OPEN, tags, well_formed
from r1data.data.schema import Row
from r1data.filters.entry import Figure, Filter
from r1data.filters.limits import FilterLimits, Limit
from r1data.filters.marks import Mark

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.rows import FilterRows

LAYOUT = Limit("layout", "r1", "the tags that a response must have, one of `r1data.data.responses.FORMATS`")


def bad_format(response: str, layout: str = LAYOUT.default) -> bool:
    """Whether a response does not follow a layout, one of `r1data.data.responses.FORMATS`."""
    return not well_formed(response, layout)


def _precheck(rows: "FilterRows") -> "pl.Series":
    """Rows that do not clearly have the tags."""
    import polars as pl

    if rows.limits[LAYOUT] != LAYOUT.default:
        return pl.repeat(True, rows.frame.height, eager=True)
    return ~rows.tagged


def _explain(row: Row, limits: FilterLimits) -> Iterator[Figure]:
    tags = f"{row['response'].count(OPEN)} and {row['response'].count(CLOSE)}"
    yield Figure(f"{OPEN} and {CLOSE} tags for layout {limits[LAYOUT]}", tags)


def _locate(row: Row, limits: FilterLimits) -> Iterator[Mark]:
    """Every think and answer tag, also one that is cut or spelt otherwise."""
    for number, (start, end) in enumerate(tags(row["response"]), 1):
        yield Mark(start, end, "bad_format", f"tag {number} of the response", "response")


FILTER = Filter(
    reason="bad_format",
    rule=lambda row, limits: bad_format(row["response"], limits[LAYOUT]),
    summary="not one `<think>` at the start, one `</think>`, and something in and after them",
    precheck=_precheck,
    explain=_explain,
    locate=_locate,
    limits=(LAYOUT,),
    paper="2.2.2",
    advice="where the chat template wrote the `<think>`, give `--think-opened`; an ordinary instruct model writes no "
    "think tags: `--format any` reads a response without them as thoughts",
)
