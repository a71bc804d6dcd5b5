"""Records of a journal as the desk takes them in again; what is no such record is a ValueError, for damage."""

from datetime import datetime

from r1data.data.plain import content_id
from r1data.data.records import Record
from r1data.errors import UserError
from r1data.exchange.review.dealing import Reading
from r1data.exchange.review.entries import ReviewEntry, entry_of, reviewer_name
from r1data.exchange.review.opinions import plain

LAST_MOMENT = 32_503_680_000.0
"""The year 3000, in seconds since 1970: a journal with a later moment is damaged."""


def kept_moment(record: Record) -> float:
    """When a record was written, in seconds since 1970. Raises ValueError."""
    at = datetime.fromisoformat(record["at"]).timestamp()
    if not 0 <= at < LAST_MOMENT:
        raise ValueError("at")
    return at


def kept_name(record: Record) -> str:
    """The reviewer of a record. Raises ValueError."""
    try:
        return reviewer_name(record["reviewer"])
    except UserError as error:
        raise ValueError(str(error)) from error


def kept_entry(record: Record) -> ReviewEntry:
    """The entry of a record. Raises ValueError."""
    try:
        return entry_of(record)
    except UserError as error:
        raise ValueError(str(error)) from error


def reading_of(entry: ReviewEntry, position: int, place: int, final: bool) -> Reading:
    """An entry as the dealer keeps it: of texts that were changed a digest, whatever the decision was called."""
    effect = entry.decision
    if entry.texts and effect in ("accept", "edit"):
        edits = sorted((name, plain(text)) for name, text in entry.texts.items())
        effect = "edit:" + content_id(*(part for edit in edits for part in edit))
    return Reading(entry.entry_id, entry.reviewer, position, effect, place, final, entry.seconds or 0.0)
