"""Keeps keys out of files and logs: whatever is written about a run is redacted here first.

Redacted are userinfo and queries of URLs, values of environment variables whose names suggest a secret, values
written next to such a name (`api_key=…`), and strings in the format of a well-known service's key. All of it in time
linear in the text. The user's own rows are not redacted.

Not covered: a key without a telling name, format or position.
"""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "***"
SHORTEST = 8
"""Characters from which a variable's value counts as a secret; a shorter one would hide ordinary words. Ours."""

_VARIABLE = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_NAME = r"(?:key|token|secret|passwo?r?d|credentials?)"
_NAMED = re.compile(rf"{_NAME}$", re.IGNORECASE)
_ASSIGNED = re.compile(rf"({_NAME}=)[^\s'\"&;,]+", re.IGNORECASE)
# Not from the middle of a word (`task-…`), which also keeps the search linear: `sk-sk-sk-…` is tried once. A key after
# `sk-` has a digit, and words joined by dashes have none.
_FORMS = re.compile(
    r"(?<![\w-])(?:sk-(?=[\w-]*[0-9])[\w-]{20,}|(?:hf|gh[opsu])_[A-Za-z0-9]{30,}|A[KS]IA[0-9A-Z]{16}(?!\w))"
)
# one to three slashes: a URL that is mistyped shows its key as well
_LOCATION = re.compile(r"(:/{1,3}|\bhf:)([^\s'\"]*)")
_SEPARATOR = re.compile(r"(:/{1,3})")
_AUTHORITY = re.compile(r"(?:\[[^]/]*\])?([^/]*)")
_PARTS = re.compile(r"[:/@?&=]+")
_PORT = re.compile(r"[^:@]*(?::[0-9]{1,5})?")


def redact(text: str) -> str:
    """`text` without what must not be written down."""
    return _redact(text, _from_environment())


def redact_all(value: Any) -> Any:
    """The same for every text in nested lists and mappings; a text whose key speaks of a secret goes whole."""
    return _redact_all(value, _from_environment())  # read once: a commit holds a hundred texts


def _redact(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    text = _LOCATION.sub(_without_key, text)
    return _FORMS.sub(HIDDEN, _ASSIGNED.sub(rf"\1{HIDDEN}", text))


def _redact_all(value: Any, secrets: Sequence[str]) -> Any:
    if isinstance(value, str):
        return _redact(value, secrets)
    if isinstance(value, dict):
        redacted = {}
        for key, inner in value.items():
            is_secret = isinstance(inner, str) and _NAMED.search(str(key))
            redacted[_redact(key, secrets) if isinstance(key, str) else key] = (
                HIDDEN if is_secret else _redact_all(inner, secrets)
            )
        return redacted
    if isinstance(value, (list, tuple)):
        return [_redact_all(inner, secrets) for inner in value]
    return value


def carries_key(uri: str) -> bool:
    """True for a URL with userinfo or a query, whatever its spelling."""
    return _LOCATION.sub(_without_key, uri) != uri


def on_command_line(words: Sequence[str]) -> list[str]:
    """What was given to options whose names speak of a secret, and the parts of URLs' keys; longest first."""
    secrets = set()
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if _NAMED.search(name):
            secrets.add(value if equals else following)
        if carries_key(word):
            redacted = redact(word)
            secrets |= {part for part in _PARTS.split(word) if len(part) >= SHORTEST and part not in redacted}
    return sorted(secrets - {""}, key=len, reverse=True)


def _without_key(location: re.Match[str]) -> str:
    """A location up to a space or a quote: one URL, or several joined by other signs."""
    path, query, _ = location[2].partition("?")
    pieces = [_without_userinfo(piece) for piece in _SEPARATOR.split(path)]
    return location[1] + "".join(pieces) + (f"?{HIDDEN}" if query else "")


def _without_userinfo(piece: str) -> str:
    """A secret may hold a slash: with userinfo in front, all up to the last @ is taken for it."""
    # the two signs that decide, also as URLs escape them: libraries unescape userinfo before they use it
    plain = piece.replace("%40", "@").replace("%3A", ":").replace("%3a", ":")
    authority = _AUTHORITY.match(plain)
    if authority is None or _PORT.fullmatch(authority[1]) or _SEPARATOR.fullmatch(piece):
        return piece
    _, at, host = plain.rpartition("@")
    return f"{HIDDEN}@{host}" if at else HIDDEN + plain[authority.end() :]


def _from_environment() -> list[str]:
    """Longest first, so that a secret that holds another one goes whole."""
    values = {
        spelling
        for name, value in os.environ.items()
        if _VARIABLE.search(name) and len(value) >= SHORTEST and not _is_path(value)
        for spelling in _spellings(value)
    }
    return sorted(values, key=len, reverse=True)


def _spellings(secret: str) -> set[str]:
    """As it is, and as URLs, JSON and Python write it."""
    return {
        secret,
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    }


def _is_path(value: str) -> bool:
    """True for a variable that says where a key lies."""
    try:
        return "/" in value and Path(value).exists()
    except (OSError, ValueError):
        return False
