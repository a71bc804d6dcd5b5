r"""Takes out of an answer what its reader does not see or sees struck out, in time linear in its length.

Hidden: HTML and Markdown comments, elements styled away, TeX comments, `\phantom`, white, bodies of macros. Struck out:
`\cancel`, `\sout`, `~~…~~`, `<s>`, `<del>`. What is opened and never closed hides the rest.

Not covered: text hidden by its size or place, colours that only resemble the page's, macros that are called.
"""

import re

from r1data.verifiers.extraction import announcements

_WHITE = (
    r"(?:\[[^\]\n]{0,20}\])?\s*"
    r"\{\s*(?:white|#?f{3}(?:f{3})?|1\s*,\s*1\s*,\s*1|255\s*,\s*255\s*,\s*255|transparent)\s*\}"
)
_BOX = r"\\(?:boxed|fbox|framebox)(?![a-zA-Z])"
_TEX_TRIGGER = re.compile(
    rf"\\(?:[hv]?phantom|(?:text)?color|x?cancel|bcancel|sout|st|iffalse|[gex]?def|(?:re)?newcommand|providecommand)(?![a-z])"
    rf"|\\begin\s*\{{comment\}}|%[ \t]*{_BOX}|^[ \t]*%",
    re.I | re.M,
)
_TEX_SIGNS = (
    "%",
    "color",
    "hantom",
    "cancel",
    "sout",
    "iffalse",
    "\\st{",
    "def\\",
    "ewcommand",
    "providec",
    "{comment",
)
"""Each text with a trigger holds one of these: found faster than a pattern."""
_TEX_TOKEN = re.compile(
    rf"(?P<group>\\(?:[hv]?phantom|[xb]?cancel|sout|st|textcolor\s*{_WHITE}|color\s*{_WHITE}(?=\s*\{{))\s*\{{"
    r"|\\(?:(?:re)?newcommand|providecommand)\*?\s*(?:\{\s*\\\w{1,40}\s*\}"
    r"|\\\w{1,40})\s*(?:\[[^\]\n]{0,20}\]\s*){0,2}\{"
    r"|\\[gex]?def\s*\\\w{1,40}[#\d ]{0,20}\{)"
    rf"|(?P<switch>\\color\s*{_WHITE})"
    rf"|(?P<comment>%[ \t]*{_BOX}[^\n]*|^[ \t]*%[^\n]*)"
    r"|(?P<block>\\iffalse(?![a-z])|\\begin\s*\{comment\})"
    r"|\\.|[{}]",
    re.I | re.M | re.S,
)
_ANNOUNCES = re.compile(rf"{_BOX}|####|(?:{announcements.pattern('answer')})", re.I)
_BLOCK_END = re.compile(r"\\fi(?![a-zA-Z])|\\end\s*\{comment\}", re.I)
_SWITCH_END = re.compile(r"\n|\$|\\\)|\\\]")
_HTML = re.compile(
    r"<!--|<(?P<struck>s|del|strike|template|script|style)(?:\s[^<>]{0,300})?>"
    r"|<(?P<styled>[a-z]\w{0,15})\s[^<>]{0,300}?(?:display\s*:\s*none|visibility\s*:\s*hidden"
    r"|opacity\s*:\s*0(?![.\d])"
    r"|font-size\s*:\s*0(?![.\d])|(?<!-)color\s*[:=]\s*[\"']?\s*(?:white|\#f{3}(?:f{3})?|transparent)\b"
    r"|(?<=\s)hidden\b)[^<>]{0,300}>",
    re.I,
)
_STRUCK = re.compile(r"~~[^~\n]{1,2000}~~")
_MARKDOWN_COMMENT = re.compile(r"^\[(?://|comment)\]:[^\n]*$", re.M | re.I)


def visible(text: str) -> str:
    """The text without what is hidden or struck out; mostly the text itself."""
    if "<!--" in text or "</" in text:
        text = _without_html(text)
    if "\\" in text and any(map(text.__contains__, _TEX_SIGNS)) and _TEX_TRIGGER.search(text):
        text = _without_tex(text)
    if "~~" in text:
        text = _STRUCK.sub(" ", text)
    if "]: " in text:
        text = _MARKDOWN_COMMENT.sub("", text)
    return text


def _without_html(text: str) -> str:
    parts: list[str] = []
    position = 0
    while element := _HTML.search(text, position):
        parts.append(text[position : element.start()])
        name = element.group("struck") or element.group("styled")
        end = f"</{name}>" if name else "-->"
        end_at = text.find(end, element.end())
        if end_at < 0 and name:  # an end tag in another case, or none
            lower = re.compile(re.escape(end), re.I).search(text, element.end())
            end_at = lower.start() if lower else -1
        if end_at < 0:
            return " ".join(parts)
        position = end_at + len(end)
    return " ".join([*parts, text[position:]])


_PLAIN, _HIDDEN, _SWITCHED = range(3)
"""Kinds of groups: shown, hidden with its braces, and hidden from a switch on to its closing brace."""


def _without_tex(text: str) -> str:
    r"""One pass with a stack of groups. Hidden groups in which no answer is announced are kept: what `1\phantom{0}2`
    shows is for the reader of formulas to say.
    """
    parts: list[str] = []
    groups: list[int] = []
    hidden, start, position, hidden_from = 0, 0, 0, 0
    while token := _TEX_TOKEN.search(text, position):
        position = token.end()
        kind, value = token.lastgroup, token.group()
        if kind in ("comment", "block") or (kind == "switch" and not groups):
            end = position if kind == "comment" else _end_of(text, position, block=kind == "block")
            if not hidden and _ANNOUNCES.search(text, token.start(), end):
                parts.append(text[start : token.start()])
                start = end
            position = end
        elif kind == "group" or (kind == "switch" and groups[-1] == _PLAIN):
            hidden_from = hidden_from if hidden else token.start()
            hidden += 1
            if kind == "group":
                groups.append(_HIDDEN)
            else:
                groups[-1] = _SWITCHED
        elif value == "{":
            groups.append(_PLAIN)
        elif value == "}" and groups and (group := groups.pop()):
            hidden -= 1
            if not hidden and _ANNOUNCES.search(text, hidden_from, token.start()):
                parts.append(text[start:hidden_from])
                start = position if group == _HIDDEN else token.start()
    if hidden and _ANNOUNCES.search(text, hidden_from):
        return "".join(parts) + text[start:hidden_from]
    return "".join(parts) + text[start:]


def _end_of(text: str, position: int, *, block: bool) -> int:
    """Where a block ends, or white that was switched on outside of groups: at the end of its line or formula."""
    end = (_BLOCK_END if block else _SWITCH_END).search(text, position)
    if end is None:
        return len(text)
    return end.end() if block else end.start()
