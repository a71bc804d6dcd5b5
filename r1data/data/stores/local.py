"""A folder on a local or shared disk: complete files by link and rename, one publisher at a time by a lock.

A dataset may come from a stranger: of its paths the user names the first part alone, which may be a link. Below it no
symbolic link is followed, for reading, writing or removing, and nothing but a regular file is opened (`entries`).
"""

import contextlib
import errno
import fcntl
import os
import secrets
import socket
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from r1data.data.stores.entries import FOLDER, kind_of, not_a_file, not_a_folder, open_file, too_large
from r1data.data.stores.layout import DATA, LOCK, LOG, SCRATCH, File
from r1data.errors import UserError

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)


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
        return any(self.path.iterdir()) and kind_of(self.path / ".r1") != FOLDER

    def prepare(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        for part in (LOG, SCRATCH, DATA):  # a folder with `data` alone would be taken for somebody else's
            with self._folder(part, make=True):
                pass
        # Creating a file needs hard links: a disk without them is refused here, before the first shard is made.
        probe = f"{SCRATCH}/{_owner()}"
        self.create(probe, b"")
        self.remove(probe)

    def files(self, folder: str) -> list[File]:
        return self._list(folder)[0]

    def strangers(self, folder: str) -> dict[str, str]:
        return self._list(folder)[1]

    def read(self, name: str, limit: int | None = None) -> bytes:
        with self._parent(name) as (folder, last), open_file(last, self._full(name), folder) as file:
            size = os.fstat(file.fileno()).st_size
            if limit is not None and size > limit:
                raise too_large(self._full(name), size, limit)
            return file.read()

    def read_all(self, names: Sequence[str], limit: int | None = None) -> list[bytes]:
        return [self.read(name, limit) for name in names]

    def create(self, name: str, content: bytes) -> bool:
        # Written and flushed under another name first, so that nobody reads half a file under the real one. link(2) and
        # not rename(2): a rename would replace the file of whoever came first, a link refuses. O_EXCL would refuse too,
        # but the name would be there before the content is.
        with self._parent(name, make=True) as (folder, last):
            staged = self.stage(name, content)
            with self._parent(staged) as (scratch, part):
                try:
                    os.link(part, last, src_dir_fd=scratch, dst_dir_fd=folder, follow_symlinks=False)
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
                    os.unlink(part, dir_fd=scratch)
            os.fsync(folder)  # the new name lies in the folder, which has to reach the disk by itself
        return True

    def stage(self, name: str, content: bytes) -> str:
        staged = f"{SCRATCH}/{_owner()}"
        with self._parent(staged) as (folder, last):
            try:
                descriptor = os.open(last, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(last, dir_fd=folder)
                raise OSError(error.errno, error.strerror, self.uri) from error
        return staged

    def place(self, staged: str, name: str) -> None:
        with self._parent(staged) as (scratch, part), self._parent(name, make=True) as (folder, last):
            # the bytes were flushed by `stage`: after a power cut there is the whole file under this name, or none
            os.rename(part, last, src_dir_fd=scratch, dst_dir_fd=folder)
            os.fsync(folder)

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError), self._parent(name) as (folder, last):
            os.unlink(last, dir_fd=folder)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        with self._parent(LOCK) as (folder, last):
            try:
                # NFS locks only what is open for writing; O_NONBLOCK, since a pipe of that name would wait for a reader
                flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
                lock = os.open(last, flags, 0o666, dir_fd=folder)
            except OSError as error:
                raise not_a_file(self._full(LOCK), kind_of(last, folder)) or error from error
        with os.fdopen(lock, "wb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
            except OSError as error:
                # A disk without locks still has exclusive commits. What is lost: two runs of a stage that is not exact
                # may each put their bytes under one name, as on an object store; a reader finds that by the hash.
                if error.errno not in _NO_LOCKS:
                    raise
            yield

    def in_use(self, name: str) -> bool | None:
        # a host's name may have dots of its own, so the file's name is not split at them
        owner, _, rest = name.removeprefix(f"{SCRATCH}/").rpartition(f"{socket.gethostname()}.")
        pid, _, start = rest.split(".")[0].partition("-")
        return _alive(int(pid), start) if owner == "" and pid.isascii() and pid.isdigit() else None

    def sweep(self) -> list[str]:
        dead = [file.name for file in self.files(SCRATCH) if self.in_use(file.name) is False]
        for name in dead:
            self.remove(name)
        return dead

    def _full(self, name: str) -> str:
        return f"{self.path}/{name}"

    @contextlib.contextmanager
    def _folder(self, name: str, *, make: bool = False) -> Iterator[int]:
        """A descriptor of a folder of the dataset, made where it is missing if `make`; no link on the way is followed.

        Raises:
            FileNotFoundError: it is not there.
            UserError: a part of it is a link, or anything else than a folder.
        """
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            parts = name.split("/") if name else []
            for place, part in enumerate(parts):
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, dir_fd=descriptor)
                try:
                    inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
                except OSError as error:
                    where = self._full("/".join(parts[: place + 1]))
                    raise not_a_folder(where, kind_of(part, descriptor)) or error from error
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _parent(self, name: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """A descriptor of the folder that a file lies in, and the file's name there. Raises as `_folder` does."""
        folder, _, last = name.rpartition("/")
        with self._folder(folder, make=make) as descriptor:
            yield descriptor, last

    def _list(self, folder: str) -> tuple[list[File], dict[str, str]]:
        """The regular files of a folder, and the kind of each other thing there by its name."""
        now = time.time()
        files: list[File] = []
        others: dict[str, str] = {}
        with (
            contextlib.suppress(FileNotFoundError),
            self._folder(folder) as descriptor,
            os.scandir(descriptor) as entries,
        ):
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    name = f"{folder}/{entry.name}"
                    if stat.S_ISREG(status.st_mode):
                        files.append(File(name, status.st_size, now - status.st_mtime))
                    else:
                        others[name] = kind_of(entry.name, descriptor) or "gone by now"
        return sorted(files, key=lambda file: file.name), dict(sorted(others.items()))


def fsync(path: Path) -> None:
    """Makes a file's bytes, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _owner() -> str:
    """A new file name that tells the process that made it."""
    return f"{socket.gethostname()}.{os.getpid()}-{_start(os.getpid())}.{secrets.token_hex(4)}"


def _start(pid: int) -> str:
    """When a process started, in ticks since the boot; empty where it has ended, or where there is no `/proc`."""
    try:
        # behind the last parenthesis: the second field is the program's name, in which anything may stand
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if state in "ZX" else fields[18]  # a zombie has ended, though its parent has not looked yet


def _alive(pid: int, start: str) -> bool:
    """True where the process that had this number at that time runs: numbers are given again, to threads as well."""
    if Path("/proc/self/stat").exists():
        now = _start(pid)
        return now != "" and start in ("", now)  # names of older versions hold no start
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
