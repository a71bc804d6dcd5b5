"""Selectors at equal tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.evaluation.statistics import estimate_difference
from recipes.experiments.comparison import (
    Candidate,
    at_tokens,
    best,
    excludes_zero,
    majority,
    of_groups,
    oracle,
    random_choice,
)
from recipes.experiments.process_reward import area, sizes, spent_in_all


def candidate(answer: int, tokens: int = 5, score: float = 0.0, truth: int = 1) -> Candidate:
    return Candidate(str(answer), answer == truth, tokens, {"least": score, "last": score, "outcome": score})


POOLS = st.lists(
    st.builds(candidate, st.integers(0, 3), st.integers(1, 64), st.sampled_from([0.1, 0.5, 0.9])),
    min_size=1,
    max_size=12,
)


@given(POOLS, st.floats(0, 1_000))
def test_no_more_tokens_are_spent_than_asked_for_but_for_the_first_response(
    pool: list[Candidate], tokens: float
) -> None:
    _, spent = at_tokens(majority, pool, tokens)
    assert spent <= max(tokens, pool[0].tokens)


@given(POOLS, st.floats(0, 1_000))
def test_all_tokens_are_spent_while_there_are_responses(pool: list[Candidate], tokens: float) -> None:
    in_all = sum(each.tokens for each in pool)
    _, spent = at_tokens(random_choice, pool, tokens)
    assert spent == pytest.approx(min(max(tokens, pool[0].tokens), in_all))


@given(POOLS)
def test_at_the_tokens_of_the_first_responses_it_is_those_that_are_chosen_among(
    pool: list[Candidate],
) -> None:
    for count in range(1, len(pool) + 1):
        tokens = sum(each.tokens for each in pool[:count])
        assert at_tokens(majority, pool, tokens)[0] == pytest.approx(majority(pool[:count]))


def test_between_two_numbers_of_responses_the_value_is_in_proportion() -> None:
    pool = [candidate(0, tokens=10), candidate(1, tokens=20)]
    assert at_tokens(oracle, pool, 15) == (pytest.approx(0.25), 15)


@given(POOLS)
def test_no_selector_passes_the_oracle(pool: list[Candidate]) -> None:
    assert all(choose(pool) <= oracle(pool) for choose in (random_choice, majority, best("least")))


@given(POOLS, st.integers(1, 12))
def test_among_one_response_all_selectors_are_the_same(pool: list[Candidate], size: int) -> None:
    values = {of_groups(choose, pool, 1) for choose in (random_choice, majority, oracle, best("last"))}
    assert max(values) - min(values) < 1e-9


def test_equal_scores_are_drawn_among() -> None:
    assert best("last")([candidate(1, score=0.9), candidate(0, score=0.9), candidate(1, score=0.2)]) == 0.5


def test_a_reward_model_reads_the_prompt_once_and_each_response_once() -> None:
    assert spent_in_all([candidate(1, tokens=10), candidate(1, tokens=20)], prompt=7) == 2 * 30 + 7


def test_nothing_follows_from_a_difference_whose_interval_holds_0() -> None:
    assert not excludes_zero(estimate_difference([1.0, 0.0, 1.0], [0.0, 1.0, 1.0]))
    assert excludes_zero(estimate_difference([1.0] * 50, [0.0] * 50))


@pytest.mark.parametrize(
    ("scores", "positive", "expected"),
    [([0.1, 0.9], [False, True], 1.0), ([0.9, 0.1], [False, True], 0.0), ([0.5, 0.5], [False, True], 0.5)],
)
def test_the_area_is_the_chance_that_the_positive_one_is_higher(
    scores: list[float], positive: list[bool], expected: float
) -> None:
    assert area(scores, positive) == expected


def test_sizes_double() -> None:
    assert sizes(16) == [1, 2, 4, 8, 16] and sizes(6) == [1, 2, 4]
