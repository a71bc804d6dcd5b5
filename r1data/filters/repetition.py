"""The filter `repetition`: thoughts that repeat themselves (R1 2.2.4, App. B.3.2; the thresholds are this project's).

Five signs (`repetition_signs`), each of which is enough: one sentence occurs many times; the last sentences are mostly
the same few; many ten-word sequences occur more than once; the end compresses to almost nothing; one character or a
short pattern is repeated without a break.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from r1data.data.schema import Row
from r1data.filters.entry import Figure, Filter
from r1data.filters.limits import LIMITS, FilterLimits
from r1data.filters.marks import Mark
from r1data.filters.repetition_places import places
from r1data.filters.repetition_prefilter import RECENT_SAME, RECENT_UNITS, SAME_UNIT, repeats
from r1data.filters.repetition_signs import (
    CHARACTER_RUN,
    NGRAM_SHARE,
    PATTERN_RUN,
    RECENT_SHARE,
    TAIL_BYTES,
    TAIL_RATIO,
    has_empty_tail,
    has_repeated_ngrams,
    has_run,
    has_same_units,
    is_repetitive,
    repeated_ngrams,
)
from r1data.filters.token_arrays import Array, TokenArrays

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.rows import FilterRows


def repetitive(text: TokenArrays, target: str | None, limits: FilterLimits = LIMITS) -> Array:
    """`is_repetitive` for many thoughts at once: a sign is only checked where `repeats` cannot rule it out."""
    possible = repeats(text, limits)
    # The prefilter samples positions for runs of the default length or more; it would miss shorter ones.
    shorter = any(limits[limit] < limit.default for limit in (CHARACTER_RUN, PATTERN_RUN))
    drops = np.fromiter((has_empty_tail(each, limits) for each in text.texts), np.bool_, len(text.texts))
    for suspects, sign in (
        (possible.runs | shorter, has_run),
        (possible.sentences, has_same_units),
        (possible.ngrams > limits[NGRAM_SHARE], has_repeated_ngrams),
    ):
        for place in np.flatnonzero(suspects & ~drops).tolist():
            drops[place] = sign(text.texts[place], limits)
    return drops


def _precheck(rows: "FilterRows") -> "pl.Series":
    """Rows that repeat themselves."""
    return rows.marks(repetitive)


def _explain(row: Row, limits: FilterLimits) -> Iterator[Figure]:
    thoughts = row["thoughts"]
    yield Figure("ten-word sequences that recur", repeated_ngrams(thoughts), limits[NGRAM_SHARE])
    yield Figure("sentences that recur", has_same_units(thoughts, limits))
    yield Figure("an end that says nothing", has_empty_tail(thoughts, limits))
    yield Figure("a run of characters", has_run(thoughts, limits))


def _locate(row: Row, limits: FilterLimits) -> Iterator[Mark]:
    """What is repeated, by each sign that is enough to drop the row."""
    for start, end, title in places(row["thoughts"], limits):
        yield Mark(start, end, "repetition", title)


FILTER = Filter(
    reason="repetition",
    rule=lambda row, limits: is_repetitive(row["thoughts"], limits),
    summary="the same sentences or word sequences again and again, a run of one character or pattern",
    precheck=_precheck,
    explain=_explain,
    locate=_locate,
    limits=(
        SAME_UNIT,
        RECENT_UNITS,
        RECENT_SHARE,
        RECENT_SAME,
        NGRAM_SHARE,
        TAIL_BYTES,
        TAIL_RATIO,
        CHARACTER_RUN,
        PATTERN_RUN,
    ),
    paper="2.2.4",
    advice="a model that goes round in circles may need another temperature: `r1 sample --temperature 0.6`",
    reader=repetitive,
)
