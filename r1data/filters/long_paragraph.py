"""The filter `long_paragraph` (R1 2.3.3): thoughts with a paragraph too long to read.

The paper names the filter and gives no number. 2,000 characters (800 in Chinese and Japanese) is this project's choice,
from real traces: R1's own distilled models never exceed it, Grok-3 does in a fifth of its thoughts. Fences and display
maths do not count: a table of sixty rows is not a paragraph.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from r1data.data.schema import Row
from r1data.filters.entry import Figure, Filter
from r1data.filters.limits import LIMITS, FilterLimits, Limit
from r1data.filters.marks import Mark
from r1data.filters.masking import (
    blanked,
    display_maths_blanked,
    fences,
    without_display_maths,
    without_fences,
)
from r1data.filters.scripts import primary
from r1data.filters.token_arrays import Array, TokenArrays

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.rows import FilterRows

PARAGRAPH = Limit("paragraph", 2_000, "characters of a line of the thoughts")
BY_LANGUAGE = Limit("paragraph_by_language", {"zh": 800, "ja": 800}, "the same, by language")


_LEFT_OUT = re.compile("\0+")


def limit_for(language: str | None, limits: FilterLimits = LIMITS) -> int:
    """The longest line that a language (BCP 47) allows, in characters."""
    return limits[BY_LANGUAGE].get(primary(language) or "", limits[PARAGRAPH])


def longest_line(thoughts: str) -> int:
    """Characters of the longest line, without fences and display maths."""
    text = without_display_maths(without_fences(thoughts))
    return max(len(line.strip()) for line in text.split("\n"))


def long_paragraph(thoughts: str, language: str | None = None, limits: FilterLimits = LIMITS) -> bool:
    """Whether a line is longer than the language allows."""
    limit = limit_for(language, limits)
    return len(thoughts) > limit and longest_line(thoughts) > limit


def _longest(text: TokenArrays, target: str | None, limits: FilterLimits) -> Array:
    return text.longest


def _precheck(rows: "FilterRows") -> "pl.Series":
    """Rows with a line that is too long before fences and maths are removed."""
    import polars as pl

    allowed = [limit_for(tag, rows.limits) for tag in rows.frame["language"]]
    return rows.marks(_longest) > pl.Series(allowed, dtype=pl.Int64)


def _explain(row: Row, limits: FilterLimits) -> Iterator[Figure]:
    longest = longest_line(row["thoughts"])
    yield Figure("longest paragraph, characters", longest, limit_for(row["language"], limits))


def _locate(row: Row, limits: FilterLimits) -> Iterator[Mark]:
    """The paragraphs that are too long."""
    thoughts, limit = row["thoughts"], limit_for(row["language"], limits)
    # NUL marks what is left out, a run of them counts as one character, as in `longest_line`.
    text = blanked(thoughts, fences(thoughts), "\0")
    text = display_maths_blanked(text, "\0")
    start = 0
    for line in text.split("\n"):
        length = len(_LEFT_OUT.sub(" ", line).strip()) if len(line) > limit else 0
        if length > limit:
            title = f"a paragraph of {length:,} characters; the limit is {limit:,}"
            yield Mark(start, start + len(line), "long_paragraph", title)
        start += len(line) + 1


FILTER = Filter(
    reason="long_paragraph",
    rule=lambda row, limits: long_paragraph(row["thoughts"], row["language"], limits),
    summary="a line of more than 2,000 characters; 800 in Chinese and Japanese",
    precheck=_precheck,
    explain=_explain,
    locate=_locate,
    limits=(PARAGRAPH, BY_LANGUAGE),
    paper="2.3.3",
    advice="`--limit paragraph=5000` allows longer ones",
    reader=_longest,
)
