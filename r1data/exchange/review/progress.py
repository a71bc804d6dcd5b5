"""How far a review is, in all and by reviewer."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from r1data.exchange.review.apply import COUNTS_BY_DECISION


@dataclass(frozen=True)
class ReviewerProgress:
    """What one reviewer did: entries in effect, and the seconds that were spent on them."""

    accept: int = 0
    edit: int = 0
    reject: int = 0
    skip: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Progress:
    """How far the review is.

    Args:
        rows: to be reviewed; those that an earlier review decided are not among them.
        decided: settled rows, by decision in `decisions`.
        waiting: read once, waiting for a second reader.
        conflicts: on which reviewers disagree.
        skipped: entries in effect that are a skip.
        by_reviewer: by name.
    """

    rows: int
    decided: int
    waiting: int
    conflicts: int
    skipped: int
    decisions: Mapping[str, int]
    by_reviewer: Mapping[str, ReviewerProgress]
    decided_before: int = 0
    closed: bool = False

    @property
    def is_done(self) -> bool:
        """Whether every row is decided."""
        return self.decided == self.rows

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "decided": self.decided,
            "waiting": self.waiting,
            "conflicts": self.conflicts,
            "skipped": self.skipped,
            **{COUNTS_BY_DECISION[name]: count for name, count in self.decisions.items()},
            "decided_before": self.decided_before,
            "closed": self.closed,
            "by_reviewer": {name: asdict(each) for name, each in self.by_reviewer.items()},
        }
