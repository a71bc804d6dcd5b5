"""The rows that filters examine, as columns, and one shared pass over their thoughts for all prechecks.

All prechecks that look at words share one pass (`token_arrays`): the arrays of a chunk of texts are computed once,
and every filter's reader takes its marks from them while they are in the processor's cache. The pass is made when the
first precheck asks for marks.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from r1data.data.responses import CLOSE, OPEN, as_tagged
from r1data.filters.limits import LIMITS, FilterLimits
from r1data.filters.scripts import primary
from r1data.filters.token_arrays import LONGEST, Array, TokenArrays, token_arrays

Reader = Callable[[TokenArrays, str | None, FilterLimits], Array]
"""`(texts, expected language as a primary subtag, limits) → one mark per text`.

A mark is a boolean or an integer; higher means more suspicious. A text too long for the arrays gets the highest mark,
so that the exact rule examines it.
"""
COLUMNS = ("response", "thoughts", "language", "prompt", "finish_reason")
"""The columns that built-in filters read; `response`, `thoughts` and `prompt` have no nulls."""


@dataclass(frozen=True, eq=False)
class FilterRows:
    """The rows that filters examine.

    Args:
        frame: the columns of `COLUMNS` and possibly others.
        limits: the thresholds.
        readers: the readers that `marks` will be called with, so that one pass serves all of them.
    """

    frame: pl.DataFrame
    limits: FilterLimits = LIMITS
    readers: tuple[Reader, ...] = ()
    _marks: dict[Reader, pl.Series] = field(default_factory=dict, repr=False)

    def marks(self, reader: Reader) -> pl.Series:
        """The marks that a reader gives to the thoughts of each row; there must be at least one row.

        The first call for one of `readers` computes the marks of all of them in one pass.
        """
        if reader not in self._marks:
            self._marks.update(self._read(self.readers if reader in self.readers else (reader,)))
        return self._marks[reader]

    def with_limits(self, limits: FilterLimits) -> "FilterRows":
        """The same rows with other limits; marks that were already computed are kept."""
        return replace(self, limits=limits)

    @cached_property
    def tagged(self) -> pl.Series:
        """Whether a response clearly has one opening tag, at its start, one closing tag, and text after each."""
        text = pl.col("response")
        opened = text.str.starts_with(OPEN) & ~text.str.strip_prefix(OPEN).str.contains(OPEN, literal=True)
        # Visible ASCII but for `<`, or a letter: what comes next is text and not another tag.
        filled = [text.str.contains(rf"{before}\s*[!-;=-~\p{{L}}]") for before in (rf"\A{OPEN}", CLOSE)]
        twice = text.str.contains(f"(?s){CLOSE}.*{CLOSE}")
        return self.frame.select(opened & ~twice & pl.all_horizontal(filled)).to_series()

    def _read(self, readers: tuple[Reader, ...]) -> dict[Reader, pl.Series]:
        texts = self.frame["thoughts"].to_list()
        marks: dict[Reader, Array] = {}
        for target, places in self._by_language():
            for numbers, arrays in token_arrays([texts[place] for place in places]):
                rows = [places[number] for number in numbers]
                for reader in readers:
                    values = reader(arrays, target, self.limits)
                    marks.setdefault(reader, np.zeros(len(texts), values.dtype))[rows] = values
        unread = [place for place, text in enumerate(texts) if len(text) > LONGEST]
        for values in marks.values():
            values[unread] = True if values.dtype == np.bool_ else np.iinfo(values.dtype).max
        return {reader: pl.Series(values) for reader, values in marks.items()}

    def _by_language(self) -> Iterable[tuple[str | None, list[int]]]:
        places: dict[str | None, list[int]] = {}
        for place, tag in enumerate(self.frame["language"].to_list()):
            places.setdefault(primary(tag), []).append(place)
        return places.items()


def with_thoughts(
    samples: pl.DataFrame, *, untagged_is_thought: bool, think_opened: bool = False
) -> pl.DataFrame:
    """Adds the column `thoughts` to samples, and rewrites special-token layouts with think tags.

    Args:
        samples: at least `prompt`, `response`, `reasoning` and `answer`.
        untagged_is_thought: whether a response without tags counts as thoughts as a whole; else it has none.
        think_opened: whether the prompts wrote the `<think>` of their responses; of a row whose own prompt ends in the
            tag, that is seen.
    """
    untagged = ~pl.col("response").str.contains(CLOSE, literal=True) & pl.col("reasoning").is_not_null()
    if samples.select(untagged.any()).item():
        parts: list[list[Any]] = [samples[name].to_list() for name in ("response", "reasoning", "answer")]
        samples = samples.with_columns(response=pl.Series(as_tagged(*parts), dtype=pl.String))
    samples = _with_opened_thoughts(samples, think_opened)
    fallback = pl.col("response") if untagged_is_thought else pl.lit("")
    return samples.with_columns(
        pl.col("response", "prompt").fill_null(""), thoughts=pl.coalesce("reasoning", fallback, pl.lit(""))
    )


def _with_opened_thoughts(samples: pl.DataFrame, think_opened: bool) -> pl.DataFrame:
    """The samples with `<think>` in front of the responses whose prompts wrote it."""
    lacks = pl.lit(True) if think_opened else pl.col("prompt").str.strip_chars_end().str.ends_with(OPEN)
    lacks = lacks & ~pl.col("response").str.contains(OPEN, literal=True)
    if not samples.select(lacks.any()).item():
        return samples
    text = pl.lit(f"{OPEN}\n") + pl.col("response").str.strip_chars_start()
    # Without a closing tag either, all of it is thought: the response was cut.
    thoughts = pl.when(lacks & ~pl.col("response").str.contains(CLOSE, literal=True)).then("response")
    return samples.with_columns(
        response=pl.when(lacks).then(text).otherwise("response"),
        reasoning=pl.coalesce(thoughts, "reasoning"),
    )
