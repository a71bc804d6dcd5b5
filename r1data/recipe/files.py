"""Reads and writes the files of a run's folder, which may come from anybody: no link is followed, nothing waits.

A name in such a folder may be a link to a file of the user's, a pipe that nobody writes to, a device or a file of any
size. The folder itself, which the user named, may be a link.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from r1data.errors import UserError

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_own(path: Path, limit: int) -> bytes | None:
    """The bytes of a file in a run's folder; None where there is no such file.

    Raises:
        UserError: it is a link or no regular file, is larger than `limit` bytes, or cannot be read.
    """
    try:
        descriptor = _open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise UserError(f"{path}: more than {limit:,} bytes, which r1 never writes; remove it")
    return content


def own_lock(path: Path) -> int:
    """A descriptor of the file, which is made where there is none. Raises UserError as `read_own` does."""
    return _open(path, os.O_RDWR | os.O_CREAT)


def _open(path: Path, flags: int) -> int:
    try:
        # O_NONBLOCK: opening a pipe waits for the other side otherwise.
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _is_link(path) from error
        raise UserError(f"{path}: cannot be opened ({error.strerror}); see to its permissions") from error
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    kind = KINDS.get(stat.S_IFMT(mode), "no file")
    raise UserError(f"{path}: {kind} where a file belongs; remove it")


def own_folder(path: Path) -> Path:
    """`path`, a folder in a run's folder. Raises UserError where it is a link."""
    if path.is_symlink():
        raise _is_link(path)
    return path


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[int]:
    """A descriptor of a new file that takes the place of `path` when it is whole: a kill leaves the old or the new."""
    # A name that nobody can foresee, and O_EXCL: a link that lies there is not written through.
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        yield descriptor
        # Before the rename: after a power cut the name must not stand for an empty file.
        os.fsync(descriptor)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _is_link(path: Path) -> UserError:
    return UserError(
        f"{path}: a link, and r1 follows none inside a run's folder; put what it names in its place, or remove it"
    )
