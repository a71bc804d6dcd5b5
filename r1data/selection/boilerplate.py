"""What of an evaluation's runs of words is no evidence of contamination; the rest is the paper's (`contamination`).

Four kinds are ignored, all of them this project's rule:

- *common*: an instruction, "put your final answer within \\boxed{}" say. More than half of the run belongs to runs of
  six words (`gram_size`) that at least `PROMPTS` of the distinct prompts of the set and at least `RECORDS` of the
  records of an evaluation file have. A question that many prompts repeat is none: the other records of the file do
  not have it.
- *named*: what a file of boilerplate says, a line each.
- *formula*: identities. At most one of the run's words is an ordinary one, the others are letters, names of functions
  and numbers, of which at most two differ from 0 and 1.
- *sequence*: "11 10 9 8 7 5 4 3 2 1". All of the run's words but one are numbers, and they go on as those of a sequence
  that everybody knows do.

A run that is most of a text of the evaluation (`MOST`) is never ignored, unless all of it is common or named; nor are
formulas and sequences of a text that has no other runs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from r1data.errors import UserError
from r1data.selection.word_hashes import Hashes, Places, Words, mix, words_of, words_of_one

PROMPTS, RECORDS, MOST = 0.05, 0.05, 2 / 3
FEWEST_PROMPTS, FEWEST_RECORDS = 10, 3
"""Of fewer prompts or records a share says nothing."""
FEWEST_OF_A_FEW = 4
"""In a set of fewer than twenty prompts it is half of them, and as many as this."""
COUNTS, COMMON, NAMED, FORMULA, SEQUENCE = range(5)
KINDS = ("others", "common to many prompts", "named as boilerplate", "a formula", "a sequence of numbers")
"""What is said of each."""
_SHORTEST_NAMED = 3
_PAIR, _SLOTS = np.uint64(0xD6E8FEB86659FD93), 1 << 20
SHORTEST_KIND = 8
"""Words of the shortest run that a kind is told of: of three numbers in a row nearly all would be a sequence."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FUNCTIONS = _set(
    """sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log exp lim max min sup inf mod gcd lcm det dim deg
    frac dfrac tfrac sqrt cdot cdots times left right div pmod bmod sum prod int infty pi alpha beta gamma delta epsilon
    theta lambda sigma omega phi psi leq geq neq quad qquad mathbb mathrm text binom overline equiv sum_ ldots
    dots"""
)
_SMALL_WORDS = _set("is of to in if by as at on we an or so be it he do go no up us my me am")
_VARIABLES = re.compile(r"\d{0,2}[a-z]{1,2}\d?|\d{0,2}(?:abc|abcd|def|pqr|xyz|uvw|uvwxyz)")
_FUNCTION_HASHES: list[Hashes] = []


