"""The precheck of `mixed_language`: which of many texts may contain anything in another language.

Words are looked up by their hashes. A line is only read as text if one of its words could belong to another language,
and a text only goes to the rule if such a line may be foreign or if it has a letter of another script. Looking at
single lines is enough because the rule's sentences never cross lines: no masked span of maths or code joins two lines.
`python -m benchmarks.readability` measures what this saves: the rule alone reads a few MB/s, all prechecks together
about 100 MB/s.
"""

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np

from r1data.filters import detector, insertions, related_languages, sentences
from r1data.filters.limits import FilterLimits
from r1data.filters.scripts import WRITTEN_IN, written_in_latin
from r1data.filters.token_arrays import LETTER, SCRIPT_NAMES, Array, TokenArrays, WordSet
from r1data.filters.vocabulary import ALPHABET, TERMS, suspects, telling_letters

CLEAN, SUSPECT_SCORE, SUSPECT_TEXT = range(3)
"""Marks of a text: nothing foreign; its consistency score may be below 1; the rule may also drop it."""
_LATIN, _ACCENTED = map(SCRIPT_NAMES.index, ("latin", "accented"))
# A code is `script << 3 | class` (`TokenArrays.codes`), so scripts compare as numbers: one comparison over the whole
# array finds all letters of the scripts numbered after the Latin ones.
_FIRST_SCRIPT = (_ACCENTED + 1) << 3
_ASCII_LETTER = _LATIN << 3 | LETTER
_LATIN_LETTER = np.array([code & 7 == LETTER and code >> 3 in (_LATIN, _ACCENTED) for code in range(256)])


def language_marks(text: TokenArrays, target: str | None, limits: FilterLimits) -> Array:
    """`CLEAN`, `SUSPECT_SCORE` or `SUSPECT_TEXT` for each text, expected to be in `target` (a primary subtag)."""
    if target is None:
        return np.full(len(text.texts), SUSPECT_SCORE, np.uint8)
    marks_of = _among_latin if written_in_latin(target) else _among_other_scripts
    return marks_of(text, target, limits)


@lru_cache(maxsize=64)
def _suspect_words(target: str) -> WordSet:
    return WordSet(suspects(target))


@lru_cache(maxsize=1)
def _function_words() -> WordSet:
    return WordSet(insertions.two_letter_function_words())


@lru_cache(maxsize=1)
def _terms() -> WordSet:
    return WordSet(TERMS)


def _among_latin(text: TokenArrays, target: str, limits: FilterLimits) -> Array:
    suspects = np.zeros(len(text.texts), np.bool_)
    places = []
    if not text.plain:
        rare = ((text.codes > _ASCII_LETTER) | (text.codes == LETTER)).nonzero()[0]
        codes = text.codes[rare]
        suspects[text.texts_of(rare[codes >= _FIRST_SCRIPT])] = True
        accents = rare[codes >> 3 == _ACCENTED]
        # The rule's words are Latin letters alone; here a letter of no script beside them, such as a Greek one, belongs
        # to the same word, whose hash is in no list: such lines are read. There are line breaks at both ends of the
        # array, so that every letter has two neighbours.
        letters = rare[codes == LETTER]
        beside_latin = _LATIN_LETTER[text.codes[letters - 1]] | _LATIN_LETTER[text.codes[letters + 1]]
        places = [_foreign_accents(text, accents, target), letters[beside_latin]]
    if detector.is_known(target):
        places.append(text.starts[_suspect_words(target).among(text.hashes)])
        lines = np.concatenate(places)
        _look_at_lines(text, lines, suspects, lambda line: sentences.may_be_foreign(line, target, limits))
    return suspects * np.uint8(SUSPECT_TEXT)


