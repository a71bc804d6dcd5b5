"""The few file operations that durability rests on: whole files appear under their name, or not at all.

Local disks only: rename and link are atomic there. Object stores are refused by name, not tried.
"""

import hashlib
import os
import re
import secrets
import socket
from pathlib import Path

from r1data.errors import UserError

CHUNK = 1 << 20


def local(uri: str | Path) -> Path:
    """The path that `uri` names; a URL is refused, since exclusive commits are only promised on a local disk."""
    text = str(uri)
    if re.match(r"^[a-z][a-z0-9+.-]+://", text) and not text.startswith("file://"):
        scheme = text.split("://", 1)[0]
        raise UserError(f"{scheme}:// datasets are not supported; copy the dataset to a local folder first")
    return Path(text.removeprefix("file://"))


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fsync(path: Path) -> None:
    """Makes a file's bytes, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def temporary(folder: Path) -> Path:
    """A name in `folder` that says which process owns it."""
    return folder / f"{socket.gethostname()}.{os.getpid()}.{secrets.token_hex(4)}"


def sweep(folder: Path) -> None:
    """Removes temporary files whose process, on this host, is gone."""
    for path in folder.glob(f"{socket.gethostname()}.*.*"):
        pid = path.name.removeprefix(f"{socket.gethostname()}.").split(".")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
            path.unlink(missing_ok=True)


def create_exclusively(path: Path, content: bytes, scratch: Path) -> bool:
    """Creates `path` whole or not at all; False where it exists already."""
    part = temporary(scratch)
    part.write_bytes(content)
    fsync(part)
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    finally:
        part.unlink()
    fsync(path.parent)
    return True
