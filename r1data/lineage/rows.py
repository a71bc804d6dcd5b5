"""Finds rows by ids as a user writes them, over all datasets of a lineage.

Reads id columns only; a damaged shard is reported and skipped.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.dataset import Dataset, Shard
from r1data.data.values import to_rows
from r1data.errors import UserError
from r1data.lineage.ancestors import Lineage, Unreadable
from r1data.lineage.scanning import Scan, every_shard

PREFIX = 6
"""Minimum characters of an id's prefix. Ours."""
LISTED = 8
LONGEST = 60
"""Ids that an error lists, and characters of each. Ours, both."""
KINDS = ("prompt_id", "example_id", "preference_id")
IDS = (*KINDS, "sample_index")


@dataclass(frozen=True, slots=True)
class RowMatch:
    """A row that was found: its dataset, shard, position within the shard, and ids (None where it has none)."""

    uri: str
    shard: Shard
    position: int
    ids: dict[str, Any]

    @property
    def key(self) -> tuple[str | None, int | None]:
        return self.ids.get("prompt_id"), self.ids.get("sample_index")

    @property
    def name(self) -> str:
        prompt, sample = self.key
        return row_name(prompt or str(self.ids.get("preference_id")), sample)


@dataclass(frozen=True, slots=True)
class Id:
    """One reading of an id; `sample` narrows a prompt to one response."""

    kind: str
    value: str
    sample: int | None = None

    def has(self, row_match: RowMatch) -> bool:
        """Whether a row is, or comes before, what the id names."""
        fits = self.sample is None or row_match.ids.get("sample_index") in (None, self.sample)
        return fits and row_match.ids.get(self.kind) == self.value


def row_name(prompt: str, sample: int | None) -> str:
    """A row's name, as `r1 why` takes it."""
    return prompt if sample is None else f"{prompt}/{sample}"


def find_rows(
    lineage: Lineage, text: str, scan: Scan = every_shard
) -> tuple[list[RowMatch], list[Unreadable]]:
    """All rows of a family that belong to the row that `text` names, and the shards that could not be read.

    Args:
        text: a prompt's id, `PROMPT_ID/SAMPLE_INDEX`, an example's or a preference's id, or the beginning of one.
        scan: which shards are looked into.

    Raises:
        UserError: nothing has that id, or several do.
    """
    head, slash, tail = text.rpartition("/")
    forms: list[tuple[str, int | None]] = [(text, None)]
    # An id may itself hold a slash and end in digits, so both readings are tried. Nine digits fit into the 32 bits
    # of a sample's number.
    if slash and head and tail.isascii() and tail.isdigit() and len(tail) < 10:
        forms.append((head, int(tail)))
    unreadable: list[Unreadable] = []
    # bytes of an argument that are no UTF-8 stand in no row
    heads = [head for head, _ in forms if head == head.encode(errors="replace").decode()]
    row_matches = list(_scan(lineage, heads, True, unreadable, scan))
    row_id = _resolve_id(text, forms, row_matches, lineage, unreadable)
    matching = [row_match for row_match in row_matches if row_id.has(row_match)]
    if row_id.kind != "example_id":
        return matching, unreadable
    # An example's own row is in the set alone: its sample and prompt are found by the ids that it carries on.
    keys = {row_match.key for row_match in matching}
    same_prompts = _scan(lineage, sorted({str(prompt) for prompt, _ in keys}), False, [], scan)
    belonging = [row_match for row_match in same_prompts if any(matches(row_match.key, key) for key in keys)]
    return belonging, unreadable


def matches(key: tuple[Any, Any], other_key: tuple[Any, Any]) -> bool:
    """Whether two rows are of one prompt and, where both have a sample's number, of one sample."""
    return key[0] == other_key[0] and (None in (key[1], other_key[1]) or key[1] == other_key[1])


def rows_of(row_matches: Sequence[RowMatch]) -> Iterator[tuple[RowMatch, dict[str, Any]]]:
    """The full rows, reading each shard once.

    Raises:
        DamagedShard: a shard is not what was committed.
    """
    # Matches come shard by shard, so one table in memory is enough.
    last: tuple[str, pa.Table] = ("", pa.table({}))
    for row_match in row_matches:
        if last[0] != row_match.shard.uri:
            last = (row_match.shard.uri, row_match.shard.table())
        row = last[1].slice(row_match.position, 1)
        yield row_match, to_rows(row, row_match.shard.uri, row_match.position)[0]


