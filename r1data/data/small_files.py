"""Reads and writes small files that may come from anybody: texts, settings, the record of a run.

A name may stand for a link to a file of the user's, a pipe that nobody writes to, a device, or a file of any size. What
lies in a folder is opened without following a link; a file that the user named may be a link, or a pipe of the shell.
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
    """The bytes of a file in a folder that r1 wrote, such as a run's; None where there is no such file.

    Raises:
        UserError: it is a link or no regular file, is larger than `limit` bytes, or cannot be read.
    """
    try:
        descriptor = _open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror}); see to its permissions") from error
    content = _beginning(descriptor, limit)
    if len(content) > limit:
        raise UserError(f"{path}: more than {limit:,} bytes, which r1 never writes; remove it")
    return content


def read_given(path: Path, limit: int, what: str, *, follow: bool = True) -> bytes:
    """The bytes of a file that the user named, or with `follow=False` of one in a folder that the user named.

    Args:
        what: "a recipe", for the errors.

    Raises:
        UserError: it cannot be read, is no file, or is larger than `limit` bytes.
    """
    try:
        if follow and _is_shells(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        else:
            descriptor = _open(path, os.O_RDONLY | (0 if follow else os.O_NOFOLLOW))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(f"{path}: cannot be read ({reason}); give the path of {what}") from error
    except ValueError as error:  # NUL in its name
        raise UserError(f"{path}: no name of a file; give the path of {what}") from error
    content = _beginning(descriptor, limit)
    if len(content) > limit:
        raise UserError(f"{path}: over {limit:,} bytes; {what} is shorter; give another file")
    return content


def _is_shells(path: Path) -> bool:
    """True for what the shell passes as `<(…)` or `/dev/stdin`, whose writer it has started."""
    return str(path).startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/"))


def _beginning(descriptor: int, limit: int) -> bytes:
    """Up to a byte more than `limit`, which shows that a file is too long, however long it is."""
    with os.fdopen(descriptor, "rb") as file:
        return file.read(limit + 1)


def own_lock(path: Path) -> int:
    """A descriptor of the file, which is made where there is none. Raises UserError as `read_own` does."""
    return _open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)


def _open(path: Path, flags: int) -> int:
    """Raises OSError where the file cannot be opened, UserError where it is a link (with O_NOFOLLOW) or no file."""
    if flags & os.O_NOFOLLOW and path.is_symlink():
        raise _is_link(path)
    try:
        # O_NONBLOCK: opening a pipe waits for the other side otherwise.
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _is_link(path) from error
        if error.errno == errno.ENXIO:  # a socket
            raise UserError(f"{path}: a socket or a device where a file belongs; remove it") from error
        raise
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    kind = KINDS.get(stat.S_IFMT(mode), "no file")
    raise UserError(f"{path}: {kind} where a file belongs; give the path of a file, or remove it")


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
        f"{path}: a link, and r1 follows none inside a folder; put what it names in its place, or remove it"
    )
