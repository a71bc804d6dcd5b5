"""Instructions about lengths: words, sentences and paragraphs."""

import re
from collections.abc import Iterator
from itertools import pairwise

from r1data.verifiers.instructions.entry import Arguments, Instruction, holds

_WORD = re.compile(r"\w+")
_OPENING, _CLOSING = "\"'“‘(\u005b{*_", "\"'”’)\u005d}*_"
_ENDS = ".!?…"
_WIDE_ENDS = re.compile("[。！？]+|[।॥؟]+")
_ABBREVIATIONS = frozenset(
    ("mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "etc", "e.g", "i.e", "cf", "no", "vol", "fig", "gen",
     "col", "capt", "lt", "sgt", "rev", "hon", "inc", "ltd", "co", "corp", "dept", "est", "approx", "ph.d", "m.d",
     "b.a", "m.a", "a.m", "p.m", "u.s", "u.k", "u.n", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept",
     "oct", "nov", "dec")
)  # fmt: skip
"""Words whose full stop ends no sentence."""


def sentences(text: str) -> int:
    """How many sentences a text has, by their ends; line breaks end none. Linear.

    A full stop, question or exclamation mark ends one where white space follows; a full stop not before a word in small
    letters, nor that of an abbreviation or an initial. The number of a list, "1.", ends one, as it does for NLTK; what
    is left at the end is one.
    """
    count, is_open = 0, False
    words = _WIDE_ENDS.sub(" \\g<0> ", text).split()
    for word, following in pairwise([*words, ""]):
        if _WIDE_ENDS.fullmatch(word):
            count, is_open = count + is_open, False
            continue
        is_open = is_open or bool(_WORD.search(word))
        if is_open and _ends_sentence(word, following):
            count, is_open = count + 1, False
    return count + is_open


def _ends_sentence(word: str, following: str) -> bool:
    bare = word.rstrip(_CLOSING)
    if not bare or bare[-1] not in _ENDS:
        return False
    if bare[-1] not in "!?" and following.lstrip(_OPENING)[:1].islower():
        return False
    stem = bare[:-1].lstrip(_OPENING)
    is_initial = len(stem) == 1 and stem.isalpha() and stem != "I"
    return bare[-1] != "." or not following or not (is_initial or stem.lower() in _ABBREVIATIONS)


def _number_sentences(text: str, arguments: Arguments) -> bool:
    return holds(sentences(text), arguments["relation"], arguments["num_sentences"])


def _number_words(text: str, arguments: Arguments) -> bool:
    return holds(sum(1 for _ in _WORD.finditer(text)), arguments["relation"], arguments["num_words"])


def _number_paragraphs(text: str, arguments: Arguments) -> bool:
    """Paragraphs between dividers `***`; none within may be blank."""
    first, *others = [bool(part.strip()) for part in text.split("***")]
    *within, last = others or [False]
    return all(within) and first + len(within) + last == arguments["num_paragraphs"]


def _nth_paragraph_first_word(text: str, arguments: Arguments) -> bool:
    paragraphs = text.split("\n\n")
    count = sum(1 for paragraph in paragraphs if paragraph.strip())
    nth = int(arguments["nth_paragraph"])
    if not 1 <= nth <= count or count != arguments["num_paragraphs"]:
        return False
    words = paragraphs[nth - 1].split(maxsplit=1)
    return bool(words) and "".join(_letters(words[0])) == arguments["first_word"].lower()


def _letters(word: str) -> Iterator[str]:
    """A word up to its first punctuation, without quotation marks before it."""
    for character in word.lstrip("'").lstrip('"'):
        if character in ".,?!'\"":
            return
        yield character.lower()


INSTRUCTIONS = (
    Instruction(
        "length_constraints:number_sentences",
        _number_sentences,
        {"num_sentences": "number", "relation": "relation"},
    ),
    Instruction("length_constraints:number_paragraphs", _number_paragraphs, {"num_paragraphs": "number"}),
    Instruction(
        "length_constraints:number_words", _number_words, {"num_words": "number", "relation": "relation"}
    ),
    Instruction(
        "length_constraints:nth_paragraph_first_word",
        _nth_paragraph_first_word,
        {"num_paragraphs": "number", "nth_paragraph": "number", "first_word": "keyword"},
    ),
)
