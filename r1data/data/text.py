"""Text from strangers, made safe at the border where it comes in or goes out: the only place that does so.

Two borders. What is stored as it came (responses, prompts, programs' output) needs `storable`: UTF-8 has no lone
surrogates, and NUL ends a text in much that reads our files. What is ours and quotes a stranger (reasons, summaries,
errors, titles, paths, everything on a terminal) needs `printable` or `one_line`: nothing in it may move a cursor, set a
title, turn a line around or hide. In between are texts that are taken out of a response and compared again (extracted
answers): `without_controls` leaves them the joiners and marks that Persian, Hindi, Hebrew and emoji are written with.
"""

import json
import re
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SPACES = frozenset(
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
"""Spaces of some width, which Python does not count as printable."""
_BEYOND_ASCII = re.compile("[^ -~]")
_LETTERS = "\u0620-\u06ef\u06fa-\u070d\u0710-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17b3\u17b6-\u17ff"
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
_EMOJI = "\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff"
_WRITTEN_JOINER = re.compile(
    f"(?<=[{_LETTERS}])[\u200c\u200d](?=[{_LETTERS}])|(?<=[{_VIRAMAS}])[\u200c\u200d](?![\u200c\u200d])"
    f"|(?<=[{_EMOJI}])\u200d(?=[{_EMOJI}])"
)
"""A joiner or non-joiner where spelling has one: between letters of Arabic and Indic scripts, behind a virama (as in
RFC 5892, appendix A), and in emoji of several parts. Anywhere else it only hides."""


def storable(text: str) -> str:
    """`text` with U+FFFD for each lone surrogate and NUL; all else stays. The same object where there are none."""
    # isascii reads a flag; texts of models are long, and most are left as they are
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def encodes(text: str) -> bool:
    """Whether UTF-8 can hold a text: it has no lone surrogate."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def without_controls(text: str) -> str:
    r"""`text` with control characters, what turns a line around, and lone surrogates visible (`\x1b`, `\u202e`)."""
    # isprintable is a tenth of the search's time, and most answers are one short line
    if text.isprintable():
        return text
    return _CONTROLS.sub(lambda match: repr(match.group())[1:-1], text)


def printable(text: str) -> str:
    r"""`text` with characters that do not show made visible (`\x1b`, `\u202e`); newlines, tabs and spaces stay.

    These are control characters, lone surrogates, direction and tag characters, zero-width ones, line separators and
    what Unicode has not assigned. The joiners of Persian, Hindi and emoji stay where their spelling has them.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char in "\n\t" or shows(text, place) else repr(char)[1:-1] for place, char in enumerate(text)
    )


def shows(text: str, place: int) -> bool:
    """Whether the character at a place of a text shows, as `printable` has it."""
    char = text[place]
    return char.isprintable() or char in _SPACES or _WRITTEN_JOINER.match(text, place) is not None


def json_line(value: Any) -> str:
    r"""`value` as one line of JSON in which every character shows: the others are escaped, as in JSON (`\u202e`)."""
    line = json.dumps(value, ensure_ascii=False, default=str)
    return line if line.isprintable() else _BEYOND_ASCII.sub(_escape, line)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if shows(match.string, match.start()):
        return char
    units = char.encode("utf-16-be", "surrogatepass")  # JSON counts in these, two for what is beyond 16 bits
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))


def message_of(error: BaseException) -> str:
    """What an error says, also where that fails: `KeyError(10**5000)` cannot be shown."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - whatever a stranger's error raises
        return "its message cannot be shown"


def shown_line(text: str) -> str:
    r"""`text` printable and on one line: a newline is the two characters `\n`."""
    return printable(text).replace("\n", "\\n")


def one_line(text: str, limit: int | None = None) -> str:
    """`text` on one line, printable, runs of white space as one space; cut to `limit` characters, the last one `…`."""
    if limit is not None:
        # What is cut off is not worth the time that making it visible takes.
        text = text[: 8 * limit]
    line = printable(" ".join(text.split()))
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"
