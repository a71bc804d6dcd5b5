"""What a desk is told about dealing, and the row that it deals."""

from collections.abc import Mapping
from dataclasses import dataclass

from r1data.data.records import Record
from r1data.exchange.review.entries import ReviewEntry
from r1data.exchange.review.opinions import RowKey

LEASE_SECONDS = 1_800.0
TWICE_SHARE = 0.1
"""Ours, both."""


@dataclass(frozen=True)
class ReviewSettings:
    """How rows are dealt.

    Args:
        reviewers: the names that may review; any, without one.
        twice_share: share of the rows that two reviewers read, 0 to 1; None is that of the review to go on with, or
            `TWICE_SHARE`.
        seed: decides which rows these are; None is that of the review to go on with, or 0.
        lease_seconds: for how long a row that was dealt is kept for its reviewer.
    """

    reviewers: tuple[str, ...] = ()
    twice_share: float | None = None
    seed: int | None = None
    lease_seconds: float = LEASE_SECONDS


@dataclass(frozen=True)
class DealtRow:
    """A row for a reviewer.

    `texts`: what may be edited. `adjudication`: others disagree on it, in `others`, and this reviewer settles it.
    `previous`: what this reviewer entered and took back.
    """

    key: RowKey
    position: int
    row: Record
    response_id: str
    texts: Mapping[str, str]
    adjudication: bool = False
    others: tuple[ReviewEntry, ...] = ()
    previous: ReviewEntry | None = None
