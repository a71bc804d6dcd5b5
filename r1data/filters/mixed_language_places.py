"""Where thoughts are in another language, for people who look at a row that `mixed_language` drops.

The rule asks its questions of the whole text and stops at the first answer. Here they are asked of each line and, where
a line is foreign, of its sentences and clauses.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice

from r1data.filters import insertions, scripts
from r1data.filters.code_block import program_spans
from r1data.filters.limits import FilterLimits
from r1data.filters.marks import MOST_MARKS
from r1data.filters.masking import blanked, fences, masked_in_place

LONGEST = 200_000
"""Characters of thoughts that are searched. Ours: pages show no more at once."""
MOST_LINES = 2_000
"""Lines that are asked about. Ours."""

_SENTENCE = re.compile(r"[^.!?;…。！？；؟۔]+[.!?;…。！？；؟۔]*")
_CLAUSE = re.compile(r"[^,:()–—，：、،]+[,:()–—，：、،]*")

_LATIN_WORD = re.compile(r"(?<![\w.])[a-z]{4,}(?![\w(])")

Place = tuple[int, int, str]
"""Start, end, and what it is."""


def places(
    thoughts: str,
    target: str,
    allowed: tuple[str, ...],
    prompt: str,
    is_foreign: Callable[[str], bool],
    limits: FilterLimits,
) -> Iterator[Place]:
    """The foreign stretches of thoughts, at most `MOST_MARKS`.

    Args:
        thoughts: the text.
        target: the expected language.
        allowed: the languages that the prompt asks for.
        prompt: the prompt; letters and words of it are no evidence.
        is_foreign: whether masked text is not in the target language; asked of lines, sentences and clauses.
        limits: the thresholds of the filter.
    """
    text = thoughts[:LONGEST]
    text = blanked(text, fences(text))
    text = blanked(text, program_spans(text, limits))
    seen = [*islice(_of_other_scripts(text, target, allowed, prompt), MOST_MARKS)]
    text = masked_in_place(text)
    seen += islice(_of_sentences(text, is_foreign), MOST_MARKS - len(seen))
    if not seen and not scripts.written_in_latin(target):
        # no line has enough of them, the thoughts as a whole have
        seen += islice(_latin_words(text, insertions.prompt_words(prompt)), MOST_MARKS)
    yield from seen


def _of_other_scripts(text: str, target: str, allowed: tuple[str, ...], prompt: str) -> Iterator[Place]:
    """Runs of letters of other scripts; those with nothing but blanks and signs between them are one."""
    in_prompt = set(prompt)
    start = end = -1
    for match in scripts.foreign_letters(target, allowed).finditer(text):
        if in_prompt.issuperset(match.group()):
            continue
        between = text[end : match.start()] if end >= 0 and match.start() - end < 40 else "x"
        if start >= 0 and not any(char.isalnum() or char == "\n" for char in between):
            end = match.end()
            continue
        if start >= 0:
            yield start, end, "letters of another script"
        start, end = match.span()
    if start >= 0:
        yield start, end, "letters of another script"


def _of_sentences(text: str, is_foreign: Callable[[str], bool]) -> Iterator[Place]:
    start = asked = 0
    for line in text.split("\n"):
        if asked < MOST_LINES and not line.isspace() and line:
            asked += 1
            if is_foreign(_composed(line)):
                yield from _within(line, start, is_foreign)
        start += len(line) + 1


def _within(line: str, start: int, is_foreign: Callable[[str], bool]) -> Iterator[Place]:
    """The foreign clauses or sentences of a foreign line; the line where none is foreign by itself."""
    spans: list[tuple[int, int]] = []
    for sentence in islice(_SENTENCE.finditer(line), MOST_LINES):
        if is_foreign(_composed(sentence.group())):
            clauses = [
                (sentence.start() + clause.start(), sentence.start() + clause.end())
                for clause in _CLAUSE.finditer(sentence.group())
                if is_foreign(_composed(clause.group()))
            ]
            for first, last in clauses or [sentence.span()]:
                if spans and spans[-1][1] == first:
                    first = spans.pop()[0]
                spans.append((first, last))
    for first, last in spans or [(0, len(line))]:
        part = line[first:last]
        first += len(part) - len(part.lstrip())
        yield start + first, start + last - (len(part) - len(part.rstrip())), "words of another language"


def _latin_words(text: str, in_prompt: frozenset[str]) -> Iterator[Place]:
    for match in _LATIN_WORD.finditer(text):
        if match.group() not in in_prompt:
            yield *match.span(), "a word of another language"


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)
