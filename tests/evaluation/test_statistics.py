"""pass@k against brute force; errors and intervals against their definitions."""

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.evaluation.statistics import (
    estimate_difference,
    estimate_mean,
    estimate_share,
    holm,
    pass_at_k,
    questions_needed,
)
from r1data.evaluation.student import student, two_sided

SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=30)


@given(st.lists(st.booleans(), min_size=1, max_size=9), st.data())
def test_pass_at_k_is_the_share_of_subsets_that_hold_a_correct_sample(
    samples: list[bool], data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(samples)))
    subsets = [any(chosen) for chosen in itertools.combinations(samples, k)]
    assert pass_at_k(len(samples), sum(samples), k) == pytest.approx(sum(subsets) / len(subsets))


@given(st.integers(1, 60), st.data())
def test_pass_at_k_grows_with_k_and_with_correct_samples(n: int, data: st.DataObject) -> None:
    correct, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    assert pass_at_k(n, correct, k) <= pass_at_k(n, correct, min(n, k + 1))
    assert pass_at_k(n, correct, k) <= pass_at_k(n, min(n, correct + 1), k)


def test_pass_at_k_of_the_papers_example() -> None:
    assert pass_at_k(10, 3, 5) == pytest.approx(1 - 21 / 252)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_standard_error_is_that_of_the_mean_over_prompts(values: list[float]) -> None:
    mean = estimate_mean(values)
    assert mean.value == pytest.approx(statistics.fmean(values))
    assert mean.error == pytest.approx(statistics.stdev(values) / math.sqrt(len(values)), abs=1e-9)


def test_one_prompt_has_no_standard_error() -> None:
    assert estimate_mean([0.5]).error is None


def test_a_share_of_none_or_all_has_an_interval() -> None:
    none, every = estimate_share([0.0] * 30), estimate_share([1.0] * 30)
    assert (none.low, every.high) == (0.0, 1.0)
    assert none.high == pytest.approx(0.1135, abs=1e-4) and every.low == pytest.approx(1 - 0.1135, abs=1e-4)


def test_one_question_says_little_of_a_share() -> None:
    low, high = estimate_share([0.5]).low, estimate_share([0.5]).high
    assert low is not None and high is not None and high - low > 0.8


@given(SHARES)
def test_an_interval_holds_its_value_and_stays_between_0_and_1(values: list[float]) -> None:
    estimate = estimate_share(values)
    assert estimate.low is not None and estimate.high is not None
    assert 0 <= estimate.low <= estimate.value + 1e-12 and estimate.value - 1e-12 <= estimate.high <= 1


@given(SHARES, st.data())
def test_clusters_of_one_change_nothing(values: list[float], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(values))))
    shuffled = [values[number] for number in order]
    assert estimate_share(values) == estimate_share(values, list(range(len(values))))
    assert estimate_share(values).error == pytest.approx(estimate_share(shuffled, order).error, abs=1e-15)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.integers(1, 5))
def test_copies_of_questions_in_one_cluster_add_no_precision(values: list[float], copies: int) -> None:
    keys = [number for number in range(len(values)) for _ in range(copies)]
    copied = [value for value in values for _ in range(copies)]
    one, many = estimate_share(values), estimate_share(copied, keys)
    assert many.error == pytest.approx(one.error, abs=1e-9)
    assert (many.low, many.high) == (pytest.approx(one.low, abs=1e-6), pytest.approx(one.high, abs=1e-6))


def test_unequal_clusters_weigh_in_the_error() -> None:
    """By hand: sums of deviations 1.5, -1, -0.5 of 3, 2, 1 questions."""
    estimate = estimate_mean([1, 1, 1, 0, 0, 0], ["a", "a", "a", "b", "b", "c"])
    squares = 1.5**2 / (6 * 3) + 1 / (6 * 4) + 0.5**2 / (6 * 5)
    assert estimate.error == pytest.approx(math.sqrt(squares)) and estimate.clusters == 3


def test_a_difference_is_paired() -> None:
    """Twenty questions of all difficulties, each harder for the second by 0.1: the difference has no spread."""
    first = [number / 20 for number in range(2, 20)]
    difference = estimate_difference(first, [value - 0.1 for value in first])
    assert difference.value == pytest.approx(0.1) and difference.error == pytest.approx(0, abs=1e-9)
    assert difference.low is not None and difference.low > 0.05


@pytest.mark.parametrize("size", [5e-324, 1e-200, 1e-100, 1e-20])
def test_a_difference_next_to_nothing_has_an_interval(size: float) -> None:
    difference = estimate_difference([0.0, size, size], [size, 0.0, 0.0])
    assert difference.low is not None and difference.high is not None
    assert difference.low <= difference.value <= difference.high


@given(SHARES, st.data())
def test_a_difference_the_other_way_round_has_the_other_sign(
    values: list[float], data: st.DataObject
) -> None:
    size = len(values)
    others = data.draw(st.lists(st.floats(0, 1), min_size=size, max_size=size))
    one, other = estimate_difference(values, others), estimate_difference(others, values)
    assert one.value == pytest.approx(-other.value, abs=1e-12)
    assert one.low is not None and other.high is not None
    assert one.low == pytest.approx(-other.high, abs=1e-6)


def test_questions_needed_are_those_of_the_formula() -> None:
    difference = estimate_difference([1.0, 0.5, 1.0, 0.0], [0.5, 0.5, 0.0, 0.5])
    spread = statistics.stdev([0.5, 0.0, 1.0, -0.5])
    assert questions_needed(difference) == math.ceil((1.959964 + 0.841621) ** 2 * (spread / 0.25) ** 2)
    assert questions_needed(estimate_difference([1.0, 0.0], [1.0, 0.0])) is None


def test_holms_correction() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0] and holm([]) == []


@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.7062), (5, 2.5706), (29, 2.0452)])
def test_students_quantiles(freedom: float, quantile: float) -> None:
    assert student(0.95, freedom) == pytest.approx(quantile, abs=2e-4)
    assert two_sided(quantile, freedom) == pytest.approx(0.05, abs=1e-5)


def test_values_that_are_no_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        estimate_share([1.5])
    with pytest.raises(ValueError, match="no value"):
        estimate_mean([])
    with pytest.raises(ValueError, match="1 clusters of 2 values"):
        estimate_mean([0.0, 1.0], ["a"])
