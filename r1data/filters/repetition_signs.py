"""The five signs of repetition, exactly counted. The filter `repetition` says what they are for.

All numbers count as equal in sentences, so that a loop with a counter is recognised; a table of sums is not prose and
does not count.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

import numpy as np

from r1data.filters.limits import LIMITS, FilterLimits, Limit
from r1data.filters.repetition_prefilter import (
    FEWEST_NGRAMS,
    NGRAM,
    RECENT_SAME,
    RECENT_UNITS,
    SAME_UNIT,
    WIDE_IN_UNIT,
    WORDS_IN_NGRAM,
    WORDS_IN_UNIT,
)
from r1data.filters.token_arrays import LEADING, LONGEST, SINGLE, THAI

RECENT_SHARE = Limit("recent_share", 0.5, "share of these that occurred before")
NGRAM_SHARE = Limit("ngram_share", 0.30, "share of the ten-word sequences that occurred before")
TAIL_BYTES = Limit("tail_bytes", 3_000, "bytes of the end that is compressed")
TAIL_RATIO = Limit("tail_ratio", 0.12, "share of its size that this end compresses to, at least")
CHARACTER_RUN = Limit("character_run", 120, "times that one character stands in a row")
PATTERN_RUN = Limit("pattern_run", 40, "times that a pattern of 2 to 20 characters stands in a row")

_UNIT = re.compile(r"[^\n.!?。！？;；]+(?:\.(?=\d)[^\n.!?。！？;；]*)*")
WIDE = f"{SINGLE}{THAI}"
_LONG_WORD = re.compile(f"[^\\W\\d_{WIDE}]{{2,}}")
_LETTERS_OF_WORD = f"(?:[^\\W\\d_{SINGLE}{LEADING}]|[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])"
WORD = re.compile(f"[{SINGLE}]|[{LEADING}]?{_LETTERS_OF_WORD}+|[{LEADING}]|\\d+")
_WIDE_LETTER = re.compile(f"[{WIDE}]")
_SPEAKS = re.compile(f"[{WIDE}]|{_LONG_WORD.pattern}")
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]")
_SMALLEST_MATCH = 10 / 64
"""Lower bound of zlib's output, in bytes per distinct eight-byte sequence: a match takes about ten bits and adds at
most eight new sequences."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_FEWEST_BYTES = 1_500
_PATTERN = 20
_RULES = frozenset("-=_*~#.·─━═— \t\n")


def is_repetitive(thoughts: str, limits: FilterLimits = LIMITS) -> bool:
    """Whether thoughts show one of the five signs of repetition."""
    return (
        has_run(thoughts, limits)
        or has_empty_tail(thoughts, limits)
        or has_same_units(thoughts, limits)
        or has_repeated_ngrams(thoughts, limits)
    )


def has_same_units(thoughts: str, limits: FilterLimits = LIMITS) -> bool:
    """Whether one sentence occurs throughout the text, or the last sentences are mostly repeats."""
    text = _DIGITS.sub("0", thoughts)
    # Units are whole pieces joined, so a unit that recurs is made of pieces that recur: where none does, there is no
    # need to count letters in each of them.
    pieces = Counter(piece.strip() for piece in _UNIT.findall(text))
    if not any(count >= limits[RECENT_SAME] and _SPEAKS.search(piece) for piece, count in pieces.items()):
        return False
    units = list(_units(text))
    if not units or max(Counter(units).values()) >= limits[SAME_UNIT]:
        return bool(units)
    recent = Counter(units[-limits[RECENT_UNITS] :])
    repeats = sum(recent.values()) - len(recent)
    return max(recent.values()) >= limits[RECENT_SAME] and repeats > limits[RECENT_SHARE] * sum(
        recent.values()
    )


def _units(text: str) -> Iterator[str]:
    """Sentences and lines of prose; a short one is joined with the next ones."""
    return (unit for unit, _, _ in placed_units(text))


