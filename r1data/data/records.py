"""Reads records from plain files: JSON Lines, JSON, CSV and Parquet.

Nothing is repaired: a torn line, a file whose contents do not match its name, or a record that is not an object is
refused with its line number before anything is written. Files are streamed one record at a time, so that memory
depends on `RECORD_LIMIT` and not on the size of a file.

Where a row is bad and the next one can still be told from it, `each_record` gives an error in its place and goes on:
any line of JSON Lines, an element of a JSON list that is no object, a CSV row of too many fields or of other bytes than
UTF-8, a value of a Parquet row that has no form here. Broken JSON in a list, an open quote in CSV and a damaged page
end the file.
"""

import csv
import io
import json
import math
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pyarrow as pa

from r1data.data.bad_rows import TEXT_CHARACTERS, BadRecord
from r1data.data.stores import open_binary
from r1data.data.text import encodes, json_line, one_line
from r1data.data.values import to_rows
from r1data.errors import UserError

Record = dict[str, Any]

RECORD_LIMIT = 32 << 20
"""Bytes of one record; ours: the longest traces known take a fiftieth of it. Parsed, it may take twenty times that."""
COLUMNS_LIMIT = 10_000
"""Different columns of a file: one whose keys are data makes a table that nothing can read."""
_CHUNK = 1 << 20
_OBJECT_BYTES = 64
_LONGEST_TOKEN = 16
"""Characters: an error so close to a window's end may be a token that is cut in two (an escaped pair of surrogates)."""
_KEY_CHARACTERS = 60
"""What is told of a key that an object has twice. Ours."""
_SPACE = re.compile(r"[ \t\n\r]*")


def read_records(uri: str) -> Iterator[tuple[int, Record]]:
    """Line (or row) number and record, in the order of the file, at a path or URL.

    Raises:
        UserError: the file is not there, its name ends in no known way, or a record cannot be read; the message has
            the line.
    """
    for number, record in each_record(uri):
        if isinstance(record, BadRecord):
            raise record
        yield number, record


def each_record(uri: str) -> Iterator[tuple[int, Record | BadRecord]]:
    """As `read_records`, with the error in the place of a record that cannot be read, where reading can go on."""
    where = uri.removeprefix("file://")
    suffix = posixpath.splitext(uri)[1].lower()
    try:
        with open_binary(uri) as file:
            if suffix not in READERS:
                raise UserError(f"{where}: unknown kind of file; give one that ends in {', '.join(READERS)}")
            yield from READERS[suffix](file, where)
    except FileNotFoundError:
        raise UserError(f"{where}: no such file or dataset; check the path") from None


def too_many_columns(where: str, limit: int) -> UserError:
    """The error about a file with more columns than it may have."""
    return UserError(
        f"{where}: over {limit:,} different columns by here; put what its keys hold into one column"
    )


def _too_long(where: str, number: int, unit: str = "line", text: str = "") -> BadRecord:
    reason = f"longer than {RECORD_LIMIT >> 20} MiB, more than a record may take"
    return BadRecord(where, number, reason, "split or remove it", text, unit)


def _jsonl(file: BinaryIO, where: str) -> Iterator[tuple[int, Record | BadRecord]]:
    # fsspec's own readline takes no limit, and would read a file without a line break to its end
    lines = io.BufferedReader(file, _CHUNK)  # type: ignore[type-var]
    number = 0
    while raw := lines.readline(RECORD_LIMIT + 1):
        number += 1
        if len(raw) > RECORD_LIMIT:
            yield number, _too_long(where, number, text=_shown(raw))
            while not raw.endswith(b"\n") and (raw := lines.readline(_CHUNK)):
                pass
        elif raw.strip():
            try:
                record: Record | BadRecord = _object(_decode(raw, where, number), where, number)
            except BadRecord as error:
                record = error
            yield number, record


class _Objects:
    """Makes the objects of one JSON value; `twice` is a key that one of them has twice, of which one would be lost."""

    def __init__(self) -> None:
        self.twice: str | None = None

    def __call__(self, pairs: list[tuple[str, Any]]) -> Record:
        record = dict(pairs)
        if len(record) < len(pairs):
            self.twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return record


def _twice(objects: _Objects, where: str, number: int, text: str, unit: str = "line") -> BadRecord:
    """The error about a record with a key twice."""
    reason = f"the key {one_line(objects.twice or '', _KEY_CHARACTERS)!r} stands twice in an object"
    return BadRecord(where, number, reason, "remove one of the two", text, unit)


