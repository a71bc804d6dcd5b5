"""Decontamination (R1 App. B.3.2): drops whatever shares a 10-gram with an evaluation question or its solution.

Words are those of `word_hashes`: case, punctuation and white space make no difference; a Han character or a kana is
a word. Ten is the paper's number. A question of fewer words has no 10-gram: it is found if a message of the user's
consists of that question only and has at least four words, which is this project's rule. Near copies without a
common 10-gram are not found. What is no evidence though it is shared, `boilerplate` says.
"""

import functools
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.records import as_text
from r1data.errors import UserError
from r1data.selection import boilerplate
from r1data.selection.evaluations import Compared, records
from r1data.selection.word_hashes import Hashes, Places, Words, words_of

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
    `whole_records`: the same for records' texts of fewer than n words, by the hash of all of it. `kinds`: for each run
    `boilerplate.COUNTS`, or why it is no evidence. `grams`: the shorter runs, sorted, that so many records have that
    they may belong to an instruction: how many prompts have them decides.
    """

    n: int
    runs: Hashes
    records: npt.NDArray[np.int32]
    whole: Hashes
    whole_records: npt.NDArray[np.int32]
    names: npt.NDArray[np.str_]
    kinds: npt.NDArray[np.int8]
    grams: Hashes

    def save(self, path: Path) -> None:
        """Writes what `load` reads."""
        fields = ("runs", "records", "whole", "whole_records", "names", "kinds", "grams")
        with path.open("wb") as file:
            np.savez(file, n=np.int64(self.n), **{name: getattr(self, name) for name in fields})


def read_index(path: str) -> EvaluationIndex:
    """What `save` wrote."""
    with np.load(path, allow_pickle=False) as saved:
        parts = {name: saved[name] for name in saved.files if name != "n"}
        return EvaluationIndex(n=int(saved["n"]), **parts)


@functools.lru_cache(maxsize=2)
def load(path: str) -> tuple[EvaluationIndex, npt.NDArray[np.bool_]]:
    """What `save` wrote, and for each slot of a table whether some run's hash falls into it."""
    evaluation = read_index(path)
    # Hardly any run of a text is one of the evaluation's. At most one slot in 32 is taken, unless `_MOST_SLOTS` keeps
    # the table small: so one look-up rules out nearly all runs before the binary search.
    size = min(_MOST_SLOTS, 1 << max(16, (len(evaluation.runs) * _SLOTS_PER_RUN).bit_length()))
    slots = np.zeros(size, np.bool_)
    slots[evaluation.runs & np.uint64(size - 1)] = True
    return evaluation, slots


def read_evaluation(paths: Sequence[Compared], n: int = N, named: Sequence[str] = ()) -> EvaluationIndex:
    """The runs of n words of every text in evaluation files: datasets, or JSONL, JSON, CSV and Parquet.

    `named` are files of boilerplate, whose lines are no evidence.

    Raises UserError where a file cannot be read, no text in it has n words, or as many as a whole question must, or
    nearly all of the longest text of a record is named as boilerplate.
    """
    names: list[str] = []
    runs, whole, kinds, grams = [_NOTHING], [_NOTHING], [_NO_KINDS], [np.empty(0, np.uint64)]
    spans = boilerplate.named_spans(named, n) if named else None
    longest: dict[int, tuple[int, bool]] = {}
    for path in paths:
        count, before = 0, len(names)
        of_file: list[tuple[Hashes, Hashes]] = []
        for texts, owners in _texts(path, names):
            start = 0
            for words in words_of(texts):
                place = owners[start : start + len(words.ends)]
                start += len(words.ends)
                hashes, firsts = words.runs(n)
                short = np.flatnonzero((words.counts >= SHORTEST_WHOLE) & (words.counts < n))
                runs.append((hashes, place[words.text_of(firsts)]))
                whole.append((words.whole()[short], place[short]))
                kinds.append(_kinds_of(words, n, firsts, spans))
                if spans is not None:
                    _note_named(words, spans, place, longest)
                of_file.append(boilerplate.grams_of(words, n))
                count += len(hashes) + len(short)
        if not count:
            raise UserError(
                f"{path}: no text of {n} words in it, nor a question of {SHORTEST_WHOLE}; give the "
                "benchmark's questions"
            )
        grams.append(boilerplate.common_grams(of_file, len(names) - before))
    if wholly := [names[record] for record, (_, is_named) in sorted(longest.items()) if is_named]:
        raise UserError(
            f"--boilerplate {', '.join(named)}: all of {wholly[0]}, a question of the evaluation, is named; give "
            "instructions alone"
        )
    order, firsts = _first_of_each(runs)
    of_runs = np.minimum.reduceat(np.concatenate(kinds)[order], firsts) if len(firsts) else _NO_KINDS
    return EvaluationIndex(
        n,
        *_ordered(runs, order[firsts]),
        *_ordered(whole, _firsts(whole)),
        np.array(names, np.str_),
        of_runs,
        np.unique(np.concatenate(grams)),
    )


