"""Many texts as one array of letters, and their words as hashes: what `repeats` counts.

Equal words are told by 64-bit hashes, so that no word is ever a Python object.
"""

import re
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from r1data.readability.scripts import HAN, KANA

Array = npt.NDArray[Any]
WIDE = f"{HAN}{KANA}\u0e01-\u0e3a\u0e40-\u0e4e"
"""Letters of scripts without spaces, each a word by itself; as the inside of a regular expression's class."""

STOPS = "\n.!?。！？;；"
OTHER, LETTER, DIGIT, WIDE_LETTER, STOP = range(5)
"""Classes of letters."""

BASE = np.uint64(0x9E3779B97F4A7C15)


class Joined:
    """Lower-case texts end to end, a line break after each, and their words.

    `starts` and `kinds` of the words, in letters from the beginning and by class; `ids` are hashes; `row` is the text
    that a word stands in; `stops` are where sentences end.
    """

    def __init__(self, texts: list[str]) -> None:
        joined = "\n".join([*texts, ""])
        plain = joined.isascii()
        raw = joined.encode("ascii") if plain else joined.encode("utf-32-le", "surrogatepass")
        self.letters: Array = np.frombuffer(raw, np.uint8 if plain else np.uint32)
        classes = (
            np.frombuffer(raw.translate(_plain_classes()), np.uint8)
            if plain
            else _all_classes()[self.letters]
        )
        self.rows = len(texts)
        self.starts, ends = _words(classes, plain)
        self.kinds = classes[self.starts]
        self.ids = (_words_by_load if plain else spans)(self.letters, self.starts, ends)
        self.spoken = (self.kinds == WIDE_LETTER) | (
            (self.kinds == LETTER) & ((ends - self.starts > 1) | (self.letters[self.starts] > 127))
        )
        stops = np.flatnonzero(classes == STOP)
        after = classes[np.minimum(stops + 1, len(classes) - 1)]
        self.stops = stops[(self.letters[stops] != ord(".")) | (after != DIGIT)]
        self.last = np.cumsum([len(text) + 1 for text in texts]) - 1

    def row_of(self, positions: Array) -> Array:
        """The text that a letter stands in."""
        return np.searchsorted(self.last, positions).astype(np.uint64)


def loads(letters: Array) -> list[Array]:
    """Eight letters from each place on, as a 64-bit number, or as four where letters take 32 bits."""
    size, count = letters.itemsize, len(letters) - 7
    if count <= 0:
        return [np.zeros(0, np.uint64)] * size
    return [
        np.ndarray((count,), np.uint64, letters, offset=8 * part, strides=(size,)) for part in range(size)
    ]


def _words(classes: Array, plain: bool) -> tuple[Array, Array]:
    """Where words start and end."""
    changes = classes[1:] != classes[:-1]
    if not plain:
        changes |= classes[1:] == WIDE_LETTER
    bounds = np.concatenate(([0], np.flatnonzero(changes) + 1, [len(classes)]))
    kinds = classes[bounds[:-1]]
    is_word = (kinds != OTHER) & (kinds != STOP)
    return bounds[:-1][is_word], bounds[1:][is_word]


def _words_by_load(letters: Array, starts: Array, ends: Array) -> Array:
    """A hash of each word of plain letters: of its first eight, its last eight and its length."""
    padded = np.concatenate((letters, np.zeros(8, np.uint8)))
    (eights,) = loads(padded)
    sizes = ends - starts
    first = eights[starts] & _FIRST[np.minimum(sizes, 8)]
    last = np.where(sizes > 8, eights[np.maximum(ends - 8, 0)], np.uint64(0))
    return mixed(mixed(first) + last * BASE + sizes.astype(np.uint64))


_FIRST = np.array([(1 << (8 * count)) - 1 for count in range(9)], np.uint64)


def spans(values: Array, starts: Array, ends: Array) -> Array:
    """A hash of each span of values, the same for equal spans wherever they stand."""
    powers, inverses = _powers(1 << len(values).bit_length())
    sums = np.zeros(len(values) + 1, np.uint64)
    np.multiply(values, powers[: len(values)], out=sums[1:], dtype=np.uint64)
    np.cumsum(sums, out=sums)
    return mixed((sums[ends] - sums[starts]) * inverses[starts] + (ends - starts).astype(np.uint64))


def mixed(hashes: Array) -> Array:
    """Spreads what tells hashes apart over all bits."""
    hashes = (hashes ^ (hashes >> np.uint64(31))) * BASE
    spread: Array = hashes ^ (hashes >> np.uint64(29))
    return spread


@lru_cache(maxsize=4)
def _powers(size: int) -> tuple[Array, Array]:
    """The powers of a factor, and of its inverse modulo 2^64."""
    factors = (int(BASE), pow(int(BASE), -1, 1 << 64))
    first, second = (np.cumprod(np.full(size, factor, np.uint64)) for factor in factors)
    return first, second


def _class_of(letter: str) -> int:
    if letter in STOPS:
        return STOP
    if letter.isdecimal():
        return DIGIT
    return LETTER if letter.isalnum() else OTHER


@lru_cache(maxsize=1)
def _plain_classes() -> bytes:
    return bytes(_class_of(chr(code)) if code < 128 else OTHER for code in range(256))


@lru_cache(maxsize=1)
def _all_classes() -> Array:
    classes = np.fromiter((_class_of(chr(code)) for code in range(0x110000)), np.uint8, 0x110000)
    for span in re.findall("(.)(?:-(.))?", WIDE):
        classes[ord(span[0]) : ord(span[1] or span[0]) + 1] = WIDE_LETTER
    return classes