def _scan(
    lineage: Lineage, heads: Sequence[str], prefixes: bool, unreadable: list[Unreadable], scan: Scan
) -> Iterator[RowMatch]:
    for uri, dataset in lineage.members.items():
        try:
            values = {name: heads for name in KINDS if name in dataset.schema.names}
            for shard in scan(dataset, values, prefixes):
                try:
                    yield from _in_shard(uri, dataset, shard, heads, prefixes)
                except (UserError, OSError) as error:
                    unreadable.append(Unreadable(uri, str(error)))
        except UserError as error:
            unreadable.append(Unreadable(uri, str(error)))


def _in_shard(
    uri: str, dataset: Dataset, shard: Shard, heads: Sequence[str], prefixes: bool
) -> Iterator[RowMatch]:
    names = [name for name in IDS if name in dataset.schema.names]
    table = shard.table(names)
    mask = pa.array([False] * len(table), pa.bool_())
    for name in (name for name in names if name in KINDS):
        for head in heads:
            by_prefix = prefixes and len(head) >= PREFIX
            # A row without such an id does not match; as a null it would make the whole mask unknown for it.
            column_mask = pc.starts_with(table[name], head) if by_prefix else pc.equal(table[name], head)
            mask = pc.or_kleene(mask, pc.fill_null(column_mask, False))
    positions = pc.indices_nonzero(mask)
    for position, ids in zip(positions.to_pylist(), table.take(positions).to_pylist(), strict=True):
        yield RowMatch(uri, shard, position, ids)


def _resolve_id(
    text: str,
    forms: Sequence[tuple[str, int | None]],
    row_matches: Sequence[RowMatch],
    lineage: Lineage,
    unreadable: Sequence[Unreadable],
) -> Id:
    """The one id that the text stands for: an exact match takes precedence over prefixes."""
    candidates: dict[Id, bool] = {}
    for head, sample in forms:
        for kind in KINDS if sample is None else KINDS[:1]:
            for row_match in row_matches:
                value = row_match.ids.get(kind)
                has_sample = sample is None or row_match.ids.get("sample_index") == sample
                if value is not None and str(value).startswith(head) and has_sample:
                    candidates[Id(kind, str(value), sample)] = value == head
    exact = [candidate for candidate, is_exact in candidates.items() if is_exact]
    if exact or len(candidates) == 1:
        return exact[0] if exact else next(iter(candidates))
    if not candidates:
        raise UserError(_not_found(text, forms, row_matches, lineage, unreadable))
    examples = ", ".join(
        row_name(candidate.value[:LONGEST], candidate.sample) for candidate in list(candidates)[:LISTED]
    )
    remainder = f" and {len(candidates) - LISTED:,} more" if len(candidates) > LISTED else ""
    raise UserError(
        f"{text}: {len(candidates):,} ids begin so: {examples}{remainder}; write one of them in full"
    )


def _not_found(
    text: str,
    forms: Sequence[tuple[str, int | None]],
    row_matches: Sequence[RowMatch],
    lineage: Lineage,
    unreadable: Sequence[Unreadable],
) -> str:
    places = list(lineage.members)
    where = ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
    sample_indices = sorted(
        {
            row_match.ids["sample_index"]
            for row_match in row_matches
            if row_match.ids.get("sample_index") is not None
        }
    )
    if forms[1:] and row_matches:
        have = f"it has {sample_indices[0]} to {sample_indices[-1]}" if sample_indices else "none was found"
        return (
            f"{text}: no such sample of that prompt, {have}; looked in {where}; name a sample that is there"
        )
    if unreadable:
        return (
            f"{text}: no row has that id in what could be read ({unreadable[0].why}); repair that "
            "with `r1 check --repair`"
        )
    hint = f"; the beginning of an id takes {PREFIX} characters" if len(text) < PREFIX else ""
    return f"{text}: no row has that id{hint}; looked in {where}; name other datasets behind it"


def review_history(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The reviews of a row, from its column `review_history` (a JSON list); empty where that cannot be read.

    Each has `decision`, `tool`, `opinions` (with `decision`, `by`, `at`, `reason`, `note`), `overruled` ones of others
    where a final one settled it, `why` where it is undecided, and `before`: what an edit replaced and no column keeps.
    """
    try:
        reviews = json.loads(row.get("review_history") or "[]")
    except (ValueError, RecursionError):
        return []
    return [
        {**review, **{name: _objects(review[name]) for name in ("opinions", "overruled") if name in review}}
        for review in _objects(reviews)
    ]


def _objects(values: Any) -> list[dict[str, Any]]:
    """The objects of a JSON list; none of what is no list."""
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
