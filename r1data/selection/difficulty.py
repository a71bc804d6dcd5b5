"""Difficulty: the share of a prompt's responses that are correct, and the prompts whose share is useful for training.

R1 2.2.1 and 2.3.3 choose prompts without giving a number; choosing by pass rate is this project's. A rate only
counts known verdicts, by the rule of `r1 eval`, so that the mean over prompts is its pass@1: `correct` counts as a
pass, `incorrect` and a response without an answer do not, and what could not be judged (a time-out, a broken
checker, no parsable truth, a failed row) is left out. If sampling stopped early on purpose the rate is biased, which
this does not correct.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from r1data.errors import UserError
from r1data.selection.intervals import wilson
from r1data.verifiers.verdict import DECIDED

_BAND = re.compile(r"([0-9]{0,3}\.?[0-9]{1,15})?:([0-9]{0,3}\.?[0-9]{1,15})?", re.ASCII)
Z = 1.959963984540054
"""Of a 95% interval."""
BINS = 10
READ = ["prompt_id", "verdict", "verdict_cause", "finish_reason"]
"""Columns that say whether a response passed."""
FIGURES = ("pass_rate", "passed", "judged")
INTERVAL = ("pass_rate_low", "pass_rate_high")


def is_known() -> pl.Expr:
    """True where a verdict says something of the response, as `verdict.is_right`; a failed row's says nothing.

    Needs the columns `READ` but for `prompt_id`.
    """
    decided = pl.col("verdict").is_in(DECIDED)
    unanswered = (pl.col("verdict_cause") == "no_answer").fill_null(False)
    return ((pl.col("finish_reason") != "error") & (decided | unanswered)).fill_null(False)


@dataclass(frozen=True, slots=True)
class Band:
    """Which prompts are wanted: `low` ≤ passed ÷ judged ≤ `high`, compared as fractions, at least `least` judged."""

    low: Fraction = Fraction(0)
    high: Fraction = Fraction(1)
    least: int = 1

    @classmethod
    def parse(cls, text: str, least: int = 1) -> "Band":
        """`LOW:HIGH`; an end left out is 0 or 1. Raises UserError."""
        ends = _BAND.fullmatch(text)
        low, high = (Fraction(ends[1] or 0), Fraction(ends[2] or 1)) if ends else (Fraction(1), Fraction(0))
        if not 0 <= low <= high <= 1:
            raise UserError(
                f"--pass-rate {text:.50}: write LOW:HIGH, two shares from 0 to 1, such as 0.1:0.9"
            )
        return cls(low, high, least)

    def __contains__(self, counts: tuple[int, int]) -> bool:
        passed, judged = counts
        return judged >= self.least and self.low <= Fraction(passed, judged) <= self.high


def count(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of samples → a row a prompt: `prompt_id`, `passed`, `judged`, `samples`."""
    is_judged = is_known()
    return rows.group_by("prompt_id").agg(
        passed=(is_judged & (pl.col("verdict") == "correct")).sum().cast(pl.Int32),
        judged=is_judged.sum().cast(pl.Int32),
        samples=pl.len().cast(pl.Int32),
    )


def decide(counts: pl.DataFrame, band: Band, *, interval: bool = False) -> pl.DataFrame:
    """Counts with the prompt's `FIGURES`, with `INTERVAL` if asked for, and `kept`, `too_few`, `below` or `above`
    in `fate`. Rates are null where nothing is known.
    """
    # Each pair of counts is decided once: there are few, however many prompts. Fractions, because a rate of 0.1 as a
    # float would miss or pass a border that it stands on.
    pairs = counts.select("passed", "judged").unique(maintain_order=True)
    rows: list[tuple[Any, ...]] = []
    for passed, judged in pairs.iter_rows():
        if judged < max(1, band.least):
            fate = "too_few"
        elif (passed, judged) in band:
            fate = "kept"
        else:
            fate = "below" if Fraction(passed, judged) < band.low else "above"
        rates = (passed / judged, *wilson(passed / judged, judged, Z)) if judged else (None, None, None)
        rows.append((passed, judged, *rates, fate))
    types = {
        "passed": pl.Int32,
        "judged": pl.Int32,
        "pass_rate": pl.Float64,
        **dict.fromkeys(INTERVAL, pl.Float64),
        "fate": pl.String,
    }
    decided = counts.join(
        pl.DataFrame(rows, schema=types, orient="row"),
        on=["passed", "judged"],
        how="left",
        maintain_order="left",
    )
    return decided if interval else decided.drop(INTERVAL)


def histogram(decided: pl.DataFrame) -> dict[str, int]:
    """Prompts by pass rate: none passed, tenths (each without its lower end), all passed; unknown ones left out."""
    names = ["0", *(f"{n / BINS:g}-{(n + 1) / BINS:g}" for n in range(BINS)), "1"]
    prompts_by_rate = dict.fromkeys(names, 0)
    pairs = decided.filter(pl.col("judged") > 0).group_by("passed", "judged").len()
    for passed, judged, prompts in pairs.iter_rows():
        # In whole numbers: a share as a float may fall on the wrong side of a tenth that it stands on.
        inner = min(BINS, 1 + (passed * BINS - 1) // judged)
        place = 0 if passed == 0 else BINS + 1 if passed == judged else inner
        prompts_by_rate[names[place]] += prompts
    return prompts_by_rate


def statistics(decided: pl.DataFrame) -> dict[str, Any]:
    """Prompts by what became of them, samples and those judged, the mean pass rate, and the histogram."""
    fates = dict(decided["fate"].value_counts().iter_rows())
    return {
        "prompts": decided.height,
        **{name: int(fates.get(name, 0)) for name in ("too_few", "below", "above")},
        "samples": int(decided["samples"].sum()),
        "judged": int(decided["judged"].sum()),
        "mean_pass_rate": decided["pass_rate"].mean(),
        "histogram": histogram(decided),
    }
