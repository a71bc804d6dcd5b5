"""Plain files as rows: columns are renamed and set, defaults filled in, and the widest matching schema chosen.

A file is streamed twice: first to its end, so that a bad record is found before anything is written, then again one
shard at a time. Defaults are those of the contract; columns that the schema does not know are kept.

Bad records are refused, or quarantined where the caller says so: then the file is streamed once more before, to know
what most of its rows are, and the rows that are taken are what they would be in a file without the others.
"""

import hashlib
import json
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from r1data.data import locations
from r1data.data.bad_rows import EXACT, KINDS, BadRecord, BadRow, MostRows, Tally, UnmappedRecord
from r1data.data.chat_layout import with_opened_thoughts, with_texts, with_truth
from r1data.data.column_notes import describe_columns, suggest_columns, suggest_mapping
from r1data.data.commits import Parent
from r1data.data.hub import hub_records, is_hub
from r1data.data.prompt_ids import REMEDY, PromptIds
from r1data.data.records import (
    COLUMNS_LIMIT,
    READERS,
    Record,
    as_text,
    each_record,
    read_records,
    record_text,
    too_many_columns,
)
from r1data.data.responses import split
from r1data.data.schema import TYPES, Schema, load_schema, widest
from r1data.data.text import encodes, one_line
from r1data.errors import UserError

DEFAULT_VERIFIER = "math"
"""What verifies rows that name no verifier."""
DEFAULT_ASPECT = "helpfulness"
"""What pairs that do not say so are about. Ours."""
SHARD_ROWS = 2_000
SHARD_BYTES = 64 << 20
"""Bytes of text at which a shard ends though it has fewer rows, so that a worker's memory is bounded."""

NAME_CHARACTERS, MESSAGE_CHARACTERS = 60, 300
"""What is told of a column's name and of a reason, which quote the file. Ours, all four."""

_TOO_MANY = f"over {COLUMNS_LIMIT:,} different columns by here", "put what its keys hold into one column"

COLUMN_TYPES: dict[str, pa.DataType] = {
    column.name: column.type
    for name in ("filtered", "sft", "preference")
    for column in load_schema(name).columns
}


@dataclass(frozen=True, slots=True)
class Columns:
    """How a file's columns become the schema's: `rename` is schema name → file's name, `constant` sets a value.

    `think_opened`: the prompts of all responses ended in `<think>`, so that the responses begin within their thoughts.
    `mappable`: the user can say so, being at `r1 ingest`; other commands read a file's columns under their own names.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    constant: Mapping[str, str] = field(default_factory=dict)

    think_opened: bool = False

    mappable = False

    def row(self, record: Record) -> Record:
        """The record under the schema's names, with texts where it has messages, and with its opening think tag.

        Raises:
            ValueError: it is laid out in a way that the schema cannot hold.
        """
        return with_opened_thoughts(with_truth(with_texts(self.apply(record))), self.think_opened)

    def apply(self, record: Record) -> Record:
        """The record under the schema's names."""
        schema_names = {theirs: ours for ours, theirs in self.rename.items()}
        renamed = {
            schema_names.get(name, name): value
            for name, value in record.items()
            if schema_names.get(name) or name not in self.rename
        }
        return {**renamed, **self.constant}


@dataclass(frozen=True, slots=True)
class TableShard:
    """Rows of a plain file that stand for a shard; `sha256` is of the rows' content, those to quarantine included."""

    name: str
    rows: int
    sha256: str
    content: pa.Table
    bad_rows: tuple[BadRow, ...] = ()

    def table(self) -> pa.Table:
        return self.content


