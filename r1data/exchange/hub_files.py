"""The files of a dataset's repository on the hub, and which of them are missing there."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from r1data.data.hub import hub_errors
from r1data.data.stores import open_store
from r1data.data.stores.layout import DATA, LOG
from r1data.errors import UserError
from r1data.exchange.card import README, card, is_untouched
from r1data.exchange.copies import Original


@dataclass(frozen=True, slots=True)
class Item:
    """A file of the repository: `read` gives its verified bytes, `sha256` is their hash."""

    path: str
    size: int
    sha256: str
    rows: int
    read: Callable[[], bytes]

    def is_same(self, entry: Any) -> bool:
        """Whether an entry of the hub's listing has the same bytes."""
        if entry is None or entry.size != self.size:
            return False
        if entry.lfs:
            return bool(entry.lfs.sha256 == self.sha256)
        # Of a small file the listing has no SHA-256, only git's name for it: SHA-1 over a header and the bytes.
        content = self.read()
        blob_id = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        return bool(entry.blob_id == blob_id)


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """A repository at one revision; `branch` is False where that is main because the branch is still to be made."""

    private: bool
    head: str
    files: dict[str, Any]
    branch: bool


def missing(original: Original, name: str, state: RepositoryState | None, *, private: bool) -> list[Item]:
    """The files that the repository lacks, in upload order.

    Raises:
        UserError: it holds something else, or is public and should not be.
    """
    files = state.files if state else {}
    if state and private and not state.private:
        raise UserError(f"{name}: is public; push there with --public, or choose another name")
    shards = [
        Item(shard.entry.path, shard.entry.bytes, shard.sha256, shard.rows, shard.checked_bytes)
        for shard in original.shards
    ]
    log = [_item(path, content) for path, content in original.log.items()]
    _refuse_other(name, files, shards, log)
    lacking = [item for item in (*shards, *log) if not item.is_same(files.get(item.path))]
    if README not in files or (lacking and state and _is_untouched(name, state)):
        lacking.append(_item(README, card(original.dataset, name).encode()))
    return lacking


def _item(path: str, content: bytes) -> Item:
    return Item(path, len(content), hashlib.sha256(content).hexdigest(), 0, partial(bytes, content))


def _refuse_other(name: str, files: dict[str, Any], shards: list[Item], log: list[Item]) -> None:
    own_items = {item.path: item for item in (*shards, *log)}
    for path, entry in files.items():
        in_log, in_data = path.startswith(f"{LOG}/"), path.startswith(f"{DATA}/")
        is_own = path in own_items
        if (in_log and not (is_own and own_items[path].is_same(entry))) or (in_data and not is_own):
            raise UserError(
                f"{name}: its {path} is not of this dataset: another one, or one that went its own way; "
                "choose another name"
            )
    # With a commit of ours there, a shard that differs is one that was damaged: it is sent again. Without one, nothing
    # says that the shard was ever ours, and overwriting it could destroy another dataset.
    if not any(item.path in files for item in log):
        strange = [item.path for item in shards if item.path in files and not item.is_same(files[item.path])]
        if strange:
            raise UserError(f"{name}: its {strange[0]} is not of this dataset; choose another name")


def _is_untouched(name: str, state: RepositoryState) -> bool:
    """True for a card that nobody has edited since it was written here."""
    with hub_errors(name):
        raw = open_store(f"hf://datasets/{name}@{state.head}").read(README)
    return is_untouched(raw.decode("utf-8", "replace"))