def _decode(raw: bytes, where: str, number: int) -> Any:
    objects = _Objects()
    try:
        # a byte order mark is taken where a file begins, and nowhere else
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        value = json.loads(text, object_pairs_hook=objects)
    except UnicodeDecodeError as error:
        reason, remedy = f"not UTF-8 ({error.reason} at byte {error.start})", "save the file as UTF-8"
    except RecursionError:
        reason, remedy = "JSON is nested too deep", "flatten or remove the line"
    except ValueError as error:
        message = "the line is cut off" if not raw.endswith(b"\n") else getattr(error, "msg", str(error))
        reason, remedy = f"not JSON: {message}", "mend or remove the line"
    else:
        if objects.twice is not None:
            raise _twice(objects, where, number, _shown(raw))
        return value
    raise BadRecord(where, number, reason, remedy, _shown(raw))


def _shown(raw: bytes) -> str:
    """The start of a line that cannot be read, as far as it is text."""
    return raw[: 4 * TEXT_CHARACTERS].decode("utf-8", "replace").rstrip("\r\n")


def _object(value: Any, where: str, number: int) -> Record:
    if not isinstance(value, dict):
        raise BadRecord(
            where,
            number,
            f"a {type(value).__name__}, not an object with named columns",
            "mend or remove the line",
            record_text(value),
        )
    return value


def record_text(record: Any) -> str:
    """A record that was read, as a line of JSON; empty where it is nested too deep to be written."""
    try:
        return json_line(record)
    except RecursionError:
        return ""


def _json(file: BinaryIO, where: str) -> Iterator[tuple[int, Record | BadRecord]]:
    """The objects of one list, parsed one at a time."""
    text = _Text(file)
    try:
        if text.peek() not in ("[", ""):
            raise UserError(f"{where}: not a list of objects; name a file with an object a line .jsonl")
        text.take("[")
        number = 0
        # here `]` only ends an empty list: behind a comma it is a mistake, which `value` reports
        while text.peek() != "]" or number:
            number += 1
            value = text.value(where, number)
            try:
                if text.objects.twice is not None:
                    raise _twice(text.objects, where, number, record_text(value), "record")
                record: Record | BadRecord = _object(value, where, number)
            except BadRecord as error:
                record = error
            yield number, record
            if text.peek() == "]":
                break
            text.take(",")
        text.take("]")
        if text.peek():
            raise ValueError(f"{text.peek()!r} after the list's end")
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not JSON: {error}; mend the file, or write it as JSON Lines") from error


class _Text:
    """The text of a file, a window of it at a time, and where in the window its reader stands."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = io.TextIOWrapper(file, encoding="utf-8-sig")
        self.window, self.place, self.ended = "", 0, False
        self.objects = _Objects()
        self.decoder = json.JSONDecoder(object_pairs_hook=self.objects)

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            space = _SPACE.match(self.window, self.place)
            self.place = space.end() if space else self.place
            if self.place < len(self.window) or self.ended:
                return self.window[self.place : self.place + 1]
            self.more(_CHUNK)

    def take(self, expected: str) -> None:
        character = self.peek()
        if character != expected:
            raise ValueError(
                f"{expected!r} expected, found {character!r}" if character else "the file is cut off"
            )
        self.place += 1

    def value(self, where: str, number: int) -> Any:
        self.peek()
        while True:
            self.objects.twice = None
            try:
                value, self.place = self.decoder.raw_decode(self.window, self.place)
                return value
            except json.JSONDecodeError as error:
                characters = len(self.window) - self.place
                if self.ended or self.is_wrong(error):
                    reason = error.msg if characters else "the file is cut off"
                    raise UserError(
                        f"{where}: record {number}: not JSON: {reason}; mend or remove it"
                    ) from error
                if characters > RECORD_LIMIT:
                    raise _too_long(where, number, "record") from None
                # twice the window each time: a long record is parsed from its start a few times, not once a chunk
                self.more(max(_CHUNK, characters))

    def is_wrong(self, error: json.JSONDecodeError) -> bool:
        """Whether more text would not mend it: it lies before the window's end, and is no open string."""
        return error.pos < len(self.window) - _LONGEST_TOKEN and not error.msg.startswith("Unterminated")

    def more(self, characters: int) -> None:
        read = self.file.read(characters)
        self.ended = not read
        self.window, self.place = self.window[self.place :] + read, 0


