"""The summary of a command: a small table on stderr, or one JSON object."""

import math
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from r1data.data.secrets import redact, redact_all
from r1data.data.text import json_line, printable, shown_line


def show(summary: Mapping[str, Any], *, as_json: bool = False, data_command: bool = True) -> None:
    """Shows a summary.

    Args:
        summary: name → value; `Summary.as_json()` of a data command.
        as_json: one JSON object instead, on stdout, or as stderr's last line where stdout carries shards.
        data_command: False for commands that write no dataset, whose stdout is free.
    """
    summary = redact_all(summary)
    if as_json:
        from r1data.data.references import stdout_is_pipe

        stream = sys.stderr if data_command and stdout_is_pipe() else sys.stdout
        stream.write(json_line(summary) + "\n")
        return
    width = max((len(name) for name in summary), default=0)
    for name, value in summary.items():
        sys.stderr.write(f"  {shown_line(label(name)):<{width}}  {_format_value(value)}\n")


def label(name: str) -> str:
    """The name of a column, count or filter as people read it; `package:name` stands as it is typed."""
    prefix = "dropped_" if name.startswith("dropped_") else ""
    rest = name.removeprefix(prefix)
    return prefix.replace("_", " ") + (rest if ":" in rest else rest.replace("_", " "))


CONVERSIONS = (
    (r"Value error, ", ""),
    (r"is not one of (?=')", "is not one of its values; choose from "),
    (r"Input should be greater than or equal to (\S+)", r"give \1 or more"),
    (r"Input should be less than or equal to (\S+)", r"give \1 or less"),
    (r"Input should be greater than (\S+)", r"give more than \1"),
    (r"Input should be less than (\S+)", r"give less than \1"),
    (r"Input should be a valid integer\b.*", "give a whole number"),
    (r"Input should be a valid number\b.*", "give a number"),
)
"""How a conversion of the command line's library puts it → what to do."""


def usage_text(message: str) -> str:
    """What is wrong with an option's value, in one line that says what to give instead."""
    text = " ".join(message.split())
    for pattern, replacement in CONVERSIONS:
        text = re.sub(pattern, replacement, text)
    return text


def say(message: str) -> None:
    """One line on stderr; a newline in it is shown as the two characters that stand for it."""
    sys.stderr.write(f"{shown_line(redact(message))}\n")


BETWEEN = 2
"""Characters between two columns of a table."""
LABELS = 16
"""Characters to which labels wrap before a column goes to a further table."""


def print_table(corner: str, rows: Mapping[str, Mapping[str, str]], *, whole_cells: bool = False) -> None:
    """A table on stderr: row label → column title → text. Nothing for no rows.

    Args:
        corner: the title of the labels.
        whole_cells: whether labels alone wrap, and columns for which the terminal has no room follow in a further
            table: figures are hard to read in pieces.
    """
    if not rows:
        return
    for titles in _fitting(corner, rows) if whole_cells else [list(next(iter(rows.values())))]:
        shown = {label: {title: cells[title] for title in titles} for label, cells in rows.items()}
        _print_grid(corner, shown, no_wrap=whole_cells)


def _print_grid(corner: str, rows: Mapping[str, Mapping[str, str]], *, no_wrap: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from r1data.runtime.terminal import console

    grid = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    # made visible here, and not only where it is printed: a column is as wide as its text
    grid.add_column(Text(printable(corner)), overflow="fold")
    for title in next(iter(rows.values())):
        grid.add_column(Text(printable(title)), justify="right", overflow="fold", no_wrap=no_wrap)
    for label, cells in rows.items():
        grid.add_row(Text(printable(label)), *(Text(printable(text)) for text in cells.values()))
    console().print(grid)


def _fitting(corner: str, rows: Mapping[str, Mapping[str, str]]) -> list[list[str]]:
    """The titles of the columns, in as many tables as it takes for none to wrap; one column at least in each."""
    from rich.cells import cell_len

    from r1data.runtime.terminal import console

    def width(texts: Iterable[str]) -> int:
        return max(cell_len(printable(text)) for text in texts) + BETWEEN

    labels = min(width([corner, *rows]), LABELS + BETWEEN) + 1
    tables: list[list[str]] = []
    room = 0
    for title in next(iter(rows.values())):
        needed = width([title, *(cells[title] for cells in rows.values())])
        if not tables or needed > room:
            tables.append([])
            room = console().width - labels
        tables[-1].append(title)
        room -= needed
    return tables


def _format_value(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower() if value is not None else "–"
    if isinstance(value, float):
        is_whole = value.is_integer() and abs(value) >= 1
        return f"{value:,.0f}" if is_whole or 1000 <= abs(value) < math.inf else f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return (
            ", ".join(f"{shown_line(str(key))} {_format_value(inner)}" for key, inner in value.items()) or "–"
        )
    if isinstance(value, (list, tuple)):
        return ", ".join(_format_value(inner) for inner in value) or "–"
    return shown_line(str(value))
