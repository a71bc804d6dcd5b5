"""Many texts as one array of letters, and their words as hashes: what the filters' prechecks count.

Letters are folded to a byte each, and a word's hash is that of its first eight letters, whatever their case, and its
length: equal words have equal hashes, and different ones seldom do. So a precheck that counts what recurs counts too
much at most, and drops nothing by itself.

Why arrays of bits: a Python object for each word costs a microsecond, and thoughts of 40 kB have 7,000 of them. Here
no word is ever an object, and a column costs some passes of numpy over one or two bytes a letter. On one core that is
100 MB/s of English for all filters together, where a regular expression that splits words reads 20:
`python -m benchmarks.readability` measures it, and is what a change here has to answer to.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from operator import itemgetter
from typing import Any
from unicodedata import is_normalized

import numpy as np
import numpy.typing as npt

from r1data.filters import related_languages
from r1data.filters.scripts import HAN, KANA, LATIN, SCRIPTS

Array = npt.NDArray[Any]
SINGLE = f"{HAN}{KANA}"
"""Letters that are each a word by themselves; as the inside of a regular expression's class."""
THAI, LEADING = "\u0e01-\u0e3a\u0e40-\u0e4e", "\u0e40-\u0e44"
"""Thai letters, and those vowels among them that begin a syllable: there a new word is taken to begin."""

STOPS = "\n.!?。！？;；"
OTHER, LINE, STOP, DIGIT, LETTER, SINGLE_LETTER = range(6)
"""Classes of letters: from `DIGIT` on they make words; `LINE` is a line break and a stop too."""
SCRIPT_NAMES = ("none", "latin", "accented", *SCRIPTS, "leading", "related", "hard", "combining")
"""Scripts by number; `accented` are the Latin letters beyond ASCII, `leading` those of `LEADING`, `related` and
`hard` those of `related_languages`, `combining` what NFC changes. They are no more than 32: a code has five bits for
them."""

BASE, _OTHER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_SMALL = np.uint64(0x2020202020202020)
# `_FIRST[n]` keeps the lowest n bytes of a number of eight: the first n letters, as bytes lie lowest first.
_FIRST = np.array([(1 << (8 * count)) - 1 for count in range(9)], np.uint64)
_LEADING = SCRIPT_NAMES.index("leading") << 3 | LETTER
_BITS = 16
_CHUNK = 1 << 18
# Characters of one array: what is made of them, some bytes a letter, fits a core's cache of 2 MB or so.
PADDING = 8
LONGEST = 1 << 22
"""Characters of a text that are looked at: thirty times the longest response of the paper."""
_UNEVEN = "İ"
"""The one letter that has two in lower case."""
_ASSIGNED = 0x32400
"""No letter stands beyond."""