def _csv(file: BinaryIO, where: str) -> Iterator[tuple[int, Record | BadRecord]]:
    csv.field_size_limit(RECORD_LIMIT)  # a long response is over the module's own limit of 128 KiB
    lines = _Lines(file, where)
    reader: csv.DictReader[Any] = csv.DictReader(lines, strict=True)
    try:
        names = reader.fieldnames or ()
        if not all(map(encodes, names)):
            raise UserError(f"{where}: line 1: the header is not UTF-8; save the file as CSV in UTF-8")
        if len(names) > COLUMNS_LIMIT:
            raise too_many_columns(f"{where}: line 1", COLUMNS_LIMIT)
        if twice := next((name for name, times in Counter(filter(None, names)).items() if times > 1), None):
            raise UserError(
                f"{where}: line 1: the header names {twice:.80} twice; give each column a name of its own"
            )
        # spreadsheets write several columns without a name behind the last one; of one name, all but the last are lost
        nameless = dict.fromkeys([place for place, name in enumerate(names) if not name][:-1])
        reader.fieldnames = [place if place in nameless else name for place, name in enumerate(names)]
        for row in reader:
            lines.held = 0
            # DictReader puts surplus fields under the name None, and None in the place of missing ones
            number, reason = reader.line_num, None
            lost = {place: value for place in nameless if (value := row.pop(place))}
            if None in row or None in row.values():
                reason, remedy = "not as many fields as the header names", "mend the line"
            elif lost:
                reason, remedy = "a value in one of several columns without a name", "name them in line 1"
            elif not all(map(encodes, row.values())):
                reason, remedy = "not UTF-8", "mend the line, or save the file as CSV in UTF-8"
            if reason:
                yield number, BadRecord(where, number, reason, remedy, record_text({**row, **lost}))
            else:
                yield number, dict(row)
    except csv.Error as error:
        raise UserError(
            f"{where}: line {reader.line_num}: {error}; mend the line, or save the file as CSV in UTF-8"
        ) from error


class _Lines:
    """The lines of a CSV file; `held` counts the characters since its reader last had a whole row."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        # a byte that is no UTF-8 becomes half a surrogate pair, which tells its row from the others
        self.text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self.where, self.held, self.number = where, 0, 0

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(RECORD_LIMIT + 1):
            self.number += 1
            self.held += len(line)
            if self.held > RECORD_LIMIT:
                raise _too_long(self.where, self.number)
            yield line


def _parquet(file: BinaryIO, where: str) -> Iterator[tuple[int, Record | BadRecord]]:
    from r1data.data.parquet import RATIO_LIMIT, read_batches

    number = 0
    for table in read_batches(file, where, ratio=RATIO_LIMIT):
        for part in _parts(table, where, number):
            for record in _rows_or_errors(part, where, number):
                number += 1
                yield number, record


def _rows_or_errors(table: pa.Table, where: str, before: int) -> Iterator[Record | BadRecord]:
    """The rows of a table, with the error in the place of each that has a value without a form in Python."""
    try:
        yield from to_rows(table, where, before)
    except BadRecord as error:
        if len(table) == 1:
            yield error
            return
        half = len(table) // 2
        yield from _rows_or_errors(table.slice(0, half), where, before)
        yield from _rows_or_errors(table.slice(half), where, before + half)


def _parts(table: pa.Table, where: str, before: int) -> Iterator[pa.Table]:
    """A table in parts that as Python objects take a bounded memory; `before` rows came earlier."""
    small = sum(_cost(chunk) for column in table.columns for chunk in column.chunks) <= RECORD_LIMIT
    if small or not len(table):
        yield table
    elif len(table) == 1:
        raise _too_long(where, before + 1, "row")
    else:
        half = len(table) // 2  # slices share memory: only the part that is at hand becomes Python objects
        yield from _parts(table.slice(0, half), where, before)
        yield from _parts(table.slice(half), where, before + half)


def _cost(array: pa.Array) -> int:
    """Bytes that an array takes as Python objects, about; the elements of lists are objects too."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _cost(array.storage)
    if pa.types.is_dictionary(kind):
        return _cost(array.dictionary_decode())
    if pa.types.is_map(kind):
        return _OBJECT_BYTES * len(array) + _cost(array.keys) + _cost(array.items)
    if pa.types.is_struct(kind):
        return _OBJECT_BYTES * len(array) + sum(map(_cost, array.flatten()))
    if pa.types.is_nested(kind):
        return _OBJECT_BYTES * len(array) + _cost(array.flatten())
    return _OBJECT_BYTES * len(array) + int(array.nbytes)


READERS: dict[str, Callable[[BinaryIO, str], Iterator[tuple[int, Record | BadRecord]]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".parquet": _parquet,
}


def as_text(value: Any) -> str | None:
    """A cell as text: numbers as they are written, containers as JSON, null stays null."""
    if value is None or isinstance(value, str):
        return value
    # pandas writes whole numbers with an empty cell among them as floats; up to 1e15 each of them is exact
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (dict, list, bool)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
