"""Repetition: a model that goes round in circles (R1 2.2.4 and App. B.3.2 name it; the thresholds are ours).

Five signs, any of which is enough: one sentence again and again; the last sentences mostly the same few;
ten-word sequences that come back; an end that compresses to nothing; one character or a short pattern run on.
Numbers count as equal in sentences, so that a loop with a counter is one, and a table of sums, which is not
prose, is none.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from r1data.filters.limits import LIMITS, Limits
from r1data.filters.repeats import FEWEST_NGRAMS, NGRAM, WIDE_IN_UNIT, WORDS_IN_NGRAM, WORDS_IN_UNIT, repeats
from r1data.filters.token_arrays import LEADING, LONGEST, SINGLE, THAI, TokenArrays

_UNIT = re.compile(r"[^\n.!?。！？;；]+(?:\.(?=\d)[^\n.!?。！？;；]*)*")
WIDE = f"{SINGLE}{THAI}"
_LONG_WORD = re.compile(f"[^\\W\\d_{WIDE}]{{2,}}")
_LETTERS_OF_WORD = f"(?:[^\\W\\d_{SINGLE}{LEADING}]|[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])"
_WORD = re.compile(f"[{SINGLE}]|[{LEADING}]?{_LETTERS_OF_WORD}+|[{LEADING}]|\\d+")
_WIDE_LETTER = re.compile(f"[{WIDE}]")
_SPEAKS = re.compile(f"[{WIDE}]|{_LONG_WORD.pattern}")
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]")
_SMALLEST_MATCH = 10 / 64
"""Bytes of zlib's output for each new eight-byte sequence: a match takes ten bits or so and makes eight at most."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_FEWEST_BYTES = 1_500
_PATTERN = 20
_RULES = frozenset("-=_*~#.·─━═— \t\n")


def is_repetitive(thoughts: str, limits: Limits = LIMITS) -> bool:
    """Whether thoughts repeat themselves; see the module for the five signs and `Limits` for their
    thresholds."""
    return (
        has_run(thoughts, limits)
        or has_empty_tail(thoughts, limits)
        or has_same_units(thoughts, limits)
        or has_repeated_ngrams(thoughts, limits)
    )


def has_same_units(thoughts: str, limits: Limits = LIMITS) -> bool:
    """Whether one sentence recurs throughout, or the last ones are mostly repeats."""
    text = _DIGITS.sub("0", thoughts)
    pieces = Counter(piece.strip() for piece in _UNIT.findall(text))
    if not any(count >= limits.recent_same and _SPEAKS.search(piece) for piece, count in pieces.items()):
        return False
    units = list(_units(text))
    if not units or max(Counter(units).values()) >= limits.same_unit:
        return bool(units)
    recent = Counter(units[-limits.recent_units :])
    repeats = sum(recent.values()) - len(recent)
    return max(recent.values()) >= limits.recent_same and repeats > limits.recent_share * sum(recent.values())


def _units(text: str) -> Iterator[str]:
    """Sentences and lines of prose; short ones are joined with what follows."""
    waiting: list[str] = []
    words = wide = 0
    for piece in _UNIT.findall(text):
        unit = piece.strip()
        letters = len(_LETTERS.findall(unit))
        if not unit or letters * 2 < len(unit) - unit.count(" "):
            continue
        waiting.append(unit)
        words += len(_LONG_WORD.findall(unit))
        wide += len(_WIDE_LETTER.findall(unit))
        if words >= WORDS_IN_UNIT or wide >= WIDE_IN_UNIT:
            yield " ".join(waiting)
            waiting, words, wide = [], 0, 0


def has_repeated_ngrams(thoughts: str, limits: Limits = LIMITS) -> bool:
    """Whether ten-word sequences come back too often."""
    return repeated_ngrams(thoughts) > limits.ngram_share


def repeated_ngrams(thoughts: str) -> float:
    """Share of ten-word sequences that occurred before; sequences of mostly numbers and symbols left out."""
    words = _WORD.findall(thoughts[:LONGEST].lower())
    spoken = [
        0,
        *accumulate(not word.isdecimal() and (len(word) > 1 or not word.isascii()) for word in words),
    ]
    sequences = zip(*(words[place:] for place in range(NGRAM)), strict=False)
    counted = [
        sequence
        for sequence, before, after in zip(sequences, spoken, spoken[NGRAM:], strict=False)
        if after - before >= WORDS_IN_NGRAM
    ]
    return 1 - len(set(counted)) / len(counted) if len(counted) >= FEWEST_NGRAMS else 0.0


def repetitive(text: TokenArrays, limits: Limits = LIMITS) -> npt.NDArray[np.bool_]:
    """`is_repetitive` of many thoughts at once: each sign is looked for where `repeats` cannot rule it out."""
    seen = repeats(text, limits)
    short = limits.character_run < LIMITS.character_run or limits.pattern_run < LIMITS.pattern_run
    found = np.fromiter((has_empty_tail(each, limits) for each in text.texts), np.bool_, len(text.texts))
    for doubtful, sign in (
        (seen.runs | short, has_run),
        (seen.sentences, has_same_units),
        (seen.ngrams > limits.ngram_share, has_repeated_ngrams),
    ):
        for place in np.flatnonzero(doubtful & ~found).tolist():
            found[place] = sign(text.texts[place], limits)
    return found


def has_empty_tail(thoughts: str, limits: Limits = LIMITS) -> bool:
    """Whether the last `tail_bytes` compress below `tail_ratio` of their size."""
    tail = thoughts[-limits.tail_bytes :].encode("utf-8", "surrogatepass")[-limits.tail_bytes :]
    if len(tail) < _FEWEST_BYTES or _distinct(tail) * _SMALLEST_MATCH > limits.tail_ratio:
        return False
    return len(zlib.compress(tail, 6)) < limits.tail_ratio * len(tail)


def _distinct(tail: bytes) -> float:
    """Share of a text's eight-byte sequences that are different ones."""
    eights = np.ndarray((len(tail) - 7,), np.uint64, tail, strides=(1,))
    seen = np.zeros(1 << 16, np.bool_)
    seen[(eights * _MULTIPLIER) >> np.uint64(48)] = True
    return np.count_nonzero(seen) / len(eights)


def has_run(thoughts: str, limits: Limits = LIMITS) -> bool:
    """Whether one character stands `character_run` times in a row, or a pattern of up to 20 `pattern_run`
    times.

    Looks at 40 characters in every 40: a run that is long enough covers one such piece. Rules drawn of dashes
    pass.
    """
    size, position = 2 * _PATTERN, 0
    while position + size <= len(thoughts):
        again = thoughts.find(thoughts[position : position + _PATTERN], position + 1, position + size)
        if again < 0:
            position += size
            continue
        period = again - position
        start, end = _extent(thoughts, position, period)
        if _is_run(thoughts[start:end], period, limits):
            return True
        position = max(end, position + size)
    return False


def _extent(text: str, position: int, period: int) -> tuple[int, int]:
    """The stretch around a position in which every character equals the one a period later."""
    start, end = position, position + period
    while start > 0 and text[start - 1] == text[start - 1 + period]:
        start -= 1
    while end < len(text) and text[end] == text[end - period]:
        end += 1
    return start, end


def _is_run(run: str, period: int, limits: Limits) -> bool:
    if _RULES.issuperset(run[:period]):
        return False
    return len(run) >= (limits.character_run if period == 1 else limits.pattern_run * period)
