"""What a dropped row lost to: the row that stayed, or the words of an evaluation that it shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from r1data.data.dataset import Dataset
from r1data.data.locations import scheme
from r1data.data.schema import Row
from r1data.lineage.ancestors import gather, place_of, step_of
from r1data.lineage.dedup_history import Winner, final_text, find_winners
from r1data.lineage.scanning import by_columns
from r1data.window.sides.differences import STEPS, Differences, Span, differences, shared_run
from r1data.window.table import database

TEXT_LIMIT, TURNS_LIMIT = 100_000, 100
"""Characters and texts of a row that are compared and shown; the row's page has all. Ours."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A text of both rows beside each other, with where they differ; `other` is None where there is one row alone.

    `shared`: where the text has the words that it shares with an evaluation.
    """

    label: str
    text: str
    other: str | None = None
    marks: tuple[Span, ...] = ()
    other_marks: tuple[Span, ...] = ()
    unit: str = "words"
    same: float = 1.0
    shared: Span | None = None


def winner_of(uri: str, row: Row) -> Winner | None:
    """The row that a dropped one of a dataset lost to, among the outputs of the same run; None where none is named.

    Raises:
        UserError: the dataset cannot be read.
    """
    folder = uri if scheme(uri) else str(Path(place_of(uri)).parent)
    members = gather([uri], folder).members.values()
    run = step_of(Dataset(uri))
    return find_winners(
        [row],
        [member for member in members if step_of(member) == run],
        partial(by_columns, database=database.running),
    )[0]


def turns(row: Row, other: Row | None) -> list[Turn]:
    """The texts of a row beside those of another: prompt and response, or the turns of a conversation in order."""
    texts, others = texts_of(row), texts_of(other) if other is not None else []
    steps = STEPS // max(1, len(texts))
    words = str(row.get("shared_words") or "")
    result = []
    for number in range(max(len(texts), len(others))):
        label, text = texts[number] if number < len(texts) else (others[number][0], "")
        beside = (others[number][1] if number < len(others) else "") if other is not None else None
        compared = (
            differences(text, beside, steps) if beside is not None else Differences((), (), "words", 1.0)
        )
        shared = shared_run(text, words)
        result.append(
            Turn(label, text, beside, compared.left, compared.right, compared.unit, compared.same, shared)
        )
    return result


def texts_of(row: Row) -> list[tuple[str, str]]:
    """What people read of a row, a label and a text each, cut so that together they have `TEXT_LIMIT` characters."""
    messages: Sequence[Row] = row.get("messages") or ()
    texts = [(str(turn["role"]), turn["content"] or "") for turn in messages[:TURNS_LIMIT] if turn]
    if not texts:
        texts = [(name, row[name]) for name in ("system", "prompt") if row.get(name)]
        if row.get("response") is not None:
            texts.append(("response", final_text(row)[0]))
        texts += [(name, row[name]) for name in ("chosen", "rejected") if row.get(name)]
    # The long ones share what the short ones leave: a long prompt must not hide the response.
    left, cut = TEXT_LIMIT, {}
    for waiting, number in enumerate(sorted(range(len(texts)), key=lambda place: len(texts[place][1]))):
        cut[number] = texts[number][1][: left // (len(texts) - waiting)]
        left -= len(cut[number])
    return [(label, cut[number]) for number, (label, _) in enumerate(texts)]


def is_cut(row: Row) -> bool:
    """Whether `texts_of` leaves out a part of a row's texts."""
    lengths = [len(turn["content"] or "") for turn in row.get("messages") or () if turn]
    names = ("system", "prompt", "response", "chosen", "rejected")
    return (
        sum(lengths or [len(row.get(name) or "") for name in names]) > TEXT_LIMIT
        or len(lengths) > TURNS_LIMIT
    )
