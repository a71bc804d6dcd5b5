"""Checks whether a dataset is what was committed: its log, each shard's bytes, rows and columns, digest, parents.

A check continues after a finding and lists all. Not detected: that the newest commits are gone, up to the end of the
log (their shards are reported as uncommitted files in `data/` then), and rows that were already wrong when they
were committed.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from r1data.data import commits
from r1data.data.dataset import REMEDY, Dataset, Shard
from r1data.data.locations import resolve
from r1data.data.parents import may_be_allowed, why_unopened
from r1data.data.plain import file_digest, is_plain
from r1data.data.stores import open_store
from r1data.data.stores.layout import DAMAGED, DATA, LOG, QUARANTINE, SCRATCH, File, Store
from r1data.errors import UserError
from r1data.lineage.log import CheckFinding, Log, conflicts, faults, read_log, schema_of
from r1data.runtime.processes import default_workers
from r1data.runtime.progress import track

AT_ONCE = 4
"""Minimum number of shards read concurrently, so that a store's latencies overlap. Ours."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of a check: `rows`, `shards` and `commits` count the good ones.

    `digest` is None where a commit is unreadable. `made_by` is the command that made the dataset, as far as the commits
    tell; `repairs` lists what `repair` did.
    """

    dataset: str
    rows: int
    shards: int
    commits: int
    complete: bool
    digest: str | None
    made_by: str
    findings: tuple[CheckFinding, ...]
    repairs: tuple[str, ...] = ()

    @property
    def failures(self) -> list[CheckFinding]:
        return [finding for finding in self.findings if finding.level == "failure"]

    @property
    def lost_commits(self) -> bool:
        return self.digest is None

    def as_json(self) -> dict[str, Any]:
        """Plain data: the counts, then each level's findings as `file` and `problem`."""
        levels = {
            f"{level}s": [{"file": f.file, "problem": f.problem} for f in self.findings if f.level == level]
            for level in ("failure", "warning", "note")
        }
        return {
            "dataset": self.dataset,
            "good": not self.failures,
            "rows": self.rows,
            "shards": self.shards,
            "commits": self.commits,
            "complete": self.complete,
            "digest": self.digest,
            "made_by": self.made_by,
            **levels,
            "repairs": list(self.repairs),
        }


def check(uri: str, *, workers: int | None = None, all_parents: bool = False) -> CheckReport:
    """Reads every commit and every shard and compares them.

    Args:
        workers: threads that read and hash shards.
        all_parents: opens parents wherever the commits say that they lie (`data.parents` has the rule otherwise).

    Raises:
        UserError: there is no dataset.
    """
    return examine(read_log(open_store(uri)), workers, all_parents=all_parents)


def examine(log: Log, workers: int | None = None, *, all_parents: bool = False) -> CheckReport:
    """Checks a dataset whose log was read."""
    entries = log.entries
    schema, unknown = schema_of(log)
    damage = _damage([Shard(log.store, entry, schema) for entry in entries], workers)
    damage |= {finding.file: finding for finding in conflicts(log)}
    good = [entry for entry in entries if entry.path not in damage]
    failures = [*faults(log), *unknown, *(damage[path] for path in sorted(damage))]
    return CheckReport(
        log.store.uri,
        sum(entry.rows for entry in good),
        len(good),
        len(log.commits),
        log.complete,
        None if log.unreadable else commits.digest_of(entries),
        log.made_by,
        (*failures, *_parent_findings(log, all_parents), *_uncommitted_files(log)),
    )


def problem_of(shard: Shard, size: int | None) -> str | None:
    """What is wrong with a shard whose file has `size` bytes (None: no such file); None where it is good."""
    try:
        table = shard.table()
    except (UserError, OSError) as error:
        return str(error).removeprefix(f"{shard.uri}: ").removesuffix(f"; {REMEDY}")
    # After the bytes were compared by their hash: a size that is recorded wrongly beside a right hash is a fault too.
    if size is not None and size != shard.entry.bytes:
        return f"has {size:,} bytes, its commit says {shard.entry.bytes:,}"
    for name in shard.schema.required if shard.schema else ():
        if count := table[name].null_count:
            return f"column {name!r} must not be null; it is in {count} rows"
    return None


