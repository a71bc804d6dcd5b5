"""Removes what is not prose (code fences, inline code, maths, URLs, LaTeX commands, tags) before words are counted.

Every pass takes time linear in the text, whatever is left unclosed: one scan matches openers and closers, and no
regular expression here has an unbounded lookahead. A masked span is replaced by a blank, or by a line break if it
contained one.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from r1data.filters.scripts import FOREIGN_TO_LATIN, LATIN

FENCES = ("```", "~~~")
_LONGEST_INLINE = 400
_INK = re.compile(r"[^\n]")
_PROSE = re.compile(f"(?<![\\\\{LATIN}])[{LATIN}]{{3,}},? +[{LATIN}]{{2,}},? +[{LATIN}]{{3,}}")
_SHORTEST_PROSE = 10
"""Characters of the shortest text that `_PROSE` matches: words of 3, 2 and 3 letters, two blanks."""
_LABEL = re.compile(r"\\(?:text|textbf|textit|mbox|mathrm|operatorname) ?\{[^{}]{0,200}\}")
_SIMPLE = re.compile(
    r"https?://[^\s<>\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]+|www\.[\w.-]+[^\s<>\u4e00-\u9fff]*"
    r"|\\(?:begin|end) ?\{[^{}\n]{0,40}\}|\\[A-Za-z]+\*?|</?[A-Za-z][^<>\n]{0,80}>"
)


Span = tuple[int, int]
"""Start and end of a stretch of a text, in characters."""


def without_fences(text: str) -> str:
    """The text without fenced blocks; an unclosed block extends to the end."""
    if not any(mark in text for mark in FENCES):
        return text
    prose_lines, open_mark = [], ""
    for line in text.split("\n"):
        start = line.lstrip()[:3]
        if open_mark:
            open_mark = "" if start == open_mark else open_mark
        elif start in FENCES:
            open_mark = start
        else:
            prose_lines.append(line)
    return "\n".join(prose_lines)


def fences(text: str) -> Iterator[Span]:
    """Fenced blocks with their fences, in place: what `without_fences` leaves out."""
    open_mark, begin, position = "", 0, 0
    for line in text.split("\n"):
        start, end = line.lstrip()[:3], position + len(line)
        if open_mark and start == open_mark:
            open_mark = ""
            yield begin, end
        elif not open_mark and start in FENCES:
            open_mark, begin = start, position
        position = end + 1
    if open_mark:
        yield begin, len(text)


def without_spans(text: str, opener: str, closer: str) -> str:
    """The text without the spans from the last opener before each closer to that closer."""
    return _without(text, _spans(text, opener, closer))


def _spans(text: str, opener: str, closer: str) -> Iterator[Span]:
    position = 0
    # Both searches stay between two closers, so each character is looked at twice and never again.
    while (end := text.find(closer, position)) >= 0:
        start = text.rfind(opener, position, end)
        position = end + len(closer)
        if start >= 0:
            yield start, position


def _without(text: str, spans: Iterable[Span]) -> str:
    pieces, position = [], 0
    for start, end in spans:
        pieces += [text[position:start], _gap(text[start:end])]
        position = end
    return "".join([*pieces, text[position:]])


def blanked(text: str, spans: Iterable[Span], blank: str = " ") -> str:
    """The text with each character of the spans but line breaks as `blank`: what stands behind them keeps its place."""
    pieces, position = [], 0
    for start, end in spans:
        pieces += [text[position:start], _INK.sub(blank, text[start:end])]
        position = end
    return "".join([*pieces, text[position:]])


def without_display_maths(text: str) -> str:
    r"""The text without `\[ … \]` and `$$ … $$`, on one line or many."""
    if "\\]" in text:
        # `\\[2pt]` breaks a line of a formula and opens none: a blank parts its backslash from the bracket.
        text = without_spans(text.replace("\\\\[", "\\\\ ["), "\\[", "\\]")
    return _without(text, _paired(text, "$$", is_display)) if "$$" in text else text


def display_maths_blanked(text: str, blank: str = " ") -> str:
    r"""`without_display_maths` with what is left at its place."""
    text = blanked(text, _spans(text.replace("\\\\[", "\\\\|"), "\\[", "\\]"), blank)
    return blanked(text, _paired(text, "$$", is_display), blank)


def masked_in_place(text: str) -> str:
    """`masked` with the prose at its place: what is no prose is blank."""
    text = display_maths_blanked(text)
    text = blanked(text, _spans(text, "\\(", "\\)"))
    text = blanked(text, _paired(text, "$", is_maths))
    text = blanked(text, _paired(text, "`", is_inline))
    return blanked(text, (match.span() for match in _SIMPLE.finditer(text)))


def masked(text: str) -> str:
    """The prose of a text whose fences were already removed."""
    text = without_display_maths(text)
    if "\\)" in text:
        text = without_spans(text, "\\(", "\\)")
    if "$" in text:
        text = _without(text, _paired(text, "$", is_maths))
    if "`" in text:
        text = _without(text, _paired(text, "`", is_inline))
    return _SIMPLE.sub(" ", text)


def _paired(text: str, mark: str, belongs: Callable[[str], bool]) -> Iterator[Span]:
    """The spans between two marks for which `belongs` is true, with their marks; other marks stay as characters."""
    pieces = text.split(mark)
    position, index = len(pieces[0]), 1
    while index < len(pieces):
        end = position + len(mark) + len(pieces[index])
        closed = index < len(pieces) - 1
        if closed and belongs(pieces[index]):
            end += len(mark)
            yield position, end
            position = end + len(pieces[index + 1])
            index += 2
        else:
            # Its closing mark may open the next span: the amounts in "$5 and $6" hide no formula behind them.
            position = end
            index += 1


def _gap(span: str) -> str:
    """The replacement of a masked span: a line break if it contained one, so that lines stay separate."""
    return "\n" if "\n" in span else " "


def is_inline(span: str) -> bool:
    """Whether a span between two marks is short and within one line."""
    return 0 < len(span) <= _LONGEST_INLINE and "\n" not in span


def is_maths(span: str) -> bool:
    """Whether a span between two dollar signs is maths, and not prose between two amounts of money."""
    return is_inline(span) and is_display(span)


def is_display(span: str) -> bool:
    """Whether a span has neither letters of a script that maths does not use nor three words of prose in a row."""
    if span.isascii() and (len(span) < _SHORTEST_PROSE or span.count(" ") < 2):
        return True
    return not (FOREIGN_TO_LATIN.search(span) or _PROSE.search(_LABEL.sub(" ", span)))
