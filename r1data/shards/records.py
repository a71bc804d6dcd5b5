"""Records out of plain files: JSON Lines, JSON, CSV, Parquet and what `datasets` can load.

Nothing is repaired: a torn line, a file that is not what its name says or a record that is no object is refused
with its line, before anything is written.
"""

import csv
import io
import json
import math
import posixpath
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from r1data.errors import UserError
from r1data.shards.stores import open_binary

Record = dict[str, Any]


def read_records(uri: str) -> Iterator[tuple[int, Record]]:
    """Line (or row) number and record, in the order of the file, at a path or URL.

    Raises:
        UserError: the file is not there, its name ends in no known way, or a record cannot be read; the message has
            the line.
    """
    where = uri.removeprefix("file://")
    suffix = posixpath.splitext(uri)[1].lower()
    try:
        with open_binary(uri) as file:
            if suffix not in READERS:
                raise UserError(f"{where}: unknown kind of file; known: {', '.join(READERS)}")
            yield from READERS[suffix](file, where)
    except FileNotFoundError:
        raise UserError(f"{where}: no such file or dataset") from None


def _jsonl(file: BinaryIO, where: str) -> Iterator[tuple[int, Record]]:
    for number, raw in enumerate(file, 1):
        if raw.strip():
            yield number, _object(_decode(raw, where, number), where, number)


def _decode(raw: bytes, where: str, number: int) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where}: line {number}: not UTF-8 ({error.reason} at byte {error.start})"
        ) from error
    except RecursionError:
        raise UserError(f"{where}: line {number}: JSON is nested too deep") from None
    except ValueError as error:
        reason = "the line is cut off" if not raw.endswith(b"\n") else getattr(error, "msg", str(error))
        raise UserError(f"{where}: line {number}: not JSON: {reason}; mend or remove the line") from error


def _object(value: Any, where: str, number: int) -> Record:
    if not isinstance(value, dict):
        raise UserError(f"{where}: line {number}: a {type(value).__name__}, not an object with named columns")
    return value


def _json(file: BinaryIO, where: str) -> Iterator[tuple[int, Record]]:
    try:
        whole = json.loads(file.read().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not JSON: {error}") from error
    if not isinstance(whole, list):
        raise UserError(f"{where}: holds a {type(whole).__name__}, not a list of objects")
    for number, value in enumerate(whole, 1):
        yield number, _object(value, where, number)


def _csv(file: BinaryIO, where: str) -> Iterator[tuple[int, Record]]:
    reader = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise UserError(f"{where}: line {reader.line_num}: not as many fields as the header names")
            yield reader.line_num, dict(row)
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{where}: line {reader.line_num}: {error}") from error


def _parquet(file: BinaryIO, where: str) -> Iterator[tuple[int, Record]]:
    from r1data.shards.parquet import read_batches

    number = 0
    for table in read_batches(file, where):
        for batch in table.to_batches(500):
            for record in batch.to_pylist():
                number += 1
                yield number, record


READERS: dict[str, Callable[[BinaryIO, str], Iterator[tuple[int, Record]]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".parquet": _parquet,
}


def hub_records(name: str) -> Iterator[tuple[int, Record]]:
    """Records of a hub dataset, `org/name` or `org/name:split` (train by default), streamed.

    Raises:
        UserError: `datasets` is not installed, or the hub or the dataset cannot be reached.
    """
    try:
        import datasets
    except ImportError as error:
        raise UserError("hf: needs the package `datasets`; install r1data[train]") from error
    repository, _, split = name.partition(":")
    try:
        rows = datasets.load_dataset(repository, split=split or "train", streaming=True)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise UserError(f"hf:{name}: cannot be loaded: {str(error).splitlines()[0]}") from error
    yield from enumerate((dict(row) for row in rows), 1)


def as_text(value: Any) -> str | None:
    """A cell as text: numbers as they are written, containers as JSON, null stays null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (dict, list, bool)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
