"""Records out of plain files: JSON Lines, JSON, CSV, Parquet and what `datasets` can load.

Nothing is repaired: a torn line, a file that is not what its name says or a record that is no object is refused
with its line, before anything is written.
"""

import csv
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from r1data.errors import UserError

Record = dict[str, Any]


def read_records(path: Path) -> Iterator[tuple[int, Record]]:
    """Line (or row) number and record, in the order of the file.

    Raises:
        UserError: the file's name ends in no known way, or a record cannot be read; the message has the line.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{path}: unknown kind of file; known: {', '.join(READERS)}")
    yield from reader(path)


def _jsonl(path: Path) -> Iterator[tuple[int, Record]]:
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if raw.strip():
                yield number, _object(_decode(raw, path, number), path, number)


def _decode(raw: bytes, path: Path, number: int) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: line {number}: not UTF-8 ({error.reason} at byte {error.start})") from error
    except RecursionError:
        raise UserError(f"{path}: line {number}: JSON is nested too deep") from None
    except ValueError as error:
        reason = "the line is cut off" if not raw.endswith(b"\n") else getattr(error, "msg", str(error))
        raise UserError(f"{path}: line {number}: not JSON: {reason}; mend or remove the line") from error


def _object(value: Any, path: Path, number: int) -> Record:
    if not isinstance(value, dict):
        raise UserError(f"{path}: line {number}: a {type(value).__name__}, not an object with named columns")
    return value


def _json(path: Path) -> Iterator[tuple[int, Record]]:
    try:
        whole = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not JSON: {error}") from error
    if not isinstance(whole, list):
        raise UserError(f"{path}: holds a {type(whole).__name__}, not a list of objects")
    for number, value in enumerate(whole, 1):
        yield number, _object(value, path, number)


def _csv(path: Path) -> Iterator[tuple[int, Record]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            for row in reader:
                if None in row or None in row.values():
                    raise UserError(f"{path}: line {reader.line_num}: not as many fields as the header names")
                yield reader.line_num, dict(row)
        except (csv.Error, UnicodeDecodeError) as error:
            raise UserError(f"{path}: line {reader.line_num}: {error}") from error


def _parquet(path: Path) -> Iterator[tuple[int, Record]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(500):
                for record in batch.to_pylist():
                    number += 1
                    yield number, record
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{path}: not readable as Parquet: {error}") from error


READERS: dict[str, Callable[[Path], Iterator[tuple[int, Record]]]] = {
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
