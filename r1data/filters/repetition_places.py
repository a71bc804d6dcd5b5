"""Where thoughts repeat themselves, for people who look at a row that `repetition` drops: by each sign it shows."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from r1data.filters import repetition_signs as signs
from r1data.filters.limits import FilterLimits
from r1data.filters.marks import MOST_MARKS
from r1data.filters.repetition_prefilter import NGRAM, RECENT_SAME, RECENT_UNITS, SAME_UNIT
from r1data.filters.token_arrays import LONGEST

Place = tuple[int, int, str]
"""Start, end, and what it is."""


def places(thoughts: str, limits: FilterLimits) -> Iterator[Place]:
    """The repeated stretches of thoughts, at most `MOST_MARKS` by each sign."""
    yield from islice(_runs(thoughts, limits), MOST_MARKS)
    if signs.has_same_units(thoughts, limits):
        yield from islice(_units(thoughts, limits), MOST_MARKS)
    if signs.has_repeated_ngrams(thoughts, limits):
        yield from islice(_sequences(thoughts), MOST_MARKS)
    if signs.has_empty_tail(thoughts, limits):
        size = limits[signs.TAIL_BYTES]
        tail = thoughts[-size:].encode("utf-8", "surrogatepass")[-size:].decode("utf-8", "ignore")
        yield len(thoughts) - len(tail), len(thoughts), "an end that compresses to almost nothing"


def _runs(thoughts: str, limits: FilterLimits) -> Iterator[Place]:
    for start, end, period in signs.runs(thoughts, limits):
        what = "one character" if period == 1 else f"a pattern of {period} characters"
        yield start, end, f"{what}, {(end - start) // period:,} times in a row"


def _units(thoughts: str, limits: FilterLimits) -> Iterator[Place]:
    units = list(signs.placed_units(thoughts))
    everywhere = Counter(unit for unit, _, _ in units)
    recent = Counter(unit for unit, _, _ in units[-limits[RECENT_UNITS] :])
    repeated = {unit for unit, count in everywhere.items() if count >= limits[SAME_UNIT]}
    repeated |= {unit for unit, count in recent.items() if count >= limits[RECENT_SAME]}
    said: Counter[str] = Counter()
    for unit, start, end in units:
        if unit in repeated:
            said[unit] += 1
            yield start, end, f"time {said[unit]:,} of {everywhere[unit]:,} that this is said"


def _sequences(thoughts: str) -> Iterator[Place]:
    """Words of ten-word sequences that stood before, as far as they touch."""
    # a letter whose lower case is two characters would move all that follows
    lower = "".join(char if len(char.lower()) > 1 else char.lower() for char in thoughts[:LONGEST])
    spans = [match.span() for match in signs.WORD.finditer(lower)]
    words = [lower[start:end] for start, end in spans]
    seen = set()
    first = last = -1
    for number, sequence in signs.ngrams(words):
        if sequence not in seen:
            seen.add(sequence)
            continue
        if number > last:
            if first >= 0:
                yield spans[first][0], spans[last - 1][1], _SEQUENCE
            first = number
        last = number + NGRAM
    if first >= 0:
        yield spans[first][0], spans[last - 1][1], _SEQUENCE


_SEQUENCE = "words that stood in this order before"
