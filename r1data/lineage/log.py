"""The commit log of a dataset that may be damaged: what can be read of it, and what is wrong with the rest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from r1data.data import commits
from r1data.data.commits import Commit, ShardEntry
from r1data.data.dataset import Dataset
from r1data.data.locations import resolve
from r1data.data.schema import Schema, load_schema
from r1data.data.stores.layout import Store
from r1data.errors import UserError
from r1data.lineage.findings import Finding

EMPTY: tuple[object, ...] = (None, {}, [], "")


@dataclass(frozen=True, slots=True)
class Log:
    """The commits that can be read; by number what is wrong with the others; the shards the good ones name."""

    store: Store
    commits: tuple[Commit, ...]
    lost: Mapping[int, str]

    @property
    def entries(self) -> list[ShardEntry]:
        """Each shard once, as first committed, in the order of their paths."""
        return union(self.commits)

    @property
    def complete(self) -> bool:
        return any(commit.complete for commit in self.commits)

    @property
    def made_by(self) -> str:
        """The command with its inputs and what parameters it recorded."""
        if not self.commits:
            return "unknown"
        last = self.commits[-1]
        inputs = [resolve(parent.uri, self.store.uri) for parent in last.parents]
        given = {name: value for name, value in last.command["parameters"].items() if value not in EMPTY}
        settings = ", ".join(f"{name} {value}" for name, value in given.items())
        return " ".join(["r1", last.command["name"], *inputs]) + (f" ({settings})" if settings else "")


def read_log(store: Store) -> Log:
    """The log as far as it can be read. Raises UserError where there is none."""
    found, lost = commits.read_each(store)
    if not found and not lost:
        Dataset(store.uri)  # says whether nothing is there, or something else
    return Log(store, tuple(found), lost)


def union(log: Sequence[Commit]) -> list[ShardEntry]:
    """The shards that commits name, each once, as first committed, in the order of their paths."""
    entries: dict[str, ShardEntry] = {}
    for commit in log:
        for entry in commit.shards:
            entries.setdefault(entry.path, entry)
    return [entries[path] for path in sorted(entries)]


def faults(log: Log) -> Iterator[Finding]:
    """Commits that are damaged, missing or of another dataset, and a digest that they do not give."""
    for number, why in log.lost.items():
        name = commits.name_of(number)
        yield Finding("failure", name, why.removeprefix(f"{log.store.uri}/{name}: "))
    yield from _mixed(log)
    yield from _sums(log)


def schema_of(log: Log) -> tuple[Schema | None, list[Finding]]:
    """The schema that shards must fit; a failure where this r1 does not have it."""
    if not log.commits:
        return None, []
    last = log.commits[-1]
    name, version = last.schema
    where = commits.name_of(last.number)
    try:
        schema = load_schema(name)
    except UserError as error:
        return None, [Finding("failure", where, str(error))]
    if schema.version != version:
        why = f"its rows have schema {name!r} v{version}, this r1 knows v{schema.version}; their fit is not known"
        return None, [Finding("failure", where, why)]
    return schema, []


def conflicts(log: Log) -> Iterator[Finding]:
    """Shards that were committed twice with different bytes."""
    first: dict[str, tuple[int, str]] = {}
    for commit in log.commits:
        for entry in commit.shards:
            number, sha256 = first.setdefault(entry.path, (commit.number, entry.sha256))
            if sha256 != entry.sha256:
                why = f"committed twice with different bytes, by commits {number} and {commit.number}"
                yield Finding("failure", entry.path, f"{why}; make the dataset again with another -o")


def _mixed(log: Log) -> Iterator[Finding]:
    """Commits of another command than the first one's: two datasets were copied into one folder."""
    for commit in log.commits[1:]:
        first = log.commits[0]
        if (commit.command, commit.schema) != (first.command, first.schema):
            why = f"is of another command, other parameters or another schema than commit {first.number}"
            yield Finding("failure", commits.name_of(commit.number), f"{why}: two datasets are mixed here")


def _sums(log: Log) -> Iterator[Finding]:
    """The digest that the command finished with against that of the shards committed by then."""
    last = next((commit for commit in reversed(log.commits) if commit.complete and commit.digest), None)
    if last is None or any(number < last.number for number in log.lost):
        return
    now = commits.digest_of(union([commit for commit in log.commits if commit.number <= last.number]))
    if now != last.digest:
        why = f"its command finished with digest {last.digest}, the commits give {now}; run the command again"
        yield Finding("failure", commits.name_of(last.number), why)
