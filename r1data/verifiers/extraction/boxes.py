r"""Finds the boxes of an answer, `\boxed{…}`, `\fbox{…}` and `\framebox{…}`, in time linear in its length.

A box that the text denies ("it is not \boxed{12}", "\boxed{12} is wrong") is none, nor is one that only repeats what
the prompt asked for (`\boxed{your answer}`). A later box that is empty or never closed takes those before it back.
Hidden boxes must be removed before (`hidden`).
"""

import re
from typing import NamedTuple

from r1data.verifiers.extraction import announcements

# `\\.` takes escaped braces, `\{` and `\}`, out of the count: they are text and close no box.
_TOKEN = re.compile(
    r"\\(?P<box>boxed|fbox|framebox(?:\s*\[[^\]\n]{0,20}\]){0,2})\s*(?:\{|(?P<bare>\d+(?:\.\d+)?)(?![\w.]))|\\[\\{}]|[{}]",
    re.S,
)
_FIRST = re.compile(r"\\(?:boxed|fbox|framebox)(?![a-zA-Z])")
_DRESSING = " \t\n$*_([{\\\"'“‘`"
_DENIALS = frozenset(
    word.replace("['’]", mark) for word in announcements.words("denial") for mark in ("'", "’")
) | {"except", "wrongly", "incorrectly", "mistakenly", "falsely", "unlike", "excluding"}
_DENIED_ENDS = (
    "rather than", "instead of", "as opposed to", "anything but", "far from", "except for", "wrong answer",
    "incorrect answer", "\\ne", "\\neq", "\\not =", "\\not=", "≠", "!=",
    "不是", "不等于", "并非", "而非", "绝非", "不为", "不选",
    "ではなく", "아니라",
)  # fmt: skip
_LAST_SIGNS = frozenset(end[-1] for end in _DENIED_ENDS)
_FILLER = {
    "be", "equal", "equals", "to", "the", "a", "an", "my", "answer", "is", "value", "say", "write", "put", "simply",
    "just",    "exactly", "really", "actually", "quite", "choose", "get", "give", "as", "boxed",
    "ist", "die", "antwort", "est", "la",
    "réponse", "es", "respuesta", "答案", "是",
}  # fmt: skip
_DENIED_BEHIND = re.compile(
    r"[\s$*_)\]}\\.,;:\"'”’`]*(?:which|that|it|this|and)?\s*"
    r"(?:(?:is|was|would be|are|can|ca|could|does|seems|looks)\s*"
    r"(?:(?:certainly|surely|clearly|definitely|obviously|really|just|simply|probably|not only|of course)\s+)?"
    r"(?:(?:not|n['’]t|never)\s+(?:be\s+)?(?:the|right|correct|it|true|my|valid|what|an?\s+(?:valid|correct|right))\b"
    r"|(?:plain(?:ly)?\s+|simply\s+)?(?:wrong|incorrect|false|mistaken|untrue|invalid|impossible|nonsense|absurd)\b"
    r"|(?:an?|the)\s+(?:mistake|lie|trap|error|wrong|false|incorrect|common|decoy|distractor|tempting)\b"
    r"|what\s+(?:an?|some|others?|people|many|most|fools?|beginners?|students?|everyone|they|you)\b[^.!?\n]{0,40}"
    r"\b(?:say|think|answer|guess|claim|write|expect|get|put|believe)s?\b)"
    r"|不对|不是(?:正确)?答案|是错误?的|不正确|错了|ist falsch|ist nicht|est fau(?:x|sse)|n['’]est pas|es incorrect[oa]"
    r"|no es|неверно|неправильно)",
    re.I,
)
_MENTIONED = re.compile(
    r"\b(?:in|inside|within|into|using|with|of|a|the|use|format|tags?)[\s$*`\"'(]*$|[在用][\s$*`\"'(]*$",
    re.I,
)
_PLACEHOLDER = re.compile(
    r"(?:\\text\w*\s*\{|[<\[({\s\"'_*]|\\_)*(?:(?:your|the|my|final|correct|numerical|numeric|integer|single"
    r"|an?|insert|put|"
    r"write|letter|of|choice|option|answer|ans|result|solution|value|number|here|goes|in|latex|expression|"
    r"(?:最终|你的|正确|选项)?答案|(?:你的)?答案)(?:[\s_\-.,:]|\\[ ,_])*)+[>\])}\s\"'_*.]*|[.\s…]*(?:\.\.|…)[.\s…]*"
    r"|\\(?:[lcd]?dots)\s*|[?_#*＿？]+",
    re.I,
)
_SAYS_ANSWER = re.compile(
    r"answer|ans\b|result|solution|value|number|here|letter|choice|option|答案|[.?_#*…＿？]|dots", re.I
)
_WORD = re.compile(r"\w")
NEAR = 80
"""How many characters before and behind a box may deny it. Ours."""
SURPLUS = 8
"""How many closing braces that close nothing a text with a box may hold; more is no formula. Ours."""