class PlainSource:
    """A plain file, or a hub dataset, read as rows of a schema.

    Args:
        quarantine_bad: whether rows that cannot be taken go into quarantine with their shard; where not, the first
            one is refused. None where the command at hand has no such option.

    Raises:
        UserError: the file cannot be read, is empty, has a bad row, or mostly bad ones with `quarantine_bad`.
    """

    complete = True

    def __init__(
        self,
        uri: str,
        columns: Columns | None = None,
        shard_rows: int = SHARD_ROWS,
        verifier: str = DEFAULT_VERIFIER,
        *,
        quarantine_bad: bool | None = None,
    ) -> None:
        self.uri = locations.checked(uri)
        self.quarantine_bad = quarantine_bad
        self.verifier = verifier
        self.columns = columns or Columns()
        self.shard_rows = shard_rows
        self.label = self.uri.removeprefix("file://")
        self.most_rows: MostRows | None = None
        self.most_rows = self._compare_rows() if quarantine_bad else None
        self.digest, self.rows, self.types = self._survey()
        # the schema is chosen by what the rows will have once `_RowDefaults` has filled them
        names = [name for name, kind in self.types.items() if not pa.types.is_null(kind)]
        if "messages" in names:
            defaults = ["example_id", "kind", "domain", "language", "source", "prompt_id", "split"]
        elif {"chosen", "rejected"} <= set(names):
            defaults = ["preference_id", "aspect", "source"]
        else:
            defaults = ["prompt_id", "domain", "language", "source"]
            defaults += ["sample_index", "finish_reason", "model"] if "response" in names else []
        self.schema = widest([*names, *defaults])

    def parents(self) -> list[Parent]:
        return [Parent(self.uri, self.digest)]

    def shards(self) -> Iterator[TableShard]:
        """The rows, `shard_rows` at a time, fewer where their text reaches `SHARD_BYTES`."""
        defaults = _RowDefaults(self.schema, self.verifier)
        batch: list[Record] = []
        bad_rows: list[BadRow] = []
        number = text_bytes = 0
        for record in self._rows():
            if isinstance(record, BadRecord):
                bad_rows.append((record.number, record.text, record.reason))
                continue
            # only now, so that bad rows at the file's end belong to the last shard
            if len(batch) == self.shard_rows or text_bytes >= SHARD_BYTES:
                yield self._shard(number, batch, bad_rows)
                batch, bad_rows, number, text_bytes = [], [], number + 1, 0
            row = defaults.fill(record)
            batch.append(row)
            text_bytes += sum(map(_text_bytes, row.values()))
        if batch:
            yield self._shard(number, batch, bad_rows)

    def table(self) -> pa.Table:
        """All rows at once."""
        return pa.concat_tables([shard.table() for shard in self.shards()])

    def _rows(self) -> Iterator[Record | BadRecord]:
        """The rows after the survey: those of a file that was taken whole need no second look."""
        if self.quarantine_bad:
            return (row for *_, row in self._checked_rows())
        return (self.columns.row(record) for _, record in raw_records(self.uri))

    def _checked_rows(self) -> Iterator[tuple[int, bytes, Record, Record | BadRecord]]:
        """Number, what it adds to the digest, record and row of each; an error in the place of a row that is bad."""
        prompt_ids = PromptIds()
        for number, record in _each_record(self.uri):
            line = _digest_line(record)
            if isinstance(record, BadRecord):
                yield number, line, {}, record
                continue
            try:
                row = self._row(record, line, number)
                self._refuse_shared_id(row, prompt_ids, record, number)
                yield number, line, record, row
            except BadRecord as error:
                yield number, line, record, error

    def _compare_rows(self) -> MostRows:
        """What most rows are, for a file whose bad rows are quarantined."""
        most_rows, tally = MostRows(self.label, COLUMNS_LIMIT - len(COLUMN_TYPES)), Tally(self.label)
        for *_, row in self._checked_rows():
            if isinstance(row, BadRecord):
                tally.add_bad(row)
                continue
            tally.add_good()
            if not most_rows.add(row, _own_columns(row)):
                raise too_many_columns(self.label, 2 * COLUMNS_LIMIT)
        tally.conclude()
        if not tally.good:
            raise self._empty()
        most_rows.conclude()
        return most_rows

    def _survey(self) -> tuple[str, int, dict[str, pa.DataType]]:
        kinds: dict[str, set[type]] = {}
        present: Counter[str] = Counter()
        # column → number of the first row with a whole number that is no exact float, or no int64
        inexact: dict[str, int] = {}
        wide: dict[str, int] = {}
        digest = hashlib.sha256()
        tally = Tally(self.label)
        self.first: Record = {}
        for number, line, record, row in self._checked_rows():
            digest.update(line)
            if isinstance(row, BadRecord):
                if not self.quarantine_bad:
                    raise self._refusal(row)
                tally.add_bad(row)
                continue
            tally.add_good()
            self.first = self.first or record
            # only types are kept of a row, so that the survey takes the same memory for any number of rows
            for name, value in row.items():
                if name not in kinds and len(kinds) >= COLUMNS_LIMIT:
                    raise too_many_columns(f"{self.label}: line {number}", COLUMNS_LIMIT)
                kinds.setdefault(name, set()).add(type(value))
                present[name] += 1
                if type(value) is int and name not in COLUMN_TYPES and not -EXACT <= value <= EXACT:
                    inexact.setdefault(name, number)
                    if not -(2**63) <= value < 2**63:
                        wide.setdefault(name, number)
        tally.conclude()
        rows, self.bad_rows = tally.good, tally.bad
        if not rows:
            raise self._empty()
        for name in KINDS:
            if 0 < present[name] < rows:
                missing = rows - present[name]
                raise UserError(
                    f"{self.label}: {missing} of {rows} rows have no {name!r}; split the file in two"
                )
        types = {name: _type_of(name, kinds[name]) for name in kinds}
        for name, number in wide.items():
            if types[name] != pa.string():  # among texts it is one
                raise self._unfit(name, "a whole number of more than 64 bits; write it as a text", number, {})
        for name, number in inexact.items():
            if types[name] == pa.float64():
                reason = "among fractions, a whole number of more than 53 bits; write it as a text"
                raise self._unfit(name, reason, number, {})
        return digest.hexdigest(), rows, types

    def _empty(self) -> UserError:
        return UserError(f"{self.label}: empty, with no row to read; give a file with rows")

    def _refusal(self, error: BadRecord) -> UserError:
        """The error about a row where the whole file is refused for it."""
        if self.quarantine_bad is None or (isinstance(error, UnmappedRecord) and not self.first):
            return error
        return UserError(f"{error}, or give --quarantine-bad to leave such rows out")

    def _row(self, record: Record, line: bytes, number: int) -> Record:
        """The record under the schema's names. Raises BadRecord where it cannot be taken; `line` is of the digest."""
        self._refuse_unstorable(record, line, number)
        row = self._renamed(record, number)
        for name, value in row.items():
            self._refuse_unfit(name, value, record, number)
        if len(row) > COLUMNS_LIMIT:
            raise self._bad(number, record, *_TOO_MANY)
        if self.most_rows and (reason := self.most_rows.why_unfit(row, _own_columns(row))):
            raise self._bad(number, record, reason, "mend or remove the line")
        return row

    def _refuse_shared_id(self, row: Record, prompt_ids: PromptIds, record: Record, number: int) -> None:
        prompt_id, prompt = row.get("prompt_id"), row.get("prompt")
        if prompt_id is None or not isinstance(prompt, str) or "messages" in row:
            return
        if prompt_ids.is_shared(str(prompt_id), prompt):
            shown = one_line(str(prompt_id), NAME_CHARACTERS)
            reason = f"its prompt_id {shown!r} stands for another prompt above"
            raise self._bad(number, record, reason, REMEDY)

    def _bad(self, number: int, record: Record, reason: str, remedy: str) -> BadRecord:
        return BadRecord(self.label, number, reason, remedy, record_text(record))

    def _renamed(self, record: Record, number: int) -> Record:
        """The record under the schema's names, refused where it has neither a prompt nor a conversation."""
        have = ", ".join(record)
        for ours, theirs in self.columns.rename.items():
            if theirs not in record:
                remedy = f"map one of: {one_line(have, MESSAGE_CHARACTERS)}"
                raise UnmappedRecord(
                    self.label, number, f"no column {theirs!r} for {ours!r}", remedy, record_text(record)
                )
        try:
            row = self.columns.row(record)
        except ValueError as error:
            # a layout says what is wrong with a record, and what to do only where that is something else than this
            remedy = "" if "remove" in str(error) else "mend or remove the line"
            reason = one_line(str(error), MESSAGE_CHARACTERS)
            raise self._bad(number, record, reason, remedy) from error
        if "prompt" in row or "messages" in row:
            return row
        reason = f"no column 'prompt' among: {one_line(have, MESSAGE_CHARACTERS)}"
        remedy = self._how_to_map(record)
        raise UnmappedRecord(self.label, number, reason, remedy, record_text(record))

    def _how_to_map(self, record: Record) -> str:
        """How to say which column is the prompt, with options that the command at hand has."""
        options, reason = suggest_mapping(record)
        if self.columns.mappable and options:
            return f"say which is, such as {options}" + (f" ({reason})" if reason else "")
        if self.columns.mappable:
            return "say which is with --map prompt=COLUMN"
        options = options or "--map prompt=COLUMN"
        return f"run `r1 ingest {self.label} -o DS {options}` first, and give DS here"

    def column_notes(self) -> list[str]:
        """How the columns were read, and what else they may be, as lines for the user."""
        row = self.columns.row(self.first)
        suggestions = suggest_columns(self.first, row)
        if not suggestions and self.first.keys() <= COLUMN_TYPES.keys() & row.keys():
            return []
        return [f"columns: {note}" for note in (describe_columns(self.first, row), *suggestions)]

    def _refuse_unfit(self, name: str, value: Any, record: Record, number: int) -> None:
        if value is None and name in KINDS:
            raise self._bad(number, record, f"{name!r} is null", "give it a value or remove the line")
        try:
            _to_column_type(name, value)
        except (ValueError, TypeError, OverflowError) as error:
            raise self._unfit(name, str(error), number, record) from error

    def _unfit(self, name: str, reason: str, number: int, record: Record) -> BadRecord:
        column, reason = one_line(name, NAME_CHARACTERS), one_line(reason, MESSAGE_CHARACTERS)
        return self._bad(
            number, record, f"column {column!r}: {reason}", "mend or remove the line, or rename the column"
        )

    def _refuse_unstorable(self, record: Record, line: bytes, number: int) -> None:
        """Refuses lone surrogates, in names and inside lists and objects too. `line`: the record as `_digest_line`."""
        # json.dumps writes every surrogate so, those in pairs as well: nearly all records are passed by this alone
        if b"\\ud" not in line:
            return
        for name, value in record.items():
            if not encodes(name):
                reason = "its name holds a lone surrogate, which no text file can"
                raise self._unfit(name, reason, number, record)
            # texts are looked at as their column's values are
            if not isinstance(value, str) and not encodes(json.dumps(value, ensure_ascii=False, default=str)):
                reason = "it holds a lone surrogate, which no text file can"
                raise self._unfit(name, reason, number, record)

    def _shard(self, number: int, batch: list[Record], bad_rows: list[BadRow]) -> TableShard:
        names = list(dict.fromkeys([*self.schema.names, *self.types]))
        arrays = {}
        for name in names:
            kind = COLUMN_TYPES.get(name) or self.types.get(name, pa.string())
            values = [row.get(name) for row in batch]
            try:
                # a column of mixed values is one of texts
                texts = [as_text(value) for value in values] if kind == pa.string() else values
                arrays[name] = pa.array(texts, kind)
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError) as error:
                raise UserError(
                    f"a value does not fit its column's type {kind}: {error}; give the column values of one kind"
                ) from error
        # the sha256 of the rows as one JSON list, a row at a time: the text of a whole shard is not made
        digest = hashlib.sha256(b"[")
        for place, row in enumerate(batch):
            text = json.dumps(row, default=str, sort_keys=True)
            digest.update((", " + text if place else text).encode("utf-8", "surrogatepass"))
        digest.update(b"]")
        if bad_rows:
            digest.update(json.dumps(bad_rows).encode())
        name, table = f"part-{number:05d}", pa.table(arrays)
        return TableShard(name, len(batch), digest.hexdigest(), table, tuple(bad_rows))


