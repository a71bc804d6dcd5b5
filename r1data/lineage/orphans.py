"""Garbage collection: files that no commit names, such as a killed writer's shards, unfinished or damaged files.

Rows in quarantine (`.r1/quarantine`) are kept, and so is whatever is no file, such as a symbolic link. Not covered, on
an object store only, which has no lock: a writer that at this moment takes up a shard that a dead one left there. The
shard is then missing, which `r1 check` tells, and running the writer's command again makes it.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from r1data.data.commits import ShardEntry
from r1data.data.dataset import Dataset
from r1data.data.stores.layout import DAMAGED, DATA, SCRATCH, File, Store

HOUR = 3_600.0
"""Default age in seconds below which a file is kept, since another machine may be writing it. Ours."""


@dataclass(frozen=True, slots=True)
class OrphanFile:
    """A file that no commit names, and why it is removed or kept."""

    file: File
    why: str
    keep: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"file": self.file.name, "bytes": self.file.bytes, "why": self.why}


@dataclass(frozen=True, slots=True)
class Collected:
    """The files that were (or would be) removed, and those that were kept."""

    dataset: str
    orphans: tuple[OrphanFile, ...]
    dry_run: bool

    def as_json(self) -> dict[str, Any]:
        """Plain data: counts and bytes, then each file with its reason."""
        removed = [orphans for orphans in self.orphans if not orphans.keep]
        return {
            "dataset": self.dataset,
            "dry_run": self.dry_run,
            "removed": len(removed),
            "bytes": sum(orphans.file.bytes for orphans in removed),
            "left_alone": sum(orphans.keep for orphans in self.orphans),
            "files": [orphans.as_json() for orphans in removed],
            "left": [orphans.as_json() for orphans in self.orphans if orphans.keep],
        }


def gc(uri: str, *, older_than: float = HOUR, dry_run: bool = False) -> Collected:
    """Removes the files that no commit names.

    Args:
        older_than: seconds; files that may still be being written are kept while they are younger.
        dry_run: only report what would be removed.

    Raises:
        UserError: there is no dataset.
        DamagedShard: a commit cannot be read, so that the files it names are unknown.
    """
    store = Dataset(uri).store
    # Under the lock no writer is between placing a shard and committing it, when the shard would look like litter.
    with contextlib.nullcontext() if dry_run else store.alone():
        files = {folder: store.files(folder) for folder in (DATA, SCRATCH, DAMAGED)}
        # Read after the files, so that none of the files is newer than the commits, also where there is no lock.
        entries = {entry.path: entry for entry in Dataset(uri).entries}
        orphans = (*_orphans(store, entries, files, older_than), *_strangers(store, files))
        for orphan in orphans:
            if not orphan.keep and not dry_run:
                store.remove(orphan.file.name)
    return Collected(store.uri, orphans, dry_run)


def _orphans(
    store: Store, entries: Mapping[str, ShardEntry], files: Mapping[str, list[File]], older_than: float
) -> Iterator[OrphanFile]:
    for file in files[DATA]:
        if file.name not in entries:
            yield _by_age(file, "no commit names it", older_than)
    for file in files[SCRATCH]:
        in_use = store.in_use(file.name)
        if in_use is None:
            yield _by_age(file, "unfinished", older_than)
        else:
            yield OrphanFile(file, "its process still runs" if in_use else "its process died", keep=in_use)
    sizes = {file.name: file.bytes for file in files[DATA]}
    for file in files[DAMAGED]:
        entry = entries.get(file.name.replace(DAMAGED, DATA, 1))
        waiting = entry is not None and sizes.get(entry.path) != entry.bytes
        why = (
            "its shard has not been made again yet"
            if waiting
            else "damaged, moved out of the way by a repair"
        )
        yield OrphanFile(file, why, keep=waiting)


def _strangers(store: Store, folders: Iterable[str]) -> Iterator[OrphanFile]:
    """What is no file is never removed: it was not made by r1, and what lies behind a link belongs to somebody."""
    for folder in folders:
        for name, kind in store.strangers(folder).items():
            yield OrphanFile(
                File(name, 0, 0), f"{kind}, which r1 does not make; remove it yourself", keep=True
            )


def _by_age(file: File, why: str, older_than: float) -> OrphanFile:
    if file.age < older_than:
        return OrphanFile(file, f"{why}, but it is {file.age:,.0f} s old and may be in the making", keep=True)
    return OrphanFile(file, why)
