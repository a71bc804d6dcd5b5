"""A text folded by paragraph: what is short is shown, what is long opens from its first line, what is longer is cut.

A paragraph ends at a blank line, as in what models think; a fenced block is one. No page holds more than `CHARACTERS`
of a text at once, and none of a paragraph more than `PARAGRAPH`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from r1data.filters.marks import Mark
from r1data.filters.masking import fences
from r1data.window.text.html import text_html
from r1data.window.text.maths import formulae

CHARACTERS, PARAGRAPHS, PARAGRAPH = 120_000, 200, 10_000
"""Characters and paragraphs of a text that are shown at once, and characters of one paragraph. Ours, all three."""
ELSEWHERE = 5
"""Paragraphs with marks beyond those shown that are named. Ours."""
HEAD = 180
"""Characters of a first line that stands for its paragraph. Ours."""
SHORT = 4_000
"""Characters of a text whose paragraphs are all open. Ours."""

_BREAK = re.compile(r"\n[ \t\r]*\n[\s]*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as HTML: `head`, and `rest` where it folds; `kinds` of the marks in it; what of it is `left` out.

    `runs_on`: no line ends between `head` and `rest`.
    """

    number: int
    head: Markup
    rest: Markup | None
    kinds: tuple[str, ...]
    is_open: bool
    left: int
    runs_on: bool = False


@dataclass(frozen=True, slots=True)
class Folded:
    """A text's paragraphs from `start` to `stop` (by number, from 0) of `total`.

    `left` counts characters of these that are not shown; `elsewhere` are the first paragraphs beyond these with marks.
    """

    paragraphs: tuple[Paragraph, ...]
    start: int
    stop: int
    total: int
    left: int
    elsewhere: tuple[int, ...]

    @property
    def folds(self) -> bool:
        """Whether anything can be opened or closed."""
        return any(paragraph.rest is not None for paragraph in self.paragraphs)


def folded(
    text: str, marks: Sequence[Mark] = (), *, start: int = 0, all_open: bool = False, maths: bool = True
) -> Folded:
    """The paragraphs of a text.

    Args:
        text: anything.
        marks: places in it; a paragraph with one is open.
        start: the number of the first paragraph that is shown.
        all_open: whether every paragraph is open; they are where the text is short.
        maths: as of `text_html`.
    """
    spans = list(_spans(text))
    start = max(0, min(start, len(spans) - 1)) if spans else 0
    chosen: list[tuple[int, int]] = []
    characters = 0
    for begin, end in spans[start : start + PARAGRAPHS]:
        characters += min(end - begin, PARAGRAPH)
        if chosen and characters > CHARACTERS:
            break
        chosen.append((begin, end))
    by_paragraph = _by_paragraph(marks, chosen)
    is_open = all_open or len(text) <= SHORT
    paragraphs = tuple(
        _paragraph(text, start + number, span, own, is_open or bool(own), maths)
        for number, (span, own) in enumerate(zip(chosen, by_paragraph, strict=True))
    )
    stop = start + len(chosen)
    left = sum(paragraph.left for paragraph in paragraphs)
    return Folded(paragraphs, start, stop, len(spans), left, _elsewhere(marks, spans, start, stop))


def _elsewhere(
    marks: Sequence[Mark], spans: Sequence[tuple[int, int]], start: int, stop: int
) -> tuple[int, ...]:
    begins = [begin for begin, _ in spans]
    numbers = {max(0, bisect_right(begins, mark.start) - 1) for mark in marks} if spans else set()
    return tuple(sorted(number for number in numbers if not start <= number < stop)[:ELSEWHERE])


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each paragraph."""
    blocks = list(fences(text))
    begins = [begin for begin, _ in blocks]
    position = 0
    for match in _BREAK.finditer(text):
        block = bisect_right(begins, match.start()) - 1
        if block >= 0 and match.start() < blocks[block][1]:
            continue
        if text[position : match.start()].strip():
            yield position, match.start()
        # the white space that begins the next line stays: it may be code or a table
        position = text.rfind("\n", match.start(), match.end()) + 1
    if text[position:].strip():
        yield position, len(text)


def _by_paragraph(marks: Sequence[Mark], spans: Sequence[tuple[int, int]]) -> list[list[Mark]]:
    """The marks of each paragraph, with places in it."""
    own: list[list[Mark]] = [[] for _ in spans]
    begins = [begin for begin, _ in spans]
    for mark in marks:
        number = max(0, bisect_right(begins, mark.start) - 1)
        while number < len(spans) and spans[number][0] < mark.end:
            begin, end = spans[number]
            if mark.start < end:
                own[number].append(mark._replace(start=max(0, mark.start - begin), end=mark.end - begin))
            number += 1
    return own


def _paragraph(
    text: str, number: int, span: tuple[int, int], marks: Sequence[Mark], is_open: bool, maths: bool
) -> Paragraph:
    begin, end = span
    shown = text[begin : min(end, begin + PARAGRAPH)]
    cut = _cut(shown)
    head = text_html(shown[:cut], marks, maths=maths)
    rest = None
    if cut < len(shown):
        later = [mark._replace(start=max(0, mark.start - cut), end=mark.end - cut) for mark in marks]
        rest = text_html(
            shown[cut:].removeprefix("\n"), _moved(later, shown[cut : cut + 1] == "\n"), maths=maths
        )
    kinds = tuple(dict.fromkeys(mark.kind for mark in marks))
    runs_on = rest is not None and shown[cut] != "\n"
    return Paragraph(number, head, rest, kinds, is_open, end - begin - len(shown), runs_on)


def _moved(marks: list[Mark], by_one: bool) -> list[Mark]:
    return [mark._replace(start=max(0, mark.start - by_one), end=mark.end - by_one) for mark in marks]


def _cut(text: str) -> int:
    """Where the first line of a paragraph ends, or the part of it that stands for it; not within a formula."""
    line = text.find("\n")
    place = line if 0 <= line <= HEAD else min(len(text), HEAD)
    if place == len(text):
        return place
    for formula in formulae(text[: place + 5_000]):
        if formula.start >= place:
            break
        if formula.end > place:
            return formula.start if text[: formula.start].strip() else formula.end
    if place == line:
        return place
    blank = text.rfind(" ", HEAD // 2, place)
    return blank + 1 if blank >= 0 else place
