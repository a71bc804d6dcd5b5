"""Reviewers' opinions on rows, from a tool's results, and the outcome where there are several.

Nothing is guessed. Of one reviewer the latest opinion counts; those marked as final, where there are any, count alone.
Reviewers that disagree, one who said `edit` and changed nothing, and several decisions at once leave a row undecided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from r1data.errors import UserError
from r1data.exchange.review.questions import DECISIONS, TEXTS, texts_of

RowKey = tuple[str, int]
CONFLICT, UNCLEAR = "conflict", "unclear"
"""Why a row that was reviewed is undecided."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One reviewer's opinion on a row.

    `texts`: those of `TEXTS` in the form; a `final` one overrides the others; `reason`: why it is rejected.
    """

    decision: str
    by: str | None
    at: str | None
    note: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    final: bool = False
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        values = {
            "decision": self.decision,
            "by": self.by,
            "at": self.at,
            "reason": self.reason,
            "note": self.note,
        }
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """The results for a row; `response_id` identifies the text that the reviewers saw, where that is known."""

    key: RowKey | None
    response_id: str | None
    opinions: tuple[Opinion, ...]


@dataclass(frozen=True, slots=True)
class ReviewOutcome:
    """The decision on a row. `decision` is None where `why` gives the obstacle; `texts` are the changed ones.

    `opinions` are those that count; `overruled`: of the others, each reviewer's latest, where final ones count alone.
    """

    decision: str | None
    opinions: tuple[Opinion, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    why: str | None = None
    overruled: tuple[Opinion, ...] = ()

    @property
    def by(self) -> str | None:
        """The reviewers."""
        return ", ".join(sorted({each.by for each in self.opinions if each.by})) or None

    @property
    def at(self) -> str | None:
        """When the last of them decided."""
        return max((each.at for each in self.opinions if each.at), default=None)

    @property
    def note(self) -> str | None:
        """Their reasons and notes."""
        lines = [line for each in self.opinions for line in (each.reason, each.note) if line]
        return "\n".join(dict.fromkeys(lines)) or None


def settle(row: Mapping[str, Any], opinions: Sequence[Opinion]) -> ReviewOutcome:
    """The outcome of the opinions on a row, at least one."""
    final = [each for each in opinions if each.final]
    decisive = _latest(final or opinions)
    overruled = _latest([each for each in opinions if not each.final]) if final else ()
    effects = [_effect(row, each) for each in decisive]
    if any(decision is None for decision, _ in effects):
        return ReviewOutcome(None, decisive, why=UNCLEAR, overruled=overruled)
    if any(each != effects[0] for each in effects):
        return ReviewOutcome(None, decisive, why=CONFLICT, overruled=overruled)
    return ReviewOutcome(effects[0][0], decisive, effects[0][1], overruled=overruled)


def _latest(opinions: Sequence[Opinion]) -> tuple[Opinion, ...]:
    """The latest of each reviewer; those without a name cannot be told apart, so that each of theirs counts."""
    # Opinions without a time are taken as the oldest, in the order of the file.
    latest: dict[object, Opinion] = {}
    for number, each in sorted(enumerate(opinions), key=lambda pair: (pair[1].at or "", pair[0])):
        latest[number if each.by is None else each.by] = each
    return tuple(latest.values())


def _effect(row: Mapping[str, Any], opinion: Opinion) -> tuple[str | None, dict[str, str]]:
    """The decision, and the texts that were changed: a text that was changed and accepted is an edit."""
    if opinion.decision == "reject":
        return "reject", {}
    original = texts_of(row)
    edits = {
        name: plain(text)
        for name, text in opinion.texts.items()
        if plain(text) != plain(original.get(name, ""))
    }
    if edits:
        return "edit", edits
    return (opinion.decision, {}) if opinion.decision == "accept" else (None, {})


def plain(text: str) -> str:
    """A text with normalised line ends and without surrounding blanks, which a form may change."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def key_of(ids: Mapping[str, Any], name: Any = None) -> RowKey | None:
    """A row's key out of the ids that its export gave it, or out of its name, `PROMPT_ID/SAMPLE_INDEX`."""
    prompt, sample = ids.get("prompt_id"), ids.get("sample_index")
    if prompt is None and isinstance(name, str):
        prompt, _, sample = name.rpartition("/")
    if isinstance(sample, str) and sample.isascii() and sample.isdigit() and len(sample) < 10:
        sample = int(sample)
    if not isinstance(prompt, str) or not prompt or isinstance(sample, bool) or not isinstance(sample, int):
        return None
    return prompt, sample


def decision_of(value: Any, where: str) -> str:
    """One of `DECISIONS`. Raises UserError."""
    if value not in DECISIONS:
        raise UserError(f"{where}: decision {value!r:.40} is none of {', '.join(DECISIONS)}; choose one")
    return str(value)


def text_of(value: Any, what: str, where: str) -> str:
    """A text that can be stored. Raises UserError."""
    if not isinstance(value, str):
        raise UserError(f"{where}: its {what} is a {type(value).__name__}, not a text; mend it in the file")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{where}: its {what} is no valid text ({error.reason}); mend it in the file"
        ) from None
    return value


def time_of(value: Any, where: str) -> str | None:
    """A moment in UTC, to the millisecond, so that moments compare as texts. Raises UserError."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise UserError(f"{where}: {value!r:.40} is no date and time; write ISO 8601") from None
    return moment.isoformat(timespec="milliseconds")


def texts_only(answers: Mapping[str, str]) -> dict[str, str]:
    """Those of the answers that stand for the row's texts."""
    return {name: answers[name] for name in TEXTS if name in answers}