def raw_records(uri: str) -> Iterator[tuple[int, Record]]:
    """Numbered records of a file or of a set on the hub, under its own names. Raises UserError as the readers do."""
    return hub_records(uri.removeprefix("hf:")) if is_hub(uri) else read_records(uri)


def _each_record(uri: str) -> Iterator[tuple[int, Record | BadRecord]]:
    """As `raw_records`, with an error in the place of a record that cannot be read."""
    return hub_records(uri.removeprefix("hf:")) if is_hub(uri) else each_record(uri)


def is_plain(uri: str) -> bool:
    """True where `uri` names a file, or a set on a hub, and no dataset of ours."""
    if is_hub(uri):
        return True
    if locations.scheme(uri):
        return posixpath.splitext(uri)[1].lower() in READERS
    return locations.local(uri).is_file()


def file_digest(uri: str) -> str:
    """The digest that `PlainSource` gives a plain file now. Raises UserError where it cannot be read."""
    return records_digest(each_record(locations.checked(uri)))


def records_digest(records: Iterable[tuple[int, Record | BadRecord]]) -> str:
    """The digest of numbered records: of their content, whatever the file."""
    digest = hashlib.sha256()
    for _, record in records:
        digest.update(_digest_line(record))
    return digest.hexdigest()


def _own_columns(row: Record) -> list[str]:
    """The columns of a row that no schema knows."""
    return [name for name in row if name not in COLUMN_TYPES]


