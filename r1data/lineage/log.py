"""The commit log of a dataset that may be damaged: its readable commits, and the faults of the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from r1data.data import commits
from r1data.data.commits import Commit, ShardEntry
from r1data.data.dataset import Dataset
from r1data.data.locations import resolve
from r1data.data.schema import Schema, load_schema
from r1data.data.stores.layout import Store
from r1data.errors import UserError

EMPTY: tuple[object, ...] = (None, {}, [], "")


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One finding of a check: `file` is a name below the dataset, or a parent's URI. Only a failure is damage."""

    level: Literal["failure", "warning", "note"]
    file: str
    problem: str


@dataclass(frozen=True, slots=True)
class Log:
    """The readable commits and, by number, what is wrong with the others that are there."""

    store: Store
    commits: tuple[Commit, ...]
    damaged: Mapping[int, str]

    @property
    def unreadable(self) -> dict[int, str]:
        """The damaged commits and the missing ones; of those that are missing in a row, the first stands for all."""
        numbers = sorted([*self.damaged, *(commit.number for commit in self.commits)])
        missing = {
            first: commits.missing_message(self.store, first, last) for first, last in commits.gaps(numbers)
        }
        return dict(sorted({**self.damaged, **missing}.items()))

    @property
    def entries(self) -> list[ShardEntry]:
        """Each shard once, as first committed, in the order of their paths."""
        return union(self.commits)

    @property
    def complete(self) -> bool:
        return any(commit.complete for commit in self.commits)

    @property
    def made_by(self) -> str:
        """The command that made the dataset, with its inputs and recorded parameters."""
        if not self.commits:
            return "unknown"
        last = self.commits[-1]
        inputs = [resolve(parent.uri, self.store.uri) for parent in last.parents]
        parameters = {name: value for name, value in last.command["parameters"].items() if value not in EMPTY}
        settings = ", ".join(f"{name} {value}" for name, value in parameters.items())
        return " ".join(["r1", last.command["name"], *inputs]) + (f" ({settings})" if settings else "")


def read_log(store: Store) -> Log:
    """The log as far as it can be read. Raises UserError where there is none."""
    readable, damaged = commits.read_each(store)
    if not readable and not damaged:
        Dataset(store.uri)  # raises: nothing is there, or no dataset
    return Log(store, tuple(readable), damaged)


def union(log: Sequence[Commit]) -> list[ShardEntry]:
    """The shards that commits name, each once, as first committed, in the order of their paths."""
    entries: dict[str, ShardEntry] = {}
    for commit in log:
        for entry in commit.shards:
            entries.setdefault(entry.path, entry)
    return [entries[path] for path in sorted(entries)]


def faults(log: Log) -> Iterator[CheckFinding]:
    """Commits that are damaged, missing or of another dataset, and a digest that they do not give."""
    for number, why in log.unreadable.items():
        name = commits.name_of(number)
        yield CheckFinding("failure", name, why.removeprefix(f"{log.store.uri}/{name}: "))
    # Commits of another command than the first one's: two datasets were copied into one folder.
    for commit in log.commits[1:]:
        first = log.commits[0]
        if (commit.command, commit.schema) != (first.command, first.schema):
            why = f"is of another command, other parameters or another schema than commit {first.number}"
            yield CheckFinding(
                "failure", commits.name_of(commit.number), f"{why}: two datasets are mixed here"
            )
    # The recorded digest is of the shards that were committed by then: later commits do not count, and where an earlier
    # one cannot be read the sum is not known and its own finding says so.
    last = next((commit for commit in reversed(log.commits) if commit.complete and commit.digest), None)
    if last is None or any(number < last.number for number in log.unreadable):
        return
    digest = commits.digest_of(union([commit for commit in log.commits if commit.number <= last.number]))
    if digest != last.digest:
        why = f"its command finished with digest {last.digest}, the commits give {digest}; run the command again"
        yield CheckFinding("failure", commits.name_of(last.number), why)


def schema_of(log: Log) -> tuple[Schema | None, list[CheckFinding]]:
    """The schema that shards must have; a failure where this version of r1 does not know it."""
    if not log.commits:
        return None, []
    last = log.commits[-1]
    name, version = last.schema
    where = commits.name_of(last.number)
    try:
        schema = load_schema(name)
    except UserError as error:
        return None, [CheckFinding("failure", where, str(error))]
    if schema.version != version:
        why = f"its rows have schema {name!r} v{version}, this r1 knows v{schema.version}; their fit is not known"
        return None, [CheckFinding("failure", where, why)]
    return schema, []


def conflicts(log: Log) -> Iterator[CheckFinding]:
    """Shards that were committed twice with different bytes."""
    first: dict[str, tuple[int, str]] = {}
    for commit in log.commits:
        for entry in commit.shards:
            number, sha256 = first.setdefault(entry.path, (commit.number, entry.sha256))
            if sha256 != entry.sha256:
                why = f"committed twice with different bytes, by commits {number} and {commit.number}"
                yield CheckFinding("failure", entry.path, f"{why}; make the dataset again with another -o")
