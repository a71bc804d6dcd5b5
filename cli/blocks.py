"""Text for a terminal: a title, names with values below it, cut or wrapped to its width. All of it on stderr.

What comes out of rows is made printable first: model text can drive no terminal.
"""

import shutil
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from r1data.data.text import printable

from . import console

NARROW = 80
WIDEST = 120
NAME = 16
"""Column at which values begin."""
VALUE = 50
"""Cells of one of several values on a line."""


def width() -> int:
    """Width of a line in cells: the terminal's (80 without one), at most `WIDEST`."""
    return min(shutil.get_terminal_size((NARROW, 24)).columns, WIDEST)


def title(text: str) -> None:
    """A blank line and a title."""
    console.say("")
    wrapped(text, "", first="")


def field(name: str, value: Any, *, full: bool = False) -> None:
    """A name and a value, cut to one line; with `full` the whole value, below the name."""
    text = format_value(value)
    if full and len(text) > width() - NAME:
        console.say(_head(name).rstrip())
        for line in printable(text).split("\n"):
            console.say(f"    | {line}")
    else:
        head = _head(name)
        console.say(head + truncate(text, width() - len(head)))


def wrapped(text: str, name: str = "", *, first: str = "  ") -> None:
    """Text over as many lines as it takes, behind a name."""
    head = _head(name) if name else first
    lines = textwrap.wrap(
        printable(text),
        width(),
        initial_indent=head,
        subsequent_indent=" " * (len(head) if name else len(first) + 2),
        break_on_hyphens=False,
    )
    for line in lines:
        console.say(line)


def _head(name: str) -> str:
    return f" {printable(name):<{NAME - 2}} "


def one_line(values: Mapping[str, Any], *, full: bool = False) -> str:
    """Names and values on one line, each value cut unless `full`."""
    texts = {name.replace("_", " "): format_value(value) for name, value in values.items()}
    return " · ".join(f"{name} {value if full else truncate(value, VALUE)}" for name, value in texts.items())


def format_value(value: Any) -> str:
    """A value as text."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {format_value(inner)}" for key, inner in value.items()) or "–"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(format_value(inner) for inner in value) or "–"
    return str(value)


def truncate(text: str, cells: int) -> str:
    """Text on one line of so many cells, printable; what is left out is counted."""
    from rich.cells import cell_len, set_cell_size

    # Of a text of megabytes only its beginning is looked at: eight characters for each cell, as many may be blanks.
    line = printable(" ".join(text[: cells * 8].split()))
    if cell_len(line) <= cells and len(text) <= cells * 8:
        return line
    rest = f" … {len(text):,} characters"
    return set_cell_size(line, max(1, cells - len(rest))).rstrip() + rest


def truncate_start(head: str, place: str) -> str:
    """`head` and a path on one line; a long path is cut at its start."""
    from rich.cells import cell_len

    text, cells = printable(place), width() - len(head)
    while cell_len(text) > cells and len(text) > 1:
        text = "…" + text[2:]
    return head + text


def relative_path(uri: str) -> str:
    """A path relative to the current folder, if it is inside it."""
    return uri.removeprefix(f"{Path.cwd()}/")
