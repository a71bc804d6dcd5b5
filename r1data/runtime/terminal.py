"""What commands show passes here: texts of strangers reach a terminal as visible characters and nothing else.

`clean_streams` puts a filter in front of stdout and stderr while a command runs, so that warnings, log lines and what
libraries print pass it too. `console` is Rich without markup, whose every rendered piece is cleaned; the sequences of
colours and of the progress bar are Rich's own and go past the filter.

Not here: data, which is JSON with escapes (`r1data.data.text.json_line`) or Arrow; what child processes and native code
write to the descriptors themselves.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO, cast

from r1data.data.text import printable

if TYPE_CHECKING:
    from rich.console import Console


class CleanStream:
    """A text stream that shows what it is given: no control characters but newline and tab, nothing hidden."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        self.stream.write(_clean(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextlib.contextmanager
def clean_streams() -> Iterator[None]:
    """Inside, all that Python code writes to `sys.stdout` and `sys.stderr` is cleaned."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(TextIO, CleanStream(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextlib.contextmanager
def clean_stderr() -> Iterator[None]:
    """The same for `sys.stderr` as it is now: a live progress bar takes its place and would read colours and links."""
    before = sys.stderr
    sys.stderr = cast(TextIO, CleanStream(before))
    try:
        yield
    finally:
        sys.stderr = before


def console(*, stderr: bool = True) -> Console:
    """A console of Rich for stderr or stdout: no markup, no highlighting, and all that it renders is cleaned."""
    stream = sys.stderr if stderr else sys.stdout
    while isinstance(stream, CleanStream):
        stream = stream.stream
    return _console_class()(file=stream, markup=False, highlight=False, emoji=False)


@functools.cache
def _console_class() -> type[Console]:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class CleanConsole(Console):
        def render(
            self, renderable: RenderableType, options: ConsoleOptions | None = None
        ) -> Iterable[Segment]:
            for text, style, control in super().render(renderable, options):
                yield Segment(text if control else _clean(text), style, control)

    return CleanConsole


def _clean(text: str) -> str:
    # Most lines are printable, and isprintable is fast; a newline is not printable.
    return text if all(line.isprintable() for line in text.split("\n")) else printable(text)
