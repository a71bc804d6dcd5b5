"""Filters applied: to a table's rows, and to one row with what each of them measures in it.

A filter of another package that fails is an error that names the package; one of ours is a bug.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from r1data.data.schema import Row
from r1data.errors import UserError
from r1data.filters.bad_format import LAYOUT
from r1data.filters.entry import Figure
from r1data.filters.limits import LIMITS, FilterLimits
from r1data.filters.mixed_language_prefilter import language_marks
from r1data.filters.registry import FILTERS, find, installed
from r1data.filters.rows import FilterRows, Reader, with_thoughts

_READ = ("prompt", "language", "response", "reasoning", "answer", "finish_reason")


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of one filter. `drops` is the filter's decision, `limit` None where a figure has no threshold."""

    filter: str
    what: str
    value: Any
    limit: Any
    drops: bool


def chosen(skip: Iterable[str] = (), others: Iterable[str] | None = None) -> list[str]:
    """The filters that run, by reason.

    Args:
        skip: those that do not.
        others: those of other packages that do; by default all that are installed.
    """
    skipped = set(skip)
    return [
        reason
        for reason in (*FILTERS.built_in, *(installed() if others is None else others))
        if reason not in skipped
    ]


def prepared(samples: pl.DataFrame, limits: FilterLimits, filters: Sequence[str]) -> FilterRows:
    """Samples as rows that the filters, by reason, judge: thoughts apart, one pass over them for all prechecks.

    Args:
        samples: at least the prompt, its language, the response and its parts, and the finish reason.
        limits: the thresholds.
        filters: those that will be asked.
    """
    thoughts = with_thoughts(samples, untagged_is_thought=limits[LAYOUT] == "any")
    return FilterRows(thoughts, limits, readers(filters))


def readers(filters: Iterable[str]) -> tuple[Reader, ...]:
    """What the prechecks of our own filters among these read, and the consistency score, which is always there."""
    own = [FILTERS[reason].reader for reason in filters if reason in FILTERS.built_in]
    return tuple({reader: None for reader in (language_marks, *own) if reader})


def drops(reason: str, rows: FilterRows) -> pl.Series:
    """True for each row that a filter drops.

    Raises:
        UserError: a filter of another package fails.
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
    """Measures a row of samples, filter by filter; the figures explain and decide nothing.

    Args:
        row: a sample; it may have other columns.
        limits: the thresholds.
        skip: filters, by reason, that are left out, as they were not asked.
        others: those of other packages that are asked; by default all that are installed.

    Raises:
        UserError: a filter of another package fails.
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


def _failure(reason: str, error: Exception) -> UserError:
    package, _, name = reason.rpartition(":")
    return UserError(
        f"package {package}: its filter {name} failed: {type(error).__name__}: {error}; "
        f"fix the package, or leave the filter out: --skip {reason}"
    )
