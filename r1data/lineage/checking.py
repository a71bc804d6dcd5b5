"""Whether a dataset is what was committed: its log, each shard's bytes, rows and columns, its sums, its parents.

A look goes on after a finding and lists them all. Not seen: that the newest commits are gone, all of them to the
end of the log (the shards that they named lie in `data/` then, which is told), and rows that were wrong already when
they were committed.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from r1data.data import commits
from r1data.data.dataset import REMEDY, Shard
from r1data.data.schema import Schema
from r1data.data.stores import open_store
from r1data.data.stores.layout import DATA
from r1data.errors import UserError
from r1data.lineage import parents
from r1data.lineage.findings import Finding, Report
from r1data.lineage.log import Log, conflicts, faults, read_log, schema_of
from r1data.runtime.processes import default_workers
from r1data.runtime.progress import track

AT_ONCE = 4
"""Shards read at the same time at least, so that a store's answers overlap. Ours."""


def check(uri: str, *, workers: int | None = None) -> Report:
    """Reads every commit and every shard, and compares what can be compared.

    Args:
        workers: threads that read and hash shards.

    Raises:
        UserError: there is no dataset.
    """
    return examine(read_log(open_store(uri)), workers)


def examine(log: Log, workers: int | None = None) -> Report:
    """All findings of a dataset whose log was read."""
    entries = log.entries
    schema, unknown = schema_of(log)
    damage = _damage([Shard(log.store, entry, schema) for entry in entries], workers)
    damage |= {finding.file: finding for finding in conflicts(log)}
    good = [entry for entry in entries if entry.path not in damage]
    failures = [*faults(log), *unknown, *(damage[path] for path in sorted(damage))]
    return Report(
        log.store.uri,
        sum(entry.rows for entry in good),
        len(good),
        len(log.commits),
        log.complete,
        None if log.lost else commits.digest_of(entries),
        log.made_by,
        (*failures, *parents.parents(log), *parents.strays(log)),
    )


def problem_of(shard: Shard, size: int | None) -> str | None:
    """What is wrong with a shard whose file has `size` bytes (None: there is none); None where it is good."""
    if size is None:
        return "committed, but the file is missing"
    try:
        table = shard.table()
    except (UserError, OSError) as error:
        return str(error).removeprefix(f"{shard.uri}: ").removesuffix(f"; {REMEDY}")
    if size != shard.entry.bytes:
        return f"has {size:,} bytes, its commit says {shard.entry.bytes:,}"
    return _nulls(table, shard.schema) if shard.schema else None


def _nulls(table: pa.Table, schema: Schema) -> str | None:
    for name in schema.required:
        if count := table[name].null_count:
            return f"column {name!r} must not be null; it is in {count} rows"
    return None


def _damage(shards: Sequence[Shard], workers: int | None) -> dict[str, Finding]:
    """By path what is wrong with the damaged ones. Reading waits and hashing frees the interpreter: threads do."""
    sizes = {file.name: file.bytes for shard in shards[:1] for file in shard.store.files(DATA)}
    found = {}
    pool = ThreadPoolExecutor(workers or max(AT_ONCE, default_workers()))
    with track("check", total=sum(shard.rows for shard in shards)) as bar:
        try:
            problems = pool.map(lambda shard: problem_of(shard, sizes.get(shard.entry.path)), shards)
            for shard, problem in zip(shards, problems, strict=True):
                bar.advance(shard.rows)
                if problem:
                    found[shard.entry.path] = Finding("failure", shard.entry.path, problem)
        finally:
            pool.shutdown(cancel_futures=True)
    return found
