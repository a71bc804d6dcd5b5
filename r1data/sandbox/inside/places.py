"""The descriptors that belong to one start, and what every start inherits from the supervisor."""

import contextlib
import os
from dataclasses import dataclass
from typing import NamedTuple

from . import kernel


@dataclass(slots=True)
class Files:
    """Descriptors of what one start reads and writes."""

    stdin: int
    stdout: int
    stderr: int
    result: int
    ready: int
    """An event: when the process was locked."""
    scratch: int
    """What the starts of one program share before its own code runs."""
    connection: int | None = None
    """A socket to the supervisor, where the filter of the program asks it."""
    began: float = 0.0

    def has_begun(self) -> bool:
        """Whether the process was locked; `began` says when."""
        with contextlib.suppress(BlockingIOError):
            self.began = self.began or os.eventfd_read(self.ready) / 1e9
        return self.began > 0

    def written(self) -> tuple[int, int, int]:
        """Where output goes."""
        return self.stdout, self.stderr, self.result

    def close(self) -> None:
        """Closes all that are this start's alone."""
        for descriptor in (self.stdin, self.ready, *self.written()):
            os.close(descriptor)


class Place(NamedTuple):
    """What a copy inherits besides the pipes."""

    caller: int
    """A pidfd of the calling process."""
    proc: int
    """The folder /proc of this process's namespace."""
    filter: kernel.SeccompFilter
    asking_filter: kernel.SeccompFilter
    """The same, for a program that `child_actions` decides for."""
    before: frozenset[str]
    """The processes that were there before any program."""
    group: int | None
    """The folder of the control group for programs."""
