"""A mark: a place in a text, and what it is marked for."""

from typing import NamedTuple


class Mark(NamedTuple):
    """Characters `start` to `end` of a text; `kind` is a short name, as a filter's reason; `title` is for people."""

    start: int
    end: int
    kind: str
    title: str = ""
