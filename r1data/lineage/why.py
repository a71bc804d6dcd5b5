"""The history of a row, from its prompt to the set that it is in or the command that dropped it. Nothing is guessed.

For each dataset, the history shows the values that are new, that is those that no ancestor's row had. Filter measures
are computed again, with the limits that the commit records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from r1data.data.dataset import Dataset
from r1data.data.schema import Row
from r1data.errors import RowError, UserError
from r1data.lineage.ancestors import Lineage, Unreadable, gather, parents_of, step_of
from r1data.lineage.dedup_history import DedupWins, SetPlacement, Winner, find_winners, find_wins, placement
from r1data.lineage.drop_explanations import Loss, explain
from r1data.lineage.rows import RowMatch, find_rows, matches, review_history, rows_of
from r1data.lineage.scanning import Scan, every_shard

if TYPE_CHECKING:
    from r1data.filters.limits import FilterLimits

MEANINGLESS = (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError, pa.ArrowException)
"""What comes of recorded parameters, summaries and columns of types that no r1 wrote: whoever sealed them chose."""


@dataclass(frozen=True, slots=True)
class RowState:
    """A row in one dataset: its values, the columns that are new there, filter measures and reviews.

    `lost_to`: the row that it was dropped in favour of. In a set, `placement` is its place there and `won` counts the
    rows that were dropped in favour of it.
    """

    name: str
    shard: str
    row: Row
    new: tuple[str, ...]
    measures: tuple[Row, ...] = ()
    reviews: tuple[Row, ...] = ()
    lost_to: Winner | None = None
    won: DedupWins | None = None
    placement: SetPlacement | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.name,
            "shard": self.shard,
            "columns": dict(self.row),
            "new": list(self.new),
            "measures": list(self.measures),
            "reviews": list(self.reviews),
            "lost_to": self.lost_to and asdict(self.lost_to),
            "won": self.won and asdict(self.won),
            "place": self.placement and asdict(self.placement),
        }


@dataclass(frozen=True, slots=True)
class DatasetHistory:
    """The row's history in one dataset."""

    uri: str
    dataset: Dataset
    rows: tuple[RowState, ...]

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
            "rows": [state.as_json() for state in self.rows],
        }


@dataclass(frozen=True, slots=True)
class History:
    """A row's whole history: the datasets that have it, parents first, and the commands that dropped it."""

    row: str
    chapters: tuple[DatasetHistory, ...]
    losses: tuple[Loss, ...]
    looked_in: int
    unreadable: tuple[Unreadable, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "history": [chapter.as_json() for chapter in self.chapters],
            "lost": [loss.as_json() for loss in self.losses],
            "looked_in": self.looked_in,
            "unread": [asdict(item) for item in self.unreadable],
        }


def why(
    row: str, places: Sequence[str] = (), *, search_folder: str = ".", scan: Scan = every_shard
) -> History:
    """Tells where a row came from and what became of it.

    Args:
        row: a prompt's id, `PROMPT_ID/SAMPLE_INDEX`, an example's id, or the beginning of one of six characters.
        places: datasets to look in, with their ancestors and what was made from these; by default all below
            `search_folder`.
        scan: which shards are looked into; `scanning.by_columns` is fast on large sets, and leaves damage in shards
            without the row unnoticed.

    Raises:
        UserError: no dataset is there, or none has the row, or the id fits several.
    """
    lineage = gather(places, search_folder)
    row_matches, unreadable = find_rows(lineage, row, scan)
    rows_by_dataset: dict[str, list[tuple[RowMatch, Row]]] = {}
    for uri in lineage.members:
        try:
            rows_by_dataset[uri] = list(rows_of([match for match in row_matches if match.uri == uri]))
        except (UserError, OSError) as error:
            # The ids were readable, the whole shard is not: the other datasets still have a history.
            unreadable.append(Unreadable(uri, str(error)))
            rows_by_dataset[uri] = []
    chapters = [
        _dataset_history(lineage, uri, rows_by_dataset, unreadable, scan)
        for uri in lineage.members
        if rows_by_dataset[uri]
    ]
    losses = [
        loss for step in _steps(lineage) for loss in _losses(lineage, step, rows_by_dataset, unreadable, scan)
    ]
    return History(
        row, tuple(chapters), tuple(losses), len(lineage.members), (*lineage.unreadable, *unreadable)
    )