@dataclass(frozen=True, eq=False)
class TokenArrays:
    """Texts end to end, a line break before each and after the last, and some padding.

    `bounds` are the places of those line breaks in `joined`; `codes` holds a letter's class in its lowest three bits
    and its script in the others; `folded` is a byte a letter (itself in ASCII, beyond 127 otherwise), with the padding.
    """

    texts: Sequence[str]
    bounds: Array
    joined: str
    codes: Array
    folded: Array

    @property
    def plain(self) -> bool:
        """Whether all letters are ASCII."""
        return self.joined.isascii()

    @cached_property
    def classes(self) -> Array:
        """Each letter's class."""
        return self.codes & np.uint8(7)

    @cached_property
    def _edges(self) -> tuple[Array, Array]:
        kinds = self.classes
        changes = kinds[1:] != kinds[:-1]
        words = kinds >= DIGIT
        starts, ends = changes & words[1:], changes & words[:-1]
        if not self.plain:
            single = kinds == SINGLE_LETTER
            leading = self.codes[1:] == _LEADING
            starts |= single[1:] | leading
            ends |= single[:-1] | (leading & words[:-1])
        return starts.nonzero()[0] + 1, ends.nonzero()[0] + 1

    @property
    def starts(self) -> Array:
        """Where words start: runs of letters or of digits, or single wide letters."""
        return self._edges[0]

    @property
    def ends(self) -> Array:
        """Where words end."""
        return self._edges[1]

    @cached_property
    def sizes(self) -> Array:
        """Letters of each word."""
        return self.ends - self.starts

    @cached_property
    def kinds(self) -> Array:
        """Each word's class."""
        return self.classes[self.starts]

    @cached_property
    def hashes(self) -> Array:
        """A hash of each word, whatever its case."""
        own_bytes = _FIRST.take(self.sizes, mode="clip")
        heads = eights(self.folded)[self.starts]
        heads |= _SMALL  # bit 5 of each byte: lower case, of ASCII letters; others are folded already
        heads &= own_bytes  # the first letters of the word alone, not what follows a shorter one
        heads += self.sizes.view(np.uint64)
        heads *= BASE
        heads ^= heads >> np.uint64(32)
        heads *= _OTHER
        return heads

    @cached_property
    def is_word(self) -> Array:
        """Which words are words of a language: no number and no single letter of ASCII."""
        is_word: Array = self.sizes > 1
        if not self.plain:
            is_word |= self.codes[self.starts] >> 3 != SCRIPT_NAMES.index("latin")
        is_word &= self.kinds == LETTER
        if not self.plain:
            is_word |= self.kinds == SINGLE_LETTER
        return is_word

    @cached_property
    def lines(self) -> Array:
        """The places of all line breaks."""
        lines: Array = self.stops[self.classes[self.stops] == LINE]
        return lines

    @cached_property
    def stops(self) -> Array:
        """The places of all line breaks and of what ends a sentence."""
        # One comparison for two classes: what is below LINE wraps around to 255.
        stops: Array = (self.classes - np.uint8(LINE) <= STOP - LINE).nonzero()[0]
        return stops

    @cached_property
    def longest(self) -> Array:
        """Characters in the longest line of each text."""
        at = np.searchsorted(self.lines, self.bounds[:-1])
        longest: Array = np.maximum.reduceat(np.diff(self.lines) - 1, at)
        return longest

    @cached_property
    def firsts(self) -> Array:
        """For each text, the number of its first word; at the end, the number of words."""
        return np.searchsorted(self.starts, self.bounds)

    def texts_of(self, places: Array) -> Array:
        """The texts that letters stand in, by number."""
        return np.searchsorted(self.bounds, places, side="right") - 1


def token_arrays(texts: Sequence[str]) -> Iterator[tuple[list[int], TokenArrays]]:
    """Texts as letters, some hundred kilobytes at a time, ASCII and others apart, with the numbers of the texts."""
    for plain in (True, False):
        places: list[int] = []
        size = 0
        for place, text in enumerate(texts):
            if text.isascii() is not plain:
                continue
            if places and size + len(text) > _CHUNK:
                yield places, _joined([texts[each] for each in places], plain)
                places, size = [], 0
            places.append(place)
            size += len(text)
        if places:
            yield places, _joined([texts[each] for each in places], plain)


def _joined(texts: list[str], plain: bool) -> TokenArrays:
    texts = [text[:LONGEST] for text in texts]
    if not plain:
        texts = [text.replace(_UNEVEN, _UNEVEN.lower()) if _UNEVEN in text else text for text in texts]
    bounds = np.concatenate(([0], np.cumsum([len(text) + 1 for text in texts])))
    joined = "\n".join(["", *texts, "\0" * PADDING])
    codes, folded = _plain(joined.encode("ascii")) if plain else _coded(joined)
    return TokenArrays(texts, bounds, joined, codes[:-PADDING], folded)


def _plain(raw: bytes) -> tuple[Array, Array]:
    return np.frombuffer(raw.translate(_plain_codes()), np.uint8), np.frombuffer(raw, np.uint8)


def _coded(joined: str) -> tuple[Array, Array]:
    # Two bytes a letter where all letters have them, else four; look-ups are in one table of `_ASSIGNED` rows. Where
    # most letters are ASCII, the others alone are looked up there, and ASCII by `bytes.translate`, ten times faster.
    points = np.frombuffer(joined.encode("utf-16-le", "surrogatepass"), np.uint16)
    if len(points) > len(joined):
        points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        points = np.minimum(points, _ASSIGNED - 1)
    others = (points > 127).nonzero()[0]
    if 4 * len(others) > len(points):
        return _halves(_codes_and_folds().take(points))
    folded = points.astype(np.uint8)
    codes = _plain(folded.tobytes())[0].copy()
    codes[others], folded[others] = _halves(_codes_and_folds().take(points[others]))
    return codes, folded


def _halves(both: Array) -> tuple[Array, Array]:
    return both.astype(np.uint8), (both >> np.uint16(8)).astype(np.uint8)


