"""Rows as people read them: prompt, thoughts, answer, verdict and drop reasons, wrapped to the width of the terminal.

Colours are Rich's: none where stdout is no terminal or NO_COLOR is set. All that rows hold is made printable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from r1data.data.text import one_line, printable

from .blocks import format_value

WIDEST = 120
"""Characters of a line of text at most: longer ones are hard to read. Ours."""
VALUE = 60
"""Characters of a short value beside its name."""
MAX_VALUES = 40
"""Short values of a row that are shown."""
LINES_AT_ONCE = 500
HEAD = ("domain", "language", "source", "model", "split", "kind")
TEXTS = ("system", "prompt", "chosen", "rejected")
JUDGED = ("verdict", "verdict_cause", "score", "extracted", "truth", "drop_reasons", "verdict_reason")
HANDLED = frozenset(
    {*HEAD, *TEXTS, *JUDGED, "prompt_id", "sample_index", "example_id", "preference_id", "messages"}
    | {"response", "reasoning", "answer"}
)
STYLES = {"correct": "green", "incorrect": "red"}
Piece = tuple[str, str, str]
"""A name, a text and the style of the text."""


def print_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes each row to stdout as a block with a rule above it."""
    from r1data.runtime.terminal import console

    shown = console(stderr=False)
    for number, row in enumerate(rows, 1):
        _print_row(shown, row, number)


def _print_row(shown: Any, row: Mapping[str, Any], number: int) -> None:
    from rich.text import Text

    width = min(shown.width, WIDEST)
    shown.print(_rule(_title(row, number), width))
    head = [str(row[name]) for name in HEAD if row.get(name) is not None]
    if head:
        shown.print(Text(one_line(" · ".join(head), 8 * VALUE), style="dim"))
    for name, text, style in _texts(row):
        shown.print(Text(name, style="bold"))
        _print_text(shown, printable(text), style, width)
    for line, style in _short_lines(row):
        _print_text(shown, line, style, width, indent="")
    shown.print("")


def _print_text(shown: Any, text: str, style: str, width: int, indent: str = "  ") -> None:
    from rich.text import Text

    pieces = (indent + piece for line in text.split("\n") for piece in _wrapped(line, width - len(indent)))
    # Rich takes its time for each call, and a response may have 50,000 lines
    while block := list(islice(pieces, LINES_AT_ONCE)):
        shown.print(Text("\n".join(block), style=style), soft_wrap=True)


def _wrapped(line: str, cells: int) -> Iterator[str]:
    """A line in pieces of so many cells, broken at blanks where there are some."""
    from rich.cells import cell_len, chop_cells

    line = line.expandtabs(4).rstrip()
    if cell_len(line) <= cells:
        yield line
        return
    current, used = "", 0
    for word in line.split(" "):
        size = cell_len(word)
        if current and used + 1 + size > cells:
            yield current
            current, used = "", 0
        elif current or used:
            current, used = current + " ", used + 1
        if size <= cells - used:
            current, used = current + word, used + size
            continue
        *whole, rest = chop_cells(word, cells)
        yield from whole
        current, used = rest, cell_len(rest)
    yield current


def _rule(title: str, width: int) -> Any:
    from rich.cells import cell_len
    from rich.text import Text

    title = one_line(title, max(8, width - 8))
    return Text(f"── {title} " + "─" * max(2, width - cell_len(title) - 4), style="cyan", no_wrap=True)


def _title(row: Mapping[str, Any], number: int) -> str:
    for name in ("example_id", "preference_id"):
        if row.get(name) is not None:
            return str(row[name])
    if row.get("prompt_id") is None:
        return f"row {number:,}"
    index = row.get("sample_index")
    return str(row["prompt_id"]) if index is None else f"{row['prompt_id']}/{index}"


def _texts(row: Mapping[str, Any]) -> Iterator[Piece]:
    """What is read in full: messages, or prompt, thoughts and answer. Thoughts are dim."""
    for name in TEXTS:
        if isinstance(row.get(name), str):
            yield name, row[name], ""
    for message in row.get("messages") or ():
        yield from _message(message)
    reasoning, answer = row.get("reasoning"), row.get("answer")
    if reasoning is None and answer is None:
        if isinstance(row.get("response"), str):
            yield from _split(row["response"])
        return
    if reasoning is not None:
        yield "thoughts", str(reasoning).strip("\n"), "dim"
    yield "answer", str(answer).strip("\n") if answer is not None else "–", ""


def _message(message: Any) -> Iterator[Piece]:
    if not isinstance(message, Mapping):
        return
    role, content = str(message.get("role")), str(message.get("content"))
    if role == "assistant":
        yield from _split(content)
    else:
        yield one_line(role, VALUE), content, ""


def _split(text: str) -> Iterator[Piece]:
    """A response's thoughts and answer."""
    from r1data.data.responses import split

    reasoning, answer = split(text)
    if reasoning is None:
        yield "response", text.strip("\n"), ""
        return
    yield "thoughts", reasoning.strip("\n"), "dim"
    yield "answer", answer.strip("\n") if answer is not None else "–", ""


def _short_lines(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The verdict with its evidence, the reasons for dropping, and all other short values."""
    if row.get("verdict") is not None:
        verdict = str(row["verdict"])
        evidence = [_short(row, name) for name in JUDGED[1:5] if row.get(name) is not None]
        yield " · ".join([f"verdict {one_line(verdict, VALUE)}", *evidence]), STYLES.get(verdict, "yellow")
    elif row.get("truth") is not None:
        yield _short(row, "truth"), ""
    if row.get("verdict_reason") is not None:
        yield one_line(str(row["verdict_reason"]), 8 * VALUE), "dim"
    if row.get("drop_reasons"):
        yield f"dropped: {one_line(format_value(row['drop_reasons']), 4 * VALUE)}", "red"
    others = [_short(row, name) for name in row if name not in HANDLED and row[name] is not None]
    if others:
        more = [f"{len(others) - MAX_VALUES:,} more"] if len(others) > MAX_VALUES else []
        yield " · ".join([*others[:MAX_VALUES], *more]), "dim"


def _short(row: Mapping[str, Any], name: str) -> str:
    return f"{one_line(name.replace('_', ' '), VALUE)} {one_line(format_value(row[name]), VALUE)}"
