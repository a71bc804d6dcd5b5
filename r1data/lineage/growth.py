"""A dataset while it is written: what its commits say, and counts of its values, each shard read once.

`Growth.read` takes the commits that are new since the last call. Values are counted of new shards alone, for a second
or so a call, so that a large set is shown at once and its counts follow.
"""

import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data import commits, parquet
from r1data.data.commits import Commit, ShardEntry
from r1data.data.dataset import REMEDY, Dataset, Shard
from r1data.errors import DamagedShard
from r1data.lineage.describe import count_values

COUNTED = ("verdict", "drop_reasons", "domain")
TOKENS = ("response_tokens", "tokens")
"""Columns with the tokens of a row, of samples and of an SFT set's examples."""
READING_SECONDS = 1.0
"""Seconds of a call that shards are read; one at least. Ours."""
RATE_COMMITS = 60
"""The last commits with shards, over which rates are told. Ours."""


@dataclass(frozen=True, slots=True)
class DatasetState:
    """What is known of a dataset at one moment.

    Rates are of the last `RATE_COMMITS` commits, None where less than a second lies between them. `counts` and `tokens`
    are of the first `counted_rows` rows that came; `tokens` is None where the rows have no such column.
    """

    uri: str
    command: str
    schema: str
    rows: int
    shards: int
    bytes: int
    complete: bool
    last_commit: str
    rows_per_second: float | None
    tokens: int | None
    tokens_per_second: float | None
    counted_rows: int
    counts: Mapping[str, Mapping[str, int]]
    summary: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """One object, the same as long as the dataset does not change."""
        return {
            "dataset": self.uri,
            "command": self.command,
            "schema": self.schema,
            "rows": self.rows,
            "shards": self.shards,
            "bytes": self.bytes,
            "complete": self.complete,
            "last_commit": self.last_commit,
            "rows_per_second": self.rows_per_second,
            "tokens": self.tokens,
            "tokens_per_second": self.tokens_per_second,
            "counted_rows": self.counted_rows,
            "counts": {name: dict(values) for name, values in self.counts.items()},
            **({"summary": dict(self.summary)} if self.complete else {}),
        }

    def age(self) -> float | None:
        """Seconds since the last commit, by this machine's clock; None where its time cannot be read."""
        created = _time(self.last_commit)
        return None if created is None else max(0.0, datetime.now(UTC).timestamp() - created)


class Growth:
    """Follows one dataset.

    Raises:
        UserError: there is none, or this r1 does not know its schema.
    """

    def __init__(self, uri: str) -> None:
        dataset = Dataset(uri)
        self.store = dataset.store
        self.schema = dataset.schema
        self.entries: dict[str, ShardEntry] = {}
        self.counts: dict[str, Counter[str]] = {}
        self.counted_rows = 0
        self.tokens: int | None = None
        self._tokens_of: dict[str, int] = {}
        self._uncounted: deque[ShardEntry] = deque()
        self._recent: deque[tuple[float, tuple[ShardEntry, ...]]] = deque(maxlen=RATE_COMMITS)
        self._take(dataset.commits)

    @property
    def is_counted(self) -> bool:
        """Whether every committed row is in the counts."""
        return not self._uncounted

    def read(self) -> DatasetState:
        """The dataset as it is committed now.

        Raises:
            DamagedShard: a commit or a new shard is not what was written.
        """
        self._take(commits.read(self.store, self._last.number))
        end = time.monotonic() + READING_SECONDS
        while self._uncounted:
            self._count(self._uncounted.popleft())
            if time.monotonic() > end:
                break
        rows, tokens = self._rates()
        return DatasetState(
            uri=self.store.uri,
            command=str(self._last.command["name"]),
            schema=self.schema.name,
            rows=sum(entry.rows for entry in self.entries.values()),
            shards=len(self.entries),
            bytes=sum(entry.bytes for entry in self.entries.values()),
            complete=self._complete,
            last_commit=self._last.created,
            rows_per_second=rows,
            tokens=self.tokens,
            tokens_per_second=tokens,
            counted_rows=self.counted_rows,
            counts={name: dict(counter.most_common()) for name, counter in self.counts.items() if counter},
            summary=self._summary,
        )

    def _take(self, new: list[Commit]) -> None:
        for commit in new:
            self._last = commit
            shards = tuple(shard for shard in commit.shards if self._is_new(shard))
            self.entries |= {shard.path: shard for shard in shards}
            self._uncounted.extend(shards)
            created = _time(commit.created)
            if shards and created is not None:
                self._recent.append((created, shards))
        self._complete: bool = getattr(self, "_complete", False) or any(commit.complete for commit in new)
        finished = [commit.summary for commit in new if commit.complete]
        self._summary: Mapping[str, Any] = finished[-1] if finished else getattr(self, "_summary", {})

    def _is_new(self, shard: ShardEntry) -> bool:
        known = self.entries.get(shard.path)
        if known is not None and known.sha256 != shard.sha256:
            raise DamagedShard(
                f"{self.store.uri}/{shard.path}: committed twice with different bytes; {REMEDY}"
            )
        return known is None

    def _count(self, entry: ShardEntry) -> None:
        table = _columns(Shard(self.store, entry), (*COUNTED, *TOKENS))
        for name in COUNTED:
            if name in table.column_names:
                self.counts.setdefault(name, Counter()).update(count_values(table[name]))
        for name in TOKENS:
            if name in table.column_names and pa.types.is_integer(table[name].type):
                tokens = pc.sum(table[name]).as_py() or 0
                self._tokens_of[entry.path] = tokens
                self.tokens = (self.tokens or 0) + tokens
                break
        self.counted_rows += entry.rows

    def _rates(self) -> tuple[float | None, float | None]:
        """Rows and tokens a second. The first commit's shards were made before its time, so they do not count."""
        if len(self._recent) < 2:
            return None, None
        seconds = self._recent[-1][0] - self._recent[0][0]
        if seconds < 1:
            return None, None
        later = [shard for _, shards in list(self._recent)[1:] for shard in shards]
        rows = sum(shard.rows for shard in later) / seconds
        tokens = [self._tokens_of.get(shard.path) for shard in later]
        known = [each for each in tokens if each is not None]
        return rows, sum(known) / seconds if known and len(known) == len(tokens) else None


def _time(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _columns(shard: Shard, names: tuple[str, ...]) -> pa.Table:
    """The columns among `names` that a shard has."""
    raw = shard.checked_bytes()
    there = next(parquet.read_batches(pa.BufferReader(raw), shard.uri)).column_names
    chosen = [name for name in names if name in there]
    # a list of none would read every column
    return parquet.decode(raw, shard.uri, chosen) if chosen else pa.table({})
