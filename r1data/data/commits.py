"""The commit log: numbered JSON files, created exclusively, whose union is the dataset.

A commit lists its shards, the schema, the command with its parameters, the parents and the tool's version. The last
commit of a finished command says `complete` and carries the command's summary. Each commit contains the sha256 of
its other bytes, which reveals a changed commit; a gap in the numbers reveals a missing one.

A log may come from a stranger, who seals it as well as we do: a commit is bounded in size and depth, each field has its
type and range, and the work depends on the commits that are there, never on a number that one of them bears.
"""

import contextlib
import hashlib
import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from r1data.data.resources import PACKAGE_VERSION
from r1data.data.secrets import redact_all
from r1data.data.stores.layout import LOG, Store
from r1data.errors import DamagedShard, UserError

# one folder deep and without a slash in the name: a log may come from a stranger, and its paths are read and removed
SHARD_PATH = re.compile(r"data/[\w.-]+\.parquet", re.ASCII)
VERSION = 2
COMMIT_LIMIT = 16 << 20
"""Bytes of one commit, which takes some thirty times that once it is parsed; ours, for 100,000 inputs of a shard."""
DEPTH_LIMIT = 32
"""Levels of lists and objects in a commit; ours: those of r1 have six."""
T = TypeVar("T")
_SEALED = re.compile(rb'(.*),\n "sha256": "([0-9a-f]{64})"\n}', re.DOTALL)
RESTORE = "`r1 check --repair --from COPY`"


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """What a commit says of one shard.

    `inputs` are the shards it was made from, by name and sha256; `counts` are numbers that add up over shards.
    """

    path: str
    rows: int
    bytes: int
    sha256: str
    inputs: tuple[tuple[str, str], ...] = ()
    counts: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.removeprefix("data/").removesuffix(".parquet")


@dataclass(frozen=True, slots=True)
class Command:
    """A command with the parameters that decide its rows; never a secret, never the number of workers."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        parameters: dict[str, Any] = json.loads(json.dumps(dict(self.parameters), default=str))
        return {"name": self.name, "parameters": redact_all(parameters)}


@dataclass(frozen=True, slots=True)
class Parent:
    """An input: where it lay, seen from the dataset's folder, and its digest once it is whole."""

    uri: str
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """One file of the log; `digest` is the whole dataset's, where the commit says `complete`."""

    number: int
    shards: tuple[ShardEntry, ...]
    schema: tuple[str, int]
    command: Mapping[str, Any]
    parents: tuple[Parent, ...]
    version: str
    created: str
    complete: bool
    summary: Mapping[str, Any]
    digest: str | None = None


def digest_of(shards: Sequence[ShardEntry]) -> str:
    """Digest of a dataset: sha256 over its shards' paths and hashes, in the order of their paths."""
    lines = sorted(f"{shard.path} {shard.rows} {shard.sha256}\n" for shard in shards)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def append(
    store: Store,
    *,
    shards: Sequence[ShardEntry],
    schema: tuple[str, int],
    command: Command,
    parents: Sequence[Parent],
    complete: bool = False,
    summary: Mapping[str, Any] | None = None,
    digest: str | None = None,
    after: int | None = None,
) -> int | None:
    """Adds a commit under the next free number and returns it; any number of processes may do so at once.

    Args:
        digest: of the whole dataset, with `complete`.
        after: the last commit that the caller knows of. None is returned, and nothing added, where another one
            followed it meanwhile: the caller may want to see that first.
    """
    body = {
        "version": VERSION,
        "shards": [asdict(shard) for shard in shards],
        "schema": {"name": schema[0], "version": schema[1]},
        "command": command.as_json(),
        "parents": redact_all([asdict(parent) for parent in parents]),
        "tool": {"name": "r1", "version": PACKAGE_VERSION},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "complete": complete,
        "summary": redact_all(json.loads(json.dumps(dict(summary or {}), default=str))),
        "digest": digest,
    }
    content = _encode({**body, "sha256": hashlib.sha256(_encode(body)).hexdigest()})
    # A commit is a file with the next number, created only where there is none (link(2), or If-None-Match on S3). Of
    # processes that try the same number one wins, whatever the clock or the disk's cache says, and the others go on
    # with the next: no lock to be left behind by a kill, and a gap in the numbers can only be a lost file.
    # `python -m benchmarks.commits` counts commits a second by one and by four processes.
    if after is not None:
        return after + 1 if store.create(name_of(after + 1), content) else None
    # the listing may be old by now (S3 promises none of it), so it is only where the search for a free number begins
    number = 1 + max(map(_number, _names(store)), default=-1)
    while not store.create(name_of(number), content):
        number += 1
    return number


