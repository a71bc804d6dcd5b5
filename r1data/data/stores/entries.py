"""What lies under a name on a disk, and files opened only where they are files.

A pipe, a socket or a device is never opened: a pipe waits for its other end, and a device may do anything. Where the
name comes from a stranger, a symbolic link is not followed either.
"""

import contextlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from r1data.errors import UserError

FILE, FOLDER, LINK = "a file", "a folder", "a symbolic link"
_KINDS = (
    (stat.S_ISREG, FILE),
    (stat.S_ISDIR, FOLDER),
    (stat.S_ISLNK, LINK),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def kind_of(path: str | Path, folder: int | None = None, *, follow: bool = False) -> str | None:
    """What lies there, in words; None for nothing.

    Args:
        folder: a descriptor of the folder that `path` starts from; the working folder by default.
        follow: looks at what a symbolic link leads to.
    """
    with contextlib.suppress(OSError, ValueError):
        mode = os.stat(path, dir_fd=folder, follow_symlinks=follow).st_mode
        return next((kind for is_kind, kind in _KINDS if is_kind(mode)), "neither a file nor a folder")
    return None


def open_file(path: str | Path, where: str, folder: int | None = None, *, follow: bool = False) -> BinaryIO:
    """A regular file opened for reading.

    Args:
        where: what the file is called in messages.
        folder, follow: as for `kind_of`.

    Raises:
        FileNotFoundError: nothing is there.
        UserError: it is no regular file.
    """
    # Looked at before it is opened, since opening is enough to do harm, and after, when it cannot change any more.
    if error := not_a_file(where, kind_of(path, folder, follow=follow)):
        raise error
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW), dir_fd=folder)
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise UserError(f"{where}: changed while it was opened; run the command again")
    return file


def not_a_file(where: str, kind: str | None) -> UserError | None:
    """The error about what lies where a file belongs; None where that is a file, or nothing."""
    if kind in (None, FILE):
        return None
    return UserError(f"{where}: is {kind}, not a file; {_remedy(kind)}")


def not_a_folder(where: str, kind: str | None) -> UserError | None:
    """The error about what lies where a folder belongs; None where that is a folder, or nothing."""
    if kind in (None, FOLDER):
        return None
    return UserError(f"{where}: is {kind}, not a folder; {_remedy(kind)}")


def too_large(where: str, size: int, limit: int) -> UserError:
    """The error about a file that is larger than its kind may be."""
    return UserError(f"{where}: has {size:,} bytes, {limit:,} are allowed; take it from a source you trust")


def _remedy(kind: str | None) -> str:
    if kind == LINK:
        return "no link inside a folder is followed: `cp -rL FOLDER COPY` makes a copy that has none"
    return "remove it, or take this from a source you trust"
