"""The results of `r1 review`: the journal of its desk (`journal`), read as those of any other tool.

Entries that were taken back, and skips, are no opinion. Of a reviewer's entries on a row the latest counts, as
everywhere; one that settled a conflict is final.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from r1data.data.records import Record
from r1data.errors import UserError
from r1data.exchange.review import journal
from r1data.exchange.review.entries import SKIP, entry_of
from r1data.exchange.review.opinions import Opinion, ReviewResult, time_of


def is_record(record: Mapping[str, Any]) -> bool:
    """True for a record that has the shape of a journal's line."""
    return record.get(journal.KIND) in (
        journal.HEADER,
        journal.ENTRY,
        journal.UNDO,
        journal.DEAL,
        journal.FINISH,
    ) and ("at" in record)


def read_all(records: Iterable[tuple[int, Record]], uri: str) -> Iterator[ReviewResult]:
    """What reviewers said, one result an entry in effect. Raises UserError for what `r1 review` does not write."""
    in_effect: dict[str, ReviewResult] = {}
    for number, record in records:
        where = f"{uri}: record {number}"
        if not is_record(record):
            raise UserError(
                f"{where}: not a line of a review's journal; give the file as `r1 review` wrote it"
            )
        if record[journal.KIND] == journal.UNDO:
            in_effect.pop(str(record.get("entry_id")), None)
        if record[journal.KIND] == journal.ENTRY and record.get("decision") != SKIP:
            result = read(record, where)
            in_effect.setdefault(str(record.get("entry_id")), result)
    yield from in_effect.values()


def read(record: Mapping[str, Any], where: str) -> ReviewResult:
    """What one entry says. Raises UserError for what `r1 review` does not write."""
    try:
        entry = entry_of(record)
    except UserError as error:
        raise UserError(f"{where}: {error}") from None
    opinion = Opinion(
        entry.decision,
        entry.reviewer,
        time_of(record.get("at"), where),
        entry.note,
        entry.texts,
        record.get("final") is True,
        entry.reason,
    )
    return ReviewResult(entry.key, entry.response_id, (opinion,))
