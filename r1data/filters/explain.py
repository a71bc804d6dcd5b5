"""What the filters see in one row: each one's measure beside its limit, for looking at a decision afterwards.

Whether a filter drops the row is asked of the filter itself; the figures beside it explain and decide nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from r1data.data.responses import CLOSE, OPEN, is_unclosed
from r1data.data.schema import Row
from r1data.filters import paragraphs, registry, repetition
from r1data.filters.limits import LIMITS, Limits
from r1data.filters.registry import FILTERS, Rows

Figures = Iterator[tuple[str, Any, Any]]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of one filter. `drops` is the filter's decision, `limit` None where a figure has no threshold."""

    filter: str
    what: str
    value: Any
    limit: Any
    drops: bool


def explain_filters(row: Row, limits: Limits = LIMITS, skip: tuple[str, ...] = ()) -> list[Measure]:
    """Measures a row of samples, filter by filter; those in `skip` are left out, as they were not asked."""
    thoughts = row.get("reasoning")
    if thoughts is None:
        thoughts = row["response"] if limits.layout == "any" else ""
    full = {
        **row,
        "prompt": row["prompt"] or "",
        "response": row["response"] or "",
        "thoughts": thoughts or "",
    }
    rows = Rows(
        pl.DataFrame({name: pl.Series([full[name]], dtype=pl.String) for name in registry.NEEDS}), limits
    )
    found = []
    for name, drops in FILTERS.items():
        if name not in skip:
            decided = bool(drops(rows)[0])
            found += [Measure(name, *figure, decided) for figure in FIGURES[name](full, rows)]
    return found


def _format(row: Row, rows: Rows) -> Figures:
    response = row["response"]
    tags = f"{response.count(OPEN)} and {response.count(CLOSE)}"
    yield f"{OPEN} and {CLOSE} tags for layout {rows.limits.layout}", tags, None


def _truncated(row: Row, rows: Rows) -> Figures:
    yield "finish reason", row["finish_reason"], None
    yield "thoughts left open", is_unclosed(row["response"]), None


def _language(row: Row, rows: Rows) -> Figures:
    yield "language consistency", registry.consistency(rows)[0], None


def _paragraph(row: Row, rows: Rows) -> Figures:
    longest = paragraphs.longest_line(row["thoughts"])
    yield "longest paragraph, characters", longest, paragraphs.limit_for(row["language"], rows.limits)


def _code(row: Row, rows: Rows) -> Figures:
    found = bool(FILTERS["code_block"](rows)[0])
    program = f"a fence, or {rows.limits.code_lines} program lines, {rows.limits.code_keywords} of them sure"
    yield program, found, None


def _repetition(row: Row, rows: Rows) -> Figures:
    thoughts = row["thoughts"]
    yield "ten-word sequences that recur", repetition.repeated_ngrams(thoughts), rows.limits.ngram_share
    yield "sentences that recur", repetition.has_same_units(thoughts, rows.limits), None
    yield "an end that says nothing", repetition.has_empty_tail(thoughts, rows.limits), None
    yield "a run of characters", repetition.has_run(thoughts, rows.limits), None


FIGURES: dict[str, Callable[[Row, Rows], Figures]] = {
    "bad_format": _format,
    "truncated": _truncated,
    "mixed_language": _language,
    "long_paragraph": _paragraph,
    "code_block": _code,
    "repetition": _repetition,
}