def _among_other_scripts(text: TokenArrays, target: str, limits: FilterLimits) -> Array:
    own = {
        *WRITTEN_IN[target],
        *_ALSO.get(target, ("leading", "related", "hard")),
        "none",
        "latin",
        "accented",
    }
    # A table over all codes (eight classes per script): one look-up per character instead of a set membership.
    is_foreign = np.array([name not in own for name in SCRIPT_NAMES for _ in range(8)])
    suspects = np.zeros(len(text.texts), np.bool_)
    suspects[text.texts_of(np.flatnonzero(is_foreign[text.codes]))] = True
    if target == "ru":
        hard_signs = np.flatnonzero(text.codes >> 3 == SCRIPT_NAMES.index("hard"))
        not_russian = [text.joined[at + 1] not in related_languages.SOFT_VOWELS for at in hard_signs.tolist()]
        suspects[text.texts_of(hard_signs[np.array(not_russian, np.bool_)])] = True
        suspects[text.texts_of(text.starts[_related_to_russian().among(text.hashes)])] = True
    if target == "ja":
        suspects |= np.fromiter(map(insertions.may_be_chinese, text.texts), np.bool_, len(text.texts))
    if target in related_languages.SENTENCES:
        may_be_related = partial(related_languages.may_have_related_language, target=target)
        suspects |= np.fromiter(map(may_be_related, text.texts), np.bool_, len(text.texts))
    words = _latin_words(text)
    hashes, begins = text.hashes[words], text.starts[words]
    is_function_word = np.zeros(len(words), np.bool_)
    is_function_word[_function_words().among(hashes)] = True
    is_word = text.folded[begins] & np.uint8(0x20) != 0  # bit 5 of an ASCII letter: lower case
    is_word[_terms().among(hashes)] = False
    many_words = words[is_word & (text.sizes[words] >= 4)]
    suspects |= _count_different(text, many_words) >= limits[insertions.LATIN_WORDS]
    places = [begins[is_function_word]]
    if not text.plain:
        places += [_seams(text), np.flatnonzero(text.codes >> 3 == _ACCENTED)]
    _look_at_lines(text, np.concatenate(places), suspects, insertions.may_be_language)
    below_one = suspects.copy()
    places.append(begins[is_word & (text.sizes[words] > 2)])
    _look_at_lines(text, np.concatenate(places), below_one, partial(insertions.may_count, target=target))
    return below_one.astype(np.uint8) + suspects


_ALSO = {"ru": ("hard",), "ar": ()}
"""Pseudo-scripts (numbered separately only so that they can be found) whose letters the language itself writes."""


@lru_cache(maxsize=1)
def _related_to_russian() -> WordSet:
    return WordSet(related_languages.WORDS["ru"])


def _count_different(text: TokenArrays, words: Array) -> Array:
    """How many different ones of these words each text has."""
    # One uint64 per word: the text's number in the upper 20 bits, the hash's upper 44 bits below. A single sort
    # (np.unique) then counts the different words of all texts at once.
    rows = text.texts_of(text.starts[words]).astype(np.uint64)
    keys = np.unique(text.hashes[words] >> np.uint64(20) | rows << np.uint64(44))
    return np.bincount((keys >> np.uint64(44)).astype(np.int64), minlength=len(text.texts))


def _latin_words(text: TokenArrays) -> Array:
    """Words of two or more Latin letters without a neighbour that marks a formula (backslash, digit, underscore)."""
    words = np.flatnonzero((text.kinds == LETTER) & (text.sizes > 1))
    script = text.codes[text.starts[words]] >> 3
    words = words[(script == _LATIN) | (script == _ACCENTED)]
    before, after = text.folded[text.starts[words] - 1], text.folded[text.ends[words]]
    second = text.folded[text.starts[words] + 1]
    latin: Array = words[~(_BEFORE[before] | _AFTER[after] | (second & np.uint8(0x20) == 0))]
    return latin


def _marks(marks: bytes) -> Array:
    table = np.zeros(256, np.bool_)
    table[list(marks)] = True
    return table


_BEFORE, _AFTER = _marks(b"\\_0123456789"), _marks(b"_(0123456789")


def _foreign_accents(text: TokenArrays, accents: Array, target: str) -> Array:
    """Positions of letters with a diacritic that the target language does not use; capitalised words are left out."""
    alphabet, telling = ALPHABET.get(target), telling_letters(target)
    begins = text.starts[np.searchsorted(text.starts, accents, side="right") - 1]
    both = zip(accents.tolist(), begins.tolist(), strict=True)
    foreign = [
        (text.joined[place] in telling if alphabet is None else text.joined[place] not in alphabet)
        and not text.joined[begin].isupper()
        for place, begin in both
    ]
    return accents[np.array(foreign, np.bool_)]


def _seams(text: TokenArrays) -> Array:
    """Positions where a Latin letter and one of another script, such as Greek, are adjacent."""
    word = text.classes == LETTER
    scripts = text.codes >> 3
    latin = (scripts == _LATIN) | (scripts == _ACCENTED)
    return np.flatnonzero(word[1:] & word[:-1] & (latin[1:] != latin[:-1]))


def _look_at_lines(
    text: TokenArrays, places: Array, suspects: Array, may_be_foreign: Callable[[str], bool]
) -> None:
    """Marks the texts in which a line that contains one of the positions may be foreign.

    Args:
        text: the texts.
        places: positions of suspicious characters; the lines that contain them are read.
        suspects: changed in place: true for each marked text. Texts that are already marked are not read.
        may_be_foreign: whether one line may be foreign.
    """
    # Line by line, each once, however many of its words are suspicious.
    lines = np.unique(np.searchsorted(text.lines, places, side="right"))
    rows = text.texts_of(text.lines[lines - 1])
    begins, ends = text.lines[lines - 1] + 1, text.lines[np.minimum(lines, len(text.lines) - 1)]
    for row, begin, end in zip(rows.tolist(), begins.tolist(), ends.tolist(), strict=True):
        suspects[row] = suspects[row] or may_be_foreign(text.joined[begin:end])
