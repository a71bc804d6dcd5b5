"""The registry entry of a filter: one `Filter` that describes itself.

The values of `drop_reasons`, the choices of `--skip`, the names of `--limit`, `r1 filter --help`, the output of
`r1 why` and the tables of docs/filter.md are derived from the entries and from nothing else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from r1data.data.schema import Row
from r1data.filters.limits import FilterLimits, Limit
from r1data.filters.marks import Mark

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.rows import FilterRows, Reader


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement of a row, shown to people; `limit` is None where it has no threshold."""

    what: str
    value: Any
    limit: Any = None


def no_figures(row: Row, limits: FilterLimits) -> Iterable[Figure]:
    """The default of `Filter.explain`: no measurements, only the decision is shown."""
    return ()


def no_marks(row: Row, limits: FilterLimits) -> Iterable[Mark]:
    """The default of `Filter.locate`: no places."""
    return ()


@dataclass(frozen=True)
class Filter:
    """One filter of `r1 filter`.

    Args:
        reason: the filter's name, and the value in `drop_reasons` of a row that it drops.
        rule: whether to drop a row, given a sample's `prompt`, `language`, `response`, `thoughts`, `answer`,
            `finish_reason` and possibly other columns. The decision is the rule's alone.
        summary: when it drops a row, in one line.
        precheck: for all rows at once, which ones the rule must examine. It may be true too often, but never false for
            a row that the rule would drop. Without a precheck the rule examines every row.
        explain: the measurements that `r1 why` shows; they decide nothing.
        locate: where in the row's thoughts, answer or response that is for which the rule drops the row; asked only for
            rows that it does drop.
        limits: the thresholds that the rule reads, with their defaults.
        paper: the section of the R1 paper that names the filter; "" if the paper does not.
        advice: what to do if the filter drops every row; "" if there is no advice beyond `--skip`.
        reader: the function that the precheck passes to `FilterRows.marks`, declared here so that all built-in filters
            share one pass over the thoughts. Filters of other packages may omit it; they get a pass of their own.
    """

    reason: str
    rule: Callable[[Row, FilterLimits], bool]
    summary: str
    precheck: "Callable[[FilterRows], pl.Series] | None" = None
    explain: Callable[[Row, FilterLimits], Iterable[Figure]] = no_figures
    locate: Callable[[Row, FilterLimits], Iterable[Mark]] = no_marks
    limits: tuple[Limit[Any], ...] = ()
    paper: str = ""
    advice: str = ""
    reader: "Reader | None" = None

    def drops(self, rows: "FilterRows") -> "pl.Series":
        """True for each row that the filter drops.

        Raises:
            TypeError: the precheck does not return one boolean per row.
        """
        import polars as pl

        frame = rows.frame
        if frame.is_empty():
            return pl.Series([], dtype=pl.Boolean)
        if self.precheck is None:
            suspects = pl.repeat(True, frame.height, eager=True, dtype=pl.Boolean)
        else:
            suspects = self.precheck(rows)
            if suspects.dtype != pl.Boolean or len(suspects) != frame.height:
                raise TypeError(
                    f"its precheck returns {len(suspects)} {suspects.dtype}, not {frame.height} Boolean"
                )
            suspects = suspects.fill_null(True)  # where the precheck cannot tell, the rule decides
        verdicts = iter(
            [bool(self.rule(row, rows.limits)) for row in frame.filter(suspects).iter_rows(named=True)]
        )
        return pl.Series([next(verdicts) if suspect else False for suspect in suspects], dtype=pl.Boolean)
