"""Which prompts rollouts are made of."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.training.examples import prepared
from r1data.training.grpo.pools import Pool, PromptSource


@given(st.integers(1, 20), st.lists(st.integers(1, 30), min_size=1, max_size=6), st.integers(0, 5))
def test_without_a_pool_prompts_come_in_shuffled_passes(prompts: int, counts: list[int], seed: int) -> None:
    source = PromptSource(prompts, seed)
    drawn = [row for count in counts for row in source.take(count, 0)]
    assert drawn == prepared.order(prompts, sum(counts), seed)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60), st.integers(0, 9))
def test_a_source_goes_on_from_its_checkpoint(rounds: list[tuple[int, int]], kill: int) -> None:
    import tempfile

    def play(source: PromptSource, some: list[tuple[int, int]]) -> list[list[int]]:
        drawn = []
        for correct, unknown in some:
            rows = source.take(3, 0)
            drawn.append(rows)
            for row in rows:
                known = 3 - unknown
                source.pool.update(row, min(correct, known), known, source.passes)  # type: ignore[union-attr]
        return drawn

    whole = play(PromptSource(7, 1, Pool(7, 2, 4)), rounds)
    first = PromptSource(7, 1, Pool(7, 2, 4))
    start = play(first, rounds[:kill])
    with tempfile.TemporaryDirectory() as folder:
        first.save(Path(folder))
        second = PromptSource(7, 1, Pool(7, 2, 4))
        second.load(Path(folder), 0)
    assert start + play(second, rounds[kill:]) == whole


def test_a_checkpoint_of_an_earlier_release_goes_on_in_its_order(tmp_path: Path) -> None:
    source = PromptSource(5, 3)
    source.load(tmp_path, drawn=8)
    assert source.take(4, 0) == prepared.order(5, 12, 3)[8:]


def test_what_was_all_right_several_times_in_a_row_retires() -> None:
    source = PromptSource(4, 0, Pool(4, retire=2, wait=8))
    for correct in (3, 2, 3, 3):  # the second round breaks the row
        assert not source.pool.is_retired(1)  # type: ignore[union-attr]
        source.pool.update(1, correct, 3, 0)  # type: ignore[union-attr]
    drawn = [row for _ in range(4) for row in source.take(3, 0)]
    assert sorted(drawn) == [0, 0, 0, 0, 2, 2, 2, 2, 3, 3, 3, 3]
    assert source.pool.counts(source.passes) == {"active": 3, "retired": 1, "waiting": 0}  # type: ignore[union-attr]


def test_what_was_all_wrong_waits_for_one_pass_then_two_then_four() -> None:
    pool = Pool(2, retire=2, wait=4)
    waited = []
    for _ in range(5):
        pool.update(0, 0, 3, now=10)
        waited.append(next(n for n in range(20) if not pool.rests(0, 11 + n)))
    assert waited == [1, 2, 4, 4, 4]
    pool.update(0, 1, 3, now=20)
    pool.update(0, 0, 3, now=21)
    assert not pool.rests(0, 23)


def test_unknown_verdicts_say_nothing_of_a_prompt() -> None:
    pool = Pool(1, retire=1, wait=8)
    pool.update(0, 0, 0, now=0)
    assert pool.counts(0) == {"active": 1, "retired": 0, "waiting": 0}


def test_where_all_rest_the_waiting_come_back_before_the_retired() -> None:
    source = PromptSource(4, 0, Pool(4, retire=1, wait=8))
    for row in (0, 1):
        source.pool.update(row, 3, 3, 0)  # type: ignore[union-attr]
    for row in (2, 3):
        source.pool.update(row, 0, 3, 100)  # type: ignore[union-attr]
    assert source.take(3, 0) == [2, 3, 0]


@given(st.integers(1, 12), st.integers(1, 30), st.sets(st.integers(0, 11)))
def test_a_rollout_is_full_whoever_rests(prompts: int, count: int, retired: set[int]) -> None:
    source = PromptSource(prompts, 0, Pool(prompts, retire=1, wait=8))
    for row in retired & set(range(prompts)):
        source.pool.update(row, 2, 2, 0)  # type: ignore[union-attr]
    assert len(source.take(count, 0)) == count


def test_prompts_tried_in_a_rollout_are_not_tried_in_it_again() -> None:
    source = PromptSource(6, 0)
    first = source.take(4, 0)
    assert sorted(first + source.take(4, 0, without=set(first))) == list(range(6))


def test_what_may_not_be_drawn_is_passed_over() -> None:
    source = PromptSource(6, 0)
    source.allows = lambda row, step: step >= 10 or row < 2
    assert set(source.take(6, 0)) == {0, 1}
    assert sorted(source.take(6, 10)) == list(range(6))
    source.allows = lambda row, step: False
    with pytest.raises(UserError, match="no prompt"):
        source.take(1, 0)
