"""Decontamination (R1 App. B.3.2): drops whatever shares a 10-gram with an evaluation question or its solution.

Words are those of `word_hashes`: case, punctuation and white space make no difference; a Han character or a kana is
a word. Ten is the paper's number. A question of fewer words has no 10-gram: it is found if a message of the user's
consists of that question only and has at least four words, which is this project's rule. Near copies without a
common 10-gram are not found.
"""

import functools
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.dataset import Dataset
from r1data.data.locations import checked
from r1data.data.plain import is_plain, raw_records, records_digest
from r1data.data.records import Record, as_text
from r1data.data.values import to_rows
from r1data.errors import UserError
from r1data.selection.word_hashes import Hashes, Words, words_of

N = 10
SHORTEST_WHOLE = 4
"""Words of a question that is found as a whole; "What is it?" says too little."""
_CALCULATION = re.compile(r"<<[^<>]{0,200}>>")
"""What GSM8K's solutions hold for a calculator: "48/2 = <<48/2=24>>24". They count with it and without it."""
_AT_ONCE = 2_000
_SLOTS_PER_RUN = 32
_MOST_SLOTS = 1 << 26


@dataclass(frozen=True, slots=True)
class EvaluationIndex:
    """The runs of n words that evaluation records hold, in the order of their hashes, and whose each is.

    `records`: number of the first record that has the run; `names`: `file:line` of each record. `whole` and
    `whole_records`: the same for records' texts of fewer than n words, by the hash of all of it.
    """

    n: int
    runs: Hashes
    records: npt.NDArray[np.int32]
    whole: Hashes
    whole_records: npt.NDArray[np.int32]
    names: npt.NDArray[np.str_]

    def save(self, path: Path) -> None:
        """Writes what `load` reads."""
        fields = ("runs", "records", "whole", "whole_records", "names")
        with path.open("wb") as file:
            np.savez(file, n=np.int64(self.n), **{name: getattr(self, name) for name in fields})


@functools.lru_cache(maxsize=2)
def load(path: str) -> tuple[EvaluationIndex, npt.NDArray[np.bool_]]:
    """What `save` wrote, and for each slot of a table whether some run's hash falls into it."""
    with np.load(path, allow_pickle=False) as saved:
        parts = {name: saved[name] for name in saved.files if name != "n"}
        evaluation = EvaluationIndex(n=int(saved["n"]), **parts)
    # Hardly any run of a text is one of the evaluation's. At most one slot in 32 is taken, unless `_MOST_SLOTS` keeps
    # the table small: so one look-up rules out nearly all runs before the binary search.
    size = min(_MOST_SLOTS, 1 << max(16, (len(evaluation.runs) * _SLOTS_PER_RUN).bit_length()))
    slots = np.zeros(size, np.bool_)
    slots[evaluation.runs & np.uint64(size - 1)] = True
    return evaluation, slots


def read_evaluation(paths: Sequence[str], n: int = N) -> EvaluationIndex:
    """The runs of n words of every text in evaluation files: datasets, or JSONL, JSON, CSV and Parquet.

    Raises UserError where a file cannot be read, or no text in it has n words, or as many as a whole question must.
    """
    names: list[str] = []
    runs, whole = [_NOTHING], [_NOTHING]
    for path in paths:
        count = 0
        for texts, owners in _texts(path, names):
            start = 0
            for words in words_of(texts):
                place = owners[start : start + len(words.ends)]
                start += len(words.ends)
                hashes, firsts = words.runs(n)
                short = np.flatnonzero((words.counts >= SHORTEST_WHOLE) & (words.counts < n))
                runs.append((hashes, place[words.text_of(firsts)]))
                whole.append((words.whole()[short], place[short]))
                count += len(hashes) + len(short)
        if not count:
            raise UserError(
                f"{path}: no text of {n} words in it, nor a question of {SHORTEST_WHOLE}; give the "
                "benchmark's questions"
            )
    return EvaluationIndex(n, *_first_of_each(runs), *_first_of_each(whole), np.array(names, np.str_))


Pairs = tuple[Hashes, npt.NDArray[np.int32]]
_NOTHING: Pairs = (np.empty(0, np.uint64), np.empty(0, np.int32))


