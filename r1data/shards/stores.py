"""Where the files of one dataset lie, and the few operations that durability rests on.

A file appears under its name whole, or not at all; a numbered commit is created exclusively. A local disk does it
by link and rename, S3 by conditional writes. A store that promises neither is read, never written.

Not covered: two processes that write the same dataset to S3 at once from a stage that is not exact may race for a
shard within the tenth of a second between looking and committing; `r1 check` tells it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from r1data.errors import UserError
from r1data.shards import locations

DATA = "data"
LOG = ".r1/commits"
SCRATCH = ".r1/tmp"
ASIDE = ".r1/aside"
DAMAGED = ".r1/damaged"
LOCK = ".r1/lock"
PROBE = ".r1/exclusive"
EXCLUSIVE = ("s3", "s3a")
"""URL schemes whose stores create a file only where there is none, if asked; tested against S3's API."""
REMOTE = ("botocore", "aiobotocore", "aiohttp", "s3fs", "httpx", "httpx2", "huggingface_hub")
"""Libraries whose errors come from a store or the way to it."""
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a store: its name below the dataset, its bytes, and its age in seconds."""

    name: str
    bytes: int
    age: float


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

    def read(self, name: str) -> bytes:
        """A file's bytes. Raises FileNotFoundError."""

    def read_all(self, names: Sequence[str]) -> list[bytes]: ...
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


def open_store(uri: str | Path) -> Store:
    """The store of the dataset at a path or URL; nothing needs to be there yet.

    Raises:
        UserError: the URL carries a key, or fsspec does not know its scheme.
    """
    text = locations.checked(str(uri))
    return ObjectStore(text) if locations.scheme(text) else LocalStore(locations.local(text))


