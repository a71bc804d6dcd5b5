"""The precheck of `repetition`: upper bounds on what recurs in each of many texts (n-grams, sentences, short patterns).

The rule of `repetition` counts exactly. Each number here is an upper bound of the exact one, because equal words have
equal hashes while a few different words share one. `benchmarks/readability.py` measures what this saves: datatrove's
repetition filter, which counts words as Python objects, reads 0.6 MB/s in the same run.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from r1data.filters.limits import FilterLimits, Limit
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
"""A ten-word sequence counts if at least five of its words belong to a language, and a text needs forty of them."""
WORDS_IN_UNIT, WIDE_IN_UNIT = 5, 8
SAME_UNIT = Limit("same_unit", 20, "times that one sentence occurs")
RECENT_UNITS = Limit("recent_units", 40, "last sentences that are looked at by themselves")
RECENT_SAME = Limit("recent_same", 8, "times that one sentence occurs among these")
_STRIDE = 48
_SHIFTS = {24: 56, 60: 140, 72: 288, 112: 168, 143: 297, 323: 357}
"""Distance → how many characters must equal the one that far ahead. Each period up to 20 divides one of the distances,
and 40 repeats of the period (120 of a single character) leave at least that many equal characters. The count is at
least `_STRIDE` + 8, so that one of the sampled positions lies in every such run."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """What may recur, one value per text.

    Attributes:
        ngrams: upper bound of the share of ten-word sequences that occurred before.
        sentences: whether a sentence may recur more often than the limits allow.
        runs: whether a character may stand 120 times in a row, or a pattern of up to 20 characters 40 times.
    """

    ngrams: npt.NDArray[np.float64]
    sentences: npt.NDArray[np.bool_]
    runs: npt.NDArray[np.bool_]


def repeats(text: TokenArrays, limits: FilterLimits) -> Repeats:
    """What may recur within each text."""
    return Repeats(_shares(text), _sentences(text, limits), _runs(text))


def _shares(text: TokenArrays) -> Array:
    count = len(text.starts) - NGRAM + 1
    if count < FEWEST_NGRAMS:
        return np.zeros(len(text.texts))
    words_before = np.cumsum(text.is_word, dtype=np.int32)
    counts = np.empty(count, np.bool_)
    counts[0] = words_before[NGRAM - 1] >= WORDS_IN_NGRAM
    np.greater_equal(words_before[NGRAM:] - words_before[:-NGRAM], WORDS_IN_NGRAM, out=counts[1:])
    keys = _ngrams(text.hashes)
    # N-grams are hashed over all texts at once. Two corrections per text: its number is mixed into its keys, so that
    # texts do not count each other's n-grams, and the n-grams that run over its end are masked out.
    for row, (start, end) in enumerate(pairwise(text.firsts.tolist())):
        keys[start:end] ^= np.uint64(row << 44)
        counts[max(0, end - NGRAM + 1) : end] = False
    # A hash table without chaining, filled by one assignment: `last[keys] = numbers` keeps the last n-gram of each
    # slot, so the n-grams that find themselves there are the different ones. This takes no sort, and a collision only
    # makes the share of repeats larger, which a precheck may do. There are four to eight slots for each n-gram, found
    # by the upper bits of its hash; they start uninitialised, since only those that were written are read.
    keys >>= np.uint64(62 - count.bit_length())
    numbers = np.arange(count, dtype=np.int32)
    last = np.empty(4 << count.bit_length(), np.int32)
    last[keys] = numbers
    totals = _sums(counts, text.firsts)
    counts &= last[keys] == numbers
    different = _sums(counts, text.firsts)
    return np.where(totals >= FEWEST_NGRAMS, 1 - different / np.maximum(totals, 1), 0.0)


def _sums(counts: Array, firsts: Array) -> Array:
    """How many of the counted sequences start in each text."""
    return np.diff(np.concatenate(([0], np.cumsum(counts, dtype=np.int32)))[np.minimum(firsts, len(counts))])


def _ngrams(hashes: Array) -> Array:
    """A hash of each ten-word sequence: a polynomial in `BASE`, built from hashes of 2 and 4 words (10 = 4 + 4 + 2).

    Four multiplications per position instead of nine, all over whole arrays.
    """
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


def _sentences(text: TokenArrays, limits: FilterLimits) -> Array:
    """Texts with a sentence that may occur `same_unit` times, or `recent_same` times near the end."""
    rows, stops = len(text.texts), text.stops
    # A point before a digit is a decimal point and ends no sentence, as in the rule.
    point = text.folded[stops] == ord(".")
    stops = stops[~point | (text.classes[np.minimum(stops + 1, len(text.classes) - 1)] != DIGIT)]
    words = np.searchsorted(text.starts, stops)
    worded = np.flatnonzero(_between(text.is_word, words))
    # A sentence's key is the sum of its words' hashes: one cumulative sum gives all keys. Numbers add 0, since all of
    # them count as equal; that the sum knows no order makes sentences equal that are not, which a precheck may do.
    keys = _between(text.hashes * (text.kinds != DIGIT), words)[worded]
    row = text.texts_of(stops[:-1])
    keys = (mixed(keys) & ~_LOW) | row[worded].astype(np.uint64)
    ordered = np.sort(keys)
    repeated = _often(ordered, rows, limits[SAME_UNIT])
    if not _often(ordered, rows, limits[RECENT_SAME]).any():
        return repeated
    late = _late(text, stops, words, row, limits)[worded]
    return repeated | _often(np.sort(keys[late]), rows, limits[RECENT_SAME])


def _late(text: TokenArrays, stops: Array, words: Array, row: Array, limits: FilterLimits) -> Array:
    """Which sentences may be among the last `recent_units` units of their text.

    Short sentences are joined into units (`repetition`); only sentences that surely are a unit by themselves are
    counted from the end, so that too many are taken rather than too few.
    """
    sizes = text.sizes
    letters = text.kinds == LETTER
    if not text.plain:
        letters &= ~_THAI[text.codes[text.starts]]
    # Three sums packed into one int64, 20 bits each, so that one cumulative sum does the work of three: letters, single
    # wide letters, words of two letters or more.
    packed = (sizes + ((sizes > 1) << np.int64(40))) * letters
    if not text.plain:
        packed += (text.kinds == SINGLE_LETTER) << np.int64(20)
    sums = _between(packed, words)
    letters, wides, long = sums & _PART, sums >> 20 & _PART, sums >> 40
    prose = 2 * (letters + wides) >= np.diff(stops)
    sure = ((long >= WORDS_IN_UNIT) | (wides >= WIDE_IN_UNIT)) & prose
    behind = np.cumsum(sure[::-1])[::-1]
    after = np.searchsorted(row, np.arange(1, len(text.texts) + 1))
    beyond = np.append(behind, 0)[after]
    late: Array = behind - beyond[row] <= limits[RECENT_UNITS] + 1
    return late


_PART = (1 << 20) - 1
_THAI = np.array([code >> 3 in map(SCRIPT_NAMES.index, ("thai", "leading")) for code in range(256)])


def _between(values: Array, words: Array) -> Array:
    """The sum over the words of each sentence."""
    sums = np.zeros(len(values) + 1, np.int32 if values.dtype == np.bool_ else values.dtype)
    np.cumsum(values, out=sums[1:])
    return np.diff(sums[words])


def _often(keys: Array, rows: int, often: int) -> Array:
    """Texts in which a key occurs at least `often` times.

    The keys are sorted and hold the number of their text in the lowest bits. Equal keys are therefore neighbours, and
    a key that equals the one `often` - 1 places before it is frequent enough.
    """
    repeated = np.zeros(rows, np.bool_)
    after = keys[max(often, 1) - 1 :]
    repeated[(after[after == keys[: len(after)]] & _LOW).astype(np.int64)] = True
    return repeated


_LOW = np.uint64((1 << 20) - 1)


def _runs(text: TokenArrays) -> Array:
    """Texts that may contain a long run of one character or one pattern.

    Every run that is long enough covers one of the sampled positions, one every 48 characters. Eight characters are
    one number (`eights`), so a period is found by comparing two strided views of one array. Around sampled positions
    that match, every eighth character is then compared as well.
    """
    has_run = np.zeros(len(text.texts), np.bool_)
    here = eights(text.folded)
    sampled = here[::_STRIDE]
    for shift, equal in _SHIFTS.items():
        then = here[shift::_STRIDE]
        places = np.flatnonzero(sampled[: len(then)] == then) * _STRIDE
        if len(places):
            compared = places[:, None] + np.arange(-equal, equal, 8)
            compared = np.minimum(np.maximum(compared, 0), len(here) - 1 - shift)
            places = places[
                np.count_nonzero(here[compared] == here[compared + shift], axis=1) >= equal // 8 - 1
            ]
        has_run[text.texts_of(places)] = True
    return has_run