def _note_named(
    words: Words,
    spans: boilerplate.Spans,
    owners: npt.NDArray[np.int32],
    longest: dict[int, tuple[int, bool]],
) -> None:
    """Notes for each record the words of its longest text, and whether boilerplate names all of them."""
    outside = np.concatenate([[0], np.cumsum(~spans.covered(words))])
    for text, (record, count) in enumerate(zip(owners.tolist(), words.counts.tolist(), strict=True)):
        end = int(words.ends[text])
        if count > longest.get(record, (0, False))[0]:
            longest[record] = count, bool(outside[end] == outside[end - count])


def _kinds_of(words: Words, n: int, firsts: Places, spans: boilerplate.Spans | None) -> npt.NDArray[np.int8]:
    kinds = boilerplate.kinds(words, n, firsts)
    if spans is not None:
        ignored = boilerplate.ignored_by_spans(words, spans, n, firsts)
        kinds[ignored & (kinds == boilerplate.COUNTS)] = boilerplate.NAMED
    return kinds


Pairs = tuple[Hashes, npt.NDArray[np.int32]]
_NOTHING: Pairs = (np.empty(0, np.uint64), np.empty(0, np.int32))
_NO_KINDS = np.empty(0, np.int8)


def _texts(path: Compared, names: list[str]) -> Iterator[tuple[list[str], npt.NDArray[np.int32]]]:
    """Texts of a file's records, some thousand at a time, with the number of the record of each; adds the records'
    names to `names`."""
    file = posixpath.basename(str(path).rstrip("/"))
    texts: list[str] = []
    owners: list[int] = []
    for line, record in records(path):
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


def _first_of_each(pairs: Sequence[Pairs]) -> tuple[Places, Places]:
    """The order of hashes and, among equal ones, of their records; and where each hash begins in that order."""
    hashes = np.concatenate([pair[0] for pair in pairs])
    order = np.lexsort((np.concatenate([pair[1] for pair in pairs]), hashes))
    return order, np.unique(hashes[order], return_index=True)[1]


def _firsts(pairs: Sequence[Pairs]) -> Places:
    order, firsts = _first_of_each(pairs)
    return order[firsts]


def _ordered(pairs: Sequence[Pairs], places: Places) -> Pairs:
    """The hashes and records of all pairs at some places."""
    hashes, records = (np.concatenate([pair[number] for pair in pairs]) for number in (0, 1))
    return hashes[places], records[places]


def common_runs(
    paths: Sequence[Compared], n: int, prompts_by_gram: Mapping[int, int]
) -> tuple[Hashes, dict[str, int]]:
    """The evaluation's runs that are no evidence because their words belong to grams that many prompts have.

    Args:
        paths: the evaluation files.
        n: words of a run.
        prompts_by_gram: how many prompts have each gram, by its hash.

    Returns:
        The hashes of the runs, sorted, and the passages that the grams make up, each with the most prompts that have a
        gram of it.
    """
    size = boilerplate.gram_size(n)
    grams = np.array(sorted(prompts_by_gram), np.uint64)
    prompts = np.array([prompts_by_gram[int(gram)] for gram in grams], np.int64)
    spans = boilerplate.Spans({size: grams})
    ignored, counted = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    passages: dict[str, int] = {}
    for path in paths:
        for texts, _ in _texts(path, []):
            for words in words_of(texts):
                runs, firsts = words.runs(n)
                is_ignored = boilerplate.ignored_by_spans(words, spans, n, firsts)
                ignored.append(np.unique(runs[is_ignored]))
                counted.append(np.unique(runs[~is_ignored]))
                for first, length, most in boilerplate.passages(words, size, grams, prompts):
                    passage = words.spell(first, length)
                    passages[passage] = max(most, passages.get(passage, 0))
    return np.setdiff1d(np.concatenate(ignored), np.concatenate(counted)), passages


def spell(paths: Sequence[Compared], evaluation: EvaluationIndex, runs: Sequence[int]) -> dict[int, str]:
    """The words of some of the evaluation's runs, by their numbers."""
    hashes_to_spell = evaluation.runs[np.array(sorted(runs), np.int64)]
    spelled: dict[int, str] = {}
    for path in paths if len(hashes_to_spell) else ():
        for texts, _ in _texts(path, []):
            for words in words_of(texts):
                hashes, firsts = words.runs(evaluation.n)
                for place in np.flatnonzero(np.isin(hashes, hashes_to_spell)):
                    run = int(np.searchsorted(evaluation.runs, hashes[place]))
                    if run not in spelled:
                        spelled[run] = words.spell(int(firsts[place]), evaluation.n)
    return spelled