def read(store: Store, after: int = -1) -> list[Commit]:
    """The commits of a dataset whose number is above `after`, oldest first.

    Raises:
        UserError: a commit is of a newer version, or names a shard outside `data/`.
        DamagedShard: a commit is missing, unreadable or not what was written.
    """
    if after >= 0:
        # a writer that looks again: asking for the next number costs one request, listing the log costs more each time
        newer: list[Commit] = []
        for number in itertools.count(after + 1):
            try:
                content = store.read(name_of(number), COMMIT_LIMIT)
            except FileNotFoundError:
                return newer
            newer.append(parse(store, number, content))
    names = _names(store)
    if _gap(names) is not None:
        names = _names(store)  # one may have come while we listed
    if (missing_number := _gap(names)) is not None:
        raise DamagedShard(missing_message(store, missing_number))
    contents = store.read_all(names, COMMIT_LIMIT)
    return [parse(store, number, content) for number, content in enumerate(contents)]


def read_each(store: Store) -> tuple[list[Commit], dict[int, str]]:
    """The commits that can be read, oldest first, and by number what is wrong with each other one that is there.

    For looking at a damaged dataset only: its rows are not to be trusted while one is missing (`gaps`).
    """
    # first all at once, which an object store answers in parallel; one by one only where something is wrong
    with contextlib.suppress(UserError, OSError):
        return read(store), {}
    numbers = sorted({_number(name) for name in _names(store)})
    readable: list[Commit] = []
    damage: dict[int, str] = {}
    for number in numbers:
        try:
            readable.append(parse(store, number, store.read(name_of(number), COMMIT_LIMIT)))
        except FileNotFoundError:
            damage[number] = missing_message(store, number)
        except (UserError, OSError) as error:
            damage[number] = str(error)
    return readable, damage


