"""Filters over a table's column: a gate that the whole column passes at once, then the rule on the rows it
lets by.

A gate may let a clean row by; it never holds a bad one back, but for a sentence whose only foreign words
stand next to punctuation, which the rules hardly see either.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from r1data.readability import code, format, language, paragraphs, repetition
from r1data.readability.limits import Limits
from r1data.readability.scripts import LATIN, foreign_class, primary, written_in_latin
from r1data.readability.vocabulary import suspects

Row = Mapping[str, Any]
NEEDS = ("response", "thoughts", "language", "prompt", "finish_reason")
"""Columns of the frame that filters read; `thoughts` and `prompt` without nulls."""


@dataclass(frozen=True)
class Filter:
    """A rule for one row, and the gate in front of it."""

    rule: Callable[[Row, Limits], bool]
    gate: Callable[[pl.DataFrame, Limits], pl.Series]

    def __call__(self, rows: pl.DataFrame, limits: Limits) -> pl.Series:
        """True for each row of a frame with the columns of `NEEDS` that the filter drops."""
        passed = self.gate(rows, limits)
        found = iter([self.rule(row, limits) for row in rows.filter(passed).iter_rows(named=True)])
        return pl.Series([next(found) if by else False for by in passed], dtype=pl.Boolean)


def every_row(rows: pl.DataFrame, limits: Limits) -> pl.Series:
    """No gate."""
    return pl.repeat(True, rows.height, eager=True)


def may_mix(rows: pl.DataFrame, limits: Limits | None = None) -> pl.Series:
    """Rows with a word or letter that could be of another language; all rows of languages in another
    script."""
    parts = [_may_mix(part, primary(tag)) for (tag,), part in _by_language(rows)]
    numbered = pl.concat([part.select("number", "open") for part in parts]) if parts else None
    return numbered.sort("number")["open"] if numbered is not None else pl.Series([], dtype=pl.Boolean)


def _by_language(rows: pl.DataFrame) -> Any:
    numbered = rows.select("language", "thoughts").with_row_index("number")
    return numbered.group_by("language", maintain_order=True)


def _may_mix(rows: pl.DataFrame, target: str | None) -> pl.DataFrame:
    if target is None:
        return rows.with_columns(open=pl.lit(False))
    if not written_in_latin(target):
        return rows.with_columns(open=pl.lit(True))
    text = pl.col("thoughts")
    words = [f" {word} " for word in sorted(suspects(target))]
    told = text.str.contains_any(words, ascii_case_insensitive=True)
    rows = rows.with_columns(open=told, wide=text.str.len_bytes() != text.str.len_chars())
    strange = f"{foreign_class(target)}|[{LATIN.removeprefix('A-Za-z')}]"
    letters = rows.filter("wide").select("number", strange=text.str.contains(strange))
    return rows.join(letters, on="number", how="left", maintain_order="left").with_columns(
        open=pl.col("open") | pl.col("strange").fill_null(False)
    )


def consistency(rows: pl.DataFrame) -> pl.Series:
    """`language_consistency` of each row of a frame with the columns of `NEEDS`; null where there is none."""
    prose = pl.col("thoughts").str.contains("[a-z]{2,} +[a-z]{2,}") & pl.col("language").is_not_null()
    plain = ~may_mix(rows) & rows.select(prose).to_series()
    scored = iter(
        [
            language.language_consistency(row["thoughts"], row["language"], row["prompt"])
            for row in rows.filter(~plain).iter_rows(named=True)
        ]
    )
    return pl.Series([1.0 if known else next(scored) for known in plain], dtype=pl.Float64)


def may_be_long(rows: pl.DataFrame, limits: Limits) -> pl.Series:
    """Rows with a line that is too long as it stands."""
    allowed = pl.Series([paragraphs.limit_for(tag, limits) for tag in rows["language"]], dtype=pl.UInt32)
    longest = pl.col("thoughts").str.split("\n").list.eval(pl.element().str.len_chars()).list.max()
    return rows.select(longest.fill_null(0)).to_series() > allowed


def may_be_code(rows: pl.DataFrame, limits: Limits) -> pl.Series:
    """Rows with a fence or a line that only a program has."""
    text = pl.col("thoughts")
    return rows.select(
        text.str.contains_any(["```", "~~~"]) | text.str.contains(code.KEYWORD_LINE)
    ).to_series()


def may_repeat(rows: pl.DataFrame, limits: Limits) -> pl.Series:
    """Rows in which words, sentences or a pattern recur often enough."""
    return pl.Series(repetition.may_repeat(rows["thoughts"].to_list(), limits), dtype=pl.Boolean)


FILTERS: dict[str, Filter] = {
    "bad_format": Filter(lambda row, limits: format.bad_format(row["response"], limits.layout), every_row),
    "truncated": Filter(lambda row, _: format.truncated(row["response"], row["finish_reason"]), every_row),
    "mixed_language": Filter(
        lambda row, limits: language.mixed_language(row["thoughts"], row["language"], row["prompt"], limits),
        may_mix,
    ),
    "long_paragraph": Filter(
        lambda row, limits: paragraphs.long_paragraph(row["thoughts"], row["language"], limits), may_be_long
    ),
    "code_block": Filter(lambda row, limits: code.code_block(row["thoughts"], limits), may_be_code),
    "repetition": Filter(lambda row, limits: repetition.is_repetitive(row["thoughts"], limits), may_repeat),
}
"""The filters by the reason that they give, in the order in which reasons are listed."""
