"""Which texts may hold anything in another language: the precheck of `mixed_language`, over many texts at once.

Words are looked up by their hashes. Only a line with one that could give another language away is looked at as text,
and only a text in which such a line could be foreign, or in which a letter of another script stands, is left to the
rule. The rule's sentences lie within lines, whatever is masked: no span of maths or code joins two of them, and so a
line by itself is enough to go by. `python -m benchmarks.readability` measures what this saves: the rule alone reads
some MB/s, all prechecks together about 100.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from r1data.filters import detector, insertions, related_languages, sentences
from r1data.filters.limits import FilterLimits
from r1data.filters.scripts import WRITTEN_IN, written_in_latin
from r1data.filters.token_arrays import LETTER, SCRIPT_NAMES, Array, TokenArrays, WordSet
from r1data.filters.vocabulary import ALPHABET, TERMS, suspects

CLEAN, SUSPECT_SCORE, SUSPECT_TEXT = range(3)
"""Marks of a text: nothing foreign in it; its score may lie below 1; the rule may drop it as well."""
_LATIN, _ACCENTED = map(SCRIPT_NAMES.index, ("latin", "accented"))
# A code is a letter's script << 3 | its class (`TokenArrays.codes`), so scripts compare as numbers: one comparison of
# the whole array finds all letters of scripts behind the Latin ones, or all that are no ASCII letter.
_FIRST_SCRIPT = (_ACCENTED + 1) << 3
_ASCII_LETTER = _LATIN << 3 | LETTER
_LATIN_LETTER = np.array([code & 7 == LETTER and code >> 3 in (_LATIN, _ACCENTED) for code in range(256)])


def language_marks(text: TokenArrays, target: str | None, limits: FilterLimits) -> Array:
    """`CLEAN`, `SUSPECT_SCORE` or `SUSPECT_TEXT` for each text that is to be in one language (primary subtag)."""
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
        places = [_foreign_accents(text, accents, target), _beside_latin_letters(text, rare[codes == LETTER])]
    if detector.is_known(target):
        places.append(text.starts[_suspect_words(target).among(text.hashes)])
        lines = np.concatenate(places)
        _look_at_lines(text, lines, suspects, lambda line: sentences.may_be_foreign(line, target, limits))
    return suspects * np.uint8(SUSPECT_TEXT)


def _among_other_scripts(text: TokenArrays, target: str, limits: FilterLimits) -> Array:
    own = (*WRITTEN_IN[target], *_ALSO.get(target, ("leading", "related", "hard")))
    suspects = _with_letters_beyond(text, (*own, "none", "latin", "accented"))
    if target == "ru":
        marks = np.concatenate((_hard_signs(text), text.starts[_related_to_russian().among(text.hashes)]))
        suspects[text.texts_of(marks)] = True
    if target == "ja":
        suspects |= np.fromiter(map(insertions.may_be_chinese, text.texts), np.bool_, len(text.texts))
    words = _latin_words(text)
    hashes, begins = text.hashes[words], text.starts[words]
    is_function_word = np.zeros(len(words), np.bool_)
    is_function_word[_function_words().among(hashes)] = True
    is_word = text.folded[begins] & np.uint8(0x20) != 0  # bit 5 of an ASCII letter: lower case
    is_word[_terms().among(hashes)] = False
    many_words = words[is_word & (text.sizes[words] >= 4)]
    suspects |= _count_different(text, many_words) >= limits[insertions.LATIN_WORDS]
    places = [begins[is_function_word]] if text.plain else [begins[is_function_word], _seams(text)]
    _look_at_lines(text, np.concatenate(places), suspects, insertions.may_be_language)
    below_one = suspects.copy()
    places.append(begins[is_word & (text.sizes[words] > 2)])
    _look_at_lines(text, np.concatenate(places), below_one, insertions.may_count)
    return below_one.astype(np.uint8) + suspects


_ALSO = {"ru": ("hard",), "ar": ()}
"""Letters that are in a script of their own only to be found, and belong to a language all the same."""


def _hard_signs(text: TokenArrays) -> Array:
    """Hard signs that stand before another letter than Russian's soft vowels."""
    places = np.flatnonzero(text.codes >> 3 == SCRIPT_NAMES.index("hard"))
    not_russian = [text.joined[place + 1] not in related_languages.SOFT_VOWELS for place in places.tolist()]
    return places[np.array(not_russian, np.bool_)]


