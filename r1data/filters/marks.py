"""Marks: the places in a row's texts where a filter measured what it drops the row for."""

from typing import NamedTuple

MOST_MARKS = 200
"""Marks that one filter gives. Ours: a reader who has seen these has seen it."""


class Mark(NamedTuple):
    """Characters `start` to `end` of a text; `kind` is a short name, as a filter's reason; `title` is for people.

    `column` is the text that a filter read: `thoughts`, `response` or `answer`.
    """

    start: int
    end: int
    kind: str
    title: str = ""
    column: str = "thoughts"
