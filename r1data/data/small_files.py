"""Reads and writes small files that may come from anybody: texts, settings, the record of a run.

A name may stand for a link to a file of the user's, a pipe that nobody writes to, a device, or a file of any size. What
lies in a folder is opened without following a link; a file that the user named may be a link, or a pipe of the shell.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from r1data.data.stores.entries import FILE, LINK, kind_of, not_a_file, not_a_folder, open_file
from r1data.errors import UserError


def read_own(path: Path, limit: int) -> bytes | None:
    """The bytes of a file in a folder that r1 wrote, such as a run's; None where there is no such file.

    Raises:
        UserError: it is a link or no regular file, is larger than `limit` bytes, or cannot be read.
    """
    try:
        content = _beginning(open_file(path, str(path)), limit)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror}); see to its permissions") from error
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
        file = path.open("rb") if follow and _is_shells(path) else open_file(path, str(path), follow=follow)
        content = _beginning(file, limit)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(f"{path}: cannot be read ({reason}); give the path of {what}") from error
    except ValueError as error:  # NUL in its name
        raise UserError(f"{path}: no name of a file; give the path of {what}") from error
    if len(content) > limit:
        raise UserError(f"{path}: over {limit:,} bytes; {what} is shorter; give another file")
    return content


def own_lock(path: Path) -> int:
    """A descriptor of the file, which is made where there is none. Raises UserError where it is a link or no file."""
    if error := not_a_file(str(path), kind_of(path)):
        raise error
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o644)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UserError(f"{path}: changed while it was opened; run the command again")
    return descriptor


PATIENCE = 0.5
"""Seconds for which `lock_alone` tries again: `is_held` holds a lock for an instant."""


def lock_alone(descriptor: int) -> None:
    """Locks a file until its descriptor is closed or the process ends, however it does.

    Raises BlockingIOError where another process holds the lock.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def is_held(path: Path) -> bool:
    """Whether a process of this machine holds the lock of a file; False where there is no such file, or no locks."""
    try:
        file = open_file(path, str(path))
    except (OSError, UserError):
        return False
    with file:
        try:
            # shared, so that two who ask at once do not take each other for the holder
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


def own_folder(path: Path) -> Path:
    """`path`, which a step writes into a run's folder. Raises UserError where it is a link."""
    if (kind := kind_of(path)) == LINK and (error := not_a_folder(str(path), kind)):
        raise error
    return path


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[int]:
    """A descriptor of a new file that takes the place of `path` when it is whole: a kill leaves the old or the new."""
    if (kind := kind_of(path)) not in (None, FILE, LINK) and (error := not_a_file(str(path), kind)):
        raise error
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


def _is_shells(path: Path) -> bool:
    """True for what the shell passes as `<(…)` or `/dev/stdin`, whose writer it has started."""
    return str(path).startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/"))


def _beginning(file: BinaryIO, limit: int) -> bytes:
    """Up to a byte more than `limit`, which shows that a file is too long, however long it is."""
    with file:
        return file.read(limit + 1)
