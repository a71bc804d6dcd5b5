"""What a row lost to, and what a row that is in a set won against, by what one run kept and dropped.

`lost_to` names the example that stayed (`r1 build`). Of a copy that a filter dropped the response tells which one
stayed. Where the run kept no dropped rows nothing can be said of what a row won against.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data import parquet
from r1data.data.dataset import Dataset, Shard
from r1data.lineage.rows import named

BEGINNING = 120
"""Characters of a rival's text that are told."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rival:
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
class Won:
    """What stayed out where a row went in: its copies and near copies, and other rows of its prompt."""

    copies: int
    of_prompt: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a set a row stands: its split, and how many rows its domain has, of which quota."""

    split: str
    domain: str
    rows: int | None
    quota: int | None


def rivals(rows: Sequence[Row], outputs: Sequence[Dataset]) -> list[Rival | None]:
    """The row that each dropped one lost to, among what its run put out; None where none is named or it is not there.

    Raises:
        DamagedShard: a shard that had to be read is not what was committed.
    """
    named_ones = {str(row["lost_to"]) for row in rows if row.get("lost_to") is not None}
    prompts = {row["prompt_id"] for row in rows if row.get("lost_to") is None and _is_copy(row)}
    prompts |= {name.rpartition("/")[0] for name in named_ones}
    wanted = {"example_id": named_ones, "prompt_id": prompts}
    there = list(_having(wanted, outputs)) if named_ones or prompts else []
    return [_rival(row, there) for row in rows]


def wins(rows: Sequence[Row], outputs: Sequence[Dataset]) -> list[Won | None]:
    """What each kept row won against; None where its run kept no rows that name what they lost to.

    Raises:
        DamagedShard: a shard that had to be read is not what was committed.
    """
    names = ["prompt_id", "lost_to", "drop_reasons"]
    wanted = {
        "lost_to": {row["example_id"] for row in rows},
        "prompt_id": {row["prompt_id"] for row in rows},
    }
    lost: list[Row] = []
    known = False
    for shard in (shard for output in outputs for shard in output.shards()):
        table = _some(shard, names)
        if table.column_names == names:
            known = True
            lost += table.filter(_mask(table, wanted)).to_pylist()
    return [_won(row, lost) if known else None for row in rows]


def place(row: Row, output: Dataset) -> Place:
    """Where in a set a row stands."""
    quotas = output.command["parameters"].get("quotas") or {}
    domain = row["domain"]
    rows = (output.summary.get("samples") or {}).get(domain)
    return Place(row["split"], domain, rows, quotas.get(domain, quotas.get(f"{domain}:{row['language']}")))


def end_of(row: Row) -> tuple[str, int | None]:
    """What a sample or an example says at its end, and its tokens where they were counted."""
    turns = row.get("messages")
    text = (turns[-1]["content"] if turns else row.get("response")) or ""
    return text, row.get("tokens") if turns else row.get("response_tokens")


def _rival(row: Row, there: Sequence[tuple[Row, str]]) -> Rival | None:
    found = [(other, uri) for other, uri in there if _lost_to(row, other) and _key(other) != _key(row)]
    if not found:
        return None
    other, uri = min(found, key=lambda each: bool(each[0].get("drop_reasons")))
    text, tokens = end_of(other)
    reasons = tuple(other.get("drop_reasons") or ())
    return Rival(_name(other), uri, len(text), tokens, text[:BEGINNING], reasons)


def _lost_to(row: Row, other: Row) -> bool:
    if row.get("lost_to") is not None:
        return row["lost_to"] in (other.get("example_id"), _name(other))
    return (
        _is_copy(row)
        and row["response"] == other.get("response")
        and row["prompt_id"] == other["prompt_id"]
        and not other.get("drop_reasons")
    )


def _is_copy(row: Row) -> bool:
    """Whether a filter found the same response to the same prompt."""
    return "duplicate" in (row.get("drop_reasons") or ()) and row.get("response") is not None


def _won(row: Row, lost: Sequence[Row]) -> Won:
    copies = sum(
        "duplicate" in other["drop_reasons"] and other["lost_to"] == row["example_id"] for other in lost
    )
    others = [other for other in lost if other["prompt_id"] == row["prompt_id"]]
    return Won(copies, sum(other["drop_reasons"] == ["not_selected"] for other in others))


def _having(wanted: Mapping[str, set[str]], outputs: Sequence[Dataset]) -> Iterator[tuple[Row, str]]:
    """The rows that have one of the wanted values in a column, and where they are."""
    for output in outputs:
        for shard in output.shards():
            places = pc.indices_nonzero(_mask(_some(shard, list(wanted)), wanted))
            if len(places):
                yield from ((row, output.uri) for row in shard.table().take(places).to_pylist())


def _mask(table: pa.Table, wanted: Mapping[str, set[str]]) -> pa.Array:
    mask = pa.array([False] * len(table), pa.bool_())
    for name, values in wanted.items():
        if name in table.column_names:
            mask = pc.or_(mask, pc.is_in(table[name], pa.array(sorted(values), pa.string())))
    return mask


def _key(row: Row) -> tuple[Any, ...]:
    return row["prompt_id"], row.get("sample_index"), row.get("source")


def _name(row: Row) -> str:
    return named(row["prompt_id"], row.get("sample_index"))


def _some(shard: Shard, names: Sequence[str]) -> pa.Table:
    """Those of some columns that a shard has."""
    raw = shard.checked_bytes()
    there = next(parquet.read_batches(pa.BufferReader(raw), shard.uri)).column_names
    return parquet.decode(raw, shard.uri, [name for name in names if name in there])
