"""Copies of the texts of shards that unpack five times as fast, for searches; made in the background, for this process.

Shards are packed to be small (zstd). Unpacking two gigabytes of text takes the greater part of a search through it, so
that a large dataset's texts are written once more with LZ4, into a folder of the user's cache that goes with the
process. They come from checked bytes. A remote dataset's shards are copied whole: DuckDB reads no remote files here.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from r1data.data.dataset import Shard
from r1data.data.locations import scheme
from r1data.errors import R1Error, UserError
from r1data.window.table.shards import Checked, file_state

LEAST_BYTES = 64 << 20
"""Bytes on disk from which a local dataset's texts are copied. Ours: a smaller one is searched in a quarter second."""
ROOM = 4
"""Times the dataset's bytes that the disk must have free; copies of text take two to three times. Ours."""
TEXTS = ("prompt", "system", "response", "reasoning", "answer", "messages", "chosen", "rejected")
_LOCK = "lock"


class Copies:
    """The copies of a dataset's shards, by the hash of their bytes; each is there whole, or not yet.

    Args:
        checked: learns of the shards whose bytes were compared with their commit.
        least_bytes: the size from which a local dataset is copied.
    """

    def __init__(self, checked: Checked | None = None, least_bytes: int = LEAST_BYTES) -> None:
        self.checked = checked or Checked()
        self.least_bytes = least_bytes
        self.problem: str | None = None
        self._paths: dict[str, str] = {}
        self._queue: deque[Shard] = deque()
        self._queued: set[str] = set()
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None

    def path(self, shard: Shard) -> str | None:
        """The file with a shard's copy, None where there is none yet."""
        return self._paths.get(shard.sha256)

    def follow(self, shards: Iterable[Shard]) -> None:
        """Makes copies of these in the background, where they are worth it and the disk has room."""
        listed = list(shards)
        size = sum(shard.entry.bytes for shard in listed)
        remote = any(scheme(shard.store.uri) is not None for shard in listed)
        if size < self.least_bytes and not remote:
            return
        with self._changed:
            new_shards = [shard for shard in listed if shard.sha256 not in self._queued]
            if not new_shards or self.problem:
                return
            self._queued |= {shard.sha256 for shard in new_shards}
            self._queue.extend(new_shards)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, args=(size,), daemon=True, name="copies")
                self._worker.start()

    def wait(self, shards: Iterable[Shard], seconds: float) -> None:
        """Waits until all of these are copied. Raises UserError where that takes longer, or went wrong."""
        listed = list(shards)
        self.follow(listed)

        def settled() -> bool:
            return self.problem is not None or all(shard.sha256 in self._paths for shard in listed)

        with self._changed:
            self._changed.wait_for(settled, seconds)
            if self.problem is not None:
                raise UserError(self.problem)
            copied = sum(shard.sha256 in self._paths for shard in listed)
        if copied < len(listed):
            raise UserError(
                f"{copied} of {len(listed)} shards of this remote dataset are here by now; try again in a moment"
            )

    def _work(self, size: int) -> None:
        # a thread of Linux has a priority of its own: who looks at pages goes first
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        while True:
            with self._changed:
                if not self._queue:
                    self._worker = None
                    return
                shard = self._queue.popleft()
            try:
                self._copy(shard, size)
            except (R1Error, OSError, pa.ArrowException) as error:
                # the shard itself is searched instead, and says what is wrong with it
                with self._changed:
                    if isinstance(error, OSError) or scheme(shard.store.uri) is not None:
                        self.problem = f"{shard.uri}: no copy could be made to search in: {error}"
                        self._queue.clear()
                    self._changed.notify_all()

    def _copy(self, shard: Shard, size: int) -> None:
        folder = _folder()
        if shutil.disk_usage(folder).free < ROOM * size:
            raise OSError(f"{folder} has too little room")
        local = scheme(shard.store.uri) is None
        before = file_state(shard) if local else ()
        table = shard.table()
        if local:
            if file_state(shard) == before:
                self.checked.add(shard.uri, before)
            table = table.select([name for name in table.column_names if name in TEXTS])
        path = folder / f"{shard.sha256}.parquet"
        part = path.with_suffix(".part")
        pq.write_table(
            table, part, compression="lz4", use_dictionary=False, write_statistics=False, row_group_size=2_000
        )
        part.rename(path)
        with self._changed:
            self._paths[shard.sha256] = str(path)
            self._changed.notify_all()


_OWN: list[tuple[tempfile.TemporaryDirectory[str], IO[str]]] = []
_OWN_LOCK = threading.Lock()


def _folder() -> Path:
    """This process's folder of copies; what processes that were killed left behind is removed when it is made."""
    with _OWN_LOCK:
        if not _OWN:
            cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "r1" / "window"
            cache.mkdir(parents=True, exist_ok=True, mode=0o700)
            for left in cache.iterdir():
                _remove_if_left(left)
            folder = tempfile.TemporaryDirectory(prefix="copies-", dir=cache)
            lock = (Path(folder.name) / _LOCK).open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            _OWN.append((folder, lock))
        return Path(_OWN[0][0].name)


def _remove_if_left(folder: Path) -> None:
    with contextlib.suppress(OSError), (folder / _LOCK).open("r") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
