r"""Finds the final answer in the text after the thoughts, in time linear in its length.

In this order: the last `\boxed{…}`; the last explicit marker (`#### 18`, `A: 26`, `Answer: …`, `the answer is …`,
`答案是…`); bold text or a formula on its own at the end; an answer that is one short line. Prose comes last, only if
a number is expected: the end of the last line after "is", "=" and the like, and, in a response without think tags, the
last number of its last line.

Not done: answers spread over several sentences, numbers written in words, tables.
"""

import re
from collections import deque
from dataclasses import dataclass

# `\\.` takes escaped braces, `\{` and `\}`, out of the count: they are text and close no box.
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
"""Most characters of a line on its own, or of bold text at the end, that may be the answer."""


@dataclass(frozen=True, slots=True)
class ExtractedAnswer:
    """`text` is the answer as written; `rule` names the rule that found it."""

    text: str
    rule: str


def boxes(text: str) -> list[str]:
    r"""Contents of the closed `\boxed{…}` without another box inside, in order of appearance; one pass with a stack."""
    first_box = text.find("\\boxed")
    if first_box < 0:
        return []
    stack: list[int] = []
    contents: list[tuple[int, str]] = []
    for token in _BOX.finditer(text, first_box):
        token_text = token.group()
        if token_text == "{":
            stack.append(-1)
        elif token_text.startswith("\\boxed"):
            stack.append(token.end())
        elif token_text == "}" and stack:
            start = stack.pop()
            # A box that ended before and begins later lies inside this one: then the inner one alone counts.
            if start >= 0 and (not contents or contents[-1][0] < start):
                contents.append((start, text[start : token.start()].strip()))
    return [content for _, content in contents]


def marked_answer(text: str) -> ExtractedAnswer | None:
    """The text after the last explicit marker, up to the end of its line or sentence; None without a marker."""
    last_line = text[text.rfind("\n") + 1 :]
    if last_line.startswith(("A: ", "#### ")):  # most GSM8K-like answers: skips both searches below
        return ExtractedAnswer(last_line.partition(" ")[2].strip(), "marker")
    line, sentence = _last_match(_LINE_MARKER, text), _last_match(_SENTENCE_MARKER, text)
    if sentence and (line is None or sentence.start() >= line.end()):
        return _answer_until(_SENTENCE_END, text, sentence.end())
    return _answer_until(_LINE_END, text, line.end()) if line else None


def _last_match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The last match, in one pass from the start."""
    return next(iter(deque(pattern.finditer(text), maxlen=1)), None)


def _answer_until(end: re.Pattern[str], text: str, start: int) -> ExtractedAnswer | None:
    """The text between `start` and the next match of `end`, without leading blanks, newlines and asterisks."""
    start = _BLANKS.match(text, start).end()  # type: ignore[union-attr]  # matches anything, also nothing
    stop = end.search(text, start)
    rest = text[start : stop.start() if stop else len(text)].strip().strip("*").strip()
    return ExtractedAnswer(rest, "marker") if rest else None


def closing_answer(text: str, *, number: bool = False) -> ExtractedAnswer | None:
    """The answer at the end of a text without markers: bold text, a formula, or all of it if it is one short line.

    With `number`, also a number at the end of the last line after "is", "=" and the like.
    """
    text = text.strip()
    line = text[text.rfind("\n") + 1 :]
    # The patterns end in `$` but begin anywhere: only the end of a text is searched, however long it is.
    if bold := _BOLD.search(line[-LINE - 5 :]):
        return ExtractedAnswer(bold.group(1).strip(), "bold")
    if display := _DISPLAY.search(text[-LINE - 20 :]):
        return ExtractedAnswer(
            (display.group(1) or display.group(2) or display.group(3)).strip(), "formula at the end"
        )
    linked = _LINKED.search(line[-LINE:]) if number else None
    if linked and " " in line:
        return ExtractedAnswer((linked.group(1) + linked.group(2)).strip(), "end of the last line")
    if len(text) <= LINE and line == text and text:
        return ExtractedAnswer(text, "whole answer")
    return None


def last_number(text: str) -> ExtractedAnswer | None:
    """The last number of the last line, for prose without think tags; None where the line hedges ("12 or 13")."""
    line = text[text.rstrip().rfind("\n") + 1 :]
    if _HEDGE.search(line):
        return None
    number = _last_match(_NUMBERS, line)
    return ExtractedAnswer(number.group(), "last number of the last line") if number else None
