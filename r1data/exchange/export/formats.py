"""Export formats: for each kind of row, the record that a row becomes and the columns that the record contains."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from r1data.data.records import Record
from r1data.data.schema import ROWS, Row

Messages = list[dict[str, str]]

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where a record goes: its split, and its number within that, from 0."""

    split: str
    index: int


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file of records that was written: its name below the folder, its split, its records."""

    name: str
    split: str
    records: int


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind of rows is written.

    Args:
        record: the record of a row. May raise RowError for a row that the format cannot hold; the row is left out and
            counted by the reason.
        holds: the columns of a row that are in the record.
        columns: the record's types, where it may go into Parquet.
        summary: the record's keys and the part of the tool that reads them, in a few words.
    """

    record: Callable[[Row, RecordPlace], Record]
    row_columns: frozenset[str]
    columns: pa.Schema | None = None
    summary: str = ""


KINDS = ("prompt", "sample", "sft", "preference")
"""Kinds of rows that a format may have a shape for."""
SUFFIXES = {".jsonl": "JSON lines", ".json": "JSON", ".parquet": "Parquet"}
"""Suffixes of export files and the names of their formats."""


@dataclass(frozen=True, slots=True)
class Export:
    """A format of another tool, as it is registered.

    Args:
        name: what `--to` calls it.
        suffixes: suffixes of its files, of `SUFFIXES`, the default first.
        shapes: by kind of rows, of `KINDS`; where there is none for samples, they become conversations, but for those
            that a filter dropped.
        stem: names the files where splits do not.
        beside: makes the files that describe the others to the tool: kind and files → name → text.
        tokens: the columns of conversations as a student's token ids (`export.tokens`); None where the tool takes none.
        thoughts: what the tool does with the thoughts of conversations, and what keeps them; said where there are any.

    Raises:
        ValueError: a suffix or a kind of rows is unknown.
    """

    name: str
    suffixes: tuple[str, ...]
    shapes: Mapping[str, Shape]
    stem: str | None = None
    beside: Callable[[str, Sequence[ExportFile]], Mapping[str, str]] = field(default=lambda kind, files: {})
    tokens: Shape | None = None
    thoughts: str = ""

    def __post_init__(self) -> None:
        for what, values, allowed in (("suffix", self.suffixes, SUFFIXES), ("rows", self.shapes, KINDS)):
            if not values or not set(values) <= set(allowed):
                raise ValueError(
                    f"export {self.name}: {what} {', '.join(values)}: choose from {', '.join(allowed)}"
                )


def kind_of(schema: str) -> str:
    """The kind of a schema's rows: `prompt`, `sample`, `sft` or `preference`."""
    return "sample" if schema in ROWS[1:] else schema


def prompt_messages(row: Row) -> Messages:
    """A prompt as the messages before the response."""
    system = [{"role": "system", "content": row["system"]}] if row.get("system") else []
    return [*system, {"role": "user", "content": row["prompt"]}]


def assistant_message(text: str) -> Messages:
    """A response as the assistant's message."""
    return [{"role": "assistant", "content": text}]


def columns(**types: Any) -> pa.Schema:
    """Record's key → type; text unless another is given."""
    return pa.schema([(name, kind or pa.string()) for name, kind in types.items()])


def pick_columns(row: Row, names: Sequence[str]) -> Record:
    """Some columns of a row, null where it has none."""
    return {name: row.get(name) for name in names}
