"""A file of review results, read into memory. The tool that wrote it is recognised by the format of its records."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from r1data.data.commits import Parent
from r1data.data.plain import file_digest
from r1data.data.records import Record, read_records
from r1data.errors import UserError
from r1data.exchange.review import argilla, desk_journal, label_studio
from r1data.exchange.review.opinions import ReviewResult, RowKey

TOOLS: dict[str, ModuleType] = {"label-studio": label_studio, "argilla": argilla, "r1": desk_journal}


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a file. `nameless` counts the records without the id of a row."""

    uri: str
    tool: str
    digest: str
    records: int
    by_row: Mapping[RowKey, Sequence[ReviewResult]]
    nameless: int

    @property
    def keys(self) -> set[RowKey]:
        """The rows that have results."""
        return set(self.by_row)

    def of(self, key: RowKey) -> Sequence[ReviewResult]:
        """All results for a row."""
        return self.by_row.get(key, ())

    def count_unmatched(self, keys: set[RowKey]) -> int:
        """Counts the records of rows that are not among `keys`, or of none."""
        return self.nameless + sum(len(results) for key, results in self.by_row.items() if key not in keys)

    def parent(self) -> Parent:
        """The file as an input of the dataset that is made with it."""
        return Parent(self.uri, self.digest)


def read_results(uri: str, tool: str | None = None) -> Results:
    """Reads a file of results.

    Args:
        tool: a name of `TOOLS`; by default the one whose shape the first record has.

    Raises:
        UserError: the file cannot be read, is empty, or holds something else.
    """
    if tool is not None and tool not in TOOLS:
        raise UserError(f"--from {tool}: no such tool; choose one of {', '.join(TOOLS)}")
    by_row: dict[RowKey, list[ReviewResult]] = {}
    records = nameless = 0
    numbered = read_records(uri)
    first = next(numbered, None)
    if first is not None:
        tool = tool or _shape(first[1], uri, first[0])
    for result in _results(tool, itertools.chain([first] if first else [], numbered), uri):
        records += 1
        if result.key is None:
            nameless += 1
        else:
            by_row.setdefault(result.key, []).append(result)
    if tool is None or not records:
        raise UserError(f"{uri}: empty, with no result to read; export the review again")
    return Results(uri, tool, file_digest(uri), records, by_row, nameless)


def _results(tool: str | None, numbered: Iterable[tuple[int, Record]], uri: str) -> Iterator[ReviewResult]:
    if tool == "r1":
        yield from desk_journal.read_all(numbered, uri)
    elif tool is not None:
        for number, record in numbered:
            yield TOOLS[tool].read(record, f"{uri}: record {number}")


def _shape(record: Record, uri: str, number: int) -> str:
    tools = [name for name, module in TOOLS.items() if module.is_record(record)]
    if len(tools) != 1:
        raise UserError(
            f"{uri}: record {number}: not a result of {' or '.join(TOOLS)}; export it there as JSON, "
            "or say whose it is with --from"
        )
    return tools[0]
