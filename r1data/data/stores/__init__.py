"""Storage of one dataset's files, and the few operations that durability depends on.

A file appears under its name completely or not at all; a numbered commit is created exclusively. A local disk
provides both by link and rename, S3 by conditional writes. A store that guarantees neither is read but never
written.
"""

from pathlib import Path
from typing import Any

from r1data.data import locations
from r1data.data.stores.entries import open_file
from r1data.data.stores.layout import DAMAGED, DATA, LOCK, LOG, SCRATCH, File, Store
from r1data.data.stores.local import LocalStore, fsync
from r1data.data.stores.remote import ObjectStore, store_errors

__all__ = [
    "DAMAGED",
    "DATA",
    "LOCK",
    "LOG",
    "SCRATCH",
    "File",
    "LocalStore",
    "ObjectStore",
    "Store",
    "copy",
    "fsync",
    "open_binary",
    "open_store",
]


def open_store(uri: str | Path) -> Store:
    """The store of the dataset at a path or URL; nothing needs to be there yet.

    Raises:
        UserError: the URL carries a key, or fsspec does not know its scheme.
    """
    text = locations.checked(str(uri))
    return ObjectStore(text) if locations.scheme(text) else LocalStore(locations.local(text))


def copy(source: Store, name: str, target: Store) -> None:
    """Copies one file from store to store."""
    content = source.read(name)
    target.place(target.stage(name, content), name)


def open_binary(uri: str) -> Any:
    """A plain file opened for reading, at a path or URL; a path may be a link, since it is the user who names it."""
    text = locations.checked(uri)
    if locations.scheme(text) is None:
        return open_file(locations.local(text), text.removeprefix("file://"), follow=True)
    import fsspec

    with store_errors(text):
        return fsspec.open(text, "rb").open()
