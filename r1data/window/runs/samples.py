"""The newest rollouts of a training: the last groups that its policy answered, with rewards and advantages."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.data.text import one_line
from r1data.errors import R1Error
from r1data.recipe.json_types import is_number

GROUPS, PER_GROUP = 3, 4
MAX_SHARD_BYTES = 64 << 20
"""Bytes of a shard that is read for its samples; those of r1 have some hundred thousand. Ours."""
MAX_CHARACTERS = 1_500
COLUMNS = (
    "prompt_id",
    "prompt",
    "truth",
    "sample_index",
    "response",
    "verdict",
    "reward",
    "advantage",
    "policy_step",
)


@dataclass(frozen=True)
class Rollout:
    """One response; numbers are None where they are not stored or nobody can tell. `cut` says that it is longer."""

    sample_index: int
    response: str
    cut: bool
    verdict: str
    reward: float | None
    advantage: float | None


@dataclass(frozen=True)
class Group:
    """A prompt with some of its responses, of `size`."""

    prompt_id: str
    prompt: str
    truth: str | None
    policy_step: int | None
    size: int
    mean_reward: float | None
    rollouts: list[Rollout]


@dataclass(frozen=True)
class Samples:
    """The newest groups, of `rows` rollouts in all; `problem` says why there are none."""

    groups: list[Group]
    rows: int
    problem: str | None = None


@dataclass
class FollowedRollouts:
    """A training's rollouts, read again only where there are new ones. Safe between threads."""

    path: Path
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _known: tuple[object, Samples] | None = field(default=None, repr=False)

    def look(self) -> Samples:
        """The newest groups now."""
        with self.lock:
            try:
                stamp = tuple(open_store(self.path).files(LOG))
                if self._known is None or self._known[0] != stamp:
                    self._known = (stamp, _read(self.path))
            except (R1Error, OSError) as error:
                return Samples([], 0, one_line(str(error), 400))
            return self._known[1]


def _read(path: Path) -> Samples:
    dataset = Dataset(path)
    shards = list(dataset.shards())
    if not shards:
        return Samples([], 0)
    last = shards[-1]
    if last.entry.bytes > MAX_SHARD_BYTES:
        return Samples(
            [], dataset.rows, f"{last.uri}: over {MAX_SHARD_BYTES >> 20} MiB; look at its rows instead"
        )
    table = last.table()
    table = table.select([name for name in COLUMNS if name in table.column_names])
    rows: list[dict[str, Any]] = table.slice(max(0, len(table) - 4_096)).to_pylist()
    by_prompt: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_prompt.setdefault(str(row.get("prompt_id")), []).append(row)
    return Samples([_group(name, group) for name, group in list(by_prompt.items())[-GROUPS:]], dataset.rows)


def _group(name: str, rows: list[dict[str, Any]]) -> Group:
    rewards = [row["reward"] for row in rows if is_number(row.get("reward"))]

    first = rows[0]
    step = first.get("policy_step")
    return Group(
        name,
        str(first.get("prompt", ""))[:MAX_CHARACTERS],
        None if first.get("truth") is None else one_line(str(first["truth"]), 200),
        step if isinstance(step, int) else None,
        len(rows),
        sum(rewards) / len(rewards) if rewards else None,
        [
            Rollout(
                int(row.get("sample_index") or 0),
                str(row.get("response", ""))[:MAX_CHARACTERS],
                len(str(row.get("response", ""))) > MAX_CHARACTERS,
                str(row.get("verdict", "")),
                _number(row.get("reward")),
                _number(row.get("advantage")),
            )
            for row in rows[:PER_GROUP]
        ],
    )


def _number(value: Any) -> float | None:
    return float(value) if is_number(value) else None
