"""An export's files, written as streams: JSON lines, one JSON list, or Parquet; a file a split, or of so many records.

Their folder appears completely or not at all: it is written under a temporary name beside its own, flushed, then
renamed. Existing files are never overwritten: a folder with the same files and bytes is left alone, any other is
refused. Unicode line separators are escaped in JSON, since some readers end a line there.
"""

import contextlib
import fcntl
import filecmp
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from r1data.data.records import Record
from r1data.data.stores.local import fsync
from r1data.errors import RowError, UserError
from r1data.exchange.export.formats import ExportFile

GROUP = 1_000
"""Rows of a Parquet row group."""
SPLITS = 100
"""Different splits at most: each is an open file."""
_SPLIT = re.compile(r"[A-Za-z0-9_][\w.-]{0,63}", re.ASCII)
_SEPARATORS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


class Sink(Protocol):
    """A file that is being written."""

    def write(self, record: Record) -> None: ...
    def close(self) -> None: ...


class JsonLinesFile:
    """A JSON object a line."""

    def __init__(self, path: Path, columns: pa.Schema | None) -> None:
        self.file: IO[str] = path.open("x", encoding="utf-8", newline="\n")

    def write(self, record: Record) -> None:
        self.file.write(_json(record) + "\n")

    def close(self) -> None:
        self.file.close()


class JsonArrayFile:
    """One JSON list, an object a line."""

    def __init__(self, path: Path, columns: pa.Schema | None) -> None:
        self.file: IO[str] = path.open("x", encoding="utf-8", newline="\n")
        self.before = "[\n"

    def write(self, record: Record) -> None:
        self.file.write(self.before + _json(record))
        self.before = ",\n"

    def close(self) -> None:
        self.file.write("\n]\n")
        self.file.close()


class ParquetFile:
    """Parquet, a row group at a time."""

    def __init__(self, path: Path, columns: pa.Schema | None) -> None:
        self.columns = columns
        self.file: Any = pq.ParquetWriter(path, columns, compression="zstd")
        self.buffer: list[Record] = []

    def write(self, record: Record) -> None:
        self.buffer.append(record)
        if len(self.buffer) == GROUP:
            self._flush()

    def close(self) -> None:
        if self.buffer:
            self._flush()
        self.file.close()

    def _flush(self) -> None:
        self.file.write_table(pa.Table.from_pylist(self.buffer, self.columns))
        self.buffer = []


SINKS: dict[str, type[JsonLinesFile] | type[JsonArrayFile] | type[ParquetFile]] = {
    ".jsonl": JsonLinesFile,
    ".json": JsonArrayFile,
    ".parquet": ParquetFile,
}


class ExportFiles:
    """The files of one export: `train.jsonl`, or with a limit `train/00000.jsonl` and so on, below a folder."""

    def __init__(
        self, folder: Path, suffix: str, *, stem: str | None, columns: pa.Schema | None, limit: int | None
    ) -> None:
        self.folder, self.suffix, self.stem = folder, suffix, stem
        self.columns, self.limit = columns, limit
        self.counts: dict[str, int] = {}
        self._open: dict[str, tuple[str, Sink]] = {}
        self._records: dict[str, tuple[str, int]] = {}

    def next_index(self, split: str) -> int:
        """The number that the next record of a split gets.

        Raises:
            RowError: the split cannot be the name of a file.
            UserError: it is one too many.
        """
        if split not in self.counts:
            if not _SPLIT.fullmatch(split):
                raise RowError("the split is no file name of letters, digits, _ . -")
            if len(self.counts) == SPLITS:
                raise UserError(
                    f"split {split!r:.80}: the rows have more than {SPLITS} splits; give rows of fewer"
                )
            self.counts[split] = 0
        return self.counts[split]

    def add(self, split: str, record: Record) -> None:
        """Writes a record; its split was given to `next_index` before."""
        index = self.counts[split]
        if split in self._open and self.limit and index % self.limit == 0:
            self._open.pop(split)[1].close()
        if split not in self._open:
            self._open[split] = self._start(split, index)
        name, sink = self._open[split]
        sink.write(record)
        self.counts[split] += 1
        self._records[name] = (split, self._records.get(name, (split, 0))[1] + 1)

    def close(self) -> Sequence[ExportFile]:
        """Closes all files and returns them in the order of their names."""
        for _, sink in self._open.values():
            sink.close()
        self._open = {}
        return [ExportFile(name, *split_and_count) for name, split_and_count in sorted(self._records.items())]

    def _start(self, split: str, index: int) -> tuple[str, Sink]:
        name = self.stem or split
        name += f"/{index // self.limit:05d}{self.suffix}" if self.limit else self.suffix
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        return name, SINKS[self.suffix](path, self.columns)


def _json(record: Record) -> str:
    return json.dumps(record, ensure_ascii=False).translate(_SEPARATORS)


@contextlib.contextmanager
def unfinished_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`, for one process at a time; removed afterwards, as are leftovers of a kill.

    Raises:
        UserError: another process is writing there, or `target` holds something that no export can be.
    """
    if not target.name or (target.exists() and not target.is_dir()):
        raise UserError(f"{target}: is no folder that can be made; choose another -o")
    folder = target.with_name(f".{target.name}.unfinished")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The folder itself is locked: a file for it would be in the export. A link of that name would have what it
        # names emptied.
        handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    except (FileExistsError, NotADirectoryError) as error:
        raise UserError(f"{folder}: is in the way of the export; remove it, or choose another -o") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(f"{folder}: no folder that can be made ({reason}); choose another -o") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{target}: another `r1 export` writes there; let it finish") from None
        # Under the lock, what is there is the leftover of a process that was killed.
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def publish(folder: Path, target: Path) -> bool:
    """Renames `folder` to `target`; False where the same files are there already.

    Raises:
        UserError: other files are there.
    """
    new_files, existing_files = _files(folder), _files(target)
    if existing_files:
        strange = sorted(set(new_files) ^ set(existing_files)) or [
            name
            for name in new_files
            if (target / name).is_symlink() or not filecmp.cmp(folder / name, target / name, shallow=False)
        ]
        if strange:
            raise UserError(
                f"{target}: holds other files than this export makes ({strange[0]}); choose another -o, or remove it"
            )
        return False
    # Contents, then the folders that name them, then the rename: after a power cut the name stands for all or nothing.
    for name in new_files:
        with (folder / name).open("rb") as file:
            os.fsync(file.fileno())
    for inner in {folder, *((folder / name).parent for name in new_files)}:
        fsync(inner)
    try:
        folder.rename(target)
    except OSError as error:  # `target` holds empty folders
        reason = error.strerror or type(error).__name__
        raise UserError(f"{target}: no empty folder ({reason}); choose another -o, or remove it") from error
    fsync(target.parent)
    return True


def _files(folder: Path) -> list[str]:
    """The names of all but folders; a link is one, whatever it leads to."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
    )
