"""Decontamination (R1 App. B.3.2): whatever shares a 10-gram with an evaluation question or its solution
goes.

Words are runs of letters and digits, lower case; a Chinese or Japanese character is a word by itself, which
is ours. A text of fewer than ten words has no 10-gram and matches nothing. Near copies that share none are
not found.
"""

import hashlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from r1data.errors import UserError
from r1data.readability.scripts import HAN, KANA
from r1data.shards import Dataset
from r1data.shards.plain import is_plain
from r1data.shards.records import Record, as_text, read_records
from r1data.shards.stores import open_binary

N = 10
_WORD = re.compile(f"[{HAN}{KANA}]|[^\\W_{HAN}{KANA}]+")

Grams = dict[str, str]
"""10-gram → the evaluation record that it stands in, as `file:line`."""


def read_grams(paths: Sequence[str], n: int = N) -> Grams:
    """The n-grams of every text in evaluation questions: datasets, or JSONL, JSON, CSV and Parquet files.

    Raises UserError where one cannot be read, or no text in it is n words long.
    """
    grams: Grams = {}
    for path in paths:
        before = len(grams)
        for line, record in _records(path):
            for value in record.values():
                for gram in ngrams(as_text(value) or "", n):
                    grams.setdefault(gram, f"{posixpath.basename(path.rstrip('/'))}:{line}")
        if len(grams) == before:
            raise UserError(f"{path}: no text of {n} words or more that is not in the other files")
    return grams


def digest(path: str) -> str:
    """What identifies evaluation questions: their content, not where they lie."""
    if not is_plain(path):
        return Dataset(path).digest
    with open_binary(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _records(path: str) -> Iterator[tuple[int, Record]]:
    """Numbered records of a dataset or a file."""
    if is_plain(path):
        yield from read_records(path)
        return
    rows = (row for table in Dataset(path).tables() for row in table.to_pylist())
    yield from enumerate(rows, 1)


def ngrams(text: str, n: int = N) -> Iterator[str]:
    """Each sequence of n words of a text, joined by blanks."""
    words = _WORD.findall(text.lower())
    return (" ".join(words[start : start + n]) for start in range(len(words) - n + 1))


def hit(texts: Iterable[str], grams: Grams, n: int = N) -> str | None:
    """The first evaluation record that one of the texts shares an n-gram with; None where there is none."""
    for text in texts:
        for gram in ngrams(text, n):
            if gram in grams:
                return grams[gram]
    return None


def hits(messages: pa.ChunkedArray, grams: Grams) -> pa.Array:
    """`hit` for each conversation of a column `messages`."""
    if not grams:
        return pa.nulls(len(messages), pa.string())
    found = [hit((turn["content"] for turn in conversation), grams) for conversation in messages.to_pylist()]
    return pa.array(found, pa.string())
