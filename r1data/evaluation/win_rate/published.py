"""Pairs of answers with people's choices, as sets publish them, to see how far a judge agrees.

Read are a file or set of the hub with two answers and a choice a row, under one of the names below, and rows of
preferences (`chosen`, `rejected`), of which the chosen one is A or B by a draw from its texts. The choice of three or
more `annotator…` columns is what most of them say. A row's subset is its column `subset`, `category` or `set`, or what
stands before the number in an id such as `Adversarial/Manual/3`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.plain import content_id, is_plain, raw_records
from r1data.data.records import as_text
from r1data.data.responses import split
from r1data.data.text import one_line, storable
from r1data.engines.base import seed_of
from r1data.errors import UserError
from r1data.evaluation.win_rate.matches import COLUMNS, Row

ANSWERS = (
    ("a", "b"), ("response_a", "response_b"), ("response_1", "response_2"), ("response1", "response2"),
    ("output_1", "output_2"), ("answer_a", "answer_b"),
)  # fmt: skip
PREFERENCE = ("chosen", "rejected")
CHOICES = ("choice", "label", "preference", "winner")
SUBSETS = ("subset", "category", "set")
WORDS = {
    "a": ("a", "1", "first", "model_a"),
    "b": ("b", "2", "second", "model_b"),
    "tie": ("tie", "0", "equal", "both"),
}
"""What a choice may be called; the names of the two answers' columns too."""

_ANNOTATOR = re.compile(r"annotator_?\d+")
_NUMBERED = re.compile(r"(.+)/\d+")


def read_pairs(place: str) -> list[Row]:
    """The pairs of a file, a set on the hub, or a dataset, as rows of matches; `result` is None where one is to judge.

    Raises UserError where it cannot be read, or holds no such pairs.
    """
    records = [(number, record) for number, record in _records(place) if record]
    if not records:
        raise UserError(f"{place}: empty, with no pair to judge; give a file with rows")
    rows = list(_rows(place, records))
    if all(row["result"] == "no_choice" for row in rows):
        raise UserError(
            f"{place}: no row says which answer people chose; add a column choice with a, b or tie, or give two "
            "datasets of responses"
        )
    return rows


def _records(place: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if is_plain(place):
        yield from raw_records(place)
        return
    number = 0
    for shard in Dataset(place).shards():
        for record in shard.table().to_pylist():
            number += 1
            yield number, record


def _rows(place: str, records: Sequence[tuple[int, Mapping[str, Any]]]) -> Iterator[Row]:
    first = records[0][1]
    names = next((pair for pair in (*ANSWERS, PREFERENCE) if set(pair) <= first.keys()), None)
    if names is None:
        known = ", ".join(" and ".join(pair) for pair in (*ANSWERS, PREFERENCE))
        raise UserError(
            f"{place}: no two answers among its columns ({one_line(', '.join(first), 200)}); name them {known}; or "
            "give two datasets of responses to compare two models"
        )
    words = _words(place, names, [record for _, record in records])
    for number, record in records:
        where = f"{place}: row {number}"
        prompt = _prompt(record, where)
        a, b = (_answer(record, name, where) for name in names)
        choice: str | None = "a"
        if names == PREFERENCE:
            if seed_of(0, "\0".join((prompt, *sorted((a, b)))), 0) % 2:
                a, b, choice = b, a, "b"
        else:
            choice = _choice(record, words, where)
        yield _row(record, prompt, (a, b), choice)


def _row(record: Mapping[str, Any], prompt: str, texts: tuple[str, str], choice: str | None) -> Row:
    row: Row = dict.fromkeys(COLUMNS)
    shown = [(split(text).answer or "").strip() for text in texts]
    names = {name: str(record.get(name) or "unknown") for name in ("domain", "source")}
    row |= {
        "prompt_id": content_id(None, prompt),
        "prompt": prompt,
        **names,
        "language": str(record.get("language") or "en"),
    }
    row |= {"a": shown[0], "b": shown[1], "subset": _subset(record), "choice": choice}
    if choice is None:
        row["result"] = "no_choice"
    elif not all(shown):
        row["result"] = "b_no_summary" if shown[0] else "a_no_summary"
    return row


def _prompt(record: Mapping[str, Any], where: str) -> str:
    if isinstance(record.get("prompt"), str):
        return storable(record["prompt"])
    if isinstance(record.get("instruction"), str):
        more = record.get("input")
        return storable(f"{record['instruction']}\n\n{more}" if more else record["instruction"])
    raise UserError(f"{where}: no text under prompt or instruction; rename the column that holds the prompt")


def _answer(record: Mapping[str, Any], name: str, where: str) -> str:
    value = record.get(name)
    if isinstance(value, dict | list):
        raise UserError(f"{where}: {name} is not a text; give each pair two texts")
    return storable(as_text(value) or "")


def _words(place: str, names: tuple[str, str], records: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What choices are called in a file → a, b or tie. Raises UserError where 0 and 1 may be either."""
    words = {word: choice for choice, called in WORDS.items() for word in called}
    words |= {names[0]: "a", names[1]: "b"}
    given = {word for record in records for word in _given(record)}
    if {"0", "1"} <= given <= {"0", "1", ""}:
        raise UserError(
            f"{place}: its choices are 0 and 1, which may name the first and second answer or a tie and the first; "
            "write a, b and tie"
        )
    return words


def _given(record: Mapping[str, Any]) -> list[str]:
    """The choices that a row holds, as they are written; none where it has no such column."""
    name = next((name for name in CHOICES if name in record), None)
    values = (
        [record[name]] if name else [value for key, value in record.items() if _ANNOTATOR.fullmatch(str(key))]
    )
    return [_written(value) for value in values]


def _written(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip().lower()


def _choice(record: Mapping[str, Any], words: Mapping[str, str], where: str) -> str | None:
    """What people chose, or most of them; None where nothing is said, or no choice has more than half."""
    given = [word for word in _given(record) if word]
    for word in given:
        if word not in words:
            shown = one_line(word, 40)
            raise UserError(f"{where}: {shown!r} is no choice; write a, b or tie, or 1, 2 and 0")
    votes = Counter(words[word] for word in given).most_common(1)
    return votes[0][0] if votes and 2 * votes[0][1] > len(given) else None


def _subset(record: Mapping[str, Any]) -> str | None:
    for name in SUBSETS:
        if isinstance(record.get(name), str):
            return storable(record[name])
    numbered = _NUMBERED.fullmatch(str(record.get("id") or ""))
    return storable(numbered[1]) if numbered else None
