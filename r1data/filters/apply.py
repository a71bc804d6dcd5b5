"""Applies filters to the rows of a table, or to one row with the measurements that explain each decision.

An exception in a filter of another package becomes an error of the row that names the package; an exception in a
built-in filter is a bug and propagates. Stages quarantine the rows of either (`runtime.failing_rows`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import polars as pl

from r1data.data.responses import prompt_opens
from r1data.data.schema import Row
from r1data.data.text import message_of, one_line
from r1data.errors import RowError
from r1data.filters.bad_format import LAYOUT
from r1data.filters.entry import Figure
from r1data.filters.limits import LIMITS, FilterLimits
from r1data.filters.marks import MOST_MARKS, Mark
from r1data.filters.mixed_language_prefilter import language_marks
from r1data.filters.registry import FILTERS, find, installed
from r1data.filters.rows import FilterRows, Reader, with_thoughts

MESSAGE_CHARACTERS = 100
"""Of another package's message. Ours."""
_READ = ("prompt", "language", "response", "reasoning", "answer", "finish_reason")


@dataclass(frozen=True, slots=True)
class Measure:
    """One measurement of one filter. `drops` is the filter's decision; `limit` is None without a threshold."""

    filter: str
    what: str
    value: Any
    limit: Any
    drops: bool


def chosen(skip: Iterable[str] = (), others: Iterable[str] | None = None) -> list[str]:
    """The reasons of the filters to run.

    Args:
        skip: reasons of filters to leave out.
        others: reasons of filters of other packages to run; by default all that are installed.
    """
    skipped = set(skip)
    return [
        reason
        for reason in (*FILTERS.built_in, *(installed() if others is None else others))
        if reason not in skipped
    ]


def prepared(samples: pl.DataFrame, limits: FilterLimits, filters: Sequence[str]) -> FilterRows:
    """Samples as filter rows: thoughts in a column of their own, one shared pass over them for all prechecks.

    Args:
        samples: at least the prompt, its language, the response and its parts, and the finish reason.
        limits: the thresholds.
        filters: the reasons of the filters that will be applied.
    """
    layout = limits[LAYOUT]
    thoughts = with_thoughts(samples, untagged_is_thought=layout == "any", think_opened=prompt_opens(layout))
    return FilterRows(thoughts, limits, readers(filters))


def readers(filters: Iterable[str]) -> tuple[Reader, ...]:
    """The readers of the built-in filters among these, and that of the consistency score, which is always computed."""
    own = [FILTERS[reason].reader for reason in filters if reason in FILTERS.built_in]
    return tuple({reader: None for reader in (language_marks, *own) if reader})


def drops(reason: str, rows: FilterRows) -> pl.Series:
    """True for each row that a filter drops.

    Raises:
        RowError: a filter of another package fails on some row.
    """
    entry = find(reason)
    if reason in FILTERS.built_in:
        return entry.drops(rows)
    try:
        return entry.drops(rows.with_limits(_own_limits(reason, rows.limits)))
    except Exception as error:
        raise _failure(reason, error) from error


def explain_filters(
    row: Row, limits: FilterLimits = LIMITS, skip: Iterable[str] = (), others: Iterable[str] | None = None
) -> list[Measure]:
    """Measures one sample, filter by filter; the measurements explain the decisions and do not make them.

    Args:
        row: a sample; it may have further columns.
        limits: the thresholds.
        skip: reasons of filters to leave out.
        others: reasons of filters of other packages to include; by default all that are installed.

    Raises:
        RowError: a filter of another package fails.
    """
    filters = chosen(skip, others)
    sample = {name: pl.Series([row.get(name)], dtype=pl.String) for name in _READ}
    rows = prepared(pl.DataFrame(sample), limits, filters)
    whole = {**row, **rows.frame.row(0, named=True)}
    measures = []
    for reason in filters:
        decision = bool(drops(reason, rows)[0])
        figures = _figures(reason, whole, limits) or [Figure("decision", decision)]
        measures += [Measure(reason, each.what, each.value, each.limit, decision) for each in figures]
    return measures


def locate_filters(
    row: Row, limits: FilterLimits = LIMITS, skip: Iterable[str] = (), others: Iterable[str] | None = None
) -> dict[str, list[Mark]]:
    """Where in a sample that is for which filters drop it: marks by the column that they are in.

    Args:
        row: a sample; it may have further columns.
        limits: the thresholds.
        skip: reasons of filters to leave out.
        others: reasons of filters of other packages to include; by default all that are installed.

    Returns:
        Marks of `reasoning`, `answer` and `response`; none of a filter that keeps the row, or that fails to locate.
    """
    filters = chosen(skip, others)
    whole = _whole(row, limits, filters)
    marks: dict[str, list[Mark]] = {}
    for reason in filters:
        entry, own_limits = find(reason), _own_limits(reason, limits)
        try:
            located = (
                list(islice(entry.locate(whole, own_limits), MOST_MARKS))
                if entry.rule(whole, own_limits)
                else []
            )
        except Exception:
            if reason in FILTERS.built_in:
                raise
            continue  # the page is about the row, and another package's marks are an extra
        for mark in located:
            column, shift = _stored(mark.column, row, whole)
            if column is not None:
                mark = mark._replace(start=mark.start + shift, end=mark.end + shift, column=column)
                marks.setdefault(column, []).append(mark)
    return marks


def _stored(column: str, row: Row, whole: Row) -> tuple[str | None, int]:
    """The row's own column that holds what filters read as `column`, and how far places are shifted there."""
    text = whole[column] or ""
    for name in ("reasoning", "response") if column == "thoughts" else (column,):
        own = row.get(name) or ""
        if own == text:
            return name, 0
        # where the prompt opened the thoughts, filters read the response with its tag put back
        if own and text.endswith(own):
            return name, len(own) - len(text)
    return None, 0


def _whole(row: Row, limits: FilterLimits, filters: Sequence[str]) -> dict[str, Any]:
    """A row with its texts as filters read them."""
    sample = {name: pl.Series([row.get(name)], dtype=pl.String) for name in _READ}
    return {**row, **prepared(pl.DataFrame(sample), limits, filters).frame.row(0, named=True)}


def _figures(reason: str, row: Mapping[str, Any], limits: FilterLimits) -> list[Figure]:
    try:
        return list(find(reason).explain(row, _own_limits(reason, limits)))
    except Exception as error:
        if reason in FILTERS.built_in:
            raise
        raise _failure(reason, error) from error


def _own_limits(reason: str, limits: FilterLimits) -> FilterLimits:
    package = reason.rpartition(":")[0]
    return limits.of_package(package) if package else limits


def _failure(reason: str, error: Exception) -> RowError:
    package, _, name = reason.rpartition(":")
    message = one_line(message_of(error), MESSAGE_CHARACTERS)
    return RowError(
        f"package {package}: its filter {name} failed: {type(error).__name__}: {message}; "
        f"fix the package, or leave the filter out: --skip {reason}"
    )
