"""Finding rows by their ids: what a user wrote, and which rows of which datasets it stands for.

Only id columns are read; a shard that is damaged is told of and gives nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.dataset import Dataset, Shard
from r1data.errors import UserError
from r1data.lineage.ancestors import Family, Unread

PREFIX = 6
"""Characters from which the beginning of an id will do. Ours."""
LISTED = 8
LONGEST = 60
"""Ids that an error lists, and characters of each. Ours, both."""
KINDS = ("prompt_id", "example_id", "preference_id")
IDS = (*KINDS, "sample_index")


@dataclass(frozen=True, slots=True)
class Hit:
    """A row: its dataset, its shard, its number within the shard, and its ids (None where it has no such one)."""

    uri: str
    shard: Shard
    place: int
    ids: dict[str, Any]

    @property
    def key(self) -> tuple[str | None, int | None]:
        return self.ids.get("prompt_id"), self.ids.get("sample_index")

    @property
    def name(self) -> str:
        prompt, sample = self.key
        return named(prompt or str(self.ids.get("preference_id")), sample)


@dataclass(frozen=True, slots=True)
class Id:
    """An id that a user may have meant; `sample` narrows a prompt to one response."""

    kind: str
    value: str
    sample: int | None = None

    def has(self, hit: Hit) -> bool:
        """Whether a row is, or comes before, what the id names."""
        fits = self.sample is None or hit.ids.get("sample_index") in (None, self.sample)
        return fits and hit.ids.get(self.kind) == self.value


def named(prompt: str, sample: int | None) -> str:
    """A row's name, as `r1 why` takes it."""
    return prompt if sample is None else f"{prompt}/{sample}"


def find(family: Family, text: str) -> tuple[list[Hit], list[Unread]]:
    """All rows of a family that belong to the row that `text` names, and the shards that could not be read.

    Args:
        text: a prompt's id, `PROMPT_ID/SAMPLE_INDEX`, an example's or a preference's id, or the beginning of one.

    Raises:
        UserError: nothing has that id, or several do.
    """
    forms = _forms(text)
    unread: list[Unread] = []
    hits = list(_scan(family, [head for head, _ in forms], True, unread))
    meant = _meant(text, forms, hits, family, unread)
    chosen = [hit for hit in hits if meant.has(hit)]
    if meant.kind != "example_id":
        return chosen, unread
    keys = {hit.key for hit in chosen}
    every = _scan(family, sorted({str(prompt) for prompt, _ in keys}), False, [])
    return [hit for hit in every if _belongs(hit, keys)], unread


def matches(key: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    """Whether two rows are of one prompt and, where both have a sample's number, of one sample."""
    return key[0] == other[0] and (None in (key[1], other[1]) or key[1] == other[1])


def rows_of(hits: Sequence[Hit]) -> Iterator[tuple[Hit, dict[str, Any]]]:
    """The whole rows, each shard read once.

    Raises:
        DamagedShard: a shard is not what was committed.
    """
    last: tuple[str, pa.Table] = ("", pa.table({}))
    for hit in hits:
        if last[0] != hit.shard.uri:
            last = (hit.shard.uri, hit.shard.table())
        yield hit, last[1].slice(hit.place, 1).to_pylist()[0]


def _forms(text: str) -> list[tuple[str, int | None]]:
    head, slash, tail = text.rpartition("/")
    number = int(tail) if slash and head and tail.isascii() and tail.isdigit() and len(tail) < 10 else None
    return [(text, None)] + ([(head, number)] if number is not None else [])


def _scan(family: Family, heads: Sequence[str], prefixes: bool, unread: list[Unread]) -> Iterator[Hit]:
    for uri, dataset in family.members.items():
        try:
            for shard in dataset.shards():
                try:
                    yield from _in_shard(uri, dataset, shard, heads, prefixes)
                except (UserError, OSError) as error:
                    unread.append(Unread(uri, str(error)))
        except UserError as error:
            unread.append(Unread(uri, str(error)))


def _in_shard(
    uri: str, dataset: Dataset, shard: Shard, heads: Sequence[str], prefixes: bool
) -> Iterator[Hit]:
    names = [name for name in IDS if name in dataset.schema.names]
    table = shard.table(names)
    mask = pa.array([False] * len(table), pa.bool_())
    for name in (name for name in names if name in KINDS):
        for head in heads:
            long = prefixes and len(head) >= PREFIX
            found = pc.starts_with(table[name], head) if long else pc.equal(table[name], head)
            mask = pc.or_kleene(mask, pc.fill_null(found, False))
    places = pc.indices_nonzero(mask)
    for place, ids in zip(places.to_pylist(), table.take(places).to_pylist(), strict=True):
        yield Hit(uri, shard, place, ids)


def _meant(
    text: str,
    forms: Sequence[tuple[str, int | None]],
    hits: Sequence[Hit],
    family: Family,
    unread: Sequence[Unread],
) -> Id:
    """The one id that is meant: an exact one before a beginning."""
    found: dict[Id, bool] = {}
    for head, sample in forms:
        for kind in KINDS if sample is None else KINDS[:1]:
            for hit in hits:
                value = hit.ids.get(kind)
                if value is not None and str(value).startswith(head) and _has_sample(hit, sample):
                    found[Id(kind, str(value), sample)] = value == head
    exact = [each for each, whole in found.items() if whole]
    if exact or len(found) == 1:
        return exact[0] if exact else next(iter(found))
    if not found:
        raise UserError(_not_found(text, forms, hits, family, unread))
    listed = ", ".join(named(each.value[:LONGEST], each.sample) for each in list(found)[:LISTED])
    more = f" and {len(found) - LISTED:,} more" if len(found) > LISTED else ""
    raise UserError(f"{text}: {len(found):,} ids begin so: {listed}{more}; write one of them in full")


def _has_sample(hit: Hit, sample: int | None) -> bool:
    return sample is None or hit.ids.get("sample_index") == sample


def _not_found(
    text: str,
    forms: Sequence[tuple[str, int | None]],
    hits: Sequence[Hit],
    family: Family,
    unread: Sequence[Unread],
) -> str:
    places = list(family.members)
    where = ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
    known = sorted({hit.ids["sample_index"] for hit in hits if hit.ids.get("sample_index") is not None})
    if forms[1:] and hits:
        have = f"it has {known[0]} to {known[-1]}" if known else "none was found"
        return f"{text}: no such sample of that prompt, {have}; looked in {where}"
    if unread:
        return f"{text}: no row has that id in what could be read; {unread[0].why}"
    hint = f"; the beginning of an id takes {PREFIX} characters" if len(text) < PREFIX else ""
    return f"{text}: no row has that id{hint}; looked in {where}; name other datasets behind it"


def _belongs(hit: Hit, keys: Iterable[tuple[Any, Any]]) -> bool:
    return any(matches(hit.key, key) for key in keys)
