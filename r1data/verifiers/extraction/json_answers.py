r"""Finds an answer that is given as JSON: the value under "answer", "final answer" and the like.

The object may stand alone, in a fence or behind prose, and need not be whole JSON: `"\sqrt{2}"` is no JSON string, and
models write it. Of several objects the last one counts; those that differ from it are rivals.

Not covered: an answer spread over several keys, YAML, XML.
"""

import json
import re
from collections import deque
from dataclasses import dataclass

from r1data.verifiers.extraction import announcements

_WORD = announcements.pattern("answer")
_FINAL = announcements.pattern("final")
_KEY = re.compile(
    rf"[\"'](?:(?:the|my|{_FINAL})[\s_-]?){{0,2}}(?:{_WORD})(?:[\s_-]?(?:{_FINAL}|value|number|key|letter"
    rf"|choice|text))?[\"']\s*:\s*",
    re.I,
)
_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.S)
_BARE = re.compile(r"[-+]?\d[\d.,eE/%+-]*|true|false|True|False")
_CLOSED = re.compile(r"\s*(?:,|\}|\Z(?<=\}))")
_DECODER = json.JSONDecoder()
KEYS = 20
"""How many of the last keys are read: each may hold a document that takes long to decode. Ours."""


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """`text` of the last value; `rivals`: values before it that are written otherwise; `end` of its object's value."""

    text: str
    rivals: tuple[str, ...]
    end: int


def find(text: str) -> JsonAnswer | None:
    """The answer of the last object that has one; None without any."""
    if "{" not in text or not ('":' in text or "':" in text or '" :' in text or "' :" in text):
        return None
    values: list[tuple[str, int]] = []
    for key in deque(_KEY.finditer(text, text.find("{")), maxlen=KEYS):
        value = _value(text, key.end())
        if value is not None:
            values.append(value)
    if not values:
        return None
    last, end = values[-1]
    return JsonAnswer(last, tuple(dict.fromkeys(other for other, _ in values if other != last)), end)


def _value(text: str, start: int) -> tuple[str, int] | None:
    """A value as text, and where it ends; None where it is null, no value, or not followed by `,` or `}`."""
    if text.startswith(("[", "{"), start):
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            return None
        return (_as_text(value), end) if _CLOSED.match(text, end) else None
    if string := _STRING.match(text, start):
        decoded = _decoded(string.group(1) if string.group(1) is not None else string.group(2))
        return (decoded, string.end()) if _CLOSED.match(text, string.end()) and decoded else None
    if bare := _BARE.match(text, start):
        number = bare.group().rstrip(",")
        return (number, bare.end()) if _CLOSED.match(text, start + len(number)) else None
    return None


def _decoded(literal: str) -> str:
    r"""A string literal's text, left as written where decoding would turn TeX into control characters (`"\frac"`)."""
    if "\\" in literal:
        try:
            decoded = str(json.loads(f'"{literal}"', strict=False))
        except ValueError:
            decoded = ""
        if decoded and not any(mark in decoded for mark in "\f\b\t\r\n"):
            return decoded.strip()
        literal = literal.replace("\\\\", "\\").replace('\\"', '"')
    return literal.strip()


def _as_text(value: object) -> str:
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)
