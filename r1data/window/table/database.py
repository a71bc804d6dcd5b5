"""DuckDB for all tables of a process: one memory limit, two threads, no extension, and queries that can be stopped."""

import contextlib
import functools
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

import duckdb

from r1data.data.text import one_line
from r1data.errors import UserError

MEMORY_LIMIT = "200MB"
THREADS = 2
SECONDS = 20.0
"""Time of one query. Ours: a pattern that no index helps takes a few on 800,000 rows."""
AT_ONCE = 2
"""Queries that run at the same time, of all readers; the others wait, with their own time running only then."""
_REASON_CHARACTERS = 300


class Stop:
    """A reader's hold on a query: `stop` ends it, from any thread, also before it began."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()

    def stop(self, reason: str = "stopped: nobody waits for it any more") -> None:
        """Ends what runs; `reason` is the line that its reader gets."""
        with self._lock:
            self.reason = self.reason or reason
            if self._connection is not None:
                self._connection.interrupt()

    @contextlib.contextmanager
    def over(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """While it is entered, `stop` interrupts `connection`. Raises UserError where it was stopped before."""
        with self._lock:
            self.raise_if_stopped()
            self._connection = connection
        try:
            yield
        finally:
            with self._lock:
                self._connection = None

    def raise_if_stopped(self) -> None:
        if self.reason is not None:
            raise UserError(self.reason)


@functools.cache
def _database() -> duckdb.DuckDBPyConnection:
    folder = tempfile.TemporaryDirectory(prefix="r1-window-")
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": THREADS,
            "temp_directory": folder.name,
            "max_temp_directory_size": "4GB",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    connection.execute("SET GLOBAL parquet_metadata_cache = true")
    _FOLDERS.append(folder)
    return connection


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []
_FIRST, _TURN = threading.Lock(), threading.Semaphore(AT_ONCE)


def connection() -> duckdb.DuckDBPyConnection:
    """A connection of its own to the process's database."""
    with _FIRST:
        return _database().cursor()


@contextlib.contextmanager
def running(stop: Stop | None = None, seconds: float = SECONDS) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for one query, which ends when its time is over or a reader stops it.

    Raises:
        UserError: it was stopped, took too long, or needed more memory than there is for it.
        duckdb.Error: the query failed otherwise.
    """
    stop = stop or Stop()
    with _TURN, contextlib.closing(connection()) as own, stop.over(own):
        message = (
            f"the search took over {seconds:.0f} s and was ended; filter first, or search for a longer text"
        )
        timer = threading.Timer(seconds, stop.stop, [message])
        timer.daemon = True
        timer.start()
        try:
            yield own
        except duckdb.InterruptException:
            raise UserError(stop.reason or "the query was interrupted") from None
        except duckdb.OutOfMemoryException as error:
            raise UserError("this takes more memory than the window allows itself; filter first") from error
        finally:
            timer.cancel()


def pattern_error(pattern: str, error: Any) -> UserError:
    """The line about a pattern that RE2 refuses."""
    reason = one_line(str(error).partition(":")[2] or str(error), _REASON_CHARACTERS)
    return UserError(
        f"regex={one_line(pattern, 100)}: {reason}; write it as RE2 does: no look-around, no back-references"
    )
