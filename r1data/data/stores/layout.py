"""The folder layout of a dataset, and the interface that its store must implement."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

DATA = "data"
LOG = ".r1/commits"
SCRATCH = ".r1/tmp"
QUARANTINE, OLD_QUARANTINE = ".r1/quarantine", ".r1/aside"
"""Rows that are left out of their shard, with the reason. Older versions of r1 wrote the second; it is still read."""
UNFINISHED = ".r1/unfinished"
"""Responses of shards in the making, which an interrupted `r1 sample` left for the next run of the same command."""
QUARANTINE_REASON = "quarantine_reason"
"""Column of quarantined rows that says why."""
DAMAGED = ".r1/damaged"
LOCK = ".r1/lock"
PROBE = ".r1/exclusive"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a store: its name below the dataset, its bytes, and its age in seconds."""

    name: str
    bytes: int
    age: float


def quarantine_names(shard: str) -> tuple[str, str]:
    """The files in which rows that were left out of a shard may lie: where they are written now, and were before."""
    return f"{QUARANTINE}/{shard}.parquet", f"{OLD_QUARANTINE}/{shard}.parquet"


class Store(Protocol):
    """The files of one dataset; cheap to hand to another process. Names are relative, with `/`."""

    @property
    def uri(self) -> str: ...
    def exists(self) -> bool:
        """True where anything lies there."""

    def is_foreign(self) -> bool:
        """True where something lies there that is no dataset and may not be written into."""

    def prepare(self) -> None:
        """Makes ready for writing. Raises UserError where writing is not safe."""

    def files(self, folder: str) -> list[File]:
        """The files directly in a folder, by name; none where there is no such folder."""

    def strangers(self, folder: str) -> Mapping[str, str]:
        """What lies directly in a folder and is no regular file, name → kind in words; nothing of it is opened."""

    def read(self, name: str, limit: int | None = None) -> bytes:
        """A file's bytes.

        Raises:
            FileNotFoundError: nothing is there.
            UserError: it is no regular file, lies behind a link, or has more than `limit` bytes.
        """

    def read_all(self, names: Sequence[str], limit: int | None = None) -> list[bytes]:
        """Several files' bytes. Raises as `read` does."""

    def create(self, name: str, content: bytes) -> bool:
        """Creates a file, whole and durable; False where there is one already."""

    def stage(self, name: str, content: bytes) -> str:
        """Makes content durable, to be published as `name`; returns what `place` and `remove` call it."""

    def place(self, staged: str, name: str) -> None:
        """Publishes what was staged, over any file of that name."""

    def remove(self, name: str) -> None:
        """Removes a file, if it is there."""

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """While it is held no other process publishes here, as far as the store can promise that."""

    def in_use(self, name: str) -> bool | None:
        """True while the process that staged a file runs on this machine, None where that cannot be known."""

    def sweep(self) -> list[str]:
        """Removes what processes of this machine left in the making when they died; returns the names."""