def _digest_line(record: Record | BadRecord) -> bytes:
    if isinstance(record, BadRecord):
        return record.text.encode() + b"\n"
    return json.dumps(record, default=str).encode("utf-8", "surrogatepass") + b"\n"


def _text_bytes(value: Any) -> int:
    # isascii is a flag of the text: most text is measured without a copy of it
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    return len(json.dumps(value, default=str)) if isinstance(value, (dict, list)) else 8


class _RowDefaults:
    """Fills what a plain file lacks. Ids come from content; an id or index is counted on where content repeats."""

    def __init__(self, schema: Schema, verifier: str) -> None:
        self.schema = schema
        self.verifier = verifier
        self.samples = "response" in schema.names
        self.seen: Counter[str] = Counter()

    def fill(self, record: Record) -> Record:
        row = {name: _to_column_type(name, value) for name, value in record.items()}
        common = {"language": "en", "domain": "unknown", "source": "unknown"}
        row.update({name: value for name, value in common.items() if row.get(name) is None})
        if "messages" in self.schema.names:
            return self._conversation(row)
        if "chosen" in self.schema.names:
            parts = (row.get("prompt"), row.get("chosen"), row.get("rejected"))
            row["preference_id"] = (
                content_id(*parts) if row.get("preference_id") is None else row["preference_id"]
            )
            row["aspect"] = DEFAULT_ASPECT if row.get("aspect") is None else row["aspect"]
            return row
        if row.get("verifier") is None and row.get("truth") is not None:
            row["verifier"] = self.verifier
        if row.get("prompt_id") is None:
            row["prompt_id"] = content_id(row.get("system"), row.get("prompt"))
            if (
                not self.samples
            ):  # among samples the same prompt again is another response to it, not another row
                self.seen[row["prompt_id"]] += 1
                if (count := self.seen[row["prompt_id"]]) > 1:
                    row["prompt_id"] += f"-{count}"
        if not self.samples:
            return row
        if row.get("sample_index") is None:
            row["sample_index"] = self.seen[row["prompt_id"]]
            self.seen[row["prompt_id"]] += 1
        for name, value in (("finish_reason", "stop"), ("model", "unknown")):
            row[name] = value if row.get(name) is None else row[name]
        if row.get("reasoning") is None and row.get("answer") is None and row.get("response") is not None:
            row["reasoning"], row["answer"] = split(row["response"])
        return row

    def _conversation(self, row: Record) -> Record:
        key = json.dumps(row.get("messages"), ensure_ascii=False, sort_keys=True, default=str)
        for name in ("example_id", "prompt_id"):
            row[name] = content_id(key) if row.get(name) is None else row[name]
        if row.get("kind") is None:
            thinks = any(
                turn["role"] == "assistant" and split(turn["content"]).reasoning is not None
                for turn in row.get("messages") or ()
            )
            row["kind"] = "reasoning" if thinks else "non_reasoning"
        row["split"] = "train" if row.get("split") is None else row["split"]
        return row