@lru_cache(maxsize=1)
def _related_to_russian() -> WordSet:
    return WordSet(related_languages.WORDS["ru"])


def _count_different(text: TokenArrays, words: Array) -> Array:
    """How many different words of some each text has."""
    # One number a word, its text above 44 bits of its hash: sorting once counts all texts.
    rows = text.texts_of(text.starts[words]).astype(np.uint64)
    keys = np.unique(text.hashes[words] >> np.uint64(20) | rows << np.uint64(44))
    return np.bincount((keys >> np.uint64(44)).astype(np.int64), minlength=len(text.texts))


def _latin_words(text: TokenArrays) -> Array:
    """Words of two Latin letters or more that no formula's neighbour rules out: a backslash, a digit, an underscore."""
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


def _with_letters_beyond(text: TokenArrays, own: tuple[str, ...]) -> Array:
    """Texts with a letter of another script than their own ones."""
    suspects = np.zeros(len(text.texts), np.bool_)
    # A table of all 256 codes, eight classes a script: one look-up a letter instead of a set.
    foreign = np.array([name not in own for name in SCRIPT_NAMES for _ in range(8)])
    suspects[text.texts_of(np.flatnonzero(foreign[text.codes]))] = True
    return suspects


def _foreign_accents(text: TokenArrays, accents: Array, target: str) -> Array:
    """Letters with a diacritic that the target language does not write, but those of capitalised words."""
    alphabet = ALPHABET.get(target)
    if alphabet is None:
        return accents[:0]
    begins = text.starts[np.searchsorted(text.starts, accents, side="right") - 1]
    both = zip(accents.tolist(), begins.tolist(), strict=True)
    foreign = [
        text.joined[place] not in alphabet and not text.joined[begin].isupper() for place, begin in both
    ]
    return accents[np.array(foreign, np.bool_)]


def _beside_latin_letters(text: TokenArrays, places: Array) -> Array:
    """Those places that have a Latin letter beside them."""
    neighbours = (text.codes[places - 1], text.codes[places + 1])
    beside: Array = places[np.logical_or.reduce([_LATIN_LETTER[each] for each in neighbours])]
    return beside


def _seams(text: TokenArrays) -> Array:
    """Where a Latin letter and one of another script, such as Greek, stand side by side."""
    word = text.classes == LETTER
    scripts = text.codes >> 3
    latin = (scripts == _LATIN) | (scripts == _ACCENTED)
    return np.flatnonzero(word[1:] & word[:-1] & (latin[1:] != latin[:-1]))


def _look_at_lines(
    text: TokenArrays, places: Array, suspects: Array, may_be_foreign: Callable[[str], bool]
) -> None:
    """Marks the texts of which some line, of those that places lie in, may be foreign.

    Args:
        text: the texts.
        places: letters that give cause to look at their lines.
        suspects: true for each text that is marked; a text that is marked already is not looked at.
        may_be_foreign: says so of one line.
    """
    lines = np.unique(np.searchsorted(text.lines, places, side="right"))
    rows = text.texts_of(text.lines[lines - 1])
    begins, ends = text.lines[lines - 1] + 1, text.lines[np.minimum(lines, len(text.lines) - 1)]
    for row, begin, end in zip(rows.tolist(), begins.tolist(), ends.tolist(), strict=True):
        suspects[row] = suspects[row] or may_be_foreign(text.joined[begin:end])
