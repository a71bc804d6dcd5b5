"""What a reviewer says of a row at the desk, checked as it comes in, and the same as a line of the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from r1data.data.text import one_line, printable, storable
from r1data.errors import UserError
from r1data.exchange.review.opinions import RowKey, plain, text_of
from r1data.exchange.review.questions import DECISIONS, TEXTS, texts_of

SKIP = "skip"
ENTERED = (*DECISIONS, SKIP)
"""What may be entered of a row. A skip decides nothing: the row comes again, or goes to others."""
REJECT_REASONS = (
    "wrong answer",
    "wrong thoughts",
    "not readable",
    "mixed languages",
    "incomplete",
    "off topic",
    "unsafe",
)
"""Reasons that the desk offers for a reject; any other text is one too."""
LONGEST_NAME, LONGEST_ID, LONGEST_REASON, LONGEST_NOTE = 64, 100, 200, 20_000
LONGEST_TEXT = 2_000_000
"""Characters of what is entered. Ours, all."""
LONGEST_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class ReviewEntry:
    """One reviewer's entry on one row.

    Args:
        entry_id: drawn by the client; the same one again is the same entry, however often it is sent.
        response_id: of the response that the reviewer saw (`questions.response_id`).
        decision: one of `ENTERED`.
        texts: the thoughts and the answer as they are in the form, by the names of `TEXTS`.
        reason: why it is rejected.
        seconds: time that the reviewer spent on the row.
    """

    entry_id: str
    reviewer: str
    key: RowKey
    response_id: str
    decision: str
    texts: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None
    reason: str | None = None
    seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields as the journal and the desk's pages have them; what is empty is left out."""
        values = {
            "entry_id": self.entry_id,
            "reviewer": self.reviewer,
            "prompt_id": self.key[0],
            "sample_index": self.key[1],
            "response_id": self.response_id,
            "decision": self.decision,
            "reason": self.reason,
            "note": self.note,
            "texts": dict(self.texts) or None,
            "seconds": self.seconds,
        }
        return {name: value for name, value in values.items() if value is not None}


def entry_of(values: Mapping[str, Any]) -> ReviewEntry:
    """An entry out of JSON from outside. Raises UserError that names the field."""
    where = "the entry"
    prompt_id, sample_index = values.get("prompt_id"), values.get("sample_index")
    if not isinstance(prompt_id, str) or isinstance(sample_index, bool) or not isinstance(sample_index, int):
        raise UserError(f"{where}: names no row; give prompt_id and sample_index")
    decision = values.get("decision")
    if decision not in ENTERED:
        raise UserError(f"{where}: decision {decision!r:.40} is none of {', '.join(ENTERED)}; choose one")
    texts = values.get("texts") or {}
    if not isinstance(texts, Mapping) or not set(texts) <= set(TEXTS):
        raise UserError(f"{where}: texts is no object with {' and '.join(TEXTS)}; send one")
    reason = _text(values, "reason", LONGEST_REASON)
    return ReviewEntry(
        entry_id=_identity(values.get("entry_id"), "entry_id"),
        reviewer=reviewer_name(values.get("reviewer")),
        key=(prompt_id, sample_index),
        response_id=_identity(values.get("response_id"), "response_id"),
        decision=decision,
        texts={name: _text(texts, name, LONGEST_TEXT) or "" for name in TEXTS if texts.get(name) is not None},
        note=_text(values, "note", LONGEST_NOTE),
        reason=one_line(reason) or None if reason else None,
        seconds=_seconds(values.get("seconds")),
    )


def reviewer_name(name: Any) -> str:
    """A reviewer's name as it is recorded. Raises UserError for none, a longer one, or one that hides characters."""
    line = one_line(name) if isinstance(name, str) else ""
    if not line:
        raise UserError("the reviewer has no name; give one")
    if len(line) > LONGEST_NAME or printable(line) != name.strip():
        raise UserError(
            f"reviewer {line:.40}: no name; give one line of {LONGEST_NAME} characters at most that all show"
        )
    return line


def changed_texts(row: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, str]:
    """Those of the entered texts that differ from the row's; blanks around and other line ends are no change."""
    original = texts_of(row)
    return {name: text for name, text in texts.items() if plain(text) != plain(original.get(name, ""))}


def _text(values: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    text = storable(text_of(value, name, "the entry"))
    if len(text) > longest:
        raise UserError(
            f"the entry: its {name} has {len(text):,} characters, {longest:,} are allowed; shorten it"
        )
    return text if name in TEXTS else text.strip() or None


def _identity(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise UserError(f"the entry: has no {name}; send the one that belongs to the row")
    if not 0 < len(value) <= LONGEST_ID:
        raise UserError(f"the entry: its {name} has {len(value):,} characters; give 1 to {LONGEST_ID}")
    return value


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise UserError("the entry: seconds is no number; give one of 0 or more")
    return round(min(float(value), LONGEST_SECONDS), 1)
