"""Computes what `build` needs to know of each example: identities, random draws, sketches, contamination.

A stage over shards: rows come in, examples of schema `sft` go out with the columns of `KEYS` after the schema's own.
Everything that compares examples reads only these columns, never the texts.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from r1data.selection import contamination, sketch
from r1data.selection.examples import PROMPT_KEY, QUESTION_KEY, examples, undropped
from r1data.selection.word_hashes import words_of

KEYS = (
    PROMPT_KEY,
    QUESTION_KEY,
    "length",
    "words",
    "drawn",
    "split_drawn",
    "sums",
    "numbers",
    "sketch",
    "bands",
    "question_sketch",
    "question_bands",
)
"""Columns that only the decision reads. `length`: characters of the last message, `words`: its words; `drawn` and
`split_drawn`: the example's and its prompt's draw; `sums`: hash of the numbers and signs in the question, `numbers`:
how many numbers; sketches and bands: see `sketch`, of the last message and of what the user said before it."""


def features(table: pa.Table, *, evaluation: str | None, seed: int) -> pa.Table:
    """The examples of a shard's undropped rows with `KEYS`, and the fields of `contamination.Hits`: `contaminated_by`,
    `shared_words`, `shared_runs`, `prompt_grams`.

    Args:
        evaluation: path of a saved `contamination.EvaluationIndex`.
        seed: of all draws.
    """
    rows = examples(undropped(table))
    shared = contamination.hits(rows["messages"], evaluation)
    columns = {
        "contaminated_by": shared.records,
        "shared_words": shared.words,
        "shared_runs": shared.runs,
        "prompt_grams": shared.grams,
        "drawn": _draws(rows["example_id"], lambda each: draw(seed, "sample", each)),
        "split_drawn": _draws(rows["prompt_id"], lambda each: draw(seed, "split", each)),
        **_of_answers(rows["messages"]),
        **_of_questions(rows),
    }
    for name, column in columns.items():
        rows = rows.append_column(name, column)
    return rows


def _draws(ids: pa.ChunkedArray, draw_of: Callable[[str], int]) -> pa.Array:
    return pa.array([draw_of(each) for each in ids.to_pylist()], pa.int64())


def _of_answers(messages: pa.ChunkedArray) -> dict[str, pa.Array]:
    contents = [turns[-1]["content"] if turns else "" for turns in messages.to_pylist()]
    sketched = _compute_texts(contents, sketch.ROWS)
    return {
        "length": pa.array([len(text or "") for text in contents], pa.int64()),
        "words": pa.array(sketched.words, pa.int64()),
        "sketch": _blobs(sketched.sketches),
        "bands": _lists(sketched.bands),
    }


def _of_questions(rows: pa.Table) -> dict[str, pa.Array]:
    """Sketches of each question once, at its first row; null at the others."""
    keys = rows[PROMPT_KEY].to_pylist()
    # From the end, since the last of equal keys stays in a dict: that is the key's first row then.
    first = {key: place for place, key in reversed(list(enumerate(keys)))}
    places = sorted(first.values())
    conversations = rows["messages"].take(pa.array(places, pa.int64())).to_pylist()
    texts = [
        "\n".join(turn["content"] or "" for turn in turns[:-1] if turn["role"] == "user")
        for turns in conversations
    ]
    sketched = _compute_texts(texts, sketch.ROWS_SHORT)
    row_of: list[int | None] = [None] * len(keys)
    for number, place in enumerate(places):
        row_of[place] = number
    at = pa.array(row_of, pa.int64())
    return {
        "sums": pa.array(sketched.sums, pa.uint64()).take(at),
        "numbers": pa.array(sketched.numbers, pa.int64()).take(at),
        "question_sketch": _blobs(sketched.sketches).take(at),
        "question_bands": _lists(sketched.bands).take(at),
    }


class _TextFeatures(NamedTuple):
    """Sketches and bands of texts, how many words each has, the hash of its numbers and signs, how many numbers."""

    sketches: sketch.Sketches
    bands: sketch.Bands
    words: npt.NDArray[np.int64]
    sums: npt.NDArray[np.uint64]
    numbers: npt.NDArray[np.int64]


def _compute_texts(texts: list[str], rows: int) -> _TextFeatures:
    parts = [
        (*sketch.sketches(words, rows), words.counts, words.sums(), words.numbers())
        for words in words_of(texts)
    ]
    if not parts:
        none = np.empty(0, np.int64)
        empty = np.empty((0, sketch.BINS), np.uint16), np.empty((0, sketch.BINS // rows), np.uint32)
        return _TextFeatures(*empty, none, none.astype(np.uint64), none)
    sketches, bands, *others = zip(*parts, strict=True)
    return _TextFeatures(np.vstack(sketches), np.vstack(bands), *map(np.concatenate, others))


def _blobs(sketches: sketch.Sketches) -> pa.Array:
    width = sketch.BINS * sketches.itemsize
    buffer = pa.py_buffer(np.ascontiguousarray(sketches))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(sketches), [None, buffer])


def _lists(bands: sketch.Bands) -> pa.Array:
    offsets = np.arange(len(bands) + 1, dtype=np.int32) * bands.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(bands.ravel()))


def draw(seed: int, *ids: str) -> int:
    """A number from 0 to 2^63 - 1 that follows from a seed and ids alone."""
    text = "\x1f".join([str(seed), *ids])
    # 63 bits, since the columns are signed.
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8]) >> 1
