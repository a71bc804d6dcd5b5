"""Many texts as one array of characters, and their words as hashes, for the vectorised prechecks of filters.

Each character is folded to one byte. The hash of a word is computed from its first eight characters, ignoring case, and
its length: equal words have equal hashes, and different words rarely collide. A precheck that counts repeats can
therefore only count too many, never too few, which is safe because prechecks drop nothing by themselves.

Why packed arrays: one Python object per word costs a microsecond, and thoughts of 40 kB have 7,000 words. Here no word
ever becomes an object; a column costs a few numpy passes over one or two bytes per character. On one core that is
100 MB/s of English for all filters together, where a regular expression that splits words reads 20 MB/s. Measure a
change here with `python -m benchmarks.readability`.

Throughout, "letter" in names and comments means one character of the array.
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
"""Characters that each count as a word, as the inside of a regular expression's character class."""
THAI, LEADING = "\u0e01-\u0e3a\u0e40-\u0e4e", "\u0e40-\u0e44"
"""Thai letters, and the vowels among them that begin a syllable, where a new word is assumed to begin."""

STOPS = "\n.!?。！？;；"
OTHER, LINE, STOP, DIGIT, LETTER, SINGLE_LETTER = range(6)
"""Character classes: those from `DIGIT` on form words; `LINE` (a line break) also counts as a stop."""
SCRIPT_NAMES = ("none", "latin", "accented", *SCRIPTS, "leading", "related", "hard", "combining")
"""Scripts by number: `accented` are Latin letters beyond ASCII, `leading` those of `LEADING`, `related` and `hard`
those of `related_languages`, `combining` the characters that NFC changes. There must be at most 32 of them: a code has
five bits for the script and three for the class."""

BASE, _OTHER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_SMALL = np.uint64(0x2020202020202020)
# `_FIRST[n]` masks the lowest n bytes of a 64-bit number: the first n characters, since the arrays are read as
# little-endian numbers.
_FIRST = np.array([(1 << (8 * count)) - 1 for count in range(9)], np.uint64)
_LEADING = SCRIPT_NAMES.index("leading") << 3 | LETTER
_BITS = 16
_CHUNK = 1 << 18
# Characters per array. What is derived from it takes a few bytes per character and so fits a core's cache of 2 MB.
PADDING = 8
LONGEST = 1 << 22
"""Characters of a text that are read: thirty times the longest response of the paper."""
_UNEVEN = "İ"
"""The only letter whose lower case has two characters, which would shift all positions behind it."""
_ASSIGNED = 0x32400
"""No letter has a code point at or above this; tables are this long instead of 0x110000."""
_COMMON = 0x3000
"""Alphabets, maths and arrows lie below, and most texts have nothing else; kana, Han and emoji lie above."""


