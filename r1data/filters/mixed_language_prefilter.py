"""Which texts may hold anything in another language: the gate in front of `language`, over many texts at once.

Words are looked up by their hashes. Only a line with one that could give another language away is looked at as text,
and only a text in which such a line could be foreign, or in which a letter of another script stands, is left to the
rules. The rules' sentences lie within lines, whatever is masked: no span of maths or code joins two of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from r1data.filters import detector, insertions, related_languages, sentences
from r1data.filters.limits import Limits
from r1data.filters.scripts import WRITTEN_IN, written_in_latin
from r1data.filters.token_arrays import LETTER, SCRIPT_NAMES, Array, TokenArrays, hash_of
from r1data.filters.vocabulary import ALPHABET, TERMS, suspects

_LATIN, _ACCENTED = map(SCRIPT_NAMES.index, ("latin", "accented"))
_FIRST_SCRIPT = (_ACCENTED + 1) << 3
_PLAIN = _LATIN << 3 | LETTER
_BITS = 16
_LATIN_LETTER = np.array([code & 7 == LETTER and code >> 3 in (_LATIN, _ACCENTED) for code in range(256)])


@dataclass(frozen=True, slots=True)
class MixedLanguageSigns:
    """For each text, whether it may be mixed (`foreign`), and whether its score may lie below 1 (`scored`)."""

    foreign: npt.NDArray[np.bool_]
    scored: npt.NDArray[np.bool_]


def mixed_language_signs(text: TokenArrays, target: str | None, limits: Limits) -> MixedLanguageSigns:
    """What may be foreign in texts that are to be in one language (primary subtag)."""
    if target is None:
        return MixedLanguageSigns(np.zeros(len(text.texts), np.bool_), np.ones(len(text.texts), np.bool_))
    return (
        _beside_latin(text, target, limits)
        if written_in_latin(target)
        else _beside_others(text, target, limits)
    )


class Words:
    """A set of words, found among the hashes of many."""

    def __init__(self, words: frozenset[str]) -> None:
        self.hashes = np.array(sorted({hash_of(word) for word in words}), np.uint64)
        self.near = np.zeros(1 << _BITS, np.bool_)
        self.near[self.hashes >> np.uint64(64 - _BITS)] = True

    def among(self, hashes: Array) -> Array:
        """The places of the hashes that are those of a word of the set."""
        places = self.near[hashes >> np.uint64(64 - _BITS)].nonzero()[0]
        found = hashes[places]
        at = np.minimum(np.searchsorted(self.hashes, found), len(self.hashes) - 1)
        kept: Array = places[self.hashes[at] == found]
        return kept


@lru_cache(maxsize=64)
def _suspects(target: str) -> Words:
    return Words(suspects(target))


@lru_cache(maxsize=1)
def _speaking() -> Words:
    return Words(insertions.speaking())


@lru_cache(maxsize=1)
def _terms() -> Words:
    return Words(TERMS)


def _beside_latin(text: TokenArrays, target: str, limits: Limits) -> MixedLanguageSigns:
    found = np.zeros(len(text.texts), np.bool_)
    places = []
    if not text.plain:
        rare = ((text.codes > _PLAIN) | (text.codes == LETTER)).nonzero()[0]
        codes = text.codes[rare]
        found[text.texts_of(rare[codes >= _FIRST_SCRIPT])] = True
        accents = rare[codes >> 3 == _ACCENTED]
        places = [_foreign_accents(text, accents, target), _beside_latin_letters(text, rare[codes == LETTER])]
    if detector.known(target):
        places.append(text.starts[_suspects(target).among(text.hashes)])
        _look(
            text, np.concatenate(places), found, lambda line: sentences.may_be_foreign(line, target, limits)
        )
    return MixedLanguageSigns(found, found)


def _beside_others(text: TokenArrays, target: str, limits: Limits) -> MixedLanguageSigns:
    own = (*WRITTEN_IN[target], *_ALSO.get(target, ("leading", "sister", "hard")))
    found = _with_letters_of(text, (*own, "none", "latin", "accented"))
    if target == "ru":
        found[text.texts_of(np.concatenate((_hard(text), text.starts[_small().among(text.hashes)])))] = True
    if target == "ja":
        found |= np.fromiter(map(insertions.may_be_chinese, text.texts), np.bool_, len(text.texts))
    words = _latin_words(text)
    hashes, begins = text.hashes[words], text.starts[words]
    speaking = np.zeros(len(words), np.bool_)
    speaking[_speaking().among(hashes)] = True
    small = text.folded[begins] & np.uint8(0x20) != 0
    small[_terms().among(hashes)] = False
    found |= _different(text, words[small & (text.sizes[words] >= 4)]) >= limits.latin_words
    places = [begins[speaking]] if text.plain else [begins[speaking], _seams(text)]
    foreign = found.copy()
    _look(text, np.concatenate(places), foreign, lambda line: insertions.may_speak(line, limits))
    places.append(begins[small & (text.sizes[words] > 2)])
    scored = foreign.copy()
    _look(text, np.concatenate(places), scored, insertions.may_count)
    return MixedLanguageSigns(foreign, scored)


_ALSO = {"ru": ("hard",), "ar": ()}
"""Letters that are in a script of their own only to be found, and belong to a language all the same."""


def _hard(text: TokenArrays) -> Array:
    """Hard signs that stand before another letter than Russian's soft vowels."""
    places = np.flatnonzero(text.codes >> 3 == SCRIPT_NAMES.index("hard"))
    told = [text.joined[place + 1] not in related_languages.SOFTENED for place in places.tolist()]
    kept: Array = places[np.array(told, np.bool_)]
    return kept


