"""Where two texts differ, word by word, in bounded time.

Equal beginnings and ends are set aside; words that each text has once anchor the rest (as in patience diff), then runs
of words. Between anchors Myers' greedy search looks for the fewest changes, with one allowance of steps for the whole
comparison. What is left when it is used up counts as different: marks may then be larger than needed, never wrong.
Texts of more than `WORD_CHARACTERS` are compared by lines, so that texts of a megabyte take seconds at most.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

WORD_CHARACTERS = 200_000
"""Characters of both texts up to which words are compared; lines above. Ours."""
STEPS = 200_000
"""Steps of the search for the fewest changes, over all gaps between anchors. Ours: a fifth of a second or so."""
RUN_WORDS = 60
"""Words of a shared run that are looked for; r1 build records ten or so. Ours."""
WIDTHS = (1, 3)
"""Tokens of an anchor: single words first, then runs of them where a gap is left that is not small. Ours."""
SMALL_GAP = 200
"""Tokens of both texts that are searched without anchors. Ours."""
_WORDS = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"  # one a character
    r"|[^\W\d_]+|\d+|[^\w\s]|_",
)
_LINES = re.compile(r"[^\n]*\S[^\n]*")

Span = tuple[int, int]
"""Where a stretch of a text begins and ends, in characters."""
Match = tuple[int, int]
"""Places of equal tokens, in the one list and in the other."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Stretches that the other text lacks: `left` of the first text, `right` of the second, in order.

    `unit`: `words` or `lines`; `same`: the share of all words, or lines, that are equal, 0 to 1.
    """

    left: tuple[Span, ...]
    right: tuple[Span, ...]
    unit: str
    same: float


def differences(left: str, right: str, steps: int = STEPS) -> Differences:
    """Where two texts differ; white space does not count.

    Takes time in proportion to the texts' lengths, whatever they are (the module says how).
    """
    unit = "words" if len(left) + len(right) <= WORD_CHARACTERS else "lines"
    tokens = _WORDS if unit == "words" else _LINES
    one, other = (_tokens(tokens, text) for text in (left, right))
    matches = align(one.texts, other.texts, steps)
    total = len(one.texts) + len(other.texts)
    return Differences(
        tuple(_spans(one, {first for first, _ in matches})),
        tuple(_spans(other, {second for _, second in matches})),
        unit,
        2 * len(matches) / total if total else 1.0,
    )


@dataclass(frozen=True, slots=True)
class _Tokens:
    texts: list[str]
    spans: list[Span]


def _tokens(pattern: re.Pattern[str], text: str) -> _Tokens:
    hits = list(pattern.finditer(text))
    return _Tokens([hit.group().strip() for hit in hits], [hit.span() for hit in hits])


def _spans(tokens: _Tokens, equal: set[int]) -> Iterator[Span]:
    """The stretches of tokens that are not equal, neighbours as one."""
    start: int | None = None
    end = 0
    for place, span in enumerate(tokens.spans):
        if place in equal:
            if start is not None:
                yield start, end
            start = None
        else:
            start, end = (span[0] if start is None else start), span[1]
    if start is not None:
        yield start, end


def align(one: Sequence[str], other: Sequence[str], steps: int = STEPS) -> list[Match]:
    """Places of equal tokens of two lists, rising in both; as many as could be found within `steps`."""
    search = Search(one, other, steps=steps)
    search.compare(0, len(one), 0, len(other))
    return sorted(search.matches)


@dataclass
class Search:
    """The state of one comparison: what matched so far, and the steps that are left of `STEPS`."""

    one: Sequence[str]
    other: Sequence[str]
    matches: list[Match] = field(default_factory=list)
    steps: int = STEPS

    def compare(
        self, start: int, end: int, other_start: int, other_end: int, widths: Sequence[int] = WIDTHS
    ) -> None:
        """Matches one[start:end] with other[other_start:other_end]; `widths`: tokens of an anchor, tried in turn."""
        start, end, other_start, other_end = self._trim(start, end, other_start, other_end)
        if start == end or other_start == other_end:
            return
        if not widths or end - start + other_end - other_start < SMALL_GAP:
            self.matches += self.fewest_changes(start, end, other_start, other_end)
            return
        for first, second in self._anchors(start, end, other_start, other_end, widths[0]):
            self.compare(start, first, other_start, second, widths[1:])
            self.matches.append((first, second))
            start, other_start = first + 1, second + 1
        self.compare(start, end, other_start, other_end, widths[1:])

    def _trim(self, start: int, end: int, other_start: int, other_end: int) -> tuple[int, int, int, int]:
        one, other = self.one, self.other
        while start < end and other_start < other_end and one[start] == other[other_start]:
            self.matches.append((start, other_start))
            start, other_start = start + 1, other_start + 1
        while start < end and other_start < other_end and one[end - 1] == other[other_end - 1]:
            end, other_end = end - 1, other_end - 1
            self.matches.append((end, other_end))
        return start, end, other_start, other_end

    def _anchors(self, start: int, end: int, other_start: int, other_end: int, width: int) -> list[Match]:
        """Runs of `width` tokens that each list has once, as many as rise in both: where they begin."""
        one, other = self.one[start:end], self.other[other_start:other_end]
        runs, other_runs = (
            list(zip(*(each[n:] for n in range(width)), strict=False)) for each in (one, other)
        )
        counts, other_counts = Counter(runs), Counter(other_runs)
        places = {run: place for place, run in enumerate(other_runs, other_start) if other_counts[run] == 1}
        pairs = [
            (place, places[run])
            for place, run in enumerate(runs, start)
            if counts[run] == 1 and run in places
        ]
        return _rising(pairs)

    def fewest_changes(self, start: int, end: int, other_start: int, other_end: int) -> list[Match]:
        """Equal tokens by Myers' search (1986); none where the allowance does not reach the end."""
        one, other = self.one[start:end], self.other[other_start:other_end]
        reached = {1: 0}  # diagonal (place in one less place in other) → the furthest place in one
        trail: list[dict[int, int]] = []
        least = self.steps - self.steps // 4  # so that one bad gap leaves something for the others
        if not one or not other:
            return []
        for changes in range(len(one) + len(other) + 1):
            self.steps -= changes + 1
            if self.steps < least:
                return []
            for diagonal in range(-changes, changes + 1, 2):
                down = diagonal == -changes or (
                    diagonal != changes and reached[diagonal - 1] < reached[diagonal + 1]
                )
                place = reached[diagonal + 1] if down else reached[diagonal - 1] + 1
                first = place
                while (
                    place < len(one)
                    and place - diagonal < len(other)
                    and one[place] == other[place - diagonal]
                ):
                    place += 1
                self.steps -= place - first
                reached[diagonal] = place
                if place >= len(one) and place - diagonal >= len(other):
                    trail.append(reached)
                    return [(start + a, other_start + b) for a, b in _walk_back(trail, len(one), len(other))]
            trail.append({d: reached[d] for d in range(-changes, changes + 1, 2)})
        return []


