"""pass@k against brute force; errors and intervals against their definitions."""

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.evaluation.statistics import estimate_mean, pass_at_k


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
