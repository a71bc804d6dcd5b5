"""`text_html`: any text as HTML that is only text. Nothing of it is markup, and every character of it shows.

What does not show (controls, directions, zero-width characters, lone surrogates) stands as a mark that says its number.
Time is linear in the text and in its marks.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from markupsafe import Markup, escape

from r1data.data.text import printable, shows
from r1data.filters.marks import Mark
from r1data.window.text.maths import Formula, formulae

MOST_MARKS = 2_000
"""Marks of a text; later ones are left out. Ours."""
MOST_TITLES = 4
"""Marks over one another that are named; a place with more shows these. Ours."""
ALIKE = 4
"""Characters that do not show, the same in a row: more than these stand as one with their number. Ours."""

_BEYOND_ASCII = re.compile("[^\n\t -~]+")
# Scripts put up to four marks on a letter; a heap of them covers the lines around it.
_HEAP = re.compile(
    "(?<=[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_CLASS = re.compile("[^a-z0-9_-]+")


def text_html(text: str, marks: Iterable[Mark] = (), *, maths: bool = True) -> Markup:
    """A text as HTML.

    Args:
        text: anything, also with lone surrogates.
        marks: places to mark as `<mark class="KIND" title="…">`. They may overlap and need no order; what lies outside
            of the text is cut off.
        maths: whether formulae are put apart as `<span class="maths">` with their source, which maths.js draws. One in
            which a mark begins or ends stays text.

    Returns:
        The same text for `white-space: pre-wrap`. Characters that do not show are
        `<span class="unseen" title="U+202E">\\u202e</span>`.
    """
    pieces = _pieces(_within(marks, len(text)))
    return Markup("".join(_html(text, pieces, formulae(text) if maths else iter(()))))


def _within(marks: Iterable[Mark], length: int) -> list[Mark]:
    cut = (mark._replace(start=max(0, mark.start), end=min(mark.end, length)) for mark in marks)
    return sorted(mark for mark in cut if mark.start < mark.end)[:MOST_MARKS]


def _pieces(marks: Sequence[Mark]) -> list[tuple[int, int, tuple[Mark, ...]]]:
    """The stretches between the marks' ends, in order, each with the marks over it."""
    edges = sorted({edge for mark in marks for edge in (mark.start, mark.end)})
    starting: dict[int, list[Mark]] = {}
    ending: dict[int, list[Mark]] = {}
    for mark in marks:
        starting.setdefault(mark.start, []).append(mark)
        ending.setdefault(mark.end, []).append(mark)
    over: dict[Mark, None] = {}
    pieces = []
    for start, end in pairwise(edges):
        for mark in ending.get(start, ()):
            over.pop(mark, None)
        over |= dict.fromkeys(starting.get(start, ()))
        if over:
            named = tuple(mark for mark, _ in zip(over, range(MOST_TITLES), strict=False))
            pieces.append((start, end, named))
    return pieces


def _html(
    text: str, pieces: Sequence[tuple[int, int, tuple[Mark, ...]]], found: Iterator[Formula]
) -> Iterator[str]:
    edges = sorted({edge for start, end, _ in pieces for edge in (start, end)})
    whole = list(_uncut(found, edges))
    position = number = 0
    for start, end, marks in pieces:
        number, html = _stretch(text, position, start, whole, number)
        yield html
        number, html = _stretch(text, start, end, whole, number)
        yield f"{_opening(marks)}{html}</mark>"
        position = end
    yield _stretch(text, position, len(text), whole, number)[1]


def _uncut(found: Iterator[Formula], edges: Sequence[int]) -> Iterator[Formula]:
    """The formulae in which no mark begins or ends."""
    number = 0
    for formula in found:
        while number < len(edges) and edges[number] <= formula.start:
            number += 1
        if number == len(edges) or edges[number] >= formula.end:
            yield formula


def _opening(marks: Sequence[Mark]) -> str:
    kinds = " ".join(dict.fromkeys(_CLASS.sub("-", mark.kind.lower()) for mark in marks))
    titles = "; ".join(dict.fromkeys(mark.title or mark.kind for mark in marks))
    return f'<mark class="{kinds}" title="{escape(printable(titles))}">'


def _stretch(text: str, start: int, end: int, found: Sequence[Formula], number: int) -> tuple[int, str]:
    """Characters `start` to `end` as HTML, and the number of the next formula."""
    parts = []
    while number < len(found) and found[number].start < end:
        formula = found[number]
        parts.append(_plain(text, start, formula.start))
        display = " data-display" if formula.display else ""
        parts.append(f'<span class="maths"{display}>{escape(text[formula.start : formula.end])}</span>')
        start = formula.end
        number += 1
    parts.append(_plain(text, start, end))
    return number, "".join(parts)


def _plain(text: str, start: int, end: int) -> str:
    parts: list[str] = []
    for match in _BEYOND_ASCII.finditer(text, start, end):
        parts.append(escape(text[start : match.start()]))
        parts.append(_beyond_ascii(text, match.start(), match.end()))
        start = match.end()
    parts.append(escape(text[start:end]))
    return "".join(parts)


def _beyond_ascii(text: str, start: int, end: int) -> str:
    run = text[start:end]
    if run.isprintable():
        return _HEAP.sub(_heap, run)
    parts = []
    for (char, seen), group in groupby(
        ((text[place], shows(text, place)) for place in range(start, end)),
        key=lambda each: each if not each[1] else ("", True),
    ):
        chars = [each[0] for each in group]
        parts.append(_HEAP.sub(_heap, "".join(chars)) if seen else _unseen(char, len(chars)))
    return "".join(parts)


def _unseen(char: str, times: int) -> str:
    name = f"U+{ord(char):04X}"
    shown = repr(char)[1:-1]
    if times > ALIKE:
        return f'<span class="unseen" title="{name}, {times:,} times">{shown} ×{times:,}</span>'
    return f'<span class="unseen" title="{name}">{shown}</span>' * times


def _heap(match: re.Match[str]) -> str:
    return f'<span class="unseen" title="combining marks">+{len(match.group()):,}</span>'
