"""Sketches: a few hundred bytes per text, from which the similarity of two texts is estimated without rereading them.

Similarity is the Jaccard index of the sets of three-word sequences of two texts: 1 for the same words in the same
order; one word in a hundred changed gives 0.94, one in twenty 0.75. Sketches are one-permutation MinHash (Li, Owen,
Zhang 2012): of all three-word sequences the smallest hash in each of 256 bins. The standard error of the estimate is
at most 0.03, and below 0.02 for texts of some tens of words.

Candidate pairs are found by bands of bins: two long texts of similarity 0.7 share at least one of 42 bands of six
bins with probability 0.995 or more. Empty bins take the hash of the next non-empty one (Shrivastava and Li 2014),
and the bins of a band are far apart, so that short texts also have bands of many different hashes; texts of some
tens of words use 85 bands of three. All numbers are this project's.
"""

import numpy as np
import numpy.typing as npt

from r1data.selection.word_hashes import Words, mix

RUN = 3
"""Words of a run."""
BINS = 256
ROWS = 6
"""Bins of a band, for texts that may be long."""
ROWS_SHORT = 3
"""For texts of some tens of words: questions."""
_EMPTY = np.uint32(0xFFFFFFFF)

Sketches = npt.NDArray[np.uint16]
Bands = npt.NDArray[np.uint32]


def sketches(words: Words, rows: int = ROWS) -> tuple[Sketches, Bands]:
    """For each text of `words` its sketch (texts × 256; 0 is an empty bin) and its bands (texts × 256 ÷ `rows`).

    A text of fewer than three words has an empty sketch, which is like no other, and bands that mean nothing.
    """
    # The upper 8 bits of a run's hash choose the bin, the lower 32 are the value: one pass over all runs of all texts.
    runs, places = words.runs(RUN)
    flat = np.full(len(words.ends) * BINS, _EMPTY, np.uint32)
    bins = words.text_of(places) * BINS + (runs >> np.uint64(56)).astype(np.int64)
    # One less than the mark of an empty bin at most: no run may be taken for it.
    lower = np.minimum(runs & np.uint64(0xFFFFFFFF), np.uint64(_EMPTY - 1)).astype(np.uint32)
    np.minimum.at(flat, bins, lower)
    least = flat.reshape(-1, BINS)
    empty = least == _EMPTY
    # 16 bits are kept of each value: two runs that differ look alike once in 65,536 times. 0 marks an empty bin, so a
    # value of 0 becomes 1.
    values = (least & np.uint32(0xFFFF)).astype(np.uint16)
    values[values == 0] = 1
    values[empty] = 0
    # bands read an empty bin as the next that is not, going round: the places stand twice in a row, so that a minimum
    # from the right finds it for the last bins too
    around = np.where(np.hstack([empty, empty]), 2 * BINS, np.arange(2 * BINS))
    nearest = np.minimum.accumulate(around[:, ::-1], axis=1)[:, ::-1][:, :BINS]
    filled = np.take_along_axis(least, nearest % BINS, axis=1).astype(np.uint64)
    # of n bands, band i holds the bins i, i + n, i + 2n and so on
    count = BINS // rows
    hashes = np.zeros((len(filled), count), np.uint64)
    for row in range(rows):
        hashes = mix(hashes + filled[:, row * count : (row + 1) * count])
    return values, (hashes >> np.uint64(32)).astype(np.uint32)


def similarity(one: Sketches, other: Sketches) -> npt.NDArray[np.float64]:
    """The estimated similarity of each pair of sketches, both pairs × 256; 0 where both are empty."""
    same = ((one == other) & (one != 0)).sum(axis=1)
    any_of_both = ((one != 0) | (other != 0)).sum(axis=1)
    result: npt.NDArray[np.float64] = same / np.maximum(any_of_both, 1)
    return result
