"""The deduplication history of a row: which row a dropped one lost to, and what a kept one won against.

Both are read from the outputs of one run. `lost_to` names the example that stayed (`r1 build`); for a copy that a
filter dropped, the equal response tells which one stayed. Where the run wrote no dropped rows, wins are unknown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data import parquet
from r1data.data.dataset import Dataset, Shard
from r1data.data.schema import Row
from r1data.lineage.rows import row_name
from r1data.lineage.scanning import Scan, every_shard

SHOWN_CHARACTERS = 120
"""Characters of a winner's text that are shown."""


@dataclass(frozen=True, slots=True)
class Winner:
    """The row that another lost to: where it is, how long it is in characters and tokens, how it begins.

    `reasons`: why it was dropped itself; none where it was kept.
    """

    row: str
    dataset: str
    characters: int
    tokens: int | None
    beginning: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DedupWins:
    """Rows left out in favour of a row: its copies and near copies, and other rows of its prompt."""

    copies: int
    of_prompt: int


@dataclass(frozen=True, slots=True)
class SetPlacement:
    """A row's place in a set: its split, and the rows and quota of its domain."""

    split: str
    domain: str
    rows: int | None
    quota: int | None


def find_winners(
    rows: Sequence[Row], outputs: Sequence[Dataset], scan: Scan = every_shard
) -> list[Winner | None]:
    """The row that each dropped one lost to, among its run's outputs; None where none is named or it is missing.

    Raises:
        DamagedShard: a shard that had to be read is not what was committed.
    """
    winner_names = {str(row["lost_to"]) for row in rows if row.get("lost_to") is not None}
    prompts = {row["prompt_id"] for row in rows if row.get("lost_to") is None and _is_copy(row)}
    prompts |= {name.rpartition("/")[0] for name in winner_names}
    values = {"example_id": winner_names, "prompt_id": prompts}
    candidates: list[tuple[Row, str]] = []
    for output in outputs if winner_names or prompts else ():
        for shard in scan(output, values, False):
            # Ids first: whole rows, with their long texts, are unpacked only of a shard that has a candidate.
            positions = pc.indices_nonzero(_mask(_columns(shard, list(values)), values))
            if len(positions):
                candidates += ((row, output.uri) for row in shard.table().take(positions).to_pylist())
    return [_winner(row, candidates) for row in rows]


def find_wins(
    rows: Sequence[Row], outputs: Sequence[Dataset], scan: Scan = every_shard
) -> list[DedupWins | None]:
    """What each kept row won against; None where its run wrote no dropped rows that name the winner.

    Raises:
        DamagedShard: a shard that had to be read is not what was committed.
    """
    names = ["prompt_id", "lost_to", "drop_reasons"]
    values = {
        "lost_to": {row["example_id"] for row in rows},
        "prompt_id": {row["prompt_id"] for row in rows},
    }
    dropped_rows: list[Row] = []
    names_winners = False
    # The first shard tells whether an output names winners, also where the scan leaves it out.
    shards = {
        shard.uri: shard
        for output in outputs
        for shard in (*islice(output.shards(), 1), *scan(output, values, False))
    }
    for shard in shards.values():
        table = _columns(shard, names)
        if table.column_names == names:
            names_winners = True
            dropped_rows += table.filter(_mask(table, values)).to_pylist()
    if not names_winners:
        return [None] * len(rows)
    wins: list[DedupWins | None] = []
    for row in rows:
        copies = [
            dropped
            for dropped in dropped_rows
            if "duplicate" in (dropped["drop_reasons"] or ()) and dropped["lost_to"] == row["example_id"]
        ]
        of_prompt = [
            dropped
            for dropped in dropped_rows
            if dropped["prompt_id"] == row["prompt_id"] and dropped["drop_reasons"] == ["not_selected"]
        ]
        wins.append(DedupWins(len(copies), len(of_prompt)))
    return wins


def placement(row: Row, output: Dataset) -> SetPlacement:
    """A row's place in a set."""
    quotas = output.command["parameters"].get("quotas") or {}
    domain = row["domain"]
    rows = (output.summary.get("samples") or {}).get(domain)
    return SetPlacement(
        row["split"], domain, rows, quotas.get(domain, quotas.get(f"{domain}:{row['language']}"))
    )


def final_text(row: Row) -> tuple[str, int | None]:
    """A sample's response or an example's last turn, and its tokens where they were counted."""
    turns = row.get("messages")
    text = (turns[-1]["content"] if turns else row.get("response")) or ""
    return text, row.get("tokens") if turns else row.get("response_tokens")


def _winner(row: Row, candidates: Sequence[tuple[Row, str]]) -> Winner | None:
    winners = [
        (candidate, uri)
        for candidate, uri in candidates
        if _lost_to(row, candidate) and _key(candidate) != _key(row)
    ]
    if not winners:
        return None
    # Several fit where a later step dropped the winner too: the one that stayed is what the reader looks for.
    candidate, uri = min(winners, key=lambda pair: bool(pair[0].get("drop_reasons")))
    text, tokens = final_text(candidate)
    reasons = tuple(candidate.get("drop_reasons") or ())
    return Winner(_name(candidate), uri, len(text), tokens, text[:SHOWN_CHARACTERS], reasons)


def _lost_to(row: Row, candidate: Row) -> bool:
    if row.get("lost_to") is not None:
        return row["lost_to"] in (candidate.get("example_id"), _name(candidate))
    return (
        _is_copy(row)
        and row["response"] == candidate.get("response")
        and row["prompt_id"] == candidate["prompt_id"]
        and not candidate.get("drop_reasons")
    )


def _is_copy(row: Row) -> bool:
    """Whether a filter found the same response to the same prompt."""
    return "duplicate" in (row.get("drop_reasons") or ()) and row.get("response") is not None


def _mask(table: pa.Table, values_by_column: Mapping[str, set[str]]) -> pa.Array:
    mask = pa.array([False] * len(table), pa.bool_())
    for name, column_values in values_by_column.items():
        if name in table.column_names:
            mask = pc.or_(mask, pc.is_in(table[name], pa.array(sorted(column_values), pa.string())))
    return mask


def _key(row: Row) -> tuple[Any, ...]:
    return row["prompt_id"], row.get("sample_index"), row.get("source")


def _name(row: Row) -> str:
    return row_name(row["prompt_id"], row.get("sample_index"))


def _columns(shard: Shard, names: Sequence[str]) -> pa.Table:
    """The columns among `names` that a shard has."""
    # Shards of one dataset may have different columns of their own, so each is asked.
    raw = shard.checked_bytes()
    available = next(parquet.read_batches(pa.BufferReader(raw), shard.uri)).column_names
    return parquet.decode(raw, shard.uri, [name for name in names if name in available])
