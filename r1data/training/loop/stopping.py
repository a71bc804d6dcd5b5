"""Stopping a run without losing its steps: Ctrl-C, SIGTERM, or a file in the run's folder asks for it.

The first signal asks; the step under way ends, a checkpoint is written (`intervals`), and the run leaves. A second one
leaves at once. Of several processes the one that started them gets the signal and writes the file, which all of them
look for at the end of each step: processes on other machines, and those of Ray, cannot be reached by a signal.

Not here: saying which step is kept (`launch`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOP = "stop"
"""Name of the file in a run's work folder: while it is there, the run stops after its step."""
ALARM = 256
"""In the place of a signal's number, above all of them: an alarm asks (`watching`)."""
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


class StopRequest:
    """Whether somebody has asked the run to stop, and by which signal."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._number = 0

    @property
    def number(self) -> int:
        """The signal's number; 0 where nobody has asked."""
        if not self._number and self.file.exists():
            with contextlib.suppress(OSError, ValueError):
                self._number = int(self.file.read_text() or signal.SIGTERM)
        return self._number

    def by(self, number: int) -> None:
        """Ask, in this process alone."""
        self._number = number

    def share(self, number: int) -> None:
        """Ask all processes of the run."""
        self._number = number
        with contextlib.suppress(OSError):  # the folder may be gone, as that of a finished run is
            self.file.write_text(str(int(number)))


@contextlib.contextmanager
def stoppable(request: StopRequest, *, share: bool = False) -> Iterator[None]:
    """While the block runs, the first signal asks and the second one does what it did before.

    Args:
        request: gets the signal.
        share: whether other processes are asked too.
    """
    # Python lets the main thread alone set handlers.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def ask(number: int, frame: FrameType | None) -> None:
        restore()
        request.share(number) if share else request.by(number)
        # Not through sys.stderr: the signal may have come while it was being written to.
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, _notice(number).encode())

    for number in SIGNALS:
        # What is ignored, as by `nohup` or in a shell's background job, stays so.
        if previous[number] != signal.SIG_IGN:
            signal.signal(number, ask)
    try:
        yield
    finally:
        restore()


def listening(request: StopRequest, *, alone: bool) -> contextlib.AbstractContextManager[None]:
    """What a process does with signals while it trains; `alone` where no other one trains with it."""
    return stoppable(request) if alone else _heeding(request)


@contextlib.contextmanager
def _heeding(request: StopRequest) -> Iterator[None]:
    """In one of several processes: every signal asks, and none ends it, as its parent says when to leave at once."""
    # They come here too where a scheduler signals all processes of a job. Threads, such as Ray's, may set no handler.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, lambda number, _: request.by(number)) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def exit_code(number: int) -> int:
    """A shell's exit code for a process that a signal ended: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + number


def as_exception(number: int) -> BaseException:
    """What leaves a command with the signal's exit code."""
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(exit_code(number))


def _notice(number: int) -> str:
    word = WORDS.get(signal.Signals(number), "stopped")
    return f"\nr1: {word}: the step under way ends and is kept in a checkpoint; once more leaves at once\n"
