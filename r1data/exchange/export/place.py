"""A folder that appears completely or not at all: written under a temporary name beside it, flushed, then renamed.

Existing files are never overwritten: a folder with the same files and bytes is left alone, any other is refused.
"""

import contextlib
import fcntl
import filecmp
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from r1data.data.stores.local import fsync
from r1data.errors import UserError


@contextlib.contextmanager
def unfinished_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`, for one process at a time; removed afterwards, as are leftovers of a kill.

    Raises:
        UserError: another process is writing there, or `target` holds something that no export can be.
    """
    if not target.name or (target.exists() and not target.is_dir()):
        raise UserError(f"{target}: is no folder that can be made; choose another -o")
    folder = target.with_name(f".{target.name}.unfinished")
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{target}: another `r1 export` writes there; let it finish") from None
        _empty(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def publish(folder: Path, target: Path) -> bool:
    """Renames `folder` to `target`; False where the same files are there already.

    Raises:
        UserError: other files are there.
    """
    new_files, existing_files = _files(folder), _files(target)
    if existing_files:
        strange = sorted(set(new_files) ^ set(existing_files)) or _different(new_files, folder, target)
        if strange:
            raise UserError(
                f"{target}: holds other files than this export makes ({strange[0]}); choose another -o, or remove it"
            )
        return False
    for name in new_files:
        with (folder / name).open("rb") as file:
            os.fsync(file.fileno())
    for inner in {folder, *((folder / name).parent for name in new_files)}:
        fsync(inner)
    folder.rename(target)
    fsync(target.parent)
    return True


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def _different(names: list[str], folder: Path, target: Path) -> list[str]:
    return [name for name in names if not filecmp.cmp(folder / name, target / name, shallow=False)]


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
