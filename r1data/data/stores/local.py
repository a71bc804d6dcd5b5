"""A folder on a local or shared disk: complete files by link and rename, one publisher at a time by a lock."""

import contextlib
import errno
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

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
        return any(self.path.iterdir()) and not (self.path / ".r1").is_dir()

    def prepare(self) -> None:
        for part in (LOG, SCRATCH, DATA):  # a folder with `data` alone would be taken for somebody else's
            (self.path / part).mkdir(parents=True, exist_ok=True)
        # Creating a file needs hard links: a disk without them is refused here, before the first shard is made.
        probe = f"{SCRATCH}/{_owner()}"
        self.create(probe, b"")
        self.remove(probe)

    def files(self, folder: str) -> list[File]:
        now = time.time()
        files = []
        with (
            contextlib.suppress(FileNotFoundError, NotADirectoryError),
            os.scandir(self.path / folder) as entries,
        ):
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    stat = entry.stat()
                    if entry.is_file():
                        files.append(File(f"{folder}/{entry.name}", stat.st_size, now - stat.st_mtime))
        return sorted(files, key=lambda file: file.name)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def read_all(self, names: Sequence[str]) -> list[bytes]:
        return [self.read(name) for name in names]

    def create(self, name: str, content: bytes) -> bool:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # Written and flushed under another name first, so that nobody reads half a file under the real one. link(2) and
        # not rename(2): a rename would replace the file of whoever came first, a link refuses. O_EXCL would refuse too,
        # but the name would be there before the content is.
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
        fsync(target.parent)  # the new name lies in the folder, which has to reach the disk by itself
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
        # the bytes were flushed by `stage`: after a power cut there is the whole file under this name, or none
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
                # A disk without locks still has exclusive commits. What is lost: two runs of a stage that is not exact
                # may each put their bytes under one name, as on an object store; a reader finds that by the hash.
                if error.errno not in _NO_LOCKS:
                    raise
            yield

    def in_use(self, name: str) -> bool | None:
        # a host's name may have dots of its own, so the file's name is not split at them
        owner, _, rest = name.removeprefix(f"{SCRATCH}/").rpartition(f"{socket.gethostname()}.")
        pid, _, start = rest.split(".")[0].partition("-")
        return _alive(int(pid), start) if owner == "" and pid.isdigit() else None

    def sweep(self) -> list[str]:
        dead = [file.name for file in self.files(SCRATCH) if self.in_use(file.name) is False]
        for name in dead:
            self.remove(name)
        return dead


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
