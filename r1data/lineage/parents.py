"""What lies around a dataset: the parents that it was made from, and files that none of its commits names."""

from collections.abc import Iterator
from dataclasses import replace

from r1data.data.commits import Parent
from r1data.data.dataset import Dataset
from r1data.data.locations import resolve
from r1data.data.plain import file_digest, is_plain
from r1data.data.stores import open_store
from r1data.data.stores.layout import DAMAGED, DATA, LOG, SCRATCH
from r1data.errors import UserError
from r1data.lineage.findings import Finding
from r1data.lineage.log import Log
from r1data.runtime.progress import track


def parents(log: Log) -> Iterator[Finding]:
    """Parents that are no longer what the dataset was made from, or not there."""
    for parent in log.commits[-1].parents if log.commits else ():
        there = replace(parent, uri=resolve(parent.uri, log.store.uri))
        if there.uri.startswith("hf:"):
            yield Finding("note", there.uri, "a parent on a hub; its digest is not compared")
        else:
            yield from _parent(there)


def _parent(parent: Parent) -> Iterator[Finding]:
    try:
        now = _digest(parent.uri)
    except (UserError, OSError) as error:
        yield Finding("warning", parent.uri, f"a parent that cannot be compared: {error}")
        return
    if now is None:
        yield Finding("note", parent.uri, f"a parent that is not there; its digest was {parent.digest}")
    elif parent.digest not in (None, now):
        why = f"a parent that grew or was made again: its digest was {parent.digest}, now it is {now}"
        yield Finding("warning", parent.uri, why)


def _digest(uri: str) -> str | None:
    """A parent's digest as it is now, None where nothing is there."""
    if is_plain(uri):
        with track("check parent", total=1, unit="files") as bar:
            digest = file_digest(uri)
            bar.advance()
        return digest
    return Dataset(uri).digest if open_store(uri).files(LOG) else None


def strays(log: Log) -> Iterator[Finding]:
    """Files that no commit names, a note for each folder."""
    named = {entry.path for entry in log.entries}
    unnamed = "that no commit names" if not log.lost else "that no readable commit names"
    for folder, what in ((DATA, unnamed), (SCRATCH, "unfinished"), (DAMAGED, "moved away as damaged")):
        files = [file for file in log.store.files(folder) if file.name not in named]
        if files:
            size = sum(file.bytes for file in files)
            why = f"{len(files)} files {what}, {size:,} bytes, the first is {files[0].name}; see `r1 gc`"
            yield Finding("note", folder, why)
