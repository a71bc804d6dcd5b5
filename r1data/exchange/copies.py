"""Copies of a dataset, byte for byte: its committed shards first, then its commit log in the order of the numbers.

An interrupted copy has no log, or one whose last commit is not `complete`, so it never looks complete; the same command
resumes it. Shards are not decoded, and files that no commit names are not copied.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from r1data.data import commits
from r1data.data.dataset import Dataset, Shard
from r1data.data.stores.layout import DATA, LOG, Store
from r1data.errors import DamagedShard, UserError
from r1data.runtime.progress import track

AT_ONCE = 8
"""Shards copied concurrently, each in memory as a whole. Ours."""
Output = TypeVar("Output")


@dataclass(frozen=True, slots=True)
class Original:
    """The dataset to copy, as it was when opened, and the bytes of its commits by name."""

    dataset: Dataset
    log: Mapping[str, bytes]

    @property
    def shards(self) -> list[Shard]:
        """Its shards, whatever their schema: a copy needs none."""
        return [Shard(self.dataset.store, entry) for entry in self.dataset.entries]

    def as_json(self) -> dict[str, Any]:
        whole = self.dataset
        return {"rows": whole.rows, "digest": whole.digest, "complete": whole.complete}


def open_original(uri: str, *, incomplete: bool = False) -> Original:
    """The dataset at `uri`, to be copied.

    Raises:
        UserError: there is none, or its command has not finished and `incomplete` is False.
    """
    dataset = Dataset(uri)
    if not dataset.complete and not incomplete:
        raise UserError(
            f"{dataset.uri}: `r1 {dataset.command['name']}`, which writes it, has not finished; "
            "let it finish, or hand over what is there with --incomplete"
        )
    # The copy needs the commits' bytes, which `Dataset` does not keep: read again, they must be those that it parsed.
    names = [commits.name_of(commit.number) for commit in dataset.commits]
    contents = in_parallel(dataset.store.read, names)
    for commit, content in zip(dataset.commits, contents, strict=True):
        if commits.parse(dataset.store, commit.number, content) != commit:
            raise DamagedShard(f"{dataset.uri}: commit {commit.number} was read twice and differs; try again")
    return Original(dataset, dict(zip(names, contents, strict=True)))


def missing(original: Original, target: Store) -> tuple[list[Shard], list[str]]:
    """What a copy at `target` lacks: shards that are not there with the committed bytes, and names of commits.

    Raises:
        UserError: other files are there, or a dataset with other commits.
    """
    if not target.exists():
        return original.shards, list(original.log)
    if target.is_foreign():
        raise UserError(f"{target.uri}: holds other files than a dataset's; choose another place")
    logged = _copied_commits(original, target)
    # Sizes tell most of what is missing; only shards that could be whole are read and hashed.
    sizes = {file.name: file.bytes for file in target.files(DATA)}
    present = [shard for shard in original.shards if sizes.get(shard.entry.path) == shard.entry.bytes]
    faults = in_parallel(lambda shard: _damage(Shard(target, shard.entry)), present, "compare")
    intact = {shard.name for shard, fault in zip(present, faults, strict=True) if fault is None}
    shards = [shard for shard in original.shards if shard.name not in intact]
    return shards, [name for name in original.log if name not in logged]


def make(original: Original, target: Store) -> dict[str, Any]:
    """Makes or resumes the copy at `target`; does nothing if it is complete.

    Returns:
        `copied` (shards) and their `bytes`.

    Raises:
        DamagedShard: a shard is damaged at its origin, or did not arrive as it was; no commit is copied then.
        UserError: other files are there, or the store cannot write commits exclusively.
    """
    shards, names = missing(original, target)
    if shards or names:
        target.prepare()
        target.sweep()
    faults = [fault for fault in in_parallel(lambda one: _copy_shard(one, target), shards, "copy") if fault]
    if faults:
        raise DamagedShard(
            f"{len(faults)} of {len(shards)} shards could not be copied; first: {faults[0]}; "
            f"{target.uri} keeps the others and is not whole; run the command again"
        )
    # The log goes last and in its order: a copy that is stopped anywhere before has no commit for a missing shard.
    # Where another process wrote this commit meanwhile, it must be the same one.
    for name in names:
        if not target.create(name, original.log[name]):
            _copied_commits(original, target)
    arrived = Dataset(target.uri)
    if arrived.digest != original.dataset.digest:
        raise DamagedShard(f"{target.uri}: its digest is not that of {original.dataset.uri}; copy it again")
    return {"copied": len(shards), "bytes": sum(shard.entry.bytes for shard in shards)}


def in_parallel(
    work: Callable[[Any], Output], items: Sequence[Any], title: str | None = None
) -> list[Output]:
    """`work` done on every item by a few threads, in the order of the items.

    Args:
        title: shows progress over the items' `rows` under this name.
    """
    if not items:
        return []
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        results = pool.map(work, items)
        if title is None:
            return list(results)
        finished = []
        with track(title, total=sum(item.rows for item in items)) as bar:
            for item, result in zip(items, results, strict=True):
                finished.append(result)
                bar.advance(item.rows)
        return finished
    finally:
        # Not `with pool`: leaving that waits for every item that is queued, also after Ctrl-C or a first error.
        pool.shutdown(cancel_futures=True)


def _copied_commits(original: Original, target: Store) -> set[str]:
    """The names of the commits that the target has already."""
    names = [file.name for file in target.files(LOG)]
    for name, content in zip(names, target.read_all(names), strict=True):
        if original.log.get(name) != content:
            raise UserError(
                f"{target.uri}: {name} is not that of {original.dataset.uri}: another dataset, or one that went "
                "its own way; choose another place"
            )
    return set(names)


def _copy_shard(shard: Shard, target: Store) -> str | None:
    """Copies one shard, checked before it leaves and after it arrived; returns the damage, if any."""
    try:
        content = shard.checked_bytes()
    except DamagedShard as error:
        return str(error)
    target.place(target.stage(shard.entry.path, content), shard.entry.path)
    return _damage(Shard(target, shard.entry))


def _damage(shard: Shard) -> str | None:
    try:
        shard.checked_bytes()
    except DamagedShard as error:
        return str(error)
    return None
