"""The filter `mixed_language` (R1 2.3.3): thoughts with anything in another language than the row's.

Text that the prompt contains, or a language that it asks for by name, does not count as mixed. The definition of
"another language" is this project's. The score `language_consistency` (`consistency`) is a ratio; this filter instead
reacts to a single foreign sentence or word.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from r1data.data.schema import Row
from r1data.filters import insertions, scripts, sentences
from r1data.filters.consistency import language_consistency, prose
from r1data.filters.entry import Figure, Filter
from r1data.filters.limits import LIMITS, FilterLimits
from r1data.filters.marks import Mark
from r1data.filters.masking import masked
from r1data.filters.mixed_language_places import places
from r1data.filters.mixed_language_prefilter import SUSPECT_SCORE, SUSPECT_TEXT, language_marks
from r1data.filters.names import named
from r1data.filters.related_languages import has_related_language

if TYPE_CHECKING:
    import polars as pl

    from r1data.filters.rows import FilterRows


def mixed_language(
    thoughts: str, language: str | None, prompt: str = "", limits: FilterLimits = LIMITS
) -> bool:
    """Whether thoughts contain anything in another language than `language`.

    That is: letters of another script that the prompt does not contain; in Latin script, one sentence of another
    language; in other scripts, words of a Latin-script language. Fences, maths and quotations of the prompt are left
    out.

    Args:
        thoughts: the reasoning text.
        language: the expected language (BCP 47); without one the result is False.
        prompt: the prompt, whose own words and requested languages are allowed.
        limits: the thresholds.
    """
    target = scripts.primary(language)
    if target is None or not thoughts:
        return False
    text = prose(thoughts)
    allowed = named(prompt, target)
    if not text.isascii():
        in_prompt = set(prompt)
        runs = scripts.foreign_letters(target, allowed).findall(text)
        if any(not in_prompt.issuperset(run) for run in runs):
            return True
    # Letters of a language that the prompt asks for are no evidence: then half of the words must be the row's own.
    if allowed and (score := language_consistency(thoughts, target)) is not None and score < 0.5:
        return True
    return _has_foreign_prose(masked(text), target, allowed, prompt, limits)


def _has_foreign_prose(
    text: str, target: str, allowed: tuple[str, ...], prompt: str, limits: FilterLimits
) -> bool:
    prompt_words = insertions.prompt_words(prompt)
    latin_allowed = any(scripts.written_in_latin(tag) for tag in allowed)
    if scripts.written_in_latin(target):
        return not latin_allowed and any(sentences.foreign_sentences(text, target, prompt_words, limits))
    related_allowed = not set(allowed).isdisjoint(scripts.shared(target))
    if not related_allowed and has_related_language(text, target, prompt):
        return True
    if target == "ja" and "zh" not in allowed and insertions.chinese_in_japanese(text):
        return True
    return not latin_allowed and insertions.has_foreign_words(text, prompt_words, limits, target)


def _precheck(rows: "FilterRows") -> "pl.Series":
    """Rows that may have a line, or do have a letter, of another language.

    If the prompt asks for another language by name, a low consistency score is enough for the rule to drop a row.
    """
    import polars as pl

    columns = (rows.marks(language_marks), rows.frame["prompt"], rows.frame["language"])
    suspects = [
        mark >= SUSPECT_TEXT or (mark >= SUSPECT_SCORE and bool(named(prompt, scripts.primary(tag) or "")))
        for mark, prompt, tag in zip(*columns, strict=True)
    ]
    return pl.Series(suspects, dtype=pl.Boolean)


def _explain(row: Row, limits: FilterLimits) -> Iterator[Figure]:
    score = language_consistency(row["thoughts"], row["language"], row["prompt"])
    yield Figure("language consistency", score)


def _locate(row: Row, limits: FilterLimits) -> Iterator[Mark]:
    """The words and sentences in another language."""
    target = scripts.primary(row["language"])
    if target is None:
        return
    prompt = row["prompt"]
    allowed = named(prompt, target)

    def is_foreign(text: str) -> bool:
        return _has_foreign_prose(text, target, allowed, prompt, limits)

    for start, end, title in places(row["thoughts"], target, allowed, prompt, is_foreign, limits):
        yield Mark(start, end, "mixed_language", title)


FILTER = Filter(
    reason="mixed_language",
    rule=lambda row, limits: mixed_language(row["thoughts"], row["language"], row["prompt"], limits),
    summary="a letter of a script, a sentence or a word that is not of the row's `language`",
    precheck=_precheck,
    explain=_explain,
    locate=_locate,
    limits=(*sentences.SENTENCE_LIMITS, *insertions.INSERTION_LIMITS),
    paper="2.3.3",
    advice="does the column `language` say what the thoughts are to be in? `r1 ingest --set language=zh` sets it",
    reader=language_marks,
)