@lru_cache(maxsize=1)
def _small() -> Words:
    return Words(related_languages.WORDS["ru"])


def _different(text: TokenArrays, words: Array) -> Array:
    """How many different words of some each text has."""
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
    kept: Array = words[~(_BEFORE[before] | _AFTER[after] | (second & np.uint8(0x20) == 0))]
    return kept


def _marks(marks: bytes) -> Array:
    table = np.zeros(256, np.bool_)
    table[list(marks)] = True
    return table


_BEFORE, _AFTER = _marks(b"\\_0123456789"), _marks(b"_(0123456789")


def _with_letters_of(text: TokenArrays, known: tuple[str, ...]) -> Array:
    """Texts with a letter of another than the known scripts."""
    found = np.zeros(len(text.texts), np.bool_)
    strange = np.array([name not in known for name in SCRIPT_NAMES for _ in range(8)])
    found[text.texts_of(np.flatnonzero(strange[text.codes]))] = True
    return found


def _foreign_accents(text: TokenArrays, accents: Array, target: str) -> Array:
    """Letters with a diacritic that the target language does not write, but those of capitalised words."""
    alphabet = ALPHABET.get(target)
    if alphabet is None:
        return accents[:0]
    begins = text.starts[np.searchsorted(text.starts, accents, side="right") - 1]
    both = zip(accents.tolist(), begins.tolist(), strict=True)
    told = [text.joined[place] not in alphabet and not text.joined[begin].isupper() for place, begin in both]
    return accents[np.array(told, np.bool_)]


def _beside_latin_letters(text: TokenArrays, places: Array) -> Array:
    """Those places that have a Latin letter beside them."""
    around = (text.codes[places - 1], text.codes[places + 1])
    kept: Array = places[np.logical_or.reduce([_LATIN_LETTER[each] for each in around])]
    return kept


def _seams(text: TokenArrays) -> Array:
    """Where a Latin letter and one of another script, such as Greek, stand side by side."""
    word = text.classes == LETTER
    scripts = text.codes >> 3
    latin = (scripts == _LATIN) | (scripts == _ACCENTED)
    return np.flatnonzero(word[1:] & word[:-1] & (latin[1:] != latin[:-1]))


def _look(text: TokenArrays, places: Array, found: Array, foreign: Callable[[str], bool]) -> None:
    """Marks the texts of which some line, of those that places lie in, may be foreign."""
    lines = np.unique(np.searchsorted(text.lines, places, side="right"))
    rows = text.texts_of(text.lines[lines - 1])
    begins, ends = text.lines[lines - 1] + 1, text.lines[np.minimum(lines, len(text.lines) - 1)]
    for row, begin, end in zip(rows.tolist(), begins.tolist(), ends.tolist(), strict=True):
        found[row] = found[row] or foreign(text.joined[begin:end])