@dataclass(frozen=True, slots=True)
class LocalStore:
    """A folder of a local or shared disk."""

    path: Path

    @property
    def uri(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        return self.path.exists()

    def is_foreign(self) -> bool:
        if not self.path.is_dir():
            return self.path.exists()
        return any(self.path.iterdir()) and not (self.path / ".r1").is_dir()

    def prepare(self) -> None:
        for part in (LOG, SCRATCH, DATA):  # a folder with `data` alone would be taken for somebody else's
            (self.path / part).mkdir(parents=True, exist_ok=True)
        probe = f"{SCRATCH}/{_owner()}"
        self.create(probe, b"")
        self.remove(probe)

    def files(self, folder: str) -> list[File]:
        now = time.time()
        found = []
        with (
            contextlib.suppress(FileNotFoundError, NotADirectoryError),
            os.scandir(self.path / folder) as entries,
        ):
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    stat = entry.stat()
                    if entry.is_file():
                        found.append(File(f"{folder}/{entry.name}", stat.st_size, now - stat.st_mtime))
        return sorted(found, key=lambda file: file.name)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def read_all(self, names: Sequence[str]) -> list[bytes]:
        return [self.read(name) for name in names]

    def create(self, name: str, content: bytes) -> bool:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        part = self.path / self.stage(name, content)
        try:
            os.link(part, target)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            raise UserError(
                f"{self.uri}: this disk knows no hard links, so that commits could be lost; "
                "write to another disk and copy the dataset here"
            ) from error
        finally:
            part.unlink()
        fsync(target.parent)
        return True

    def stage(self, name: str, content: bytes) -> str:
        staged = f"{SCRATCH}/{_owner()}"
        path = self.path / staged
        try:
            with path.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            path.unlink(missing_ok=True)
            raise OSError(error.errno, error.strerror, self.uri) from error
        return staged

    def place(self, staged: str, name: str) -> None:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.path / staged).rename(target)
        fsync(target.parent)

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        with (self.path / LOCK).open("ab") as lock:  # NFS locks only what is open for writing
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
            yield

    def in_use(self, name: str) -> bool | None:
        owner, _, rest = name.removeprefix(f"{SCRATCH}/").rpartition(f"{socket.gethostname()}.")
        pid = rest.split(".")[0]
        return _alive(int(pid)) if owner == "" and pid.isdigit() else None

    def sweep(self) -> list[str]:
        dead = [file.name for file in self.files(SCRATCH) if self.in_use(file.name) is False]
        for name in dead:
            self.remove(name)
        return dead


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A prefix of an object store, through fsspec. An upload there is atomic, so that a shard is staged in place."""

    uri: str

    def exists(self) -> bool:
        with _told(self.uri):
            return bool(self._fs.exists(self._root))

    def is_foreign(self) -> bool:
        with _told(self.uri):
            return bool(self._fs.exists(self._root)) and not self._fs.exists(self._full(".r1"))

    def prepare(self) -> None:
        kind = locations.scheme(self.uri)
        if kind not in EXCLUSIVE:
            raise UserError(
                f"{self.uri}: {kind}:// datasets are read, not written: exclusive commits are not promised there; "
                "write to a local folder or s3://"
            )
        self.create(PROBE, b"first")  # stays: it tells a dataset whose first shard has no commit yet
        if self.create(PROBE, b"second") or self.read(PROBE) != b"first":
            self.remove(PROBE)
            raise UserError(
                f"{self.uri}: this server ignores conditional writes (IfNoneMatch), so that commits could be lost; "
                "write to a local folder and copy it there"
            )

    def files(self, folder: str) -> list[File]:
        with _told(self.uri):
            try:
                listed = self._fs.ls(self._full(folder), detail=True, refresh=True)
            except FileNotFoundError:
                return []
        found = [
            File(f"{folder}/{info['name'].rsplit('/', 1)[1]}", info["size"] or 0, _age(info))
            for info in listed
            if info["type"] == "file" and not info["name"].endswith("/")
        ]
        return sorted(found, key=lambda file: file.name)

    def read(self, name: str) -> bytes:
        with _told(self.uri):
            return bytes(self._fs.cat_file(self._full(name)))

    def read_all(self, names: Sequence[str]) -> list[bytes]:
        if not names:
            return []
        with _told(self.uri):
            found: dict[str, bytes] = self._fs.cat([self._full(name) for name in names])
        return [found[self._full(name)] for name in names]

    def create(self, name: str, content: bytes) -> bool:
        with _told(self.uri):
            try:
                self._fs.pipe_file(self._full(name), content, mode="create")
            except FileExistsError:
                return False
            except FileNotFoundError as error:
                raise UserError(f"{self.uri}: {error}") from error  # the bucket
        return True

    def stage(self, name: str, content: bytes) -> str:
        content = bytes(content)  # botocore takes no other buffer
        if self.create(name, content) or self.read(name) == content:
            return name
        staged = f"{SCRATCH}/{secrets.token_hex(8)}"
        self.create(staged, content)
        return staged

    def place(self, staged: str, name: str) -> None:
        if staged != name:
            with _told(self.uri):
                self._fs.cp_file(self._full(staged), self._full(name))
            self.remove(staged)

    def remove(self, name: str) -> None:
        with _told(self.uri), contextlib.suppress(FileNotFoundError):
            self._fs.rm_file(self._full(name))

    def alone(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def in_use(self, name: str) -> bool | None:
        return None

    def sweep(self) -> list[str]:
        return []

    @property
    def _fs(self) -> Any:
        import fsspec

        try:
            return fsspec.url_to_fs(self.uri, use_listings_cache=False)[0]
        except ImportError as error:
            raise UserError(
                f"{self.uri}: needs another package; for s3:// install r1data[s3] ({error})"
            ) from error
        except ValueError as error:
            raise UserError(f"{self.uri}: {error}") from error

    @property
    def _root(self) -> str:
        return str(self._fs._strip_protocol(self.uri)).rstrip("/")

    def _full(self, name: str) -> str:
        return f"{self._root}/{name}"


def copy(source: Store, name: str, target: Store) -> None:
    """Copies one file from store to store."""
    content = source.read(name)
    target.place(target.stage(name, content), name)


def open_binary(uri: str) -> Any:
    """A plain file opened for reading, at a path or URL."""
    text = locations.checked(uri)
    if locations.scheme(text) is None:
        return locations.local(text).open("rb")
    import fsspec

    with _told(text):
        return fsspec.open(text, "rb").open()


@contextlib.contextmanager
def _told(uri: str) -> Iterator[None]:
    """A store's own errors as one line that says where."""
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except Exception as error:
        library = type(error).__module__.split(".")[0]
        if isinstance(error, OSError) or library in REMOTE:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise UserError(f"{uri}: {reason}") from error
        raise


def _age(info: dict[str, Any]) -> float:
    modified = info.get("LastModified") or info.get("mtime")
    return time.time() - modified.timestamp() if isinstance(modified, datetime) else 0.0


def fsync(path: Path) -> None:
    """Makes a file's bytes, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _owner() -> str:
    """A new file name that tells the process that made it."""
    return f"{socket.gethostname()}.{os.getpid()}.{secrets.token_hex(4)}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
