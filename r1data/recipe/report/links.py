"""Where the pages of `r1 view` lie: the key of a dataset or a run, the same in every process that sees it.

A report is a file and the window a program, so that its links name the port where the window stands by default.
"""

from __future__ import annotations

import hashlib
import os
import re

from r1data.data.locations import local, scheme

DEFAULT_PORT = 8311
"""Where the window listens unless it is told otherwise. Ours."""
KEY_DIGITS = 8
_NAME = re.compile(r"[^A-Za-z0-9]+")


def window_key(uri: str) -> str:
    """A dataset's or a run's name in the window's addresses: its folder's name and a hash of its absolute place."""
    place = uri.rstrip("/")
    if scheme(place) is None and not place.startswith("hf:"):
        place = os.path.realpath(local(place))
    name = _NAME.sub("-", place.rpartition("/")[2])[:40].strip("-").lower() or "data"
    return f"{name}-{hashlib.sha256(place.encode(errors='surrogateescape')).hexdigest()[:KEY_DIGITS]}"