def eights(folded: Array) -> Array:
    """Eight letters from each place on, as a number: the same bytes seen anew at every offset, nothing is copied."""
    return np.ndarray((max(0, len(folded) - 7),), np.uint64, folded, strides=(1,))


class WordSet:
    """A set of words, to be found among the hashes of many.

    Most words are in no such set, so a table of 65,536 booleans, by the upper bits of the hash, goes first: it fits
    the cache and leaves one word in some hundred to the binary search.
    """

    def __init__(self, words: Collection[str]) -> None:
        self.hashes = np.array(sorted({hash_of(word) for word in words}), np.uint64)
        self.near = np.zeros(1 << _BITS, np.bool_)
        self.near[self.hashes >> np.uint64(64 - _BITS)] = True

    def among(self, hashes: Array) -> Array:
        """The places of the hashes that are those of a word of the set."""
        places = self.near[hashes >> np.uint64(64 - _BITS)].nonzero()[0]
        candidates = hashes[places]
        at = np.minimum(np.searchsorted(self.hashes, candidates), len(self.hashes) - 1)
        hits: Array = places[self.hashes[at] == candidates]
        return hits


def hash_of(word: str) -> int:
    """The hash of a word of letters."""
    ((_, alone),) = token_arrays([word])
    return int(alone.hashes[0])


def mixed(hashes: Array) -> Array:
    """Spreads what tells hashes apart over all bits."""
    hashes = (hashes ^ (hashes >> np.uint64(31))) * BASE
    spread: Array = hashes ^ (hashes >> np.uint64(29))
    return spread


def _class_of(letter: str) -> int:
    if letter in STOPS:
        return LINE if letter == "\n" else STOP
    if letter.isdecimal():
        return DIGIT
    return LETTER if letter.isalnum() else OTHER


@lru_cache(maxsize=1)
def _plain_codes() -> bytes:
    codes = [_class_of(chr(code)) | (8 if chr(code).isalpha() else 0) for code in range(128)]
    return bytes([*codes, *bytes(128)])


@lru_cache(maxsize=1)
def _codes_and_folds() -> Array:
    """The codes of all letters, and in the upper eight bits their folded bytes."""
    characters = list(map(chr, range(_ASSIGNED)))
    # without a Python function a character: half the time, which filters take before their first row
    digits = np.fromiter(map(str.isdecimal, characters), np.bool_, _ASSIGNED)
    letters = np.fromiter(map(str.isalnum, characters), np.bool_, _ASSIGNED)
    classes = np.where(digits, DIGIT, np.where(letters, LETTER, OTHER)).astype(np.uint8)
    for stop in STOPS:
        classes[ord(stop)] = _class_of(stop)
    _fill(classes, THAI, LETTER)
    _fill(classes, SINGLE, SINGLE_LETTER)
    scripts = np.zeros(_ASSIGNED, np.uint8)
    _fill(scripts, "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099-\u309a", len(SCRIPT_NAMES) - 1)
    for number, name in enumerate(SCRIPT_NAMES):
        _fill(
            scripts,
            _SPANS.get(name, ""),
            number,
        )
    normalized = np.fromiter(map(partial(is_normalized, "NFC"), characters), np.bool_, _ASSIGNED)
    scripts[~normalized] = len(SCRIPT_NAMES) - 1
    first_letters = map(itemgetter(0), map(str.lower, characters))
    folds = np.fromiter(map(ord, first_letters), np.uint32, _ASSIGNED)
    folds[ord("ς")] = ord("σ")
    spread = folds * np.uint32(0x9E3779B1) >> np.uint32(25) | np.uint32(0xA0)
    folds = np.where(folds < 128, folds, spread)
    folds[:128] = np.arange(128)
    return (folds << np.uint32(8) | scripts << np.uint8(3) | classes).astype(np.uint16)


_SPANS = {
    "latin": "A-Za-z",
    "accented": LATIN.removeprefix("A-Za-z"),
    **SCRIPTS,
    "leading": LEADING,
    "related": "".join(related_languages.FOREIGN_LETTERS.values()),
    "hard": related_languages.HARD_SIGNS,
}


def _fill(table: Array, spans: str, value: int) -> None:
    for first, last in re.findall("(.)(?:-(.))?", spans):
        table[ord(first) : ord(last or first) + 1] = value
