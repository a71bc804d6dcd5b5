"""What may recur within each of many texts: ten-word sequences, sentences, short patterns.

A gate in front of `repetition`, whose rules count exactly: each figure here is one that the exact one does not exceed.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from r1data.filters.limits import Limits
from r1data.filters.token_arrays import (
    BASE,
    DIGIT,
    LETTER,
    SCRIPT_NAMES,
    SINGLE_LETTER,
    Array,
    TokenArrays,
    eights,
    mixed,
)

NGRAM, WORDS_IN_NGRAM, FEWEST_NGRAMS = 10, 5, 40
"""Ten-word sequences count if five words of a language are among them, in texts with forty such sequences."""
WORDS_IN_UNIT, WIDE_IN_UNIT = 5, 8
_STRIDE = 48
_SHIFTS = {24: 56, 60: 140, 72: 288, 112: 168, 143: 297, 323: 357}
"""Each period up to 20 divides one of these distances, such that in forty rounds of it (120 of a single letter) as many
letters as stand beside the distance equal the one that far behind: at least `_STRIDE` and eight, so that a place looked
at lies among them."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """What recurs in some texts, a figure or an answer for each.

    `ngrams`: share of the ten-word sequences that occurred before, at most. `sentences`: whether one may recur as often
    as `Limits` forbids. `runs`: whether a character or a pattern of up to 20 may go on for 120 or 40 rounds.
    """

    ngrams: npt.NDArray[np.float64]
    sentences: npt.NDArray[np.bool_]
    runs: npt.NDArray[np.bool_]


def repeats(text: TokenArrays, limits: Limits) -> Repeats:
    """What recurs within each text."""
    return Repeats(_shares(text), _sentences(text, limits), _runs(text))


def _shares(text: TokenArrays) -> Array:
    count = len(text.starts) - NGRAM + 1
    if count < FEWEST_NGRAMS:
        return np.zeros(len(text.texts))
    spoken = np.cumsum(text.spoken, dtype=np.int32)
    held = np.empty(count, np.bool_)
    held[0] = spoken[NGRAM - 1] >= WORDS_IN_NGRAM
    np.greater_equal(spoken[NGRAM:] - spoken[:-NGRAM], WORDS_IN_NGRAM, out=held[1:])
    keys = _ngrams(text.hashes)
    for row, (start, end) in enumerate(pairwise(text.firsts.tolist())):
        keys[start:end] ^= np.uint64(row << 44)
        held[max(0, end - NGRAM + 1) : end] = False
    keys >>= np.uint64(62 - count.bit_length())
    numbers = np.arange(count, dtype=np.int32)
    last = np.empty(4 << count.bit_length(), np.int32)
    last[keys] = numbers
    totals = np.diff(np.concatenate(([0], np.cumsum(held, dtype=np.int32)))[np.minimum(text.firsts, count)])
    held &= last[keys] == numbers
    different = np.diff(
        np.concatenate(([0], np.cumsum(held, dtype=np.int32)))[np.minimum(text.firsts, count)]
    )
    return np.where(totals >= FEWEST_NGRAMS, 1 - different / np.maximum(totals, 1), 0.0)


def _ngrams(hashes: Array) -> Array:
    """A hash of each sequence of ten words."""
    twos = hashes[:-1] * BASE
    twos += hashes[1:]
    fours = twos[:-2] * _SQUARE
    fours += twos[2:]
    tens = fours[:-6] * _FOURTH
    tens += fours[4:-2]
    tens *= _SQUARE
    tens += twos[8:]
    return tens


_SQUARE, _FOURTH = (np.uint64(pow(int(BASE), power, 1 << 64)) for power in (2, 4))


def _sentences(text: TokenArrays, limits: Limits) -> Array:
    """Texts with a sentence that occurs `same_unit` times, or `recent_same` times near the end."""
    rows, stops = len(text.texts), text.stops
    point = text.folded[stops] == ord(".")
    stops = stops[~point | (text.classes[np.minimum(stops + 1, len(text.classes) - 1)] != DIGIT)]
    words = np.searchsorted(text.starts, stops)
    worded = np.flatnonzero(_between(text.spoken, words))
    keys = _between(text.hashes * (text.kinds != DIGIT), words)[worded]
    row = text.texts_of(stops[:-1])
    keys = (mixed(keys) & ~_LOW) | row[worded].astype(np.uint64)
    ordered = np.sort(keys)
    found = _often(ordered, rows, limits.same_unit)
    if not _often(ordered, rows, limits.recent_same).any():
        return found
    late = _late(text, stops, words, row, limits)[worded]
    return found | _often(np.sort(keys[late]), rows, limits.recent_same)


def _late(text: TokenArrays, stops: Array, words: Array, row: Array, limits: Limits) -> Array:
    """Which sentences stand behind the place from which on `recent_units` of them surely are units by themselves."""
    sizes = text.sizes
    letters = text.kinds == LETTER
    if not text.plain:
        letters &= ~_THAI[text.codes[text.starts]]
    counted = (sizes + ((sizes > 1) << np.int64(40))) * letters
    if not text.plain:
        counted += (text.kinds == SINGLE_LETTER) << np.int64(20)
    sums = _between(counted, words)
    letters, wides, long = sums & _PART, sums >> 20 & _PART, sums >> 40
    prose = 2 * (letters + wides) >= np.diff(stops)
    sure = ((long >= WORDS_IN_UNIT) | (wides >= WIDE_IN_UNIT)) & prose
    behind = np.cumsum(sure[::-1])[::-1]
    after = np.searchsorted(row, np.arange(1, len(text.texts) + 1))
    beyond = np.append(behind, 0)[after]
    late: Array = behind - beyond[row] <= limits.recent_units + 1
    return late


_PART = (1 << 20) - 1
_THAI = np.array([code >> 3 in map(SCRIPT_NAMES.index, ("thai", "leading")) for code in range(256)])


def _between(values: Array, words: Array) -> Array:
    """The sum of the values of the words of each sentence."""
    sums = np.zeros(len(values) + 1, np.int32 if values.dtype == np.bool_ else values.dtype)
    np.cumsum(values, out=sums[1:])
    return np.diff(sums[words])


def _often(keys: Array, rows: int, often: int) -> Array:
    """Texts of which one key occurs so often; of sorted keys that hold their text in the lowest bits."""
    found = np.zeros(rows, np.bool_)
    after = keys[max(often, 1) - 1 :]
    found[(after[after == keys[: len(after)]] & _LOW).astype(np.int64)] = True
    return found


_LOW = np.uint64((1 << 20) - 1)


def _runs(text: TokenArrays) -> Array:
    """A long enough run holds one of the places looked at, every 48 letters, with eight letters that come again."""
    found = np.zeros(len(text.texts), np.bool_)
    here = eights(text.folded)
    looked = here[::_STRIDE]
    for shift, equal in _SHIFTS.items():
        then = here[shift::_STRIDE]
        places = np.flatnonzero(looked[: len(then)] == then) * _STRIDE
        if len(places):
            around = places[:, None] + np.arange(-equal, equal, 8)
            around = np.minimum(np.maximum(around, 0), len(here) - 1 - shift)
            places = places[np.count_nonzero(here[around] == here[around + shift], axis=1) >= equal // 8 - 1]
        found[text.texts_of(places)] = True
    return found