@dataclass(frozen=True, eq=False)
class TokenArrays:
    """Texts joined end to end, with a line break before each and after the last, and `PADDING` at the end.

    Attributes:
        texts: the texts, each cut at `LONGEST` characters.
        bounds: positions in `joined` of the line breaks between texts, shape (texts + 1,).
        joined: all texts in one string.
        codes: uint8 per character: its class in the lowest three bits, its script in the upper five.
        folded: uint8 per character, including the padding: an ASCII character itself, else a value above 127.
    """

    texts: Sequence[str]
    bounds: Array
    joined: str
    codes: Array
    folded: Array

    @property
    def plain(self) -> bool:
        """Whether all characters are ASCII."""
        return self.joined.isascii()

    @cached_property
    def classes(self) -> Array:
        """The class of each character."""
        return self.codes & np.uint8(7)

    @cached_property
    def _edges(self) -> tuple[Array, Array]:
        kinds = self.classes
        changes = kinds[1:] != kinds[:-1]
        words = kinds >= DIGIT
        starts, ends = changes & words[1:], changes & words[:-1]
        if not self.plain:
            # Where the class stays the same a word may end all the same: a letter of `SINGLE` is a word by itself, and
            # a Thai leading vowel begins one.
            single = kinds == SINGLE_LETTER
            leading = self.codes[1:] == _LEADING
            starts |= single[1:] | leading
            ends |= single[:-1] | (leading & words[:-1])
        return starts.nonzero()[0] + 1, ends.nonzero()[0] + 1

    @property
    def starts(self) -> Array:
        """Positions where words start: runs of letters, runs of digits, single characters of `SINGLE`."""
        return self._edges[0]

    @property
    def ends(self) -> Array:
        """Positions just after the end of each word."""
        return self._edges[1]

    @cached_property
    def sizes(self) -> Array:
        """Characters of each word."""
        return self.ends - self.starts

    @cached_property
    def kinds(self) -> Array:
        """The class of each word."""
        return self.classes[self.starts]

    @cached_property
    def hashes(self) -> Array:
        """A hash of each word that ignores case, uint64: two multiply rounds over its first eight bytes and length."""
        own_bytes = _FIRST.take(self.sizes, mode="clip")  # longer words take the last mask: all eight bytes
        heads = eights(self.folded)[self.starts]
        heads |= _SMALL  # setting bit 5 of each byte lower-cases ASCII; other characters are folded already
        heads &= own_bytes  # a word shorter than eight characters: clear the bytes of what follows it
        heads += self.sizes.view(np.uint64)
        heads *= BASE
        heads ^= heads >> np.uint64(32)
        heads *= _OTHER
        return heads

    @cached_property
    def is_word(self) -> Array:
        """Which words belong to a language: not numbers and not single ASCII letters."""
        is_word: Array = self.sizes > 1
        if not self.plain:
            is_word |= self.codes[self.starts] >> 3 != SCRIPT_NAMES.index("latin")
        is_word &= self.kinds == LETTER
        if not self.plain:
            is_word |= self.kinds == SINGLE_LETTER
        return is_word

    @cached_property
    def lines(self) -> Array:
        """Positions of all line breaks."""
        lines: Array = self.stops[self.classes[self.stops] == LINE]
        return lines

    @cached_property
    def stops(self) -> Array:
        """Positions of all line breaks and of the characters that end a sentence."""
        # LINE and STOP are neighbours, so one comparison finds both: in uint8 a class below LINE wraps to 255.
        stops: Array = (self.classes - np.uint8(LINE) <= STOP - LINE).nonzero()[0]
        return stops

    @cached_property
    def longest(self) -> Array:
        """Characters in the longest line of each text."""
        # Every text has at least one line of its own, so `reduceat` meets no empty segment, whose value would be wrong.
        at = np.searchsorted(self.lines, self.bounds[:-1])
        longest: Array = np.maximum.reduceat(np.diff(self.lines) - 1, at)
        return longest

    @cached_property
    def firsts(self) -> Array:
        """For each text, the number of its first word; at the end, the number of words."""
        return np.searchsorted(self.starts, self.bounds)

    def texts_of(self, places: Array) -> Array:
        """The number of the text that each position lies in."""
        return np.searchsorted(self.bounds, places, side="right") - 1


def token_arrays(texts: Sequence[str]) -> Iterator[tuple[list[int], TokenArrays]]:
    """Yields the arrays of some hundred kilobytes of texts at a time, with the numbers of these texts.

    ASCII texts come first and separately: `bytes.translate` makes their arrays, ten times faster than looking up code
    points does.
    """
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
    # Two bytes per character if all fit into UTF-16 units, else four; codes are looked up in a table of `_ASSIGNED`
    # entries, or of `_COMMON` ones, which is made in 5 ms instead of 60. If most characters are ASCII, only the others
    # are looked up there, and ASCII goes through `bytes.translate`, which is faster.
    points = np.frombuffer(joined.encode("utf-16-le", "surrogatepass"), np.uint16)
    if len(points) > len(joined):
        points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        points = np.minimum(points, _ASSIGNED - 1)
    others = (points > 127).nonzero()[0]
    table = _codes_and_folds(_COMMON if points.max() < _COMMON else _ASSIGNED)
    if 4 * len(others) > len(points):
        return _halves(table.take(points))
    folded = points.astype(np.uint8)  # right for ASCII alone; the others are overwritten below
    codes = _plain(folded.tobytes())[0].copy()
    codes[others], folded[others] = _halves(table.take(points[others]))
    return codes, folded


