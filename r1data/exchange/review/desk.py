"""The annotators' desk: deals the rows of a dataset, keeps what reviewers decide, writes the dataset at the end.

All that is decided is in the journal (`journal`), and the desk is what that says: opened again after a kill, it goes on
where it was. Which row comes next is in `dealing`, how decisions are applied in `apply`.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from r1data.data.records import Record
from r1data.data.source import open_source
from r1data.data.writer import Summary
from r1data.errors import UserError
from r1data.exchange.review import apply, journal
from r1data.exchange.review.agreement import Agreement, agreement
from r1data.exchange.review.dealing import CONFLICT, DECIDED, ONCE, OPEN, Dealer, ReadingsNeeded
from r1data.exchange.review.deals import TWICE_SHARE, DealtRow, ReviewSettings
from r1data.exchange.review.entries import ENTERED, SKIP, ReviewEntry, changed_texts, entry_of, reviewer_name
from r1data.exchange.review.journal import Journal
from r1data.exchange.review.kept import kept_entry, kept_moment, kept_name, reading_of
from r1data.exchange.review.opening import journal_path, refuse_other_review, reviewable
from r1data.exchange.review.opinions import RowKey
from r1data.exchange.review.progress import Progress, ReviewerProgress
from r1data.exchange.review.questions import response_id, texts_of
from r1data.exchange.review.results import read_results
from r1data.exchange.review.reviewed_rows import ReviewedRows
from r1data.lineage.rows import row_name

__all__ = ["DealtRow", "ReviewDesk", "ReviewSettings"]
VERSION = 1


@dataclass
class ReviewDesk:
    """A review that is open; safe between threads. `open` makes one."""

    uri: str
    out: str
    settings: ReviewSettings
    rows: ReviewedRows
    journal: Journal
    dropped: str | None = None
    require_all: bool = False
    clock: Callable[[], float] = time.time
    closed: bool = False
    summary: Summary | None = None
    """Of the dataset, once `finish` wrote it."""
    _dealer: Dealer = field(init=False, repr=False)
    _entry_ids: set[str] = field(default_factory=set, repr=False)
    _undo_keys: dict[str, RowKey | None] = field(default_factory=dict, repr=False)
    _last_at: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _finish_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def open(
        cls,
        uri: str,
        out: str,
        settings: ReviewSettings | None = None,
        *,
        dropped: str | None = None,
        require_all: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Opens a review, new or to go on.

        Args:
            uri: a dataset of samples, complete.
            out: the dataset to write, on this machine; the journal lies in it.
            dropped, require_all: for `finish`, as `apply.run` has them.

        Raises:
            UserError: there is no such dataset, `out` belongs to something else or to a review of other rows, or
                another program has the review open.
        """
        settings = settings or ReviewSettings()
        names = tuple(dict.fromkeys(reviewer_name(name) for name in settings.reviewers))
        settings = ReviewSettings(names, settings.twice_share, settings.seed, settings.lease_seconds)
        dataset = reviewable(uri)
        path = journal_path(out)
        opened = Journal.make(path)
        try:
            desk = cls(uri, out, settings, ReviewedRows(dataset), opened, dropped, require_all, clock)
            desk._replay(dataset.digest)
        except BaseException:
            opened.close()
            raise
        return desk

    def close(self) -> None:
        """Lets the journal go; nothing else is to be saved."""
        with self._lock:
            self.journal.close()

    def deal(self, reviewer: str) -> DealtRow | None:
        """The reviewer's row: the same until it is decided or skipped, also after a restart; None where none is left.

        Raises:
            UserError: the reviewer is none of those that were named, or the review is finished.
            DamagedShard: the row cannot be read.
        """
        with self._lock:
            reviewer = self._reviewer(reviewer)
            now = self._now()
            position = self._dealer.next_for(reviewer, now)
            if position is None:
                return None
            if self._dealer.hand(reviewer, position, now):
                self.journal.append(self._record(journal.DEAL, now, reviewer=reviewer, position=position))
            adjudication = self._dealer.is_adjudication(position, reviewer)
            others = self._dealer.readings_at(position) if adjudication else []
            taken_back = self._dealer.taken_back(reviewer, position)
        row = self.rows.row(position)
        return DealtRow(
            self.rows.key(position),
            position,
            row,
            response_id(row),
            texts_of(row),
            adjudication,
            tuple(self._entry_at(each.place) for each in others),
            self._entry_at(taken_back.place) if taken_back else None,
        )

    def record(self, entry: ReviewEntry) -> None:
        """Keeps an entry; it is on the disk when this returns. An entry with an id that is there changes nothing.

        Raises:
            UserError: the entry is of no row, of another response, by somebody else, or an edit without a change.
            OSError: it could not be written.
        """
        if entry.entry_id not in self._entry_ids:
            self._check_name(entry.reviewer)
            position = self._position(entry)
            row = self.rows.row(position)
            if entry.response_id != response_id(row):
                raise UserError(
                    f"{row_name(*entry.key)}: the entry is of another response than the row has; ask for the row again"
                )
            texts = changed_texts(row, entry.texts)
            if entry.decision == "edit" and not texts:
                raise UserError(f"{row_name(*entry.key)}: no text was changed; change one, or accept the row")
            if entry.decision == "reject" and not entry.reason:
                raise UserError(f"{row_name(*entry.key)}: a reject needs a reason; give one")
            self._append(entry, position, texts)
        self.journal.sync()

    def undo(self, reviewer: str, undo_id: str | None = None) -> RowKey | None:
        """Takes back the reviewer's last entry in effect, whose row is then dealt to them again.

        Args:
            undo_id: drawn by the client; the same one again undoes nothing more and returns the same.

        Returns:
            The row's key; None where nothing is left to take back.
        """
        with self._lock:
            reviewer = self._reviewer(reviewer)
            if undo_id is not None and undo_id in self._undo_keys:
                key = self._undo_keys[undo_id]
            else:
                key = self._take_back(reviewer, undo_id)
        self.journal.sync()
        return key

    def progress(self) -> Progress:
        """How far the review is, now."""
        with self._lock:
            dealer = self._dealer
            by_reviewer = {name: self._progress_of(name) for name in dealer.reviewers}
            return Progress(
                rows=len(self.rows) - len(self.rows.decided_before),
                decided=dealer.states[DECIDED],
                waiting=dealer.states[ONCE],
                conflicts=dealer.states[CONFLICT],
                skipped=sum(each.skip for each in by_reviewer.values()),
                decisions={name: dealer.decisions[name] for name in apply.COUNTS_BY_DECISION},
                by_reviewer=by_reviewer,
                decided_before=len(self.rows.decided_before),
                closed=self.closed,
            )

    def _progress_of(self, reviewer: str) -> ReviewerProgress:
        counts, seconds = self._dealer.counts_of(reviewer)
        return ReviewerProgress(**{name: counts.get(name, 0) for name in ENTERED}, seconds=round(seconds, 1))

    def agreement(self) -> Agreement:
        """How far reviewers agree on the rows that several read; those that settled a conflict are left out."""
        with self._lock:
            return agreement(list(self._dealer.first_readings()))

    def finish(self) -> Summary:
        """Writes the dataset, and the rejected rows to `dropped`; the journal takes nothing from then on.

        Raises:
            UserError: nothing was decided, a row is undecided and `require_all` is set, or a place cannot be written.
        """
        with self._lock:
            if not self.closed:
                self._refuse_unfinished()
                self.journal.append(self._record(journal.FINISH, self._now()))
                self.journal.sync()
                self.closed = True
        with self._finish_lock:
            plan = apply.ReviewPlan(read_results(str(self.journal.path), "r1"), self.require_all, "review")
            source = open_source(self.uri, "sample")
            self.summary = apply.run(source, self.out, plan, dropped=self.dropped)
            return self.summary

    def _refuse_unfinished(self) -> None:
        progress = self.progress()
        if progress.rows == self._dealer.states[OPEN]:
            raise UserError(f"{self.out}: nothing was decided yet; review rows first")
        undecided = progress.rows - progress.decided
        if self.require_all and undecided:
            raise UserError(
                f"{self.out}: {undecided} rows of {self.uri} are not decided; review them, or leave --require-all out"
            )

    def _replay(self, digest: str) -> None:
        """Takes in the journal; a new one gets its first line."""
        twice, seed = self._own_settings()
        header = {"version": VERSION, "source": self.uri, "digest": digest, "twice": twice, "seed": seed}
        most = len(self.settings.reviewers) or 2
        self._dealer = Dealer(
            len(self.rows),
            ReadingsNeeded(twice, seed, lambda position: row_name(*self.rows.key(position)), most=most),
            left_out=self.rows.decided_before,
            lease=self.settings.lease_seconds,
        )
        if self.journal.end == 0:
            if not self._dealer.states[OPEN]:
                raise UserError(f"{self.uri}: every row was decided by an earlier review; name another one")
            self.journal.append(self._record(journal.HEADER, self._now(), **header))
            self.journal.sync()
            return
        for place, record in self.journal.records():
            try:
                self._take(place, record, header)
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
                raise UserError(
                    f"{self.journal.path}: byte {place} is damaged ({type(error).__name__}); "
                    "restore the file from a copy"
                ) from error

    def _own_settings(self) -> tuple[float, int]:
        """Share and seed, which stay the same through a review: those given now, else those it was begun with."""
        begun = next((record for _, record in self.journal.records()), {})
        twice, seed = begun.get("twice", TWICE_SHARE), begun.get("seed", 0)
        if isinstance(twice, bool) or not isinstance(twice, int | float) or not isinstance(seed, int):
            raise UserError(f"{self.journal.path}: line 1 is damaged; restore the file from a copy")
        given = self.settings
        return (
            twice if given.twice_share is None else given.twice_share,
            seed if given.seed is None else given.seed,
        )

    def _take(self, place: int, record: Record, header: Mapping[str, Any]) -> None:
        """One record of the journal, as `_append` and the others took it in when it was written."""
        kind = record[journal.KIND]
        if (place == 0) != (kind == journal.HEADER):
            raise ValueError(kind)
        self._last_at = max(self._last_at, kept_moment(record))
        if kind == journal.HEADER:
            refuse_other_review(self.out, self.uri, record, header)
        elif kind == journal.DEAL:
            self._dealer.hand(kept_name(record), self._known(record["position"]), self._last_at)
        elif kind == journal.ENTRY:
            entry = kept_entry(record)
            self._entry_ids.add(entry.entry_id)
            self._dealer.enter(
                reading_of(entry, self._known(record["position"]), place, record.get("final") is True)
            )
        elif kind == journal.UNDO:
            reading = self._dealer.take_back(kept_name(record), self._last_at)
            if reading is not None and isinstance(record.get("undo_id"), str):
                self._undo_keys[record["undo_id"]] = self.rows.key(reading.position)
        elif kind == journal.FINISH:
            self.closed = True
        else:
            raise ValueError(kind)

    def _append(self, entry: ReviewEntry, position: int, texts: Mapping[str, str]) -> None:
        with self._lock:
            if entry.entry_id in self._entry_ids:
                return
            self._refuse_closed()
            final = entry.decision != SKIP and self._dealer.is_adjudication(position, entry.reviewer)
            values = {
                **entry.as_json(),
                "texts": dict(texts) or None,
                "final": final or None,
                "position": position,
            }
            filled = {name: value for name, value in values.items() if value is not None}
            place = self.journal.append(self._record(journal.ENTRY, self._now(), **filled))
            self._entry_ids.add(entry.entry_id)
            changed = ReviewEntry(entry.entry_id, entry.reviewer, entry.key, entry.response_id, entry.decision,
                                  texts, entry.note, entry.reason, entry.seconds)  # fmt: skip
            self._dealer.enter(reading_of(changed, position, place, final))

    def _take_back(self, reviewer: str, undo_id: str | None) -> RowKey | None:
        last, now = self._dealer.last_of(reviewer), self._now()
        if last is None:
            return None
        key = self.rows.key(last.position)
        values = {
            "reviewer": reviewer,
            "entry_id": last.entry_id,
            "prompt_id": key[0],
            "sample_index": key[1],
        }
        if undo_id is not None:
            values["undo_id"] = undo_id
        self.journal.append(self._record(journal.UNDO, now, **values))
        self._dealer.take_back(reviewer, now)
        if undo_id is not None:
            self._undo_keys[undo_id] = key
        return key

    def _position(self, entry: ReviewEntry) -> int:
        with self._lock:
            dealt = list(self._dealer.pending_of(entry.reviewer))
        position = next((each for each in reversed(dealt) if self.rows.key(each) == entry.key), None)
        position = self.rows.position(entry.key) if position is None else position
        if position is None:
            raise UserError(f"{row_name(*entry.key)}: no such row in {self.uri}; ask for the row again")
        return position

    def _known(self, position: Any) -> int:
        if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position < len(self.rows):
            raise ValueError("position")
        return position

    def _entry_at(self, place: int) -> ReviewEntry:
        return entry_of(self.journal.record_at(place))

    def _record(self, kind: str, at: float, **values: Any) -> dict[str, Any]:
        moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        return {journal.KIND: kind, "at": moment, **values}

    def _now(self) -> float:
        """Seconds since 1970, never less than before: of a reviewer's entries the latest counts."""
        self._last_at = max(self._last_at, self.clock())
        return self._last_at

    def _reviewer(self, name: str) -> str:
        self._check_name(name)
        self._refuse_closed()
        return name

    def _check_name(self, name: str) -> None:
        reviewer_name(name)
        if self.settings.reviewers and name not in self.settings.reviewers:
            raise UserError(
                f"reviewer {name:.64}: not one of {', '.join(self.settings.reviewers)}; take one of these names, or "
                "start `r1 review` with --reviewer for this one too"
            )

    def _refuse_closed(self) -> None:
        if self.closed:
            raise UserError(
                f"{self.out}: this review is finished; review the dataset that it wrote, or start with another -o"
            )
