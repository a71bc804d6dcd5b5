"""The summary of a command: a small table on stderr, or one JSON object."""

import math
import re
import sys
from collections.abc import Mapping
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


def print_table(corner: str, rows: Mapping[str, Mapping[str, str]], *, whole_cells: bool = False) -> None:
    """A table on stderr: row label → column title → text. It wraps to the terminal's width; nothing for no rows.

    Args:
        whole_cells: whether the labels alone are wrapped, for short cells.
    """
    if not rows:
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from r1data.runtime.terminal import console

    grid = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    # made visible here, and not only where it is printed: a column is as wide as its text
    grid.add_column(Text(printable(corner)))
    for title in next(iter(rows.values())):
        grid.add_column(Text(printable(title)), justify="right", no_wrap=whole_cells)
    for label, cells in rows.items():
        grid.add_row(Text(printable(label)), *(Text(printable(text)) for text in cells.values()))
    console().print(grid)


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
