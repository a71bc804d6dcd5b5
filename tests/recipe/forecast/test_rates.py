"""What pass rates may be: intervals that hold the truth, never of no width, and what 4 responses cannot tell of 16."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.evaluation.student import student
from r1data.recipe.forecast import figures
from r1data.recipe.forecast.intervals import Interval, exact, normal, product, total
from r1data.recipe.forecast.outcomes import sampling_outcomes
from r1data.recipe.forecast.rates import GRID, Rates

COUNTS = st.lists(
    st.integers(1, 8).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=25
)
SOLVED = sampling_outcomes(16).solved_prompts().mean


@settings(max_examples=25)
@given(COUNTS)
def test_an_interval_has_width_and_its_value_lies_in_it(counts: list[tuple[int, int]]) -> None:
    rates = Rates.of([passed for passed, _ in counts], [drawn for _, drawn in counts], 0.95)
    for function in (GRID, SOLVED):
        found = rates.mean(function)
        assert 0 <= found.low <= found.value <= found.high <= 1 + 1e-9
        assert found.high - found.low > 0.001


@settings(max_examples=10)
@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_prompts_makes_no_difference(counts: list[tuple[int, int]], rng: random.Random) -> None:
    def found() -> Interval:
        return Rates.of([c for c, _ in counts], [n for _, n in counts], 0.95).mean(SOLVED)

    before = found()
    rng.shuffle(counts)
    assert found() == before


def test_none_of_300_prompts_leaves_one_in_a_hundred_possible() -> None:
    found = Rates.of([0] * 300, [4] * 300, 0.95).mean(GRID)
    assert found.low == 0 and 3 / 300 < found.high < 6 / 300


def test_all_of_300_prompts_leaves_one_in_a_hundred_failures_possible() -> None:
    found = Rates.of([4] * 300, [4] * 300, 0.95).mean(GRID)
    assert found.high == pytest.approx(1) and 1 - 6 / 300 < found.low < 1 - 3 / 300


def test_responses_to_a_prompt_count_together() -> None:
    apart = Rates.of([0, 1] * 50, [1] * 100, 0.95).mean(GRID)
    together = Rates.of([0, 16] * 50, [16] * 100, 0.95).mean(GRID)
    assert together.high - together.low == pytest.approx(apart.high - apart.low, rel=0.1)


def test_more_prompts_narrow_an_interval_as_the_root_of_their_number() -> None:
    few, many = (Rates.of([0, 1, 2, 3] * k, [4] * (4 * k), 0.95).mean(GRID) for k in (25, 100))
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(2, rel=0.15)


def test_what_4_responses_cannot_tell_of_16_is_in_the_interval() -> None:
    """All prompts at 0.1, and three quarters at 0 beside a quarter at 0.4: told apart by 16, hardly by one."""
    found = Rates.of([0] * 90 + [1] * 10, [1] * 100, 0.95).mean(SOLVED)
    assert found.low < 0.25 and found.high > 1 - 0.9**16


def test_early_stopping_does_not_bias_a_rate() -> None:
    """Prompts of rate 0.5 stopped at their first success, after 4 at most: shares of successes are far over 0.5."""
    rng = np.random.default_rng(1)
    tries = np.minimum(rng.geometric(0.5, 4_000), 5)
    passed, drawn = (tries <= 4).astype(int), np.minimum(tries, 4)
    assert (passed / drawn).mean() > 0.65
    found = Rates.of(passed.tolist(), drawn.tolist(), 0.95).mean(GRID)
    assert found.low < 0.5 < found.high


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("freedom", [1, 2, 4, 20, 1_000])
def test_students_factor_is_that_of_the_tables(confidence: float, freedom: int) -> None:
    chance = (
        math.gamma((freedom + 1) / 2) / math.gamma(freedom / 2) if freedom < 300 else math.sqrt(freedom / 2)
    )
    points = np.linspace(0, student(confidence, freedom), 200_001)
    density = chance / math.sqrt(freedom * math.pi) * (1 + points**2 / freedom) ** (-(freedom + 1) / 2)
    assert 2 * np.trapezoid(density, points) == pytest.approx(confidence, abs=0.002)


def test_a_sum_of_independent_figures_errs_less_than_its_parts_together() -> None:
    found = total([Interval(90, 100, 120), Interval(60, 100, 115)])
    assert found == Interval(200 - math.hypot(10, 40), 200, 200 + math.hypot(20, 15))


@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_a_product_of_what_is_known_is_known(one: float, other: float) -> None:
    found = product(exact(one), exact(other))
    assert found.low == pytest.approx(one * other) == found.high


def test_nothing_of_what_has_no_bound_is_nothing() -> None:
    assert product(exact(math.inf), Interval(0.0, 2.0, 3.0)) == Interval(0.0, math.inf, math.inf)
    assert figures.PromptMean(Interval(10.0, 20.0, 30.0), 4.0, 0.95).over(0) == exact(0.0)


def test_a_rate_that_may_be_nothing_bounds_no_number_of_prompts() -> None:
    figure = figures.PromptMean(Interval(0.0, 0.1, 0.2), 0.1, 0.95)
    assert figure.until(100).high == math.inf and figure.until(100).low < 500


def test_lengths_have_an_interval_that_leans_to_the_long_side() -> None:
    figure = figures.of_values([1.0] * 95 + [100.0] * 5, 0.95)
    assert figure is not None
    mean = figure.mean
    assert mean.high - mean.value > mean.value - mean.low > 0


def test_one_prompt_says_nothing_of_lengths() -> None:
    assert figures.of_values([5.0], 0.95) is None


def test_the_draw_of_the_whole_set_is_in_the_interval() -> None:
    """A mean that is known: what is left is that each of 100 prompts is solved or not."""
    half = normal(0.95) * math.sqrt(100 * 0.25)
    found = figures.PromptMean(exact(0.5), 0.25, 0.95, 1.0).over(100)
    assert found == Interval(50 - half, 50, 50 + half)
