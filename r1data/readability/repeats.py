"""What recurs within each of many texts: ten-word sequences, sentences, short patterns.

Texts are laid end to end and read as arrays of letters, so that a column costs a few passes of numpy and no loop over
words. Equal sequences are told by 64-bit hashes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from r1data.readability.letters import BASE, DIGIT, Array, Joined, loads, mixed, spans

_CHUNK = 1 << 19
_LONGEST = 1 << 22
"""Characters of a text that are looked at: thirty times the longest response of the paper."""
_ROW_BITS = 10
_N = 10
_WORDS_IN_NGRAM = 5
_FEWEST_NGRAMS = 40
_PATTERN, _STRIDE = 20, 32
LONGEST_UNSEEN_RUN = 80


@dataclass(frozen=True, slots=True)
class Repeats:
    """Measures of some texts, an array of one figure for each.

    `ngrams`: share of the ten-word sequences that occurred before, 0 to 1. Words are runs of letters or of digits, or
    single wide letters; sequences of which fewer than five words are ones of a language, and texts with fewer than
    forty sequences, do not count.
    `sentences`: how often the most frequent sentence, or line, occurs, at most: they count as equal where their letters
    are.
    `runs`: whether a character or a pattern of up to 20 may go on for `LONGEST_UNSEEN_RUN` characters or more.
    """

    ngrams: npt.NDArray[np.float64]
    sentences: npt.NDArray[np.int64]
    runs: npt.NDArray[np.bool_]


def repeats(texts: Sequence[str]) -> Repeats:
    """Measures what recurs within each text."""
    found = Repeats(np.zeros(len(texts)), np.zeros(len(texts), np.int64), np.zeros(len(texts), np.bool_))
    for places in _chunks(texts):
        text = Joined([texts[place][:_LONGEST].lower() for place in places])
        found.ngrams[places] = _shares(text)
        found.sentences[places] = _frequencies(text)
        found.runs[places] = _runs(text)
    return found


def _chunks(texts: Sequence[str]) -> Iterator[list[int]]:
    """Places of texts, plain ones and others apart, some hundred kilobytes at a time."""
    for plain in (True, False):
        places: list[int] = []
        size = 0
        for place, text in enumerate(texts):
            if text.isascii() is not plain:
                continue
            if places and (size + len(text) > _CHUNK or len(places) >= 1 << _ROW_BITS):
                yield places
                places, size = [], 0
            places.append(place)
            size += len(text)
        if places:
            yield places


def _shares(text: Joined) -> Array:
    count = len(text.ids) - _N + 1
    if count < _FEWEST_NGRAMS:
        return np.zeros(text.rows)
    grams = np.zeros(count, np.uint64)
    for place in range(_N):
        grams *= BASE
        grams += text.ids[place : place + count]
    spoken = np.concatenate(([0], np.cumsum(text.spoken)))
    row = text.row_of(text.starts)
    held = (spoken[_N:] - spoken[:-_N] >= _WORDS_IN_NGRAM) & (row[:count] == row[_N - 1 :])
    keys = _keys(grams[held], row[:count][held])
    totals = np.bincount(_row(keys), minlength=text.rows)
    again = np.bincount(_row(keys[1:][keys[1:] == keys[:-1]]), minlength=text.rows)
    return np.where(totals >= _FEWEST_NGRAMS, again / np.maximum(totals, 1), 0.0)


def _frequencies(text: Joined) -> Array:
    most = np.zeros(text.rows, np.int64)
    worded = np.flatnonzero(text.kinds != DIGIT)
    ends = np.searchsorted(text.starts[worded], text.stops)
    begins = np.concatenate(([0], ends[:-1]))
    filled = ends > begins
    begins, ends, row = begins[filled], ends[filled], text.row_of(text.stops[filled])
    keys = _keys(spans(text.ids[worded], begins, ends), row)
    if len(keys):
        bounds = np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1, [len(keys)]))
        np.maximum.at(most, _row(keys[bounds[:-1]]), np.diff(bounds))
    return most


def _runs(text: Joined) -> Array:
    """A long enough run holds one of the places looked at, every 32 letters, with the 16 letters after it and those
    of the next round of its pattern."""
    found = np.zeros(text.rows, np.bool_)
    here = loads(text.letters)
    here += [array[8:] for array in here]
    for period in range(1, _PATTERN + 1):
        then = [array[period::_STRIDE] for array in here]
        shortest = min(map(len, then))
        same = [now[::_STRIDE][:shortest] == later[:shortest] for now, later in zip(here, then, strict=True)]
        places = np.flatnonzero(np.logical_and.reduce(same)) * _STRIDE
        found[text.row_of(places).astype(np.int64)] = True
    return found


def _keys(hashes: Array, row: Array) -> Array:
    """Sorted hashes that carry their row in the lowest bits, so that equal ones of a row lie side by side."""
    keys: Array = np.sort((mixed(hashes) & ~_LOW) | row)
    return keys


_LOW = np.uint64((1 << _ROW_BITS) - 1)


def _row(keys: Array) -> Array:
    return (keys & _LOW).astype(np.int64)