def _halves(both: Array) -> tuple[Array, Array]:
    return both.astype(np.uint8), (both >> np.uint16(8)).astype(np.uint8)


def eights(folded: Array) -> Array:
    """The eight characters from each position on as one uint64: an overlapping view of the bytes, without a copy."""
    return np.ndarray((max(0, len(folded) - 7),), np.uint64, folded, strides=(1,))


class WordSet:
    """A set of words that can be looked up among many hashes at once.

    Most words of a text are not in the set. A table of 65,536 booleans, indexed by the upper bits of the hash, rules
    them out first: it fits the cache and leaves about one word in a hundred to the binary search.
    """

    def __init__(self, words: Collection[str]) -> None:
        # all words at once: a call for each of 1,200 words takes 50 ms, before the first row of every run
        hashes = [chunk.hashes[chunk.firsts[:-1]] for _, chunk in token_arrays(list(words))]
        self.hashes = np.unique(np.concatenate(hashes))
        self.near = np.zeros(1 << _BITS, np.bool_)
        self.near[self.hashes >> np.uint64(64 - _BITS)] = True

    def among(self, hashes: Array) -> Array:
        """The indices of the hashes that belong to a word of the set."""
        places = self.near[hashes >> np.uint64(64 - _BITS)].nonzero()[0]
        candidates = hashes[places]
        at = np.minimum(np.searchsorted(self.hashes, candidates), len(self.hashes) - 1)
        hits: Array = places[self.hashes[at] == candidates]
        return hits


def mixed(hashes: Array) -> Array:
    """Mixes hashes so that all bits of the result differ, not only the upper ones."""
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


@lru_cache(maxsize=2)
def _codes_and_folds(size: int) -> Array:
    """For each code point below `size`, its code in the lower eight bits and its folded byte in the upper eight."""
    characters = list(map(chr, range(size)))
    # `np.fromiter(map(str.isdecimal, …))` makes no Python call per character: building the table takes half the time,
    # and every filter process waits for it before its first row.
    digits = np.fromiter(map(str.isdecimal, characters), np.bool_, size)
    letters = np.fromiter(map(str.isalnum, characters), np.bool_, size)
    classes = np.where(digits, DIGIT, np.where(letters, LETTER, OTHER)).astype(np.uint8)
    for stop in STOPS:
        classes[ord(stop) : ord(stop) + 1] = _class_of(stop)  # a slice may lie beyond the table's end
    _fill(classes, THAI, LETTER)
    _fill(classes, SINGLE, SINGLE_LETTER)
    scripts = np.zeros(size, np.uint8)
    _fill(scripts, "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099-\u309a", len(SCRIPT_NAMES) - 1)
    # Later names overwrite earlier ones: `leading` is a part of Thai, `related` and `hard` of Cyrillic and Arabic.
    for number, name in enumerate(SCRIPT_NAMES):
        _fill(scripts, _SPANS.get(name, ""), number)
    normalized = np.fromiter(map(partial(is_normalized, "NFC"), characters), np.bool_, size)
    scripts[~normalized] = len(SCRIPT_NAMES) - 1
    first_letters = map(itemgetter(0), map(str.lower, characters))
    folds = np.fromiter(map(ord, first_letters), np.uint32, size)
    # Lower-casing a whole word makes a last Σ a ς, a letter by itself a σ: both spellings must have one hash.
    folds[ord("ς")] = ord("σ")
    # Seven bits of a hash for each other letter. 0xA0 sets bit 7, which no ASCII character has, and bit 5, which
    # `TokenArrays.hashes` sets in every byte to lower-case ASCII: so it changes nothing here.
    spread = folds * np.uint32(0x9E3779B1) >> np.uint32(25) | np.uint32(0xA0)
    folds = np.where(folds < 128, folds, spread)
    folds[:128] = np.arange(128)  # ASCII keeps its case, which the prechecks look at
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
