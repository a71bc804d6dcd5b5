"""The words of many texts at once, as hashes, for near duplicates and contamination.

A word is a run of letters and digits in lower case; a Han character or a kana is a word by itself, since these
scripts use no blanks. Marks and punctuation separate words and do not count, except for the signs
that `sums` reads. Text is normalised by NFKC first, so that full-width digits and composed letters equal what they look
like. Hashes have 64 bits and are the same on every machine and in every version.

Not covered: Thai, Lao, Khmer and Burmese, which use no blanks either, count as runs of letters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from r1data.filters.scripts import HAN, KANA

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_CHUNK_BYTES = 8 << 20
_ALONE = f"([{HAN}{KANA}])"
_NO_WORD = r"[^\p{L}\p{N}\p{M}\x00-\x7f]+"
_SIGNS = {"×": "*", "·": "*", "÷": "/", "−": "-", "≤": "<=", "≥": ">=", "≠": "!="}
_IS_SIGN = np.isin(np.arange(256), np.frombuffer(b"+-*/=<>^%!", np.uint8))
_LONGEST = 64
_PAD = np.zeros(_LONGEST + 8, np.uint8)
# Both are odd: multiplying by an odd number modulo 2^64 can be undone, so `mix` makes no two hashes equal.
_MULTIPLY = np.uint64(0x9E3779B97F4A7C15)
_ROLL = np.uint64(0xD6E8FEB86659FD93)


def _folding() -> npt.NDArray[np.uint8]:
    """Byte → the byte as it counts: lower case, 0 for what parts words; bytes over 127 belong to letters."""
    table = np.zeros(256, np.uint8)
    for byte in range(256):
        char = chr(byte)
        if byte >= 128 or char.isalnum():
            table[byte] = byte if byte >= 128 else ord(char.lower())
    return table


_FOLDED = _folding()


@dataclass(frozen=True, slots=True)
class Words:
    """The words of consecutive texts.

    `hashes`: one a word. `ends`: for each text the place in `hashes` behind its last word. `starts`, `stops`: where
    each word lies in `folded`, the texts' bytes, folded. `signs`: the bytes that are signs of sums, and `sign_ends` for
    them what `ends` is for words.
    """

    hashes: Hashes
    ends: Places
    starts: Places
    stops: Places
    folded: npt.NDArray[np.uint8]
    signs: npt.NDArray[np.uint8]
    sign_ends: Places

    @property
    def counts(self) -> Places:
        """Words of each text."""
        return np.diff(self.ends, prepend=0)

    def runs(self, length: int) -> tuple[Hashes, Places]:
        """Hashes of each sequence of `length` words of one text, and the places of their first words."""
        last = len(self.hashes) - length + 1
        if last <= 0:
            return np.empty(0, np.uint64), np.empty(0, np.int64)
        # a polynomial of the words' hashes, built up for all places at once: `length` passes over one array, no
        # Python loop
        rolled = self.hashes[:last].copy()
        for step in range(1, length):
            rolled *= _ROLL
            rolled += self.hashes[step : step + last]
        end_of_text = np.repeat(self.ends, self.counts)[:last]
        places = np.flatnonzero(np.arange(last) + length <= end_of_text)
        return mix(rolled[places]), places

    def text_of(self, places: Places) -> Places:
        """The number of the text that each word lies in."""
        return np.searchsorted(self.ends, places, side="right")

    def spell(self, first: int, length: int) -> str:
        """The words from place `first` on, joined by blanks."""
        words = range(first, first + length)
        return " ".join(
            self.folded[self.starts[word] : self.stops[word]].tobytes().decode("utf-8", "replace")
            for word in words
        )

    def whole(self) -> Hashes:
        """A hash of all words of each text, in order, and of its signs."""
        return mix(_hash_sequences(self.hashes, self.ends) + self._signs())

    def sums(self) -> Hashes:
        """A hash of the numbers and signs of each text, in order: of two sums with other ones it differs."""
        numbers = self._are_numbers()
        before = np.concatenate([[0], np.cumsum(numbers)])
        return mix(_hash_sequences(self.hashes[numbers], before[self.ends]) + self._signs())

    def numbers(self) -> Places:
        """How many words of each text begin with a digit."""
        before = np.concatenate([[0], np.cumsum(self._are_numbers())])
        return np.diff(before[self.ends], prepend=0)

    def _are_numbers(self) -> npt.NDArray[np.bool_]:
        first = self.folded[self.starts]
        return (first >= ord("0")) & (first <= ord("9"))

    def _signs(self) -> Hashes:
        return mix(_hash_sequences(self.signs.astype(np.uint64), self.sign_ends))


def _hash_sequences(hashes: Hashes, ends: Places) -> Hashes:
    """One hash for the sequence of hashes of each text."""
    counts = np.diff(ends, prepend=0)
    summed = counts.astype(np.uint64) * _MULTIPLY
    some = counts > 0
    if some.any():
        firsts = ends - counts
        place = np.arange(len(hashes)) - np.repeat(firsts, counts)
        # A polynomial in `_ROLL`: each hash is weighted by the power of its place, so that the order counts.
        steps = np.full(int(counts.max()), _ROLL, np.uint64)
        steps[0] = 1
        weighted = hashes * np.multiply.accumulate(steps)[place]
        # Of texts that have words alone: `reduceat` gives an empty segment the element that follows it.
        summed[some] += np.add.reduceat(weighted, firsts[some])
    return mix(summed)


def words_of(texts: Iterable[str | None]) -> Iterator[Words]:
    """The words of texts, in order, so many texts at a time as have 8 MiB or so; a missing text has none."""
    column = pa.array((text or "" for text in texts), pa.large_string())
    places, _ = _bytes_of(column)
    start = 0
    while start < len(column):
        stop = int(np.searchsorted(places[1:], places[start] + _CHUNK_BYTES, side="right"))
        stop = max(start + 1, stop)  # a text longer than a chunk is one by itself
        yield _words(_plain(column.slice(start, stop - start)))
        start = stop


def words_of_one(text: str) -> Words:
    """The words of one text."""
    return next(words_of([text]))


def mix(hashes: Hashes) -> Hashes:
    """Hashes, every bit of which depends on every bit of those given."""
    hashes = hashes ^ (hashes >> np.uint64(32))
    hashes *= _MULTIPLY
    hashes ^= hashes >> np.uint64(29)
    hashes *= _ROLL
    hashes ^= hashes >> np.uint64(32)
    return hashes


def _plain(column: pa.Array) -> pa.Array:
    """Texts with letters, digits and ASCII alone, lower case, Han and kana apart."""
    _, data = _bytes_of(column)
    if not (data > 127).any():
        return column
    import polars as pl  # here alone: a set in ASCII is built without it

    texts = pl.Series(column)
    wide = texts.str.len_bytes() != texts.str.len_chars()
    folded = (
        texts.filter(wide)
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_many(_SIGNS)
        .str.replace_all(_NO_WORD, " ")
        .str.replace_all(_ALONE, " ${1} ")
    )
    # The oldest level is `large_string`, whose buffers `_bytes_of` reads; polars would give string views.
    return texts.scatter(wide.arg_true(), folded).to_arrow(compat_level=pl.CompatLevel.oldest())


def _words(column: pa.Array) -> Words:
    offsets, data = _bytes_of(column)
    folded = np.concatenate([_FOLDED[data], _PAD])
    letter = folded[: len(data)] != 0
    begins, goes_on = letter.copy(), letter.copy()
    begins[1:] &= ~letter[:-1]
    goes_on[-1:] = False
    goes_on[:-1] &= letter[1:]
    # a text's first byte starts a word, whatever the text before it ended with
    inner = offsets[1:-1]
    inner = inner[(inner > 0) & (inner < len(data))]
    begins[inner] = letter[inner]
    goes_on[inner - 1] = False
    starts, stops = np.flatnonzero(begins), np.flatnonzero(letter & ~goes_on) + 1
    ends = np.searchsorted(starts, offsets[1:], side="left")
    signs = np.flatnonzero(_IS_SIGN[data])
    sign_ends = np.searchsorted(signs, offsets[1:], side="left")
    return Words(_hash_words(folded, starts, stops), ends, starts, stops, folded, data[signs], sign_ends)


def _bytes_of(column: pa.Array) -> tuple[Places, npt.NDArray[np.uint8]]:
    """Where each text starts and ends among the bytes of all; `column` has the type `large_string`."""
    _, offsets, data = column.buffers()
    places = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    raw = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    return places - places[0], raw[places[0] : places[-1]]


def _hash_words(folded: npt.NDArray[np.uint8], starts: Places, stops: Places) -> Hashes:
    """A hash for each word; of one longer than 64 bytes, the first 64, the last 8 and the length count."""
    # Every place of the text read as a number of eight bytes, without a copy: all words of 8 MiB of text are then
    # hashed together, eight letters a step, and bytes behind a word's end are masked off. `folded` ends in padding,
    # so that the last word may be read beyond its end.
    eights = np.lib.stride_tricks.as_strided(folded[:8].view(np.uint64), (len(folded) - 7,), (1,))
    lengths = stops - starts
    hashes = lengths.astype(np.uint64)
    longer: Places = np.arange(len(starts))
    for done in range(0, _LONGEST, 8):
        longer = longer[lengths[longer] > done] if done else longer
        if not len(longer):
            break
        piece = eights[starts[longer] + done]
        # Little-endian: a word's first letter is the lowest byte, so the mask loses its upper bytes.
        missing = np.maximum(0, 8 - (lengths[longer] - done)).astype(np.uint64) * np.uint64(8)
        piece &= np.uint64(0xFFFFFFFFFFFFFFFF) >> missing
        hashes[longer] = mix(hashes[longer] * _ROLL + piece)
    long = np.flatnonzero(lengths > _LONGEST)
    hashes[long] = mix(hashes[long] * _ROLL + eights[stops[long] - 8])
    return hashes
