"""Which row a reviewer gets next, and how far each row is. Pure bookkeeping: no files, no texts, no clock of its own.

The order: rows on which others disagree (the third reader settles them), rows that wait for a second reading, rows that
nobody has read, and last those that this reviewer skipped. A row is leased to one reviewer for a time; who had it gets
it again until it is decided or skipped, as long as nobody else took it meanwhile.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from r1data.exchange.review.entries import SKIP

OPEN, ONCE, CONFLICT, DECIDED = "open", "once", "conflict", "decided"
"""A row's state: nobody decided it, it waits for a second reader, readers disagree, it is settled."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One entry in effect, whose line is at `place`. `effect`: the decision, with a digest of an edit's new texts."""

    entry_id: str
    reviewer: str
    position: int
    effect: str
    place: int
    final: bool = False
    seconds: float = 0.0

    @property
    def decision(self) -> str:
        return self.effect.partition(":")[0]


@dataclass(slots=True)
class _Row:
    readings: list[Reading] = field(default_factory=list)
    state: str = OPEN
    decision: str | None = None

    def latest(self) -> dict[str, Reading]:
        """The reading of each reviewer that counts; final ones, where there are any, alone. As `opinions.settle`."""
        final = [each for each in self.readings if each.final]
        return {each.reviewer: each for each in final or self.readings}

    def first_readings(self) -> dict[str, str]:
        return {each.reviewer: each.decision for each in self.readings if not each.final}

    def readers(self) -> set[str]:
        return {each.reviewer for each in self.readings}


@dataclass(slots=True)
class _Reviewer:
    """`pending`: rows dealt and not decided, the last first to come; `taken_back` those of an undo among them."""

    entered: list[Reading] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    pending: list[int] = field(default_factory=list)
    taken_back: dict[int, Reading] = field(default_factory=dict)
    skipped: dict[int, None] = field(default_factory=dict)


class ReadingsNeeded:
    """How many readings a row needs: two for a share of them, chosen by hash of the seed and the row's id.

    Args:
        row_name: a row's id by its position.
    """

    def __init__(self, share: float, seed: int, row_name: Callable[[int], str], *, most: int) -> None:
        self.share, self.seed, self.row_name, self.most = share, seed, row_name, most

    def __call__(self, position: int) -> int:
        if self.most < 2 or self.share <= 0:
            return 1
        name = self.row_name(position)
        digest = hashlib.blake2b(
            f"{self.seed}\0twice\0{name}".encode("utf-8", "surrogatepass"), digest_size=6
        )
        return 2 if int.from_bytes(digest.digest(), "big") / 2**48 < self.share else 1


class Dealer:
    """Deals rows to reviewers.

    Args:
        row_count: positions are 0 and up.
        readings_of: how many readings a position needs, 1 or 2.
        left_out: positions that are never dealt.
        lease: seconds.
    """

    def __init__(
        self, row_count: int, readings_of: Callable[[int], int], *, left_out: frozenset[int], lease: float
    ) -> None:
        self.row_count = row_count
        self.readings_of = readings_of
        self.left_out = left_out
        self.lease = lease
        self.states: Counter[str] = Counter({OPEN: row_count - len(left_out)})
        self.decisions: Counter[str] = Counter()
        self._rows: dict[int, _Row] = {}
        self._reviewers: dict[str, _Reviewer] = {}
        self._leases: dict[int, tuple[str, float]] = {}
        self._next_new = 0
        self._open: dict[int, None] = {}
        """Rows that were passed over or dealt, and that nobody decided."""
        self._once: dict[str, dict[int, None]] = {}
        """Rows that wait for a second reading, by their first reader."""
        self._conflicts: dict[int, None] = {}
        self._read_by_several: dict[int, None] = {}

    @property
    def reviewers(self) -> list[str]:
        return sorted(self._reviewers)

    def last_of(self, reviewer: str) -> Reading | None:
        """The reviewer's last entry in effect."""
        return self._of(reviewer).entered[-1] if self._of(reviewer).entered else None

    def counts_of(self, reviewer: str) -> tuple[Mapping[str, int], float]:
        """The reviewer's entries in effect by decision, and the seconds spent on them."""
        return self._of(reviewer).counts, self._of(reviewer).seconds

    def state_of(self, position: int) -> str:
        row = self._rows.get(position)
        return row.state if row else OPEN

    def readings_at(self, position: int) -> list[Reading]:
        """The decisions on a row that count, one a reviewer."""
        row = self._rows.get(position)
        return list(row.latest().values()) if row else []

    def first_readings(self) -> Iterator[Mapping[str, str]]:
        """Of each row that several read, the decisions by reviewer, without those that settled a conflict."""
        for position in self._read_by_several:
            yield self._rows[position].first_readings()

    def taken_back(self, reviewer: str, position: int) -> Reading | None:
        """The entry on a row that the reviewer took back."""
        return self._of(reviewer).taken_back.get(position)

    def pending_of(self, reviewer: str) -> list[int]:
        """Rows that the reviewer has and has not decided."""
        return self._of(reviewer).pending

    def next_for(self, reviewer: str, now: float) -> int | None:
        """The position to deal to a reviewer, None where there is nothing; `hand` then takes note of it."""
        own = self._of(reviewer)
        while own.pending:
            last = own.pending[-1]
            if last in own.taken_back or self._may_read(last, reviewer, now):
                return last
            own.pending.pop()
        waiting = (
            position
            for position in self._candidates(reviewer)
            if position not in own.skipped and self._may_read(position, reviewer, now)
        )
        position = next(waiting, None)
        if position is None:
            position = self._new(reviewer, now)
        if position is None:
            skipped = (each for each in own.skipped if self._may_read(each, reviewer, now))
            position = next(skipped, None)
        return position

    def hand(self, reviewer: str, position: int, now: float) -> bool:
        """Takes note that a reviewer has a row and leases it; False where the reviewer had it already."""
        own = self._of(reviewer)
        holder, until = self._leases.get(position, (reviewer, now))
        if holder == reviewer or until <= now:
            self._leases[position] = (reviewer, now + self.lease)
        if position in own.pending:
            return False
        own.pending.append(position)
        return True

    def enter(self, reading: Reading) -> None:
        """Takes in an entry."""
        own, position = self._of(reading.reviewer), reading.position
        own.entered.append(reading)
        own.counts[reading.decision] += 1
        own.seconds += reading.seconds
        own.taken_back.pop(position, None)
        if position in own.pending:
            own.pending.remove(position)
        if self._leases.get(position, ("",))[0] == reading.reviewer:
            del self._leases[position]
        own.skipped.pop(position, None)
        if reading.effect == SKIP:
            own.skipped[position] = None
            if self.state_of(position) == OPEN:
                self._open[position] = None
        else:
            row = self._rows.setdefault(position, _Row())
            row.readings.append(reading)
            self._move(position, row)

    def take_back(self, reviewer: str, now: float) -> Reading | None:
        """Undoes the reviewer's last entry and hands the row to the same one again; None where there is none."""
        own = self._of(reviewer)
        if not own.entered:
            return None
        reading = own.entered.pop()
        own.counts[reading.decision] -= 1
        own.seconds -= reading.seconds
        position = reading.position
        if reading.effect == SKIP:
            own.skipped.pop(position, None)
        else:
            row = self._rows[position]
            row.readings.remove(reading)
            self._move(position, row)
        if position in own.pending:
            own.pending.remove(position)
        own.taken_back[position] = reading
        self.hand(reviewer, position, now)
        return reading

    def is_adjudication(self, position: int, reviewer: str) -> bool:
        """Whether a decision of this reviewer settles a conflict of others."""
        row = self._rows.get(position)
        return row is not None and row.state == CONFLICT and reviewer not in row.readers()

    def _of(self, reviewer: str) -> _Reviewer:
        return self._reviewers.setdefault(reviewer, _Reviewer())

    def _candidates(self, reviewer: str) -> Iterator[int]:
        yield from self._conflicts
        for first_reader, positions in self._once.items():
            if first_reader != reviewer:
                yield from positions
        yield from self._open

    def _may_read(self, position: int, reviewer: str, now: float) -> bool:
        holder, until = self._leases.get(position, (reviewer, now))
        if holder != reviewer and until > now:
            return False
        row = self._rows.get(position)
        return row is None or (row.state != DECIDED and reviewer not in row.readers())

    def _new(self, reviewer: str, now: float) -> int | None:
        own = self._of(reviewer)
        for position in range(self._next_new, self.row_count):
            self._next_new = position + 1
            if position in self.left_out or self.state_of(position) != OPEN:
                continue
            self._open[position] = None
            if position not in own.skipped and self._may_read(position, reviewer, now):
                return position
        return None

    def _move(self, position: int, row: _Row) -> None:
        """Brings a row's state, the queues and the counts up to date."""
        before, row_readings = row.state, row.latest()
        effects = {each.effect for each in row_readings.values()}
        if not effects:
            after = OPEN
        elif len(effects) > 1:
            after = CONFLICT
        elif len(row_readings) >= self.readings_of(position) or any(e.final for e in row_readings.values()):
            after = DECIDED
        else:
            after = ONCE
        for queue in (self._open, self._conflicts, *self._once.values()):
            queue.pop(position, None)
        if after == OPEN:
            self._open[position] = None
        elif after == CONFLICT:
            self._conflicts[position] = None
        elif after == ONCE:
            self._once.setdefault(next(iter(row_readings)), {})[position] = None
        self.states[before] -= 1
        self.states[after] += 1
        decision = next(iter(row_readings.values())).decision if after == DECIDED else None
        for each, step in ((row.decision, -1), (decision, 1)):
            if each is not None:
                self.decisions[each] += step
        row.state, row.decision = after, decision
        if len(row.first_readings()) > 1:
            self._read_by_several[position] = None
        else:
            self._read_by_several.pop(position, None)
