"""The history of a row, from its prompt to the set that it is in, or to where it was lost. Nothing is guessed.

A dataset's part of it is what its row has that none of its ancestors' rows had. What filters measured is measured
again, with the limits that the commit records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from r1data.data.dataset import Dataset
from r1data.errors import UserError
from r1data.lineage.ancestors import Family, Unread, gather, parents_of, step_of
from r1data.lineage.dedup_history import Place, Rival, Won, place, rivals, wins
from r1data.lineage.drop_explanations import Loss, explain
from r1data.lineage.review_history import history
from r1data.lineage.rows import Hit, find, matches, rows_of

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A row in a dataset: all of it, what is new in it there, what its filters measured and its reviewers decided.

    `lost_to`: what it was dropped for. In a set, `place`: where it stands; `won`: what was dropped for it.
    """

    name: str
    shard: str
    row: Row
    new: tuple[str, ...]
    measures: tuple[Row, ...] = ()
    reviews: tuple[Row, ...] = ()
    lost_to: Rival | None = None
    won: Won | None = None
    place: Place | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.name,
            "shard": self.shard,
            "columns": dict(self.row),
            "new": list(self.new),
            "measures": list(self.measures),
            "reviews": list(self.reviews),
            **{name: found and asdict(found) for name, found in self._told().items()},
        }

    def _told(self) -> dict[str, Rival | Won | Place | None]:
        return {"lost_to": self.lost_to, "won": self.won, "place": self.place}


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one dataset knows of the row."""

    uri: str
    dataset: Dataset
    rows: tuple[Seen, ...]

    def as_json(self) -> dict[str, Any]:
        first = self.dataset.commits[0]
        return {
            "dataset": self.uri,
            "schema": first.schema[0],
            "command": first.command["name"],
            "parameters": first.command["parameters"],
            "parents": parents_of(self.dataset),
            "r1": first.version,
            "created": first.created,
            "complete": self.dataset.complete,
            "rows": [seen.as_json() for seen in self.rows],
        }


@dataclass(frozen=True, slots=True)
class History:
    """All that is known of a row: in which datasets it is, parents first, and where it was lost."""

    row: str
    chapters: tuple[Chapter, ...]
    losses: tuple[Loss, ...]
    looked_in: int
    unread: tuple[Unread, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "history": [chapter.as_json() for chapter in self.chapters],
            "lost": [loss.as_json() for loss in self.losses],
            "looked_in": self.looked_in,
            "unread": [asdict(each) for each in self.unread],
        }


def why(row: str, places: Sequence[str] = (), *, around: str = ".") -> History:
    """Where a row came from and what became of it.

    Args:
        row: a prompt's id, `PROMPT_ID/SAMPLE_INDEX`, an example's id, or the beginning of one of six characters.
        places: datasets to look in, with their ancestors and what was made from these; by default all that lie below
            `around`.

    Raises:
        UserError: no dataset is there, or none has the row, or the id fits several.
    """
    family = gather(places, around)
    hits, unread = find(family, row)
    whole: dict[str, list[tuple[Hit, Row]]] = {}
    for uri in family.members:
        whole[uri] = _read([hit for hit in hits if hit.uri == uri], unread)
    chapters = [_chapter(family, uri, whole, unread) for uri in family.members if whole[uri]]
    losses = [loss for step in _steps(family) for loss in _lost(family, step, whole, unread)]
    return History(row, tuple(chapters), tuple(losses), len(family.members), (*family.unread, *unread))


def _read(hits: Sequence[Hit], unread: list[Unread]) -> list[tuple[Hit, Row]]:
    try:
        return list(rows_of(hits))
    except (UserError, OSError) as error:
        unread.append(Unread(hits[0].uri, str(error)))
        return []


def _chapter(
    family: Family, uri: str, whole: Mapping[str, Sequence[tuple[Hit, Row]]], unread: list[Unread]
) -> Chapter:
    dataset = family.members[uri]
    outputs = [other for other in family.members.values() if step_of(other) == step_of(dataset)]
    before = [entry for ancestor in family.ancestors(uri) for entry in whole[ancestor]]
    seen = []
    for hit, row in whole[uri]:
        known: dict[str, Any] = {}
        for other, earlier in before:
            if matches(hit.key, other.key):
                known |= earlier
        new = tuple(
            name
            for name, value in row.items()
            if (value is not None if name not in known else known[name] != value)
        )
        reviews = tuple(history(row)) if "review_history" in new else ()
        seen.append(Seen(hit.name, hit.shard.name, row, new, _measures(dataset, row), reviews))
    return Chapter(uri, dataset, tuple(_with_rivals(seen, dataset, outputs, unread)))


def _with_rivals(
    rows: Sequence[Seen], dataset: Dataset, outputs: Sequence[Dataset], unread: list[Unread]
) -> list[Seen]:
    """The rows of a dataset with what they lost to; or, of a set, won against."""
    found = [seen.row for seen in rows]
    try:
        if any(row.get("drop_reasons") for row in found):
            lost = rivals(found, outputs)
            return [replace(seen, lost_to=each) for seen, each in zip(rows, lost, strict=True)]
        if dataset.command["name"] == "build":
            won = wins(found, outputs)
            return [
                replace(seen, won=each, place=place(seen.row, dataset))
                for seen, each in zip(rows, won, strict=True)
            ]
    except (UserError, OSError) as error:
        unread.append(Unread(outputs[0].uri, str(error)))
    return list(rows)


def _measures(dataset: Dataset, row: Row) -> tuple[Row, ...]:
    """What the filters of a command see in a row; none where the recorded limits are unknown here."""
    if dataset.command["name"] != "filter":
        return ()
    from r1data.filters.explain import explain_filters
    from r1data.filters.limits import Limits

    parameters = dataset.command["parameters"]
    try:
        limits, skip = Limits(**parameters["limits"]), tuple(parameters["skip"])
    except (KeyError, TypeError):
        return ()
    return tuple(asdict(measure) for measure in explain_filters(row, limits, skip))


def _steps(family: Family) -> list[list[str]]:
    """The members that one run each made, what it kept before what it dropped."""
    steps: dict[Any, list[str]] = {}
    for uri, dataset in family.members.items():
        steps.setdefault(step_of(dataset), []).append(uri)
    return [sorted(step, key=lambda uri: not family.members[uri].summary) for step in steps.values()]


def _lost(
    family: Family,
    step: Sequence[str],
    whole: Mapping[str, Sequence[tuple[Hit, Row]]],
    unread: Sequence[Unread],
) -> list[Loss]:
    came_out = [hit.key for uri in step for hit, _ in whole[uri]]
    outputs = [family.members[uri] for uri in step]
    if {each.uri for each in unread}.intersection(step):
        return []  # it may be in what could not be read
    return [
        replace(explain(hit, row, outputs), measures=_measures(outputs[0], row))
        for parent in family.parents(step[0])
        for hit, row in whole[parent]
        if not any(matches(hit.key, key) for key in came_out)
    ]