def _texts(path: str, names: list[str]) -> Iterator[tuple[list[str], npt.NDArray[np.int32]]]:
    """Texts of a file's records, some thousand at a time, with the number of the record of each; adds the records'
    names to `names`."""
    file = posixpath.basename(path.rstrip("/"))
    texts: list[str] = []
    owners: list[int] = []
    for line, record in _records(path):
        names.append(f"{file}:{line}")
        for value in record.values():
            if text := as_text(value):
                text = text.encode("utf-8", "replace").decode()  # Arrow takes no lone surrogates
                forms = {text, _CALCULATION.sub("", text)}
                texts += sorted(forms)
                owners += [len(names) - 1] * len(forms)
        if len(texts) >= _AT_ONCE:
            yield texts, np.array(owners, np.int32)
            texts, owners = [], []
    yield texts, np.array(owners, np.int32)


def _first_of_each(pairs: Sequence[Pairs]) -> Pairs:
    """Each hash once, in order, with the smallest number that it came with."""
    hashes = np.concatenate([pair[0] for pair in pairs])
    records = np.concatenate([pair[1] for pair in pairs])
    order = np.lexsort((records, hashes))
    unique, first = np.unique(hashes[order], return_index=True)
    return unique, records[order][first]


def digest(path: str) -> str:
    """What identifies evaluation questions: their content, not where they lie."""
    return records_digest(raw_records(checked(path))) if is_plain(path) else Dataset(path).digest


def _records(path: str) -> Iterator[tuple[int, Record]]:
    """Numbered records of a dataset or a file."""
    if is_plain(path):
        yield from raw_records(path)
        return
    rows = (row for table in Dataset(path).tables() for row in to_rows(table, path))
    yield from enumerate(rows, 1)


def hits(messages: pa.ChunkedArray, saved: str | None) -> tuple[pa.Array, pa.Array]:
    """For each conversation of a column `messages` the evaluation record that it shares n words with, and the words.

    Args:
        saved: path of a saved `EvaluationIndex`; None where nothing is to be found.

    Returns:
        `file:line` and the first words shared, as strings; null where there are none.
    """
    records: list[str | None] = [None] * len(messages)
    shared: list[str | None] = [None] * len(messages)
    if saved is not None:
        evaluation, slots = load(saved)
        conversations = messages.combine_chunks()
        turns = pc.list_flatten(conversations)
        owners = pc.list_parent_indices(conversations).to_numpy()
        by_user = pc.equal(turns.field("role"), "user").to_numpy(zero_copy_only=False)
        start = 0
        for words in words_of(turns.field("content").to_pylist()):
            for text, record, place, length in _find_hits(words, by_user[start:], evaluation, slots):
                owner = owners[start + text]
                if records[owner] is None:
                    records[owner], shared[owner] = str(evaluation.names[record]), words.spell(place, length)
            start += len(words.ends)
    return pa.array(records, pa.string()), pa.array(shared, pa.string())


def _find_hits(
    words: Words, by_user: npt.NDArray[np.bool_], evaluation: EvaluationIndex, slots: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, int, int, int]]:
    """Number of a text, of the record that it shares words with, the first of these words, and how many they are."""
    runs, places = words.runs(evaluation.n)
    likely = np.flatnonzero(slots[runs & np.uint64(len(slots) - 1)])
    records = _look_up(runs[likely], evaluation.runs, evaluation.records)
    is_hit = records >= 0
    places, records = places[likely[is_hit]], records[is_hit]
    texts, first = np.unique(words.text_of(places), return_index=True)
    for text, at in zip(texts, first, strict=True):
        yield int(text), int(records[at]), int(places[at]), evaluation.n
    counts = words.counts
    short = np.flatnonzero((counts >= SHORTEST_WHOLE) & (counts < evaluation.n) & by_user[: len(counts)])
    if len(short) and len(evaluation.whole):
        records = _look_up(words.whole()[short], evaluation.whole, evaluation.whole_records)
        for text, record in zip(short[records >= 0], records[records >= 0], strict=True):
            count = int(counts[text])
            yield int(text), int(record), int(words.ends[text]) - count, count


def _look_up(hashes: Hashes, keys: Hashes, values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The value of each wanted hash, -1 where it is not known."""
    if not len(keys):
        return np.full(len(hashes), -1, np.int32)
    at = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
    result: npt.NDArray[np.int32] = np.where(keys[at] == hashes, values[at], np.int32(-1))
    return result
