"""Filters over a table's columns: a gate that many rows pass at once, then the rule on the rows it lets by.

A gate may let a clean row by; it never holds a bad one back. The gates of `mixed_language`, `long_paragraph`,
`code_block`, `repetition` and the consistency score share one pass over the letters of the thoughts
(`token_arrays`); it is made when the first of them is asked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import polars as pl

from r1data.data.responses import CLOSE, OPEN
from r1data.data.schema import Row
from r1data.filters import code, format, language, paragraphs, repetition
from r1data.filters.limits import LIMITS, Limits
from r1data.filters.mixed_language_prefilter import Words, mixed_language_signs
from r1data.filters.names import named
from r1data.filters.scripts import primary
from r1data.filters.token_arrays import LONGEST, TokenArrays, token_arrays

NEEDS = ("response", "thoughts", "language", "prompt", "finish_reason")
"""Columns of the frame that filters read; `response`, `thoughts` and `prompt` without nulls."""
_SHORT = 500
"""Characters below which a text's score is always counted: it may have no word at all."""
_SIGNS = {
    "foreign": np.bool_,
    "scored": np.bool_,
    "longest": np.int64,
    "keywords": np.int64,
    "repeats": np.bool_,
}


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to be judged: a frame with the columns of `NEEDS`, and the limits."""

    frame: pl.DataFrame
    limits: Limits = LIMITS

    @cached_property
    def signs(self) -> pl.DataFrame:
        """For each row what its letters say to the gates, a column a sign; all there is of a text too long to read."""
        texts = self.frame["thoughts"].to_list()
        found: dict[str, Any] = {name: np.zeros(len(texts), kind) for name, kind in _SIGNS.items()}
        for target, places in self._by_language():
            for numbers, text in token_arrays([texts[place] for place in places]):
                read = [places[number] for number in numbers]
                for name, values in _signs(text, target, self.limits).items():
                    found[name][read] = values
        vast = [place for place, text in enumerate(texts) if len(text) > LONGEST]
        for values in found.values():
            values[vast] = LONGEST
        return pl.DataFrame(found)

    @cached_property
    def tagged(self) -> pl.Series:
        """Whether a response plainly has one opening tag, at its start, one closing tag, and text after each."""
        text = pl.col("response")
        opened = text.str.starts_with(OPEN) & ~text.str.strip_prefix(OPEN).str.contains(OPEN, literal=True)
        seen = [text.str.contains(rf"{before}\s*[!-;=-~\p{{L}}]") for before in (rf"\A{OPEN}", CLOSE)]
        twice = text.str.contains(f"(?s){CLOSE}.*{CLOSE}")
        return self.frame.select(opened & ~twice & pl.all_horizontal(seen)).to_series()

    def _by_language(self) -> Iterable[tuple[str | None, list[int]]]:
        found: dict[str | None, list[int]] = {}
        for place, tag in enumerate(self.frame["language"].to_list()):
            found.setdefault(primary(tag), []).append(place)
        return found.items()


def _signs(text: TokenArrays, target: str | None, limits: Limits) -> dict[str, Any]:
    found = mixed_language_signs(text, target, limits)
    return {
        "foreign": found.foreign,
        "scored": found.scored,
        "longest": text.longest,
        "keywords": _keyword_lines(text),
        "repeats": repetition.repetitive(text, limits),
    }


def _keyword_lines(text: TokenArrays) -> Any:
    """How many lines of each text begin with a word that program lines begin with."""
    first = np.searchsorted(text.starts, text.lines)
    first = first[np.append(first[:-1] < first[1:], False)]
    first = first[_INITIALS[text.folded[text.starts[first]]]]
    words = first[_keywords().among(text.hashes[first])]
    spans = zip(text.starts[words].tolist(), text.ends[words].tolist(), strict=True)
    words = words[[text.joined[start:end] in code.KEYWORDS for start, end in spans]]
    return np.bincount(text.texts_of(text.starts[words]), minlength=len(text.texts))


_INITIALS = np.isin(np.arange(256), [ord(word[0]) for word in code.KEYWORDS])


@lru_cache(maxsize=1)
def _keywords() -> Words:
    return Words(code.KEYWORDS)


@dataclass(frozen=True)
class Filter:
    """A rule for one row, and the gate in front of it."""

    rule: Callable[[Row, Limits], bool]
    gate: Callable[[Rows], pl.Series]

    def __call__(self, rows: Rows) -> pl.Series:
        """True for each row that the filter drops."""
        passed = self.gate(rows)
        found = iter([self.rule(row, rows.limits) for row in rows.frame.filter(passed).iter_rows(named=True)])
        return pl.Series([next(found) if by else False for by in passed], dtype=pl.Boolean)


def may_lack_format(rows: Rows) -> pl.Series:
    """Rows that do not plainly have the tags."""
    if rows.limits.layout != "r1":
        return pl.repeat(True, rows.frame.height, eager=True)
    return ~rows.tagged


def may_be_truncated(rows: Rows) -> pl.Series:
    """Rows that ran into the length limit, or do not plainly have the tags."""
    return ~rows.tagged | rows.frame["finish_reason"].eq_missing("length")


def may_mix(rows: Rows) -> pl.Series:
    """Rows with a line that may be, or a letter that is, of another language.

    Where the prompt asks for another language by name, a low score is enough.
    """
    asked = [
        mixed or (scored and bool(named(prompt, primary(tag) or "")))
        for mixed, scored, prompt, tag in zip(
            rows.signs["foreign"],
            rows.signs["scored"],
            rows.frame["prompt"],
            rows.frame["language"],
            strict=True,
        )
    ]
    return pl.Series(asked, dtype=pl.Boolean)


def consistency(rows: Rows) -> pl.Series:
    """`language_consistency` of each row; null where there is none."""
    thoughts = pl.col("thoughts")
    prose = thoughts.str.contains(r"[a-z]{2,} +[a-z]{2,}|[^\x00-\x7f]{4}") & (
        thoughts.str.len_chars() > _SHORT
    )
    plain = (
        rows.frame.select(prose & ~thoughts.str.contains_any(["```", "~~~"])).to_series()
        & ~rows.signs["scored"]
    )
    scored = iter(
        [
            language.language_consistency(row["thoughts"], row["language"], row["prompt"])
            for row in rows.frame.filter(~plain).iter_rows(named=True)
        ]
    )
    return pl.Series([1.0 if known else next(scored) for known in plain], dtype=pl.Float64)


def may_be_long(rows: Rows) -> pl.Series:
    """Rows with a line that is too long as it stands."""
    allowed = [paragraphs.limit_for(tag, rows.limits) for tag in rows.frame["language"]]
    return rows.signs["longest"] > pl.Series(allowed, dtype=pl.Int64)


def may_be_code(rows: Rows) -> pl.Series:
    """Rows with a fence or enough lines that begin as only a program's do."""
    fenced = rows.frame["thoughts"].str.contains_any(["```", "~~~"])
    return fenced | (rows.signs["keywords"] >= rows.limits.code_keywords)


def repeats(rows: Rows) -> pl.Series:
    """Rows that repeat themselves."""
    return rows.signs["repeats"]


FILTERS: dict[str, Filter] = {
    "bad_format": Filter(
        lambda row, limits: format.bad_format(row["response"], limits.layout), may_lack_format
    ),
    "truncated": Filter(
        lambda row, _: format.truncated(row["response"], row["finish_reason"]), may_be_truncated
    ),
    "mixed_language": Filter(
        lambda row, limits: language.mixed_language(row["thoughts"], row["language"], row["prompt"], limits),
        may_mix,
    ),
    "long_paragraph": Filter(
        lambda row, limits: paragraphs.long_paragraph(row["thoughts"], row["language"], limits), may_be_long
    ),
    "code_block": Filter(lambda row, limits: code.code_block(row["thoughts"], limits), may_be_code),
    "repetition": Filter(lambda row, limits: repetition.is_repetitive(row["thoughts"], limits), repeats),
}
"""The filters by the reason that they give, in the order in which reasons are listed."""