def placed_units(text: str) -> Iterator[tuple[str, int, int]]:
    """The same with start and end in the text, whose numbers may be any: in units each is 0."""
    waiting: list[str] = []
    start = words = wide = 0
    for piece in _UNIT.finditer(text):
        unit = _DIGITS.sub("0", piece.group().strip())
        letters = len(_LETTERS.findall(unit))
        if not unit or letters * 2 < len(unit) - unit.count(" "):
            continue
        if not waiting:
            start = piece.start() + len(piece.group()) - len(piece.group().lstrip())
        waiting.append(unit)
        words += len(_LONG_WORD.findall(unit))
        wide += len(_WIDE_LETTER.findall(unit))
        if words >= WORDS_IN_UNIT or wide >= WIDE_IN_UNIT:
            yield " ".join(waiting), start, piece.start() + len(piece.group().rstrip())
            waiting, words, wide = [], 0, 0


def has_repeated_ngrams(thoughts: str, limits: FilterLimits = LIMITS) -> bool:
    """Whether too many ten-word sequences occurred before."""
    return repeated_ngrams(thoughts) > limits[NGRAM_SHARE]


def repeated_ngrams(thoughts: str) -> float:
    """The share of ten-word sequences that occurred before, without those made mostly of numbers and symbols."""
    prose = [sequence for _, sequence in ngrams(WORD.findall(thoughts[:LONGEST].lower()))]
    return 1 - len(set(prose)) / len(prose) if len(prose) >= FEWEST_NGRAMS else 0.0


def ngrams(words: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The number of the first word of each ten-word sequence that counts, and the sequence."""
    is_language = (not word.isdecimal() and (len(word) > 1 or not word.isascii()) for word in words)
    words_before = [0, *accumulate(is_language)]
    sequences = zip(*(words[place:] for place in range(NGRAM)), strict=False)
    for number, (sequence, before, after) in enumerate(
        zip(sequences, words_before, words_before[NGRAM:], strict=False)
    ):
        if after - before >= WORDS_IN_NGRAM:
            yield number, sequence


def has_empty_tail(thoughts: str, limits: FilterLimits = LIMITS) -> bool:
    """Whether the last `tail_bytes` compress below `tail_ratio` of their size."""
    size, ratio = limits[TAIL_BYTES], limits[TAIL_RATIO]
    # Cut before it is encoded as well, so that no more than the end of long thoughts is.
    tail = thoughts[-size:].encode("utf-8", "surrogatepass")[-size:]
    # Most tails have too many distinct sequences to compress that well, and counting those is cheaper than zlib.
    if len(tail) < _FEWEST_BYTES or _distinct(tail) * _SMALLEST_MATCH > ratio:
        return False
    return len(zlib.compress(tail, 6)) < ratio * len(tail)


def _distinct(tail: bytes) -> float:
    """Distinct eight-byte sequences per position, estimated from below by a bitmap of 65,536 hash values."""
    eights = np.ndarray((len(tail) - 7,), np.uint64, tail, strides=(1,))
    seen = np.zeros(1 << 16, np.bool_)
    # The upper bits of a product depend on all bits of its factors, the lower ones on few: the upper 16 are the hash.
    seen[(eights * _MULTIPLIER) >> np.uint64(48)] = True
    return np.count_nonzero(seen) / len(eights)


def has_run(thoughts: str, limits: FilterLimits = LIMITS) -> bool:
    """Whether one character stands `character_run` times in a row, or a pattern of up to 20 characters `pattern_run`
    times.
    """
    return any(True for _ in runs(thoughts, limits))


def runs(thoughts: str, limits: FilterLimits = LIMITS) -> Iterator[tuple[int, int, int]]:
    """Start, end and length of the pattern of each such run.

    Every piece of 40 characters is searched for a repeat of its first 20, because a run that is long enough covers at
    least one whole piece. Horizontal rules made of dashes and the like are allowed.
    """
    size, position = 2 * _PATTERN, 0
    while position + size <= len(thoughts):
        again = thoughts.find(thoughts[position : position + _PATTERN], position + 1, position + size)
        if again < 0:
            position += size
            continue
        period = again - position
        start, end = _extent(thoughts, position, period)
        fewest = limits[CHARACTER_RUN] if period == 1 else limits[PATTERN_RUN] * period
        if end - start >= fewest and not _RULES.issuperset(thoughts[start : start + period]):
            yield start, end, period
        position = max(end, position + size)


def _extent(text: str, position: int, period: int) -> tuple[int, int]:
    """Start and end of the longest span at a position in which every character equals the one a period later."""
    start, end = position, position + period
    while start > 0 and text[start - 1] == text[start - 1 + period]:
        start -= 1
    while end < len(text) and text[end] == text[end - period]:
        end += 1
    return start, end