def gram_size(n: int) -> int:
    """Words of the runs that are counted in prompts, for runs of n words in the evaluation."""
    return max(min(n, 3), -(-6 * n // 10))


@dataclass(frozen=True)
class Spans:
    """Word runs of some lengths, each a sorted array of hashes, that cover the words of a text."""

    by_length: dict[int, Hashes]

    def covered(self, words: Words) -> npt.NDArray[np.bool_]:
        """Which words belong to one of the runs."""
        mask = np.zeros(len(words.hashes) + 1, np.int64)
        for length, hashes in self.by_length.items():
            runs, firsts = words.runs(length)
            hits = firsts[np.isin(runs, hashes)]
            np.add.at(mask, hits, 1)
            np.add.at(mask, hits + length, -1)
        return np.cumsum(mask)[:-1] > 0


def named_spans(paths: Sequence[str], n: int) -> Spans:
    """The runs of the lines of boilerplate files.

    Raises UserError where a file cannot be read or none of its lines has three words.
    """
    by_length: dict[int, list[Hashes]] = {}
    for path in paths:
        try:
            lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            raise UserError(
                f"{path}: {error.strerror}; give a text file with one instruction a line"
            ) from None
        words = [
            each for line in lines for each in [words_of_one(line)] if len(each.hashes) >= _SHORTEST_NAMED
        ]
        if not words:
            raise UserError(f"{path}: no line of {_SHORTEST_NAMED} words in it; give one instruction a line")
        for each in words:
            length = min(len(each.hashes), gram_size(n))
            by_length.setdefault(length, []).append(each.runs(length)[0])
    return Spans({length: np.unique(np.concatenate(runs)) for length, runs in by_length.items()})


def ignored_by_spans(words: Words, spans: Spans, n: int, firsts: Places) -> npt.NDArray[np.bool_]:
    """Which runs of n words, given by the places of their first words, have less than half of their words outside the
    spans; those that are most of their text only count as such where nothing of them is outside."""
    outside = _sums(~spans.covered(words), n, firsts)
    ignored: npt.NDArray[np.bool_] = (2 * outside < n) & (~_are_most(words, n, firsts) | (outside == 0))
    return ignored


def grams_of(words: Words, n: int) -> tuple[Hashes, Hashes]:
    """Hashes of the grams of all texts, and of the text that each is from."""
    grams, places = words.runs(gram_size(n))
    return grams, words.whole()[words.text_of(places)]


def common_grams(of_texts: Sequence[tuple[Hashes, Hashes]], records: int) -> Hashes:
    """The grams that at least `RECORDS` of a file's records have, in different texts."""
    fewest = max(FEWEST_RECORDS, RECORDS * records)
    # Hardly any gram is in so many texts. Counting them in slots, of which several grams may share one, rules out
    # nearly all without sorting them.
    slots = np.zeros(_SLOTS, np.int64)
    for grams, _ in of_texts:
        slots += np.bincount((grams & np.uint64(_SLOTS - 1)).astype(np.int64), minlength=_SLOTS)
    likely = slots >= fewest
    chosen = [likely[grams & np.uint64(_SLOTS - 1)] for grams, _ in of_texts]
    grams, texts = (
        np.concatenate([each[side][flags] for each, flags in zip(of_texts, chosen, strict=True)])
        for side in (0, 1)
    )
    in_texts = np.unique(mix(grams + texts * _PAIR), return_index=True)[1]
    each_gram, counts = np.unique(grams[in_texts], return_counts=True)
    common: Hashes = each_gram[counts >= fewest]
    return common


def passages(
    words: Words, size: int, grams: Hashes, prompts: npt.NDArray[np.int64]
) -> Iterator[tuple[int, int, int]]:
    """The first word and the length of each passage that grams of `size` words make up, and the most prompts that
    have one of them. `grams` is sorted, `prompts` goes with it."""
    hashes, firsts = words.runs(size)
    at = np.minimum(np.searchsorted(grams, hashes), len(grams) - 1)
    places = np.flatnonzero(grams[at] == hashes)
    texts = words.text_of(firsts[places])
    begins = np.flatnonzero((np.diff(firsts[places], prepend=0) > size) | (np.diff(texts, prepend=-1) != 0))
    for begin, end in zip(begins, np.append(begins, len(places))[1:], strict=True):
        first, last = int(firsts[places[begin]]), int(firsts[places[end - 1]])
        yield first, last + size - first, int(prompts[at[places[begin:end]]].max())


def kinds(words: Words, n: int, firsts: Places) -> npt.NDArray[np.int8]:
    """`FORMULA`, `SEQUENCE` or `COUNTS` for each run of n words, given by the places of their first words."""
    if n < SHORTEST_KIND:
        return np.zeros(len(firsts), np.int8)
    first = words.folded[words.starts]
    is_number = (first >= ord("0")) & (first <= ord("9"))
    ordinary = (words.stops - words.starts > 2) & ~is_number
    ordinary[ordinary] = ~_are_functions(words.hashes[ordinary])
    result = np.zeros(len(firsts), np.int8)
    likely = (_sums(ordinary, n, firsts) <= 2) & ~_are_most(words, n, firsts)
    for place in np.flatnonzero(likely):
        result[place] = kind_of(words.spell(int(firsts[place]), n).split(" "))
    texts = words.text_of(firsts)
    counting = np.bincount(texts[result == COUNTS], minlength=len(words.ends))
    result[counting[texts] == 0] = COUNTS  # of a question that is a formula alone nothing else could be found
    return result


def _are_functions(hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Which of the words, by their hashes, are names of functions."""
    if not _FUNCTION_HASHES:
        _FUNCTION_HASHES.append(np.sort(np.concatenate([each.hashes for each in words_of(_FUNCTIONS)])))
    (functions,) = _FUNCTION_HASHES
    # The top bits of a hash tell nearly all other words apart without a search.
    slots = np.zeros(1 << 12, np.bool_)
    slots[functions >> np.uint64(52)] = True
    likely = np.flatnonzero(slots[hashes >> np.uint64(52)])
    are_functions = np.zeros(len(hashes), np.bool_)
    are_functions[likely] = np.isin(hashes[likely], functions)
    return are_functions


def kind_of(words: Sequence[str]) -> int:
    """The kind of one run, by its words alone."""
    numbers = [int(word) for word in words if word.isdecimal() and len(word) < 10]
    if len(numbers) >= len(words) - 1 and _is_known(numbers):
        return SEQUENCE
    ordinary = [word for word in words if not _is_of_formulas(word)]
    coefficients = {int(digits) for word in words for digits in re.findall(r"\d{1,9}", word)} - {0, 1}
    return FORMULA if 10 * len(ordinary) <= len(words) and len(coefficients) <= 2 else COUNTS


def _is_of_formulas(word: str) -> bool:
    if word.isdecimal() or word in _FUNCTIONS:
        return True
    return word not in _SMALL_WORDS and _VARIABLES.fullmatch(word) is not None


def _is_known(numbers: Sequence[int]) -> bool:
    """Whether numbers go on as a sequence does that everybody knows, but for a fifth of their steps."""
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    if not steps:
        return False
    few = len(numbers) // 5
    usual = max(set(steps), key=lambda step: (steps.count(step), -abs(step)))
    turns = [later - earlier for earlier, later in pairwise(steps)]
    doubled = sum(later != 2 * earlier and earlier != 2 * later for earlier, later in pairwise(numbers))
    added = sum(c != a + b and a != b + c for a, b, c in zip(numbers, numbers[1:], numbers[2:], strict=False))
    return (
        len(steps) - steps.count(usual) <= few
        or (len(set(turns)) == 1 and len(turns) > 2)
        or min(doubled, added) <= few - 1
        or _are_primes(numbers)
    )


def _are_primes(numbers: Sequence[int]) -> bool:
    """Whether numbers are consecutive primes below 200, up or down."""
    some = sorted(numbers)
    if len(some) < 3 or some[-1] >= 200:
        return False
    span = range(max(2, some[0]), some[-1] + 1)
    return some == [each for each in span if all(each % smaller for smaller in range(2, int(each**0.5) + 1))]


def _sums(flags: npt.NDArray[np.bool_], n: int, firsts: Places) -> Places:
    """How many of the n words from each place on are flagged."""
    before = np.concatenate([[0], np.cumsum(flags)])
    sums: Places = before[firsts + n] - before[firsts]
    return sums


def _are_most(words: Words, n: int, firsts: Places) -> npt.NDArray[np.bool_]:
    most: npt.NDArray[np.bool_] = n >= MOST * words.counts[words.text_of(firsts)]
    return most
