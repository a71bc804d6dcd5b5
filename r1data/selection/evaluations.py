"""Evaluations to compare with: where their questions are, and which columns of theirs hold what is compared."""

from collections.abc import Iterator
from dataclasses import dataclass

from r1data.data.dataset import Dataset
from r1data.data.locations import checked
from r1data.data.plain import is_plain, raw_records, records_digest
from r1data.data.records import Record
from r1data.data.values import to_rows


@dataclass(frozen=True, slots=True)
class Questions:
    """An evaluation of which some columns alone are compared, such as a benchmark whose rows hold tests too.

    Args:
        place: a file, a dataset, or a set on the hub.
        columns: whose texts are compared. Rows that have none of them are prompts, of which `prompt` is.
    """

    place: str
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return self.place

    def of(self, record: Record) -> Record:
        """What of a record is compared; all of it where it has no such column."""
        names = [name for name in self.columns if name in record] or ["prompt"]
        return {name: record[name] for name in names if name in record} or record


Compared = str | Questions
"""A place all of whose texts are compared, or one of whose some are."""


def records(evaluation: Compared) -> Iterator[tuple[int, Record]]:
    """What is compared of each record, with its number. Raises UserError where the place cannot be read."""
    place = str(evaluation)
    for number, record in raw_records(place) if is_plain(place) else _rows(place):
        yield number, evaluation.of(record) if isinstance(evaluation, Questions) else record


def digest(evaluation: Compared) -> str:
    """What identifies evaluation questions: their content, not where they lie."""
    place = checked(str(evaluation))
    if isinstance(evaluation, Questions):
        return records_digest(records(evaluation))
    return records_digest(raw_records(place)) if is_plain(place) else Dataset(place).digest


def _rows(place: str) -> Iterator[tuple[int, Record]]:
    rows = (row for table in Dataset(place).tables() for row in to_rows(table, place))
    yield from enumerate(rows, 1)