def gaps(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The first and last number of each gap in ascending numbers that should begin with 0 and leave none out."""
    expected = 0
    for number in numbers:
        if number > expected:
            yield expected, number - 1
        expected = number + 1


def missing_message(store: Store, first: int, last: int | None = None) -> str:
    """What is said of commits that are not there, from `first` to `last`."""
    what = "this commit is missing"
    if last is not None and last > first:
        what = f"commits {first} to {last} are missing"
    return f"{store.uri}/{name_of(first)}: {what}; restore it from a copy: {RESTORE}"


def name_of(number: int) -> str:
    """The file of a commit."""
    return f"{LOG}/{number:08d}.json"


def is_name(name: str) -> bool:
    """True for the name of a commit."""
    return re.fullmatch(rf"{re.escape(LOG)}/[0-9]{{8}}\.json", name) is not None


def _names(store: Store) -> list[str]:
    # what has the name of a commit and is no file is one that cannot be read, and not one that is not there
    names = [*(file.name for file in store.files(LOG)), *store.strangers(LOG)]
    return sorted(filter(is_name, names))


def _number(name: str) -> int:
    return int(name[-13:-5])


def _gap(names: list[str]) -> int | None:
    return next((place for place, name in enumerate(names) if _number(name) != place), None)


def _encode(body: Mapping[str, Any]) -> bytes:
    # surrogatepass: a path that is no UTF-8 comes from the command line with lone surrogates in the place of its bytes
    return json.dumps(body, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")


def parse(store: Store, number: int, content: bytes) -> Commit:
    """A commit from the bytes of its file. Raises as `read` does."""
    where = f"{store.uri}/{name_of(number)}"
    try:
        raw = json.loads(content, object_pairs_hook=_object)
        version = raw["version"]
        if isinstance(version, int) and version > VERSION:
            raise UserError(
                f"{where}: commit version {_short(version)} is newer than this r1 knows ({VERSION}); update r1"
            )
        # commits of version 1 may be older than the hash; what claims a later version, or has a hash, must fit it
        if version != 1 or "sha256" in raw:
            _refuse_changed(content)
        _refuse_deep(raw)
        commit = Commit(
            number,
            tuple(_entry(shard) for shard in _require_type(raw["shards"], list)),
            (_schema_name(raw["schema"]["name"]), _count(raw["schema"]["version"])),
            _command(raw["command"]),
            tuple(_parent(parent) for parent in _require_type(raw["parents"], list)),
            _require_type(raw["tool"]["version"], str),
            _require_type(raw["created"], str),
            _require_type(raw["complete"], bool),
            _require_type(raw["summary"], dict),
            None if raw.get("digest") is None else _digest(raw["digest"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedShard(
            f"{where}: not a readable commit ({error}); restore it from a copy: {RESTORE}"
        ) from error
    for shard in commit.shards:
        if not SHARD_PATH.fullmatch(shard.path):
            raise UserError(
                f"{where}: shard path {shard.path!r} is not of the form data/NAME.parquet; refused: take "
                "this dataset from a source you trust"
            )
    return commit


def _refuse_changed(content: bytes) -> None:
    """The file is `_encode` of its body with the body's sha256 as the last entry: see `append`."""
    # the bytes themselves, since the parsed values encoded again would hide a key given twice and changed white space
    sealed = _SEALED.fullmatch(content)
    if not sealed or hashlib.sha256(sealed[1] + b"\n}").hexdigest().encode() != sealed[2]:
        raise ValueError("its bytes are not those that were written")


def _short(number: int) -> str:
    return str(number) if number < 10**9 else "of more digits"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key is given twice")
    return values


def _refuse_deep(value: Any) -> None:
    """What is nested deeper than this would end in a RecursionError wherever it is shown or written again."""
    level = [value]
    for _ in range(DEPTH_LIMIT):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return
    raise ValueError(f"it is nested over {DEPTH_LIMIT} levels deep")


def _entry(raw: dict[str, Any]) -> ShardEntry:
    inputs = tuple(
        (_require_type(name, str), _require_type(sha256, str))
        for name, sha256 in _require_type(raw["inputs"], list)
    )
    counts = _require_type(raw["counts"], dict)
    for number in counts.values():
        if not isinstance(number, (int, float)) or abs(number) >= 2**63 or math.isnan(number):
            raise TypeError(f"{number!r:.40} where a number belongs")
    path, sha256 = _require_type(raw["path"], str), _digest(raw["sha256"])
    return ShardEntry(path, _count(raw["rows"]), _count(raw["bytes"]), sha256, inputs, counts)


def _count(value: Any) -> int:
    """A number of rows, bytes or of a version. Other tools read these as integers of 64 bits."""
    if type(value) is not int or not 0 <= value < 2**63:
        raise TypeError(f"{value!r:.40} where a count belongs")
    return value


def _digest(value: Any) -> str:
    if not re.fullmatch("[0-9a-f]{64}", _require_type(value, str)):
        raise ValueError(f"{value!r:.40} where a sha256 in 64 hex digits belongs")
    return str(value)


def _schema_name(value: Any) -> str:
    # the name of a file of ours, once it is looked up
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", _require_type(value, str)):
        raise ValueError(f"{value!r:.40} where the name of a schema belongs")
    return str(value)


def _parent(raw: dict[str, Any]) -> Parent:
    uri = _require_type(raw["uri"], str)
    if "\0" in uri:
        raise ValueError("a parent's URI with a NUL")
    return Parent(uri, None if raw["digest"] is None else _require_type(raw["digest"], str))


def _command(raw: dict[str, Any]) -> dict[str, Any]:
    for name, kind in (("name", str), ("parameters", dict)):
        _require_type(raw[name], kind)
    return raw


def _require_type(value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.40} where a value of type {kind.__name__} belongs")
    return value