def _dataset_history(
    lineage: Lineage,
    uri: str,
    rows_by_dataset: Mapping[str, Sequence[tuple[RowMatch, Row]]],
    unreadable: list[Unreadable],
    scan: Scan,
) -> DatasetHistory:
    dataset = lineage.members[uri]
    outputs = [other for other in lineage.members.values() if step_of(other) == step_of(dataset)]
    ancestor_rows = [entry for ancestor in lineage.ancestors(uri) for entry in rows_by_dataset[ancestor]]
    states = []
    for row_match, row in rows_by_dataset[uri]:
        earlier_values: dict[str, Any] = {}
        for earlier_match, earlier in ancestor_rows:
            if matches(row_match.key, earlier_match.key):
                earlier_values |= earlier
        new = tuple(
            name
            for name, value in row.items()
            if (value is not None if name not in earlier_values else earlier_values[name] != value)
        )
        reviews = tuple(review_history(row)) if "review_history" in new else ()
        states.append(
            RowState(row_match.name, row_match.shard.name, row, new, _measures(dataset, row), reviews)
        )
    return DatasetHistory(uri, dataset, tuple(_with_set_history(states, dataset, outputs, unreadable, scan)))


def _with_set_history(
    rows: Sequence[RowState],
    dataset: Dataset,
    outputs: Sequence[Dataset],
    unreadable: list[Unreadable],
    scan: Scan,
) -> list[RowState]:
    """Adds the rows that dropped ones lost to or, in a set, what kept ones won against."""
    values = [state.row for state in rows]
    try:
        if any(row.get("drop_reasons") for row in values):
            winners = find_winners(values, outputs, scan)
            return [replace(state, lost_to=entry) for state, entry in zip(rows, winners, strict=True)]
        if dataset.command["name"] == "build":
            set_wins = find_wins(values, outputs, scan)
            return [
                replace(state, won=entry, placement=placement(state.row, dataset))
                for state, entry in zip(rows, set_wins, strict=True)
            ]
    except (UserError, OSError) as error:
        unreadable.append(Unreadable(outputs[0].uri, str(error)))
    except MEANINGLESS as error:
        why = f"{outputs[0].uri}: what its commits record of their command means nothing to this r1"
        unreadable.append(Unreadable(outputs[0].uri, f"{why} ({type(error).__name__}); update r1"))
    return list(rows)


def _measures(dataset: Dataset, row: Row) -> tuple[Row, ...]:
    """The measures of a filter command for a row; none where this version does not know the recorded limits.

    Filters of other packages are asked as far as these are here in the version that is recorded.
    """
    from r1data.filters.apply import explain_filters

    try:
        if (recorded := recorded_filters(dataset)) is None:
            return ()
        measures = explain_filters(row, *recorded)
    except (*MEANINGLESS, UserError, RowError):
        return ()
    return tuple(asdict(measure) for measure in measures)


def recorded_filters(dataset: Dataset) -> tuple["FilterLimits", list[str], list[str]] | None:
    """The limits that a filter command recorded, the filters it left out, and those of other packages that are here.

    None where another command made the dataset. Raises UserError or one of `MEANINGLESS` where what is recorded is not
    what this version knows.
    """
    if dataset.command["name"] != "filter":
        return None
    from r1data.filters.registry import installed, read_limits

    parameters, here = dataset.command["parameters"], installed()
    recorded = parameters.get("filters", {})
    others = [reason for reason, version in recorded.items() if here.get(reason) == version]
    lacking = [reason.rpartition(":")[0] for reason in recorded if reason not in others]
    limits = {
        name: value for name, value in parameters["limits"].items() if name.partition(":")[0] not in lacking
    }
    return read_limits(limits, others), parameters["skip"], others


def _steps(lineage: Lineage) -> list[list[str]]:
    """The datasets grouped by the run that made them, kept outputs before dropped ones."""
    steps: dict[Any, list[str]] = {}
    for uri, dataset in lineage.members.items():
        steps.setdefault(step_of(dataset), []).append(uri)
    return [sorted(step, key=lambda uri: not lineage.members[uri].summary) for step in steps.values()]


def _losses(
    lineage: Lineage,
    step: Sequence[str],
    rows_by_dataset: Mapping[str, Sequence[tuple[RowMatch, Row]]],
    unreadable: Sequence[Unreadable],
    scan: Scan,
) -> list[Loss]:
    came_out = [row_match.key for uri in step for row_match, _ in rows_by_dataset[uri]]
    outputs = [lineage.members[uri] for uri in step]
    if {item.uri for item in unreadable}.intersection(step):
        return []  # it may be in what could not be read
    return [
        replace(_explained(row_match, row, outputs, scan), measures=_measures(outputs[0], row))
        for parent in lineage.parents(step[0])
        for row_match, row in rows_by_dataset[parent]
        if not any(matches(row_match.key, key) for key in came_out)
    ]


def _explained(row_match: RowMatch, row: Row, outputs: Sequence[Dataset], scan: Scan) -> Loss:
    try:
        return explain(row_match, row, outputs, scan)
    except MEANINGLESS as error:
        uris = tuple(output.uri for output in outputs)
        why = f"what its commits record of it means nothing to this r1 ({type(error).__name__})"
        return Loss(row_match.name, str(outputs[0].command["name"]), uris, row_match.uri, (), False, why)
