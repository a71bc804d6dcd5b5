"""What is not prose: code fences, inline code, maths, URLs, LaTeX commands and tags, taken out before words
are counted.

Every pass is linear in the text, whatever is left unclosed: each opener is matched with the next closer by
one scan, and no regular expression here can look ahead without a bound. What stands in place of a masked span
is a blank, or a line break if it held one.
"""

import re
from collections.abc import Callable

from r1data.filters.scripts import FOREIGN_TO_LATIN, LATIN

FENCES = ("```", "~~~")
_LONGEST_INLINE = 400
_PROSE = re.compile(f"(?<![\\\\{LATIN}])[{LATIN}]{{3,}},? +[{LATIN}]{{2,}},? +[{LATIN}]{{3,}}")
_SHORTEST_PROSE = 10
_LABEL = re.compile(r"\\(?:text|textbf|textit|mbox|mathrm|operatorname) ?\{[^{}]{0,200}\}")
_SIMPLE = re.compile(
    r"https?://[^\s<>\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]+|www\.[\w.-]+[^\s<>\u4e00-\u9fff]*"
    r"|\\(?:begin|end) ?\{[^{}\n]{0,40}\}|\\[A-Za-z]+\*?|</?[A-Za-z][^<>\n]{0,80}>"
)


def without_fences(text: str) -> str:
    """The text without its fenced blocks; one that is never closed runs to the end."""
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


def without_spans(text: str, opener: str, closer: str) -> str:
    """The text without what stands between each closer and the last opener before it."""
    pieces, position = [], 0
    while (end := text.find(closer, position)) >= 0:
        start = text.rfind(opener, position, end)
        if start >= 0:
            pieces += [text[position:start], _gap(text[start:end])]
        else:
            pieces.append(text[position : end + len(closer)])
        position = end + len(closer)
    return "".join([*pieces, text[position:]])


def without_display_maths(text: str) -> str:
    r"""The text without `\[ … \]` and `$$ … $$`, on one line or many."""
    if "\\]" in text:
        text = without_spans(text.replace("\\\\[", "\\\\ ["), "\\[", "\\]")
    return _between(text, "$$", is_display) if "$$" in text else text


def masked(text: str) -> str:
    """The prose of a text that has lost its fences already."""
    text = without_display_maths(text)
    if "\\)" in text:
        text = without_spans(text, "\\(", "\\)")
    if "$" in text:
        text = _between(text, "$", is_maths)
    if "`" in text:
        text = _between(text, "`", is_inline)
    return _SIMPLE.sub(" ", text)


def _between(text: str, mark: str, belongs: Callable[[str], bool]) -> str:
    """The text without the spans between two marks that `belongs` holds for; other marks are plain
    characters."""
    pieces = text.split(mark)
    unmasked, index = [pieces[0]], 1
    while index < len(pieces):
        closed = index < len(pieces) - 1
        if closed and belongs(pieces[index]):
            unmasked += [_gap(pieces[index]), pieces[index + 1]]
            index += 2
        else:
            unmasked += [mark, pieces[index]]
            index += 1
    return "".join(unmasked)


def _gap(span: str) -> str:
    """What stands for a masked span: lines that it held apart stay apart."""
    return "\n" if "\n" in span else " "


def is_inline(span: str) -> bool:
    """Whether a span between two marks can be one piece of a line."""
    return 0 < len(span) <= _LONGEST_INLINE and "\n" not in span


def is_maths(span: str) -> bool:
    """Whether a span between two dollar signs is maths, and not prose between two amounts of money."""
    return is_inline(span) and is_display(span)


def is_display(span: str) -> bool:
    """Whether a span holds neither letters of a script that maths does not use nor three words of prose in a
    row."""
    if span.isascii() and (len(span) < _SHORTEST_PROSE or span.count(" ") < 2):
        return True
    return not (FOREIGN_TO_LATIN.search(span) or _PROSE.search(_LABEL.sub(" ", span)))
