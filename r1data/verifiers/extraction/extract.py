r"""Finds the final answer in the text after the thoughts, in time linear in its length.

In this order: the last `\boxed{…}` (`boxes`); a JSON object's "answer" (`json_answers`); the last explicit marker
(`#### 18`, `A: 26`, `**Final Answer**` and the line or display below it, `the answer is …`, `答案是…`, in the languages
of `announcements`); bold text or a formula on its own at the end; an answer that is one short line. Prose comes last,
only if a number is expected: the end of the last line after "is", "=" and the like, and, in a response without think
tags, the last number of its last line. What is hidden, or belongs to a question that the text runs on into, is removed
before (`shown`).

Not done: answers spread over several sentences, numbers written in words, tables.
"""

import re
from collections import deque
from typing import NamedTuple

from r1data.verifiers.extraction import announcements
from r1data.verifiers.extraction.boxes import find as find_boxes
from r1data.verifiers.extraction.endings import first_answer, without_courtesy
from r1data.verifiers.extraction.hidden import visible
from r1data.verifiers.extraction.markers import LINE_ANY, LINE_ASCII, SENTENCE_ANY, SENTENCE_ASCII
from r1data.verifiers.extraction.objections import spoils

_INVERSE = re.compile(
    r"(?:^|\n|(?<=[.!] ))(?:(?:so|thus|hence|therefore|finally),?[ ])?([^\n.!?]{1,100}?|[^\n!?]{0,60}\d\.\d{1,20})"
    r"[ ](?:is|are)[ ](?:the|my|our)[ ](?:(?:final|correct|right)[ ]){0,2}answer[.!]?\s*\Z"
    r"|(?:^|\n|。)([^\n。]{1,60}?)就?是(?:最终|正确)?答案[。]?\s*\Z",
    re.I,
)
_CLAUSE = re.compile(r"[;；]|[,，]\s*(?:but|yet|so|however|still|但)\b")
_FOREIGN = re.compile(r"\b(?:another|other|fools?|previous|different|next|wrong)\b", re.I)
_SENTENCE_END = re.compile(
    r"[。！？\n।۔؟]|[.!?](?<!\bsq\.)(?<!\bcu\.)(?<!\bapprox\.)(?<!\bca\.)(?<!\bft\.)(?<!\bno\.)(?<!\bvs\.)(?<!\be\.g\.)(?<!\bi\.e\.)"
    r"(?=[\s*_)\"”'’]|$)",
    re.I,
)
_OR = re.compile(rf"(?<!\w)(?:{announcements.pattern('either')})\W*\Z", re.I)
"""Words behind which a box stands beside another and does not repeat it."""
_BEGUN_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{(?P<content>.*)", re.S)
_BRACE = re.compile(r"\\.|[{}]", re.S)
_LINE_END = re.compile(r"\n")
_BLANKS = re.compile(r"[\s*:：_}]*")
_BULLET = re.compile(r"[-–•+][ \t]+(?=\S)")
_DISPLAY_STARTS = (("$$", "$$"), ("\\[", "\\]"), ("```", "```"))
_FENCE = re.compile(
    r"(?:^|\n)[ \t]*(?:```|~~~)[\w+-]{0,20}[ \t]*\n[ \t]*([^\n]{1,200}?)[ \t]*\n[ \t]*(?:```|~~~)[ \t]*\Z"
)
_BOLD = re.compile(r"(?:\*\*([^*\n]{1,200})\*\*|(?<!\w)__([^_\n]{1,200})__)[.。!]?$")
_BOLD_ROW = re.compile(r"\*\*[^*\n]{1,200}\*\*[\s,;/|&]{0,5}(?=\*\*)")
_BOLD_WITHIN = re.compile(
    r"(?<![A-Za-z0-9*)])\*\*(?=[^\s*])([^*\n]{1,200})(?<=[^\s*])\*\*(?![A-Za-z0-9*(])"
    r"|(?<!\w)__([^_\n]{1,200})__(?!\w)"
)
_BOLD_END = re.compile(r"[\w.)$%]\*\*(?=[\s,.;:]|$)")
_RESULT = re.compile(
    rf"^[^\w\n]{{0,12}}(?:[^\W\d]{{1,12}}[ ]){{0,2}}(?:{announcements.pattern('result')})[*_ ]{{0,4}}"
    rf"(?:[:：=]|(?<=[ ])(?:{announcements.pattern('copula')})(?!\w)[ ]?[:：]?|是|为|為|は)[ *_]*(\S[^\n]{{0,200}})$",
    re.I,
)
_DISPLAY = re.compile(
    r"(?:\$\$|\\\[)\s*([^\n$]{1,200}?)\s*(?:\$\$|\\\])[.]?$"
    r"|(?:^|\n)[ ]*(?:\$([^\n$]{1,200})\$|\\\(([^\n$]{1,200}?)\\\))[.]?$"
)
_ARROW = re.compile(
    r"(?:^|\n)[ \t]*(?:=>|==>|⇒|→|∴|\\(?:therefore|implies|Rightarrow)(?![a-zA-Z]))[ \t]*([^\n]{1,200})$"
)
_NUMBER = r"[-+]?(?:[$€£¥][ ]?)?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:/\d+)?(?:[eE][-+]?\d+)?%?"
_LINKED = re.compile(
    rf"(?:\bis|\bare|\bwas|\bequals|[=:：是为]|等于)[ ]*({_NUMBER})((?:[ ][^\W\d_]+){{0,3}})[ ]*[.。!]?$"
)
_NUMBERS = re.compile(rf"(?<![\w.,])(?:{_NUMBER})|(?<=[<=>]){_NUMBER}")
_HEDGE = re.compile(r"\d\W*\b(?:or|to)\W{1,3}\d|\d\s*(?:或|或者)\s*\d", re.I)
_BEHIND = re.compile(rf"[ ]?(?:{announcements.pattern('behind')})$", re.I)
_LEAD = re.compile(
    r"(?:(?:then|indeed|clearly|simply|just|exactly|precisely|approximately|given by|equal to"
    rf"|{announcements.pattern('therefore')})(?:(?<=[\u0e00-\uffff])|(?!\w)),?[ ]?)+",
    re.I,
)
_ARROWS = re.compile(r"(?:=+>|⇒|→|∴|\\(?:therefore|implies|Rightarrow|Longrightarrow)(?![a-zA-Z])|[ ])+")
_SYMBOLS = re.compile(
    r"\A[\s\u2600-\u27bf\u2b50-\u2b55\U0001f300-\U0001faff\ufe0f]+"
    r"|[\s\u2600-\u27bf\u2b50\U0001f300-\U0001faff\ufe0f]+\Z"
)
"""Pictures around an answer ("✅ 12")."""
_TAGGED = re.compile(
    r"<(?P<tag>final[ _-]?answer|(?-i:ANSWER|Answer)|ans|final|solution"
    r"|result)>\s*(?P<text>[^<>]{1,1000}?)\s*</(?P=tag)>"
    r"|\[(?:final[ _-]?)?answer\]\s*(?P<square>[^\[\]]{1,1000}?)\s*\[/(?:final[ _-]?)?answer\]",
    re.I,
)

LINKED = "end of the last line"
DASH = "marker behind a dash"
"""The rule of an answer before which a dash stands that may be its sign."""
RESULT = "result on the last line"
MARKERS = 20
"""How many of the last sentences that announce an answer are tried. Ours."""
LINE = 200
"""Most characters of a line on its own, or of bold text at the end, that may be the answer."""


class ExtractedAnswer(NamedTuple):
    """`text` is the answer as written; `rule` names the rule that found it; `end`: where it ends in the shown text,
    which is `around` where it is known."""

    text: str
    rule: str
    end: int = 0
    around: str = ""


def shown(text: str) -> str:
    """What a reader sees of an answer: nothing hidden, no question that the text runs on into, no courtesies."""
    text = visible(text)
    if "\n" in text or "<" in text or "[" in text:
        text = first_answer(text)
    return text if text[-8:].rstrip(".*)\\]")[-1:] in "}$0123456789" else without_courtesy(text)


def shown_of_cut(answer: str) -> str:
    """`shown` for an answer that was cut, without the beginning of a box that repeats the last whole one.

    A blank at its end stays, and where something behind it is no part of it, there is one: what stands there had ended.
    """
    text, bare = shown(answer).rstrip(), answer.rstrip()
    last = text[text.rfind("\n") + 1 :]
    text += answer[len(bare) :] if bare.endswith(last[-4:]) else "\n"
    begun = _unclosed_box(text)
    if begun and not _OR.search(text[max(0, begun.start() - 20) : begun.start()]):
        whole = boxes(text[: begun.start()])
        if whole and whole[-1].replace(" ", "").startswith(begun["content"].replace(" ", "")):
            return text[: begun.start()]
    return text


def last_line_answer(text: str) -> str | None:
    """The answer of a text that ends in `A: 18` or `#### 18` and announces or hides nothing before; else None.

    Most GSM8K-like answers: skips all that is slower (`benchmarks/verify.py` shows what such shortcuts earn).
    """
    start = text.rfind("\n") + 1
    if not text.startswith(("A: ", "#### "), start):
        return None
    # What hides or announces an answer before holds one of these signs; single ones are found fastest.
    if "\\" in text or "!" in text or "~~" in text or text.find("#", 0, start) >= 0 or "：" in text:
        return None
    if text.find(":", 0, start) >= 0 and (
        text.find("nswer", 0, start) >= 0 or text.find("A:", 0, start) >= 0
    ):
        return None
    return text[start + (3 if text[start] == "A" else 5) :].strip()


def boxes(text: str) -> list[str]:
    r"""Contents of the closed `\boxed{…}` without another box inside, in order of appearance (`boxes.find`)."""
    return find_boxes(visible(text)).contents if "\\" in text else []


def _unclosed_box(text: str) -> re.Match[str] | None:
    """The box that a text ends within, with its `content` so far; None where it ends in none."""
    begun = _BEGUN_BOX.match(text, max(text.rfind(r"\boxed"), text.rfind(r"\fbox"), 0))
    if begun is None:
        return None
    depth = 1
    for brace in _BRACE.finditer(begun["content"]):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if not depth:
            return None
    return begun


def marked_answer(text: str, *, cut: bool = False) -> ExtractedAnswer | None:
    """The text after the last explicit marker, up to the end of its line or sentence; None without a marker.

    With `cut`, for a response that stopped at a limit of tokens, only if that line or sentence ended.
    """
    if ("</" in text or "[/" in text) and (tagged := _last_match(_TAGGED, text)):
        return ExtractedAnswer(clean(tagged.group("text") or tagged.group("square")), "marker", tagged.end())
    plain = text.isascii()
    line = _last_match(LINE_ASCII if plain else LINE_ANY, text)
    sentence = _last_sentence_marker(SENTENCE_ASCII if plain else SENTENCE_ANY, text)
    answer = None
    if sentence and (line is None or sentence.start() >= line.end()):
        answer = _answer_at(_SENTENCE_END, text, sentence.end(), cut=cut)
    answer = answer or (_answer_at(_LINE_END, text, line.end(), cut=cut) if line else None)
    if answer is None and not cut and (inverse := _INVERSE.search(text[-2 * LINE :])):
        return ExtractedAnswer(clean(inverse.group(1) or inverse.group(2)), "marker", len(text))
    return answer


def _last_sentence_marker(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The last sentence that announces an answer and is not itself denied, supposed or about something else."""
    for match in reversed(deque(pattern.finditer(text), maxlen=MARKERS)):
        if not spoils(_before(text, match.start())) and not _FOREIGN.search(match.group()):
            return match
    return None


def _before(text: str, end: int) -> str:
    """What stands before a place in its sentence, or the nearest of it."""
    before = text[max(0, end - LINE) : end]
    before = before[max((stop.end() for stop in _SENTENCE_END.finditer(before)), default=0) :]
    return before[max((clause.end() for clause in _CLAUSE.finditer(before)), default=0) :]


def _last_match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The last match, in one pass from the start."""
    return next(iter(deque(pattern.finditer(text), maxlen=1)), None)


def _answer_at(end: re.Pattern[str], text: str, start: int, *, cut: bool) -> ExtractedAnswer | None:
    """The text between `start` and the next match of `end`, or of the display that begins there, without decoration."""
    behind_marker = start
    start = _BLANKS.match(text, start).end()  # type: ignore[union-attr]  # matches anything, also nothing
    bullet = _BULLET.match(text, start) if "\n" in text[behind_marker:start] else None
    start = bullet.end() if bullet else start
    dash = bullet is not None or text[behind_marker - 3 : behind_marker] in (" - ", " – ", " — ")
    for opening, closing in _DISPLAY_STARTS:
        if text.startswith(opening, start):
            inner = start + len(opening)
            if opening == "```":
                inner = text.find("\n", inner) + 1 or len(text)
            stop_at = text.find(closing, inner)
            if stop_at >= 0:
                return _answer(text[inner:stop_at], stop_at + len(closing))
            if cut:
                return None
    stop = end.search(text, start)
    if cut and not _has_ended(text, stop):
        return None
    stop_at = stop.start() if stop else len(text)
    raw = text[start:stop_at]
    if raw.count("**") % 2 == 1 and text.endswith(
        "**", 0, start
    ):  # bold that begins here, not one that ends before
        raw = f"**{raw}"
    answer = _answer(raw, stop_at)
    return answer._replace(rule=DASH) if answer and dash else answer


def _has_ended(text: str, stop: re.Match[str] | None) -> bool:
    """Whether an announced answer of a response that was cut had ended; `3.` at its end may be the start of 3.14."""
    if stop is None:
        return False
    return stop.group() != "." or stop.end() < len(text) or not text[stop.start() - 1].isdigit()


def _answer(raw: str, end: int) -> ExtractedAnswer | None:
    text = clean(raw)
    return ExtractedAnswer(text, "marker", end) if text else None


def clean(text: str) -> str:
    """An announced text without bold, unmatched delimiters, words such as "exactly" before it and copulas behind it."""
    text = text.strip()
    if "**" in text or "__" in text:
        text = _BOLD_WITHIN.sub(lambda bold: bold.group(1) or bold.group(2), text).strip("*").strip()
        if text.count("**") == 1 and _BOLD_END.search(text):  # its opening asterisks stand before the answer
            text = text.replace("**", "")
    text = text.rstrip("*").strip()
    if text.startswith("`") and text.endswith("`"):
        text = text.strip("`").strip()
    if text.endswith("|"):
        text = text.rstrip("| ")
    if not text.isascii():
        text = _SYMBOLS.sub("", text).strip() or text
    if text[:1].isalpha() and (lead := _LEAD.match(text)) and lead.end() < len(text):
        text = text[lead.end() :]
    if "根号" in text:
        text = text.replace("根号", "√")
    if not text.isascii() or "'" in text:
        text = _BEHIND.sub("", text.rstrip("。.! ")).strip() or text
    if text.endswith((" a.m", " p.m", "\\mathrm{a.m", "\\text{p.m")):
        text += "."
    return _without_unmatched(text)


def _without_unmatched(text: str) -> str:
    r"""The text without a closing `\]`, `\)`, `}` or `$` at its end whose opening stands before the marker."""
    for opening, closing in (("\\[", "\\]"), ("\\(", "\\)"), ("$$", "$$"), ("$", "$"), ("{", "}")):
        bare = text.rstrip(".。| ")
        if bare.endswith(closing) and not bare.endswith("\\$"):
            alone = opening not in bare if opening[0] == "\\" else False
            if opening == closing:
                alone = bare.count(opening) % 2 == 1 and len(bare) > len(closing)
            elif opening == "{":
                alone = bare.count("}") > bare.count("{")
            if alone:
                text = bare[: -len(closing)].strip()
    return text


def closing_answer(text: str, *, number: bool = False) -> ExtractedAnswer | None:
    """The answer at the end of a text without markers: bold text, a formula, or all of it if it is one short line.

    With `number`, also a number at the end of the last line after "is", "=" and the like.
    """
    text = text.strip()
    line = text[text.rfind("\n") + 1 :]
    # The patterns end in `$` but begin anywhere: only the end of a text is searched, however long it is.
    if bold := _BOLD.search(line[-LINE - 5 :]):
        if _BOLD_ROW.search(line[-2 * LINE :]):
            return ExtractedAnswer(line[-2 * LINE :], "row of bold texts")
        return ExtractedAnswer((bold.group(1) or bold.group(2)).strip(), "bold")
    if display := _DISPLAY.search(text[-LINE - 20 :]):
        formula = (display.group(1) or display.group(2) or display.group(3)).strip()
        arrows = _ARROWS.match(formula)
        return ExtractedAnswer(formula[arrows.end() :] if arrows else formula, "formula at the end")
    if line.startswith(("```", "~~~")) and (fence := _FENCE.search(text[-LINE - 60 :])):
        return ExtractedAnswer(fence.group(1).strip(), "code block at the end")
    if arrow := _ARROW.search(text[-LINE - 20 :]):
        return ExtractedAnswer(clean(arrow.group(1)), "behind an arrow at the end")
    if len(line) <= LINE and (result := _RESULT.match(line)):
        return ExtractedAnswer(clean(result.group(1)).rstrip(".。"), RESULT)
    linked = _LINKED.search(line[-LINE:]) if number else None
    if linked and " " in line and not spoils(_before(line[-LINE:], linked.start())):
        return ExtractedAnswer((linked.group(1) + linked.group(2)).strip(), LINKED)
    if len(text) <= LINE and line == text and text:
        text = text if text.isascii() else _SYMBOLS.sub("", text) or text
        return ExtractedAnswer(text, "whole answer")
    return None


def last_number(text: str) -> ExtractedAnswer | None:
    """The last number of the last line, for prose without think tags; None where the line hedges ("12 or 13")."""
    line = text[text.rstrip().rfind("\n") + 1 :]
    if _HEDGE.search(line):
        return None
    number = _last_match(_NUMBERS, line)
    return ExtractedAnswer(number.group(), "last number of the last line") if number else None
