"""Language consistency: the share of words in the expected language (reward of R1 2.3.2; a column of `r1 filter`).

It cannot serve as the filter: one Chinese word in long English thoughts leaves the score at 0.995, within the range of
clean thoughts, but the thoughts are mixed all the same (`mixed_language`). The definition is the paper's (words of the
target language over all words). How words are counted in scripts without spaces, and what counts as another language,
is this project's.
"""

import unicodedata
from typing import TYPE_CHECKING

from r1data.filters import insertions, scripts
from r1data.filters.code_block import without_programs
from r1data.filters.masking import FENCES, masked, without_fences
from r1data.filters.mixed_language_prefilter import SUSPECT_SCORE, language_marks
from r1data.filters.sentences import foreign_sentences

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.rows import FilterRows

_SHORT = 500
"""Texts shorter than this, in characters, always get an exact score: they may have no words, and then no score."""


def language_consistency(thoughts: str, language: str | None, prompt: str = "") -> float | None:
    """Words of the target language ÷ all words of the thoughts, from 0 to 1 (R1 2.3.2).

    Code, maths and foreign letters of the prompt are ignored; Latin words in a sentence of another language count as
    foreign.

    Args:
        thoughts: the reasoning text.
        language: the expected language (BCP 47).
        prompt: the prompt, whose foreign letters are ignored in the thoughts.

    Returns:
        The share, or None without words or without a language; a reward should treat None as 0.
    """
    target = scripts.primary(language)
    if target is None:
        return None
    text = masked(prose(thoughts))
    own, foreign = _count(text, target, prompt)
    return own / (own + foreign) if own + foreign else None


def _count(text: str, target: str, prompt: str) -> tuple[float, float]:
    """The numbers of words of the target language and of other languages in masked text."""
    prompt_words = insertions.prompt_words(prompt)
    unquoted = text
    if not (prompt.isascii() or text.isascii()):  # foreign letters that the prompt has too count for nothing
        quoted = "".join(scripts.foreign_letters(target).findall(prompt))
        unquoted = text.translate(dict.fromkeys(map(ord, quoted)))
    counts = scripts.count_words(unquoted)
    own = sum(counts.pop(script, 0.0) for script in scripts.WRITTEN_IN.get(target, ()))
    foreign = sum(counts.values())
    if not scripts.written_in_latin(target):
        chinese = (
            insertions.chinese_in_japanese(text) / scripts.CHARACTERS_PER_WORD["han"]
            if target == "ja"
            else 0.0
        )
        return own - chinese, foreign + chinese + len(insertions.foreign_words(text, prompt_words, target))
    strange = sum(map(len, foreign_sentences(text, target, prompt_words)))
    return len(scripts.LATIN_WORDS.findall(text)) - strange, foreign + strange


def prose(thoughts: str) -> str:
    """Thoughts without fences and programs, in composed characters (NFC)."""
    composed = thoughts if thoughts.isascii() else unicodedata.normalize("NFC", thoughts)
    return without_programs(without_fences(composed))


def consistency(rows: "FilterRows") -> "pl.Series":
    """`language_consistency` of each row, null for None. Rows that the precheck finds clean get 1 without counting."""
    import polars as pl

    if rows.frame.is_empty():
        return pl.Series([], dtype=pl.Float64)
    thoughts = pl.col("thoughts")
    is_prose = thoughts.str.contains(r"[a-z]{2,} +[a-z]{2,}|[^\x00-\x7f]{4}") & (
        thoughts.str.len_chars() > _SHORT
    )
    unfenced = rows.frame.select(is_prose & ~thoughts.str.contains_any(list(FENCES))).to_series()
    is_one = unfenced & (rows.marks(language_marks) < SUSPECT_SCORE)
    scores = iter(
        [
            language_consistency(row["thoughts"], row["language"], row["prompt"])
            for row in rows.frame.filter(~is_one).iter_rows(named=True)
        ]
    )
    return pl.Series([1.0 if whole else next(scores) for whole in is_one], dtype=pl.Float64)