def _walk_back(trail: Sequence[dict[int, int]], place: int, other_place: int) -> Iterator[Match]:
    """The equal tokens on the path that a search found, the last first."""
    for changes in range(len(trail) - 1, -1, -1):
        diagonal = place - other_place
        if changes == 0:
            before, other_before = 0, 0
        else:
            last = trail[changes - 1]
            down = diagonal == -changes or (
                diagonal != changes and last.get(diagonal - 1, -1) < last.get(diagonal + 1, -1)
            )
            before_diagonal = diagonal + 1 if down else diagonal - 1
            before = last[before_diagonal]
            other_before = before - before_diagonal
            first, other_first = (before, other_before + 1) if down else (before + 1, other_before)
            while place > first and other_place > other_first:
                place, other_place = place - 1, other_place - 1
                yield place, other_place
            place, other_place = before, other_before
            continue
        while place > before and other_place > other_before:
            place, other_place = place - 1, other_place - 1
            yield place, other_place


def _rising(pairs: Sequence[Match]) -> list[Match]:
    """The longest sequence of pairs whose second places rise; the first places rise already."""
    ends: list[int] = []  # of sequences by length: the smallest last place
    ids: list[int] = []
    previous: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        previous.append(ids[length - 1] if length else -1)
        if length == len(ends):
            ends.append(place)
            ids.append(number)
        else:
            ends[length], ids[length] = place, number
    chosen: list[Match] = []
    number = ids[-1] if ids else -1
    while number >= 0:
        chosen.append(pairs[number])
        number = previous[number]
    return chosen[::-1]


def shared_run(text: str, words: str) -> Span | None:
    """Where a text has a run of words that it shares with an evaluation (`shared_words`); None where it is not found.

    Words are compared without case, and what stands between them does not count.
    """
    run = [hit.group().casefold() for hit in _WORDS.finditer(words) if hit.group()[0].isalnum()][:RUN_WORDS]
    hits = [hit for hit in _WORDS.finditer(text) if hit.group()[0].isalnum()]
    folded = [hit.group().casefold() for hit in hits]
    if not run:
        return None
    for place in range(len(folded) - len(run) + 1):
        if folded[place] == run[0] and folded[place : place + len(run)] == run:
            return hits[place].start(), hits[place + len(run) - 1].end()
    return None