class Boxes(NamedTuple):
    """`contents` in order of appearance; `problem`: why there is no answer in boxes although some were closed."""

    contents: list[str]
    problem: str | None = None
    end: int = 0
    """Where the last box that counts ends."""
    placeholders: bool = False
    """Whether a box only repeats what was asked for."""


def find(text: str) -> Boxes:
    """The boxes without another box inside, and what takes them back; one pass with a stack."""
    start_at = text.find("\\boxed")
    if "\\fbox" in text or "\\framebox" in text:
        first = _FIRST.search(text)
        start_at = first.start() if first else -1
    if start_at < 0:
        return Boxes([])
    spans, unclosed, surplus = _single_span(text, start_at) or _spans(text, start_at)
    contents: list[str] = []
    denied, end, placeholders = 0, 0, False
    for macro, start, stop in spans:
        content = text[start:stop].strip()
        if content and is_placeholder(content):
            placeholders = True
            continue
        after = stop + 1
        denied += _is_denied(text, macro, after)
        if not content and contents:
            between = text[end:macro]
            if not _MENTIONED.search(between[-NEAR:]) and _WORD.search(between):
                return Boxes([], "taken back: a later box is empty", after)
            continue
        contents.append(content)
        end = after
    if len(contents) > 1 and not contents[0]:
        contents = [content for content in contents if content]
    if contents and unclosed > end and _WORD.search(text, end, unclosed):
        return Boxes([], "taken back: a later box is not closed", unclosed)
    if surplus > SURPLUS and contents:
        return Boxes([], "that can be read: braces that close nothing", end)
    # Beside others a denied box is one of several that differ.
    if denied and denied == len(contents):
        return Boxes([], "that is one: the box is denied", end)
    return Boxes(contents, None, end, placeholders)


def _single_span(text: str, macro: int) -> tuple[list[tuple[int, int, int]], int, int] | None:
    """As `_spans`, for a text whose only box ends at its last brace, without escaped braces; None for any other."""
    start, stop = macro + len("\\boxed{"), text.rfind("}")
    if text[start - 1 : start] != "{" or stop < start or text[stop - 1] == "\\" or "box" in text[start:]:
        return None
    inner = text[start:stop]
    if "\\{" in inner or "\\}" in inner:
        return None
    depth = 0
    *closed, rest = inner.split("}")
    for piece in closed:
        depth += piece.count("{") - 1
        if depth < 0:  # the box ends here
            return None
    return ([(macro, start, stop)], -1, 0) if depth + rest.count("{") == 0 else None


def _spans(text: str, position: int) -> tuple[list[tuple[int, int, int]], int, int]:
    """(macro's start, content's start, content's end) of each innermost box, the last unclosed one's start or -1, and
    how many braces closed nothing."""
    stack: list[tuple[int, int]] = []
    spans: list[tuple[int, int, int]] = []
    surplus = 0
    for token in _TOKEN.finditer(text, position):
        value = token.group()
        if value == "{":
            stack.append((-1, -1))
        elif (kind := token.lastgroup) == "box":
            stack.append(token.span())
        elif kind == "bare":
            spans.append((token.start(), token.start("bare"), token.end()))
        elif value == "}":
            if not stack:
                surplus += 1
                continue
            macro, start = stack.pop()
            # A box that ended before and begins later lies inside this one: then the inner one alone counts.
            if start >= 0 and (not spans or spans[-1][1] < start):
                spans.append((macro, start, token.start()))
    return spans, max((macro for macro, _ in stack), default=-1), surplus


def _is_denied(text: str, macro: int, end: int) -> bool:
    behind = text[end : end + NEAR]
    if behind.strip(" \n$.*)}") and _DENIED_BEHIND.match(behind):
        return True
    before = text[max(0, macro - NEAR) : macro].rstrip(_DRESSING)
    if not before:
        return False
    words = before.casefold().rsplit(None, 6)[-6:]
    while words and words[-1] in _FILLER:
        words.pop()
    if not words:
        return before.endswith(_DENIED_ENDS)
    if words[-1] in _DENIALS:
        return True
    return words[-1][-1] in _LAST_SIGNS and " ".join(words[-2:]).endswith(_DENIED_ENDS)


def is_placeholder(content: str) -> bool:
    """Whether a box's content only stands for an answer to come: `your answer`, `...`, `?`."""
    if content[0] in "-0123456789(" or len(content) > NEAR or content[:3] in ("\\fr", "\\sq"):
        return False
    if content.rstrip("})]")[-1:].isdigit():
        return False
    return bool(_PLACEHOLDER.fullmatch(content) and _SAYS_ANSWER.search(content))
