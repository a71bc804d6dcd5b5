"""Repairing a dataset: what is missing or damaged comes back from a copy, or goes out of the way to be made again.

What is good is never touched. A commit is replaced only by the one that was written under its number; one that no
copy has stays lost, it is not guessed from the shards.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from r1data.data import commits
from r1data.data.commits import ShardEntry
from r1data.data.stores import open_store
from r1data.data.stores.layout import DAMAGED, DATA, SCRATCH, Store
from r1data.errors import UserError
from r1data.lineage.checking import examine
from r1data.lineage.findings import Report
from r1data.lineage.log import Log, conflicts, read_log

State = Literal["missing", "damaged", "unreadable", "as committed"]


def repair(
    uri: str, copies: Sequence[str] = (), *, dry_run: bool = False, workers: int | None = None
) -> Report:
    """Checks a dataset, mends what can be mended, and checks it again if anything was done.

    Args:
        copies: places of other copies of the dataset, tried in this order.
        dry_run: only say what would be done.

    Raises:
        UserError: there is no dataset, a copy is of another one, or the store may not be written to.
    """
    log = read_log(open_store(uri))
    others = [read_log(open_store(copy)) for copy in copies]
    for other in others:
        _refuse_stranger(log, other)
    hand = _Hand(log.store, dry_run)
    _sweep(hand)
    log = _with_commits(hand, log, others)
    found = examine(log, workers)
    broken = {finding.file for finding in found.failures} - {finding.file for finding in conflicts(log)}
    for entry in log.entries:
        if entry.path in broken:
            _mend(hand, entry, [other.store for other in others])
    if hand.done and not dry_run:
        found = examine(read_log(log.store), workers)
    return replace(found, repairs=tuple(hand.done))


@dataclass
class _Hand:
    """Does things to a dataset, or only says them."""

    store: Store
    dry_run: bool
    done: list[str] = field(default_factory=list)

    def act(self, verbs: tuple[str, str], what: str, call: Callable[[], None]) -> None:
        """Calls while nobody else publishes; `verbs` are as in ("copied", "copy")."""
        if self.dry_run:
            self.done.append(f"would {verbs[1]} {what}")
            return
        if not self.done:
            self.store.prepare()
        with self.store.alone():
            call()
        self.done.append(f"{verbs[0]} {what}")


def _refuse_stranger(log: Log, other: Log) -> None:
    mine = {commit.number: commit for commit in log.commits}
    made_by = {(str(commit.command), commit.schema) for commit in (*log.commits[:1], *other.commits[:1])}
    strange = [commit.number for commit in other.commits if mine.get(commit.number, commit) != commit]
    if strange or len(made_by) > 1:
        which = f"commit {strange[0]} is another one" if strange else "another command or schema made it"
        raise UserError(f"{other.store.uri}: is no copy of {log.store.uri}: {which}; leave it out of --from")


def _sweep(hand: _Hand) -> None:
    for file in hand.store.files(SCRATCH):
        if hand.store.in_use(file.name) is False:
            left = f"{file.name}, left by a process that died"
            hand.act(("removed", "remove"), left, functools.partial(hand.store.remove, file.name))


def _with_commits(hand: _Hand, log: Log, others: Sequence[Log]) -> Log:
    """The log with what the copies can give back, which is written if the hand may."""
    known = {commit.number: commit for commit in log.commits}
    for number in (*log.lost, *_later(log, others)):
        for other in others:
            commit = next((commit for commit in other.commits if commit.number == number), None)
            if commit is not None:
                what = f"{commits.name_of(number)} from {other.store.uri}"
                put = functools.partial(_put_commit, other.store, number, hand.store)
                hand.act(("copied", "copy"), what, put)
                known[number] = commit
                break
    lost = {number: why for number, why in log.lost.items() if number not in known}
    return Log(log.store, tuple(known[number] for number in sorted(known)), lost)


def _later(log: Log, others: Sequence[Log]) -> Iterator[int]:
    """Commits that follow on ours in a copy, where our command has not finished: the log's end may be gone."""
    numbers = {commit.number for other in others for commit in other.commits}
    number = max([*log.lost, *(commit.number for commit in log.commits)]) + 1
    while not log.complete and number in numbers:
        yield number
        number += 1


def _put_commit(source: Store, number: int, target: Store) -> None:
    name = commits.name_of(number)
    content = source.read(name)
    commits.parse(source, number, content)
    if target.create(name, content):
        return
    try:
        commits.parse(target, number, target.read(name))
    except (UserError, OSError):
        target.place(target.stage(name, content), name)


def _mend(hand: _Hand, entry: ShardEntry, others: Sequence[Store]) -> None:
    state = _state(hand.store, entry)
    if state == "as committed":
        return
    source = next((other for other in others if _state(other, entry) == "as committed"), None)
    if source is not None:
        put = functools.partial(_put_shard, source, entry, hand.store)
        hand.act(("copied", "copy"), f"{entry.path} from {source.uri}", put)
    elif state == "damaged":
        aside = entry.path.replace(DATA, DAMAGED, 1)
        move = functools.partial(_move, hand.store, entry, aside)
        hand.act(("moved", "move"), f"{entry.path} to {aside}, so that it can be made again", move)


def _state(store: Store, entry: ShardEntry) -> State:
    try:
        content = store.read(entry.path)
    except FileNotFoundError:
        return "missing"
    except (UserError, OSError):
        return "unreadable"
    return "as committed" if hashlib.sha256(content).hexdigest() == entry.sha256 else "damaged"


def _put_shard(source: Store, entry: ShardEntry, target: Store) -> None:
    content = source.read(entry.path)
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise UserError(f"{source.uri}/{entry.path}: changed while it was copied; run the repair again")
    target.place(target.stage(entry.path, content), entry.path)


def _move(store: Store, entry: ShardEntry, aside: str) -> None:
    if _state(store, entry) == "damaged":
        store.place(entry.path, aside)
