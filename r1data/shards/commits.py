"""The commit log: numbered JSON files, created exclusively, whose union is the dataset.

A commit lists its shards, the schema, the command with its parameters, the parents and the tool's version. The
last one of a finished command says `complete` and carries the command's summary.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from r1data import __version__
from r1data.errors import UserError
from r1data.shards import files

SHARD_PATH = re.compile(r"data/[\w.-]+\.parquet", re.ASCII)
LOG = ".r1/commits"
SCRATCH = ".r1/tmp"


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
        return {"name": self.name, "parameters": parameters}


@dataclass(frozen=True, slots=True)
class Parent:
    """An input: where it lay, seen from the dataset's folder, and its digest once it is whole."""

    uri: str
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """One file of the log."""

    shards: tuple[ShardEntry, ...]
    schema: tuple[str, int]
    command: Mapping[str, Any]
    parents: tuple[Parent, ...]
    version: str
    created: str
    complete: bool
    summary: Mapping[str, Any]


def digest_of(shards: Sequence[ShardEntry]) -> str:
    """Digest of a dataset: sha256 over its shards' paths and hashes, in the order of their paths."""
    lines = sorted(f"{shard.path} {shard.rows} {shard.sha256}\n" for shard in shards)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def append(
    dataset: Path,
    *,
    shards: Sequence[ShardEntry],
    schema: tuple[str, int],
    command: Command,
    parents: Sequence[Parent],
    complete: bool = False,
    summary: Mapping[str, Any] | None = None,
) -> None:
    """Adds a commit under the next free number; any number of processes may do so at once."""
    body = {
        "version": 1,
        "shards": [asdict(shard) for shard in shards],
        "schema": {"name": schema[0], "version": schema[1]},
        "command": command.as_json(),
        "parents": [asdict(parent) for parent in parents],
        "tool": {"name": "r1", "version": __version__},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "complete": complete,
        "summary": dict(summary or {}),
    }
    content = json.dumps(body, indent=1, ensure_ascii=False).encode()
    log = dataset / LOG
    number = 1 + max((int(path.stem) for path in log.glob("*.json") if path.stem.isdigit()), default=-1)
    while not files.create_exclusively(log / f"{number:08d}.json", content, dataset / SCRATCH):
        number += 1


def read(dataset: Path) -> list[Commit]:
    """All commits of a dataset, oldest first.

    Raises:
        UserError: a commit is unreadable, of a newer version, or names a shard outside `data/`.
    """
    paths = sorted((dataset / LOG).glob("*.json"))
    return [_parse(path) for path in paths]


def _parse(path: Path) -> Commit:
    try:
        raw = json.loads(path.read_bytes())
        if raw["version"] != 1:
            raise UserError(f"{path}: commit version {raw['version']} is newer than this r1; update r1")
        shards = tuple(
            ShardEntry(
                s["path"],
                s["rows"],
                s["bytes"],
                s["sha256"],
                tuple((n, h) for n, h in s["inputs"]),
                s["counts"],
            )
            for s in raw["shards"]
        )
        commit = Commit(
            shards,
            (raw["schema"]["name"], raw["schema"]["version"]),
            raw["command"],
            tuple(Parent(p["uri"], p["digest"]) for p in raw["parents"]),
            raw["tool"]["version"],
            raw["created"],
            raw["complete"],
            raw["summary"],
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"{path}: not a readable commit ({error!r}); restore it from a copy") from error
    for shard in shards:
        if not SHARD_PATH.fullmatch(shard.path):
            raise UserError(
                f"{path}: shard path {shard.path!r} is not of the form data/NAME.parquet; refused"
            )
    return commit