@dataclass(frozen=True, slots=True)
class Hits:
    """What conversations share with the evaluation, a value a conversation, null where there is nothing.

    `records`, `words`: `file:line` of the evaluation record that it shares n words with, and the first such words, as
    strings, without what the index has as no evidence. `runs`: numbers of all the evaluation's runs that it has, in the
    order of its words, those that are no evidence among them; `WHOLE - record` for a record's whole question. `grams`:
    numbers of the evaluation's grams in what comes before the last message.
    """

    records: pa.Array
    words: pa.Array
    runs: pa.Array
    grams: pa.Array


WHOLE = -1
"""What the number of a record is taken from where its whole question is shared, not a run of it."""


def hits(messages: pa.ChunkedArray, saved: str | None) -> Hits:
    """What each conversation of a column `messages` shares with the evaluation.

    Args:
        saved: path of a saved `EvaluationIndex`; None where nothing is to be found.
    """
    records: list[str | None] = [None] * len(messages)
    shared: list[str | None] = [None] * len(messages)
    runs: list[list[int] | None] = [None] * len(messages)
    grams: list[list[int] | None] = [None] * len(messages)
    if saved is not None:
        evaluation, slots = load(saved)
        conversations = messages.combine_chunks()
        turns = pc.list_flatten(conversations)
        owners = pc.list_parent_indices(conversations).to_numpy()
        by_user = pc.equal(turns.field("role"), "user").to_numpy(zero_copy_only=False)
        start = 0
        for words in words_of(turns.field("content").to_pylist()):
            for text, numbers, record, place, length in _find_hits(words, by_user[start:], evaluation, slots):
                owner = owners[start + text]
                runs[owner] = [*(runs[owner] or ()), *numbers]
                if record >= 0 and records[owner] is None:
                    records[owner], shared[owner] = str(evaluation.names[record]), words.spell(place, length)
            for text, numbers in _find_grams(words, owners[start:], evaluation):
                owner = owners[start + text]
                grams[owner] = [*(grams[owner] or ()), *numbers]
            start += len(words.ends)
    numbered = pa.list_(pa.int32())
    return Hits(
        pa.array(records, pa.string()),
        pa.array(shared, pa.string()),
        pa.array(runs, numbered),
        pa.array(grams, numbered),
    )


def _find_hits(
    words: Words, by_user: npt.NDArray[np.bool_], evaluation: EvaluationIndex, slots: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, list[int], int, int, int]]:
    """For each text that has any: its number, the numbers of its runs, and of the first that is evidence the record
    (-1 if none is), the first of its words, and how many they are."""
    runs, places = words.runs(evaluation.n)
    likely = np.flatnonzero(slots[runs & np.uint64(len(slots) - 1)])
    numbers = _look_up(runs[likely], evaluation.runs, np.arange(len(evaluation.runs), dtype=np.int32))
    places, numbers = places[likely[numbers >= 0]], numbers[numbers >= 0]
    counts = evaluation.kinds[numbers] == boilerplate.COUNTS
    texts, first = np.unique(words.text_of(places), return_index=True)
    for text, start, stop in zip(texts, first, np.append(first, len(places))[1:], strict=True):
        at = start + int(np.argmax(counts[start:stop]))
        record = int(evaluation.records[numbers[at]]) if counts[at] else -1
        own = list(dict.fromkeys(numbers[start:stop].tolist()))
        yield int(text), own, record, int(places[at]), evaluation.n
    short = np.flatnonzero(
        (words.counts >= SHORTEST_WHOLE) & (words.counts < evaluation.n) & by_user[: len(words.counts)]
    )
    if len(short) and len(evaluation.whole):
        records = _look_up(words.whole()[short], evaluation.whole, evaluation.whole_records)
        for text, record in zip(short[records >= 0], records[records >= 0], strict=True):
            count = int(words.counts[text])
            yield int(text), [WHOLE - int(record)], int(record), int(words.ends[text]) - count, count


def _find_grams(
    words: Words, owners: npt.NDArray[np.int64], evaluation: EvaluationIndex
) -> Iterator[tuple[int, list[int]]]:
    """The numbers of the evaluation's grams in each text that has any and is not its conversation's last."""
    if not len(evaluation.grams):
        return
    grams, places = words.runs(boilerplate.gram_size(evaluation.n))
    numbers = _look_up(grams, evaluation.grams, np.arange(len(evaluation.grams), dtype=np.int32))
    texts = words.text_of(places[numbers >= 0])
    numbers = numbers[numbers >= 0]
    for text, first, size in zip(*np.unique(texts, return_index=True, return_counts=True), strict=True):
        if text + 1 < len(owners) and owners[text + 1] == owners[text]:
            yield int(text), list(dict.fromkeys(numbers[first : first + size].tolist()))


def _look_up(hashes: Hashes, keys: Hashes, values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The value of each wanted hash, -1 where it is not known."""
    if not len(keys):
        return np.full(len(hashes), -1, np.int32)
    at = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
    result: npt.NDArray[np.int32] = np.where(keys[at] == hashes, values[at], np.int32(-1))
    return result
