"""Repairs a dataset: missing or damaged files are restored from a copy, or moved away so that they can be made again.

Good files are never touched. A commit is only replaced by the one that was written under its number; one that no copy
has stays missing, it is not reconstructed from the shards.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from r1data.data import commits, parquet
from r1data.data.commits import ShardEntry
from r1data.data.stores import open_store
from r1data.data.stores.layout import DAMAGED, DATA, SCRATCH, Store
from r1data.errors import UserError
from r1data.lineage.checking import CheckReport, examine
from r1data.lineage.log import Log, conflicts, read_log

FileState = Literal["missing", "damaged", "unreadable", "as committed"]


def repair(
    uri: str,
    copies: Sequence[str] = (),
    *,
    dry_run: bool = False,
    workers: int | None = None,
    all_parents: bool = False,
) -> CheckReport:
    """Checks a dataset, repairs what can be repaired, and checks it again if anything was done.

    Args:
        copies: URIs of other copies of the dataset, tried in this order.
        dry_run: only report what would be done.
        all_parents: as for `check`.

    Raises:
        UserError: there is no dataset, a copy is of another one, or the store may not be written to.
    """
    log = read_log(open_store(uri))
    copy_logs = [read_log(open_store(copy)) for copy in copies]
    for copy_log in copy_logs:
        _refuse_other_dataset(log, copy_log)
    repairs = _Repairs(log.store, dry_run)
    for file in log.store.files(SCRATCH):
        if log.store.in_use(file.name) is False:
            description = f"{file.name}, left by a process that died"
            repairs.act(("removed", "remove"), description, functools.partial(log.store.remove, file.name))
    log = _restore_commits(repairs, log, copy_logs)
    report = examine(log, workers, all_parents=all_parents)
    # Two commits that name one shard with different bytes contradict each other: no copy's file can mend that.
    broken = {finding.file for finding in report.failures} - {finding.file for finding in conflicts(log)}
    for entry in log.entries:
        if entry.path in broken:
            _repair_shard(repairs, entry, [copy_log.store for copy_log in copy_logs])
    if repairs.actions and not dry_run:
        report = examine(read_log(log.store), workers, all_parents=all_parents)
    return replace(report, repairs=tuple(repairs.actions))


@dataclass
class _Repairs:
    """The repairs of one dataset, carried out or only listed (`dry_run`)."""

    store: Store
    dry_run: bool
    actions: list[str] = field(default_factory=list)

    def act(self, verbs: tuple[str, str], what: str, call: Callable[[], None]) -> None:
        """Performs one repair under the store's lock; `verbs` are as in ("copied", "copy")."""
        if self.dry_run:
            self.actions.append(f"would {verbs[1]} {what}")
            return
        if not self.actions:
            self.store.prepare()
        with self.store.alone():
            call()
        self.actions.append(f"{verbs[0]} {what}")


def _refuse_other_dataset(log: Log, copy: Log) -> None:
    commits_here = {commit.number: commit for commit in log.commits}
    made_by = {(str(commit.command), commit.schema) for commit in (*log.commits[:1], *copy.commits[:1])}
    differing = [
        commit.number for commit in copy.commits if commits_here.get(commit.number, commit) != commit
    ]
    if differing or len(made_by) > 1:
        which = f"commit {differing[0]} is another one" if differing else "another command or schema made it"
        raise UserError(f"{copy.store.uri}: is no copy of {log.store.uri}: {which}; leave it out of --from")


def _restore_commits(repairs: _Repairs, log: Log, copies: Sequence[Log]) -> Log:
    """The log with the commits that copies have, which are written to the dataset unless it is a dry run."""
    restored = {commit.number: commit for commit in log.commits}
    for number in (*_unreadable_commits(log, copies), *_later_commits(log, copies)):
        for copy in copies:
            commit = next((commit for commit in copy.commits if commit.number == number), None)
            if commit is not None:
                what = f"{commits.name_of(number)} from {copy.store.uri}"
                copy_commit = functools.partial(_copy_commit, copy.store, number, repairs.store)
                repairs.act(("copied", "copy"), what, copy_commit)
                restored[number] = commit
                break
    damaged = {number: why for number, why in log.damaged.items() if number not in restored}
    return Log(log.store, tuple(restored[number] for number in sorted(restored)), damaged)


def _unreadable_commits(log: Log, copies: Sequence[Log]) -> list[int]:
    """The commits that cannot be read here and that a copy has, up to our last one."""
    here = {commit.number for commit in log.commits}
    last = max([*log.unreadable, *here])
    numbers = {commit.number for copy in copies for commit in copy.commits}
    return sorted(number for number in numbers if number <= last and number not in here)


def _later_commits(log: Log, copies: Sequence[Log]) -> Iterator[int]:
    """Commits after ours that a copy has, where our command has not finished: the end of our log may be gone."""
    numbers = {commit.number for copy in copies for commit in copy.commits}
    number = max([*log.unreadable, *(commit.number for commit in log.commits)]) + 1
    while not log.complete and number in numbers:
        yield number
        number += 1


def _copy_commit(source: Store, number: int, target: Store) -> None:
    name = commits.name_of(number)
    # Parsed before it is placed: the copy's file may have been damaged since its log was read.
    content = source.read(name, commits.COMMIT_LIMIT)
    commits.parse(source, number, content)
    # What can be read by now stays: another process made it meanwhile.
    if target.create(name, content):
        return
    try:
        commits.parse(target, number, target.read(name, commits.COMMIT_LIMIT))
    except (UserError, OSError):
        target.place(target.stage(name, content), name)


def _repair_shard(repairs: _Repairs, entry: ShardEntry, copies: Sequence[Store]) -> None:
    state = _state(repairs.store, entry)
    if state == "as committed":
        return
    source = next((copy for copy in copies if _state(copy, entry) == "as committed"), None)
    if source is not None:
        copy_shard = functools.partial(_copy_shard, source, entry, repairs.store)
        repairs.act(("copied", "copy"), f"{entry.path} from {source.uri}", copy_shard)
    elif state == "damaged":
        destination = entry.path.replace(DATA, DAMAGED, 1)
        move = functools.partial(_move_shard, repairs.store, entry, destination)
        repairs.act(("moved", "move"), f"{entry.path} to {destination}, so that it can be made again", move)


def _state(store: Store, entry: ShardEntry) -> FileState:
    try:
        content = store.read(entry.path, parquet.UNPACKED_LIMIT)
    except FileNotFoundError:
        return "missing"
    except (UserError, OSError):
        return "unreadable"
    return "as committed" if hashlib.sha256(content).hexdigest() == entry.sha256 else "damaged"


def _copy_shard(source: Store, entry: ShardEntry, target: Store) -> None:
    content = source.read(entry.path)
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise UserError(f"{source.uri}/{entry.path}: changed while it was copied; run the repair again")
    target.place(target.stage(entry.path, content), entry.path)


def _move_shard(store: Store, entry: ShardEntry, destination: str) -> None:
    # Looked at again under the lock: a writer may have made the shard anew since it was examined.
    if _state(store, entry) == "damaged":
        store.place(entry.path, destination)
