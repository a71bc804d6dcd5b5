"""Progress of long work on stderr: a bar on a terminal, otherwise a plain line from time to time."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from r1data.data.text import shown_line
from r1data.runtime.terminal import clean_stderr, console

PLAIN_SECONDS = 10.0
"""How often a plain line is written; ours."""


class Bar(Protocol):
    """What a running task tells of itself."""

    def advance(self, amount: float = 1, *, tokens: int = 0) -> None:
        """`amount` more units are done, `tokens` more tokens were made."""

    def note(self, text: str) -> None:
        """A short remark beside the bar, such as a reward or a loss."""


@contextmanager
def track(title: str, *, total: float | None = None, unit: str = "rows") -> Iterator[Bar]:
    """Shows progress while the block runs.

    Args:
        title: what is being done.
        total: units in all; None where it is not known.
        unit: what is counted, in the plural.
    """
    if sys.stderr.isatty():
        with _terminal(title, total, unit) as bar:
            yield bar
    else:
        plain = _Plain(title, total, unit)
        yield plain
        plain.close()


class _Rate:
    """Counts units and tokens since the start."""

    def __init__(self, total: float | None, unit: str) -> None:
        self.total, self.unit = total, unit
        self.done, self.tokens = 0.0, 0
        self.start = time.monotonic()
        self.remark = ""

    def add(self, amount: float, tokens: int) -> None:
        self.done += amount
        self.tokens += tokens

    def describe(self) -> str:
        seconds = max(time.monotonic() - self.start, 1e-9)
        parts = [f"{self.done:,.0f}{f'/{self.total:,.0f}' if self.total else ''} {self.unit}"]
        if self.tokens:
            parts.append(f"{self.tokens / seconds:,.0f} tokens/s")
        if self.remark:
            parts.append(self.remark)
        return " · ".join(parts)

    def eta(self) -> str:
        if not self.total or not self.done:
            return ""
        seconds_left = (self.total - self.done) * (time.monotonic() - self.start) / self.done
        return f" · ETA {clock(seconds_left)}"


class _Plain:
    """A line every few seconds."""

    def __init__(self, title: str, total: float | None, unit: str) -> None:
        self.title = title
        self.rate = _Rate(total, unit)
        self.last_line = time.monotonic()

    def advance(self, amount: float = 1, *, tokens: int = 0) -> None:
        self.rate.add(amount, tokens)
        if time.monotonic() - self.last_line >= PLAIN_SECONDS:
            self.last_line = time.monotonic()
            self._line(self.rate.eta())

    def note(self, text: str) -> None:
        self.rate.remark = text

    def close(self) -> None:
        self._line(f" · {clock(time.monotonic() - self.rate.start)}")

    def _line(self, tail: str) -> None:
        sys.stderr.write(shown_line(f"{self.title}: {self.rate.describe()}{tail}") + "\n")
        sys.stderr.flush()


@contextmanager
def _terminal(title: str, total: float | None, unit: str) -> Iterator[Bar]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.table import Column

    title, whole = shown_line(title), Column(no_wrap=True)
    columns = (
        TextColumn(
            "{task.description}", markup=False, table_column=Column(no_wrap=True, min_width=len(title))
        ),
        BarColumn(bar_width=14),
        TimeElapsedColumn(table_column=whole),
        TextColumn("ETA", table_column=Column(no_wrap=True, min_width=3)),
        TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True, min_width=5)),
        TextColumn(
            "{task.fields[state]}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
        ),
    )
    with Progress(*columns, console=console(), expand=True) as progress, clean_stderr():
        task = progress.add_task(title, total=total, state="")
        rate = _Rate(total, unit)

        class Shown:
            def advance(self, amount: float = 1, *, tokens: int = 0) -> None:
                rate.add(amount, tokens)
                progress.update(task, advance=amount, state=rate.describe())

            def note(self, text: str) -> None:
                rate.remark = shown_line(text)
                progress.update(task, state=rate.describe())

        yield Shown()


def clock(seconds: float) -> str:
    """Seconds as `1:02:03` or `2:03`."""
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
