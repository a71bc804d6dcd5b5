"""What a filter is: one `Filter`, which describes itself.

What `drop_reasons` may hold, the choices of `--skip`, the names of `--limit`, `r1 filter --help`, what `r1 why` tells
and the tables of docs/filter.md come from the entries and from nowhere else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from r1data.data.schema import Row
from r1data.filters.limits import FilterLimits, Limit

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.rows import FilterRows, Reader


@dataclass(frozen=True, slots=True)
class Figure:
    """What a filter measures in a row, for people: `limit` is None where a figure has no threshold."""

    what: str
    value: Any
    limit: Any = None


def no_figures(row: Row, limits: FilterLimits) -> Iterable[Figure]:
    """A filter that explains nothing but its decision."""
    return ()


@dataclass(frozen=True)
class Filter:
    """One filter of `r1 filter`.

    Args:
        reason: its name, and what `drop_reasons` says of a row that it drops.
        rule: whether it drops a row: a sample's `prompt`, `language`, `response`, `thoughts`, `answer`,
            `finish_reason`, maybe other columns. It alone decides.
        summary: when it drops a row, in one line.
        precheck: for a whole column at once, the rows that the rule must look at; never false for one that the rule
            would drop. Without it the rule looks at every row.
        explain: what it measures in a row, for `r1 why`; decides nothing.
        limits: the thresholds that it reads, with their defaults.
        paper: the section of the R1 paper that names it; "" for one of ours.
        advice: how to go on where it drops every row; "" for no more than how to leave it out.
        reader: what the precheck reads off the thoughts (`FilterRows.marks`) in the pass that built-in filters share. A
            precheck of another package need not name it: `marks` then makes a pass of its own.
    """

    reason: str
    rule: Callable[[Row, FilterLimits], bool]
    summary: str
    precheck: "Callable[[FilterRows], pl.Series] | None" = None
    explain: Callable[[Row, FilterLimits], Iterable[Figure]] = no_figures
    limits: tuple[Limit[Any], ...] = ()
    paper: str = ""
    advice: str = ""
    reader: "Reader | None" = None

    def drops(self, rows: "FilterRows") -> "pl.Series":
        """True for each row that the filter drops.

        Raises:
            TypeError: the precheck returns something else than a boolean for each row.
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
            suspects = suspects.fill_null(True)
        verdicts = iter(
            [bool(self.rule(row, rows.limits)) for row in frame.filter(suspects).iter_rows(named=True)]
        )
        return pl.Series([next(verdicts) if suspect else False for suspect in suspects], dtype=pl.Boolean)
