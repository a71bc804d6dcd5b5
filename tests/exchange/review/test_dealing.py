"""Which row a reviewer gets: none is read by two at once, and each ends with the readings that it needs."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.exchange.review.dealing import CONFLICT, DECIDED, OPEN, Dealer, Reading, ReadingsNeeded
from r1data.exchange.review.entries import SKIP

LEASE = 100.0
EVERYBODY = ("ana", "ben", "cy")


def dealer(rows: int, twice: float = 0.0, *, most: int = 2, left_out: frozenset[int] = frozenset()) -> Dealer:
    return Dealer(rows, ReadingsNeeded(twice, 0, str, most=most), left_out=left_out, lease=LEASE)


def deal(desk: Dealer, reviewer: str, now: float = 0.0) -> int | None:
    position = desk.next_for(reviewer, now)
    if position is not None:
        desk.hand(reviewer, position, now)
    return position


ids = itertools.count()


def enter(desk: Dealer, reviewer: str, position: int | None, effect: str = "accept") -> None:
    assert position is not None
    final = effect != SKIP and desk.is_adjudication(position, reviewer)
    desk.enter(Reading(f"e{next(ids)}", reviewer, position, effect, 0, final))


def test_a_row_is_dealt_again_until_it_is_decided() -> None:
    desk = dealer(3)
    assert [deal(desk, "ana") for _ in range(3)] == [0, 0, 0]
    enter(desk, "ana", 0)
    assert deal(desk, "ana") == 1


def test_two_at_once_get_different_rows() -> None:
    desk = dealer(4, twice=1.0)
    assert [deal(desk, name) for name in ("ana", "ben", "ana")] == [0, 1, 0]


def test_a_row_whose_lease_has_run_out_goes_to_others_and_the_first_gets_another() -> None:
    desk = dealer(2)
    assert deal(desk, "ana", 0) == 0
    assert deal(desk, "ben", LEASE - 1) == 1
    assert deal(desk, "cy", LEASE - 1) is None
    assert deal(desk, "cy", LEASE + 1) == 0
    assert deal(desk, "ana", LEASE + 2) is None


def test_a_row_whose_lease_has_run_out_stays_with_its_reader_while_nobody_takes_it() -> None:
    desk = dealer(2)
    assert (deal(desk, "ana", 0), deal(desk, "ana", 5 * LEASE)) == (0, 0)
    assert deal(desk, "ben", 5 * LEASE + 1) == 1


def test_a_row_read_twice_is_read_by_two_people() -> None:
    desk = dealer(1, twice=1.0)
    enter(desk, "ana", deal(desk, "ana"))
    assert desk.state_of(0) == "once"
    assert deal(desk, "ana") is None
    enter(desk, "ben", deal(desk, "ben"))
    assert desk.state_of(0) == DECIDED and deal(desk, "cy") is None


def test_a_third_reader_settles_a_conflict_and_nobody_else_is_asked() -> None:
    desk = dealer(1, twice=1.0)
    enter(desk, "ana", deal(desk, "ana"))
    enter(desk, "ben", deal(desk, "ben"), "reject")
    assert desk.state_of(0) == CONFLICT
    assert deal(desk, "ana") is None and deal(desk, "ben") is None
    enter(desk, "cy", deal(desk, "cy"), "edit:1")
    assert desk.state_of(0) == DECIDED and desk.decisions["edit"] == 1
    assert deal(desk, "dan") is None
    assert list(desk.first_readings()) == [{"ana": "accept", "ben": "reject"}]


def test_two_edits_with_other_texts_are_a_conflict() -> None:
    desk = dealer(1, twice=1.0)
    enter(desk, "ana", deal(desk, "ana"), "edit:1")
    enter(desk, "ben", deal(desk, "ben"), "edit:2")
    assert desk.state_of(0) == CONFLICT


def test_a_skipped_row_goes_to_others_and_comes_back_last() -> None:
    desk = dealer(3)
    enter(desk, "ana", deal(desk, "ana"), SKIP)
    assert deal(desk, "ben") == 0
    enter(desk, "ben", 0, SKIP)
    for position in (1, 2):
        assert deal(desk, "ana") == position
        enter(desk, "ana", position)
    assert deal(desk, "ana") == 0
    assert desk.states[OPEN] == 1


def test_undo_deals_the_same_row_again_and_then_the_one_that_waited() -> None:
    desk = dealer(3)
    enter(desk, "ana", deal(desk, "ana"))
    assert deal(desk, "ana") == 1
    taken_back = desk.take_back("ana", 0)
    assert taken_back is not None and taken_back.position == 0
    assert desk.states[OPEN] == 3 and deal(desk, "ana") == 0
    enter(desk, "ana", 0, "reject")
    assert deal(desk, "ana") == 1
    assert desk.decisions == {"accept": 0, "reject": 1}


def test_undo_goes_back_one_entry_at_a_time() -> None:
    desk = dealer(3)
    for position in range(3):
        enter(desk, "ana", deal(desk, "ana"), SKIP if position == 1 else "accept")
    undone = [desk.take_back("ana", 0) for _ in range(4)]
    assert [each and each.position for each in undone] == [2, 1, 0, None]
    assert desk.states == {OPEN: 3, DECIDED: 0}


def test_a_row_that_is_decided_by_an_earlier_review_is_never_dealt() -> None:
    desk = dealer(4, left_out=frozenset((0, 2)))
    order = []
    while (position := deal(desk, "ana")) is not None:
        order.append(position)
        enter(desk, "ana", position)
    assert order == [1, 3]


def test_one_reviewer_alone_is_not_asked_for_second_readings() -> None:
    desk = dealer(2, twice=1.0, most=1)
    for _ in range(2):
        enter(desk, "ana", deal(desk, "ana"))
    assert desk.states[DECIDED] == 2


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_the_share_that_is_read_twice_is_the_one_asked_for(share: float) -> None:
    needed = ReadingsNeeded(share, 7, str, most=2)
    rows = [needed(position) for position in range(4_000)]
    assert abs(rows.count(2) / 4_000 - share) < 0.03
    assert rows == [needed(position) for position in range(4_000)]


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(EVERYBODY),
        st.sampled_from(["accept", "reject", "edit:1", SKIP, "undo", "reload", "wait"]),
    ),
    max_size=60,
)


@settings(max_examples=200)
@given(ACTIONS, st.integers(1, 6), st.sampled_from([0.0, 0.5, 1.0]))
def test_whatever_reviewers_do_the_books_balance(
    actions: list[tuple[str, str]], rows: int, twice: float
) -> None:
    desk, now = dealer(rows, twice), 0.0
    holding: dict[str, int] = {}
    for reviewer, action in actions:
        now += LEASE + 1 if action == "wait" else 1
        if action == "undo":
            desk.take_back(reviewer, now)
            continue
        position = deal(desk, reviewer, now)
        if position is None:
            continue
        others = [name for name, row in holding.items() if row == position and name != reviewer]
        taken_back = desk.taken_back(reviewer, position) is not None
        assert taken_back or reviewer not in {each.reviewer for each in desk.readings_at(position)}
        if action in ("reload", "wait"):
            assert deal(desk, reviewer, now) == position
            holding = {name: row for name, row in holding.items() if name not in others} | {
                reviewer: position
            }
        else:
            enter(desk, reviewer, position, action)
            holding.pop(reviewer, None)
        assert sum(desk.states.values()) == rows
        assert desk.states[DECIDED] == sum(desk.decisions.values())
    for _ in range(100 * rows):
        now += LEASE + 1
        for reviewer in (*EVERYBODY, "dan", "eve"):
            if (position := deal(desk, reviewer, now)) is not None:
                enter(desk, reviewer, position)
        if desk.states[DECIDED] == rows:
            break
    assert desk.states[DECIDED] == rows, "enough readers always come to an end"