def content_id(*parts: str | None) -> str:
    """Identity of a text: 16 hex digits of the sha256 over its parts."""
    # a separator that texts hardly hold: "ab", "c" and "a", "bc" are two; without a system prompt its place is kept
    joined = "\x1f".join("" if part is None else part for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _to_column_type(name: str, value: Any) -> Any:
    """A value as its column's type. Raises ValueError where it is none; an empty cell of a CSV number is null."""
    kind = COLUMN_TYPES.get(name, TYPES["string"] if isinstance(value, str) else None)
    if value is None or kind is None:
        return value
    if kind == TYPES["string"]:
        text = as_text(value) or ""
        if not text.isascii():
            text.encode()  # Arrow takes no lone surrogates: UnicodeEncodeError, which is a ValueError
        return text
    if kind in (TYPES["int32"], TYPES["float64"]):
        return _number(value, whole=kind == TYPES["int32"])
    if not isinstance(value, list):
        raise ValueError(f"a {type(value).__name__} where a list is wanted")
    if kind == TYPES["list<string>"]:
        if not all(isinstance(text, str | None) for text in value):
            raise ValueError("a list of something else than texts")
        for text in filter(None, value):
            text.encode()
    if name == "messages":
        for turn in value:
            texts = [turn.get("role"), turn.get("content")] if isinstance(turn, dict) else [None]
            if not all(isinstance(text, str) for text in texts):
                raise ValueError("each message needs a role and a content, both text")
    return value


def _number(value: Any, *, whole: bool) -> int | float | None:
    if value == "":
        return None
    number = float(value)
    if whole and (number != int(number) or not -(2**31) <= number < 2**31):
        raise ValueError(f"{value!r} is no whole number of 32 bits")
    return int(number) if whole else number


def _type_of(name: str, kinds: set[type]) -> pa.DataType:
    kinds = kinds - {type(None)}
    if name in COLUMN_TYPES:
        return COLUMN_TYPES[name] if kinds else pa.null()
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    if kinds and kinds <= {int, float}:
        return pa.float64()
    return pa.string()
