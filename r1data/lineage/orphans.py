"""Files that no commit names: shards of a writer that died, strangers in `data/`, what is unfinished or damaged.

Rows in quarantine (`.r1/quarantine`) are kept. Not covered, on an object store only, which
has no lock: a writer that at this moment takes up a shard that a dead one left there. The shard is then missing, which
`r1 check` tells, and running the writer's command again makes it.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from r1data.data.commits import ShardEntry
from r1data.data.dataset import Dataset
from r1data.data.stores.layout import DAMAGED, DATA, SCRATCH, File, Store

HOUR = 3_600.0
"""Seconds a file is left alone by default: another machine may be writing it. Ours."""


@dataclass(frozen=True, slots=True)
class Litter:
    """A file that no commit names, and why it goes or stays."""

    file: File
    why: str
    keep: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"file": self.file.name, "bytes": self.file.bytes, "why": self.why}


@dataclass(frozen=True, slots=True)
class Collected:
    """What was removed, or would be, and what was left alone."""

    dataset: str
    litter: tuple[Litter, ...]
    dry_run: bool

    def as_json(self) -> dict[str, Any]:
        """Plain data: counts and bytes, then each file with its reason."""
        gone = [litter for litter in self.litter if not litter.keep]
        return {
            "dataset": self.dataset,
            "dry_run": self.dry_run,
            "removed": len(gone),
            "bytes": sum(litter.file.bytes for litter in gone),
            "left_alone": sum(litter.keep for litter in self.litter),
            "files": [litter.as_json() for litter in gone],
            "left": [litter.as_json() for litter in self.litter if litter.keep],
        }


def gc(uri: str, *, older_than: float = HOUR, dry_run: bool = False) -> Collected:
    """Removes the files that no commit names.

    Args:
        older_than: seconds; what may still be in the making is left alone while it is younger.
        dry_run: only say what would go.

    Raises:
        UserError: there is no dataset.
        DamagedShard: a commit cannot be read, so that it is not known what it names.
    """
    store = Dataset(uri).store
    with contextlib.nullcontext() if dry_run else store.alone():
        there = {folder: store.files(folder) for folder in (DATA, SCRATCH, DAMAGED)}
        entries = {
            entry.path: entry for entry in Dataset(uri).entries
        }  # after the files: none of them is newer
        litter = tuple(_litter(store, entries, there, older_than))
        for each in litter:
            if not each.keep and not dry_run:
                store.remove(each.file.name)
    return Collected(store.uri, litter, dry_run)


def _litter(
    store: Store, entries: Mapping[str, ShardEntry], there: Mapping[str, list[File]], older_than: float
) -> Iterator[Litter]:
    for file in there[DATA]:
        if file.name not in entries:
            yield _by_age(file, "no commit names it", older_than)
    for file in there[SCRATCH]:
        in_use = store.in_use(file.name)
        if in_use is None:
            yield _by_age(file, "unfinished", older_than)
        else:
            yield Litter(file, "its process still runs" if in_use else "its process died", keep=in_use)
    sizes = {file.name: file.bytes for file in there[DATA]}
    for file in there[DAMAGED]:
        entry = entries.get(file.name.replace(DAMAGED, DATA, 1))
        waiting = entry is not None and sizes.get(entry.path) != entry.bytes
        why = (
            "its shard has not been made again yet"
            if waiting
            else "damaged, moved out of the way by a repair"
        )
        yield Litter(file, why, keep=waiting)


def _by_age(file: File, why: str, older_than: float) -> Litter:
    if file.age < older_than:
        return Litter(file, f"{why}, but it is {file.age:,.0f} s old and may be in the making", keep=True)
    return Litter(file, why)
