r"""Find the final answer in what follows the thoughts, in time linear in the text.

In this order: the last `\boxed{…}`; an explicit marker (`#### 18`, `A: 26`, `Answer: …`, `the answer is …`,
`答案是…`), the last one counting; a bold text or a formula of its own that closes the text; an answer that is one
short line. Prose comes last
and only where a number is wanted: the end of the last line after "is", "=" and the like, and, in a response
without think tags, the last number of its last line.

Not done: answers spread over several sentences, numbers written in words, tables.
"""

import re
from collections import deque
from dataclasses import dataclass

_BOX = re.compile(r"\\boxed\s*\{|\\.|[{}]", re.S)
_LINE_MARKER = re.compile(
    r"^[ \t>*_]*(?:####|(?:final )?answer\**[ \t]*[:：]|A:|(?:最终)?答案\**[ \t]*[:：])[ \t*]*", re.I | re.M
)
_SENTENCE_MARKER = re.compile(
    r"\banswer\**[ \t]+(?:is|equals|=)[ \t]*[:：]?|(?:答案|结果)(?:是|为|等于)[ \t]*[:：]?", re.I
)
_SENTENCE_END = re.compile(r"[。！\n]|[.!?](?=\s|$)")
_LINE_END = re.compile(r"\n")
_BLANKS = re.compile(r"[\s*:]*")
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*[.。!]?$")
_DISPLAY = re.compile(
    r"(?:\$\$|\\\[)\s*([^\n$]{1,200}?)\s*(?:\$\$|\\\])[.]?$"
    r"|(?:^|\n)[ ]*(?:\$([^\n$]{1,200})\$|\\\(([^\n$]{1,200}?)\\\))[.]?$"
)
_NUMBER = r"[-+]?(?:[$€£¥][ ]?)?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:/\d+)?(?:[eE][-+]?\d+)?%?"
_LINKED = re.compile(
    rf"(?:\bis|\bare|\bwas|\bequals|[=:：是为]|等于)[ ]*({_NUMBER})((?:[ ][^\W\d_]+){{0,3}})[ ]*[.。!]?$"
)
_NUMBERS = re.compile(rf"(?<![\w.,])(?:{_NUMBER})|(?<=[<=>]){_NUMBER}")
_HEDGE = re.compile(r"\d\W*\b(?:or|to)\W{1,3}\d|\d\s*(?:或|或者)\s*\d", re.I)

LINE = 200
"""Characters up to which a line of its own, or a closing bold text, may be the answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """`text` is the answer as written; `how` names the rule that found it."""

    text: str
    how: str


def boxes(text: str) -> list[str]:
    r"""Contents of the closed `\boxed{…}` that hold no other box, in order of appearance. One pass, a stack."""
    at = text.find("\\boxed")
    if at < 0:
        return []
    stack: list[int] = []
    found: list[tuple[int, str]] = []
    for token in _BOX.finditer(text, at):
        what = token.group()
        if what == "{":
            stack.append(-1)
        elif what.startswith("\\boxed"):
            stack.append(token.end())
        elif what == "}" and stack:
            start = stack.pop()
            if start >= 0 and (not found or found[-1][0] < start):
                found.append((start, text[start : token.start()].strip()))
    return [content for _, content in found]


def marked(text: str) -> Found | None:
    """What follows the last explicit marker, up to the end of its line or sentence."""
    last_line = text[text.rfind("\n") + 1 :]
    if last_line.startswith(
        ("A: ", "#### ")
    ):  # the shape of most GSM8K-like answers, met before anything is searched
        return Found(last_line.partition(" ")[2].strip(), "marker")
    line, sentence = _last(_LINE_MARKER, text), _last(_SENTENCE_MARKER, text)
    if sentence and (line is None or sentence.start() >= line.end()):
        return _up_to(_SENTENCE_END, text, sentence.end())
    return _up_to(_LINE_END, text, line.end()) if line else None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The last match, in one pass from the start."""
    return next(iter(deque(pattern.finditer(text), maxlen=1)), None)


def _up_to(end: re.Pattern[str], text: str, start: int) -> Found | None:
    """What stands between `start` and the next `end`; the blanks, newlines and asterisks before it are skipped."""
    start = _BLANKS.match(text, start).end()  # type: ignore[union-attr]  # matches anything, also nothing
    stop = end.search(text, start)
    rest = text[start : stop.start() if stop else len(text)].strip().strip("*").strip()
    return Found(rest, "marker") if rest else None


def closing(text: str, *, number: bool = False) -> Found | None:
    """A bold text or a formula at the very end, if `number` a number there, or all of it if that is a short line."""
    text = text.strip()
    line = text[text.rfind("\n") + 1 :]
    if bold := _BOLD.search(line[-LINE - 5 :]):
        return Found(bold.group(1).strip(), "bold")
    if display := _DISPLAY.search(text[-LINE - 20 :]):
        return Found((display.group(1) or display.group(2) or display.group(3)).strip(), "formula at the end")
    linked = _LINKED.search(line[-LINE:]) if number else None
    if linked and " " in line:
        return Found((linked.group(1) + linked.group(2)).strip(), "end of the last line")
    if len(text) <= LINE and line == text and text:
        return Found(text, "whole answer")
    return None


def last_number(text: str) -> Found | None:
    """The last number of the last line, for prose without think tags; None where the line hedges ("12 or 13")."""
    line = text[text.rstrip().rfind("\n") + 1 :]
    if _HEDGE.search(line):
        return None
    number = _last(_NUMBERS, line)
    return Found(number.group(), "last number of the last line") if number else None
