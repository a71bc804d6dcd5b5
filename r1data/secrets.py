"""Keys never reach a file or a log: whatever is written about a run passes through here first.

Hidden are userinfo and signatures in URLs, and the values of environment variables whose names speak of a secret.
"""

import os
import re
from pathlib import Path
from typing import Any

HIDDEN = "***"
_USERINFO = re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s'\"]*@")
_QUERY = re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s'\"?]*)\?[^\s'\"]*")
_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
SHORTEST = 8
"""Characters from which a variable's value counts as a secret; a shorter one would hide ordinary words. Ours."""


def redact(text: str) -> str:
    """`text` without what must not be written down."""
    text = _QUERY.sub(rf"\1?{HIDDEN}", _USERINFO.sub(rf"\1{HIDDEN}@", text))
    for secret in _from_environment():
        text = text.replace(secret, HIDDEN)
    return text


def redact_all(value: Any) -> Any:
    """The same for every text in nested lists and mappings."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {
            redact(key) if isinstance(key, str) else key: redact_all(inner) for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact_all(inner) for inner in value]
    return value


def _from_environment() -> list[str]:
    """Longest first, so that a secret that holds another one goes whole."""
    values = {
        value
        for name, value in os.environ.items()
        if _NAME.search(name) and len(value) >= SHORTEST and not _is_path(value)
    }
    return sorted(values, key=len, reverse=True)


def _is_path(value: str) -> bool:
    """True for a variable that says where a key lies."""
    try:
        return Path(value).exists()
    except (OSError, ValueError):
        return False