def _damage(shards: Sequence[Shard], workers: int | None) -> dict[str, CheckFinding]:
    """The damaged shards' findings by path. Threads suffice: reading waits, and hashing releases the GIL."""
    sizes = {file.name: file.bytes for shard in shards[:1] for file in _listed(shard.store, DATA)}
    findings = {}
    pool = ThreadPoolExecutor(workers or max(AT_ONCE, default_workers()))
    with track("check", total=sum(shard.rows for shard in shards)) as bar:
        try:
            problems = pool.map(lambda shard: problem_of(shard, sizes.get(shard.entry.path)), shards)
            for shard, problem in zip(shards, problems, strict=True):
                bar.advance(shard.rows)
                if problem:
                    findings[shard.entry.path] = CheckFinding("failure", shard.entry.path, problem)
        finally:
            # Not `with pool`: leaving that reads every shard that is queued, also after Ctrl-C.
            pool.shutdown(cancel_futures=True)
    return findings


def _listed(store: Store, folder: str) -> list[File]:
    """The files of a folder; none where it may not be entered, which each of its shards then tells."""
    try:
        return store.files(folder)
    except UserError:
        return []


def _parent_findings(log: Log, all_parents: bool) -> Iterator[CheckFinding]:
    """Parents that have changed since the dataset was made, or are missing."""
    for parent in log.commits[-1].parents if log.commits else ():
        uri = resolve(parent.uri, log.store.uri)
        if uri.startswith("hf:"):
            yield CheckFinding("note", uri, "a parent on a hub; its digest is not compared")
            continue
        if not all_parents and (why := why_unopened(uri, [log.store.uri])):
            advice = "; if you trust the dataset, --all-parents opens it" if may_be_allowed(why) else ""
            yield CheckFinding("note", uri, f"a parent that {why}; its digest was {parent.digest}{advice}")
            continue
        try:
            if is_plain(uri):
                with track("check parent", total=1, unit="files") as bar:
                    digest: str | None = file_digest(uri)
                    bar.advance()
            else:
                digest = Dataset(uri).digest if open_store(uri).files(LOG) else None
        except (UserError, OSError) as error:
            yield CheckFinding("warning", uri, f"a parent that cannot be compared: {error}")
            continue
        # A note or a warning, never a failure: the rows here are as committed, whatever became of their source.
        if digest is None:
            yield CheckFinding("note", uri, f"a parent that is not there; its digest was {parent.digest}")
        elif parent.digest not in (None, digest):
            why = f"a parent that grew or was made again: its digest was {parent.digest}, now it is {digest}"
            yield CheckFinding("warning", uri, why)


def _uncommitted_files(log: Log) -> Iterator[CheckFinding]:
    """Files that no commit names, a note for each folder, and a warning about what is no file at all."""
    committed = {entry.path for entry in log.entries}
    unnamed = "that no commit names" if not log.unreadable else "that no readable commit names"
    for folder, kind, advice in (
        (LOG, "that are no commits", "remove them"),
        (DATA, unnamed, "see `r1 gc`"),
        (SCRATCH, "unfinished", "see `r1 gc`"),
        (DAMAGED, "moved away as damaged", "see `r1 gc`"),
        (QUARANTINE, "", ""),
    ):
        try:
            listed, strangers = log.store.files(folder), log.store.strangers(folder)
        except UserError as error:
            yield CheckFinding("warning", folder, str(error).removeprefix(f"{log.store.uri}/{folder}: "))
            continue
        files = [file for file in listed if file.name not in committed and not commits.is_name(file.name)]
        if files and kind:
            size = sum(file.bytes for file in files)
            why = f"{len(files)} files {kind}, {size:,} bytes, the first is {files[0].name}; {advice}"
            yield CheckFinding("note", folder, why)
        if strangers:
            name, first = next(iter(strangers.items()))
            why = f"{len(strangers)} things are no files and never opened, the first is {first}: {name}; remove them"
            yield CheckFinding("warning", folder, why)
