"""What comes of a prompt's responses: exact chances, checked against drawing them."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.recipe.forecast import outcomes
from r1data.recipe.forecast.outcomes import CopyModel, sampling_outcomes
from r1data.recipe.forecast.rates import GRID
from r1data.sampling.until import StoppingRule

AT = 20
RATE = float(GRID[AT])


def test_all_responses_are_drawn_without_a_rule() -> None:
    found = sampling_outcomes(16)
    assert found.drawn_samples().mean == pytest.approx(16)
    assert found.correct_responses().mean == pytest.approx(16 * GRID)
    assert found.solved_prompts().mean == pytest.approx(1 - (1 - GRID) ** 16)


def test_a_cap_takes_the_mean_of_the_smaller_number() -> None:
    rng = np.random.default_rng(0)
    drawn = np.minimum(rng.binomial(16, RATE, 100_000), 4)
    found = sampling_outcomes(16).selected_responses(CopyModel.NONE, 4)
    assert found.mean[AT] == pytest.approx(drawn.mean(), rel=0.01)
    assert found.square[AT] == pytest.approx((drawn**2).mean(), rel=0.01)


@pytest.mark.parametrize(
    "rule", [StoppingRule(2, 16, 4), StoppingRule(4, 10, 4), StoppingRule(1, 64, 16, worth=0.2)]
)
def test_a_rule_ends_sampling_as_it_does_in_sampling(rule: StoppingRule) -> None:
    rng, took, right = random.Random(1), [], []
    for _ in range(8_000):
        outcomes: list[bool | None] = []
        while rule.decide(outcomes) is None:
            size = min(rule.round_size, rule.max_responses - len(outcomes))
            outcomes += [rng.random() < RATE for _ in range(size)]
        took.append(len(outcomes))
        right.append(outcomes.count(True))
    found = sampling_outcomes(rule.max_responses, rule)
    assert found.chances.sum(axis=0) == pytest.approx(1)
    assert found.drawn_samples().mean[AT] == pytest.approx(np.mean(took), rel=0.03)
    assert found.correct_responses().mean[AT] == pytest.approx(np.mean(right), rel=0.03)


@given(st.floats(0.05, 100), st.integers(1, 20))
def test_there_are_as_many_different_responses_as_the_law_says(spread: float, many: int) -> None:
    chances = CopyModel(spread).distinct_probabilities(many)
    assert chances.sum(axis=1) == pytest.approx(1)
    means = chances @ np.arange(many + 1)
    assert means[many] == pytest.approx(sum(spread / (spread + j) for j in range(many)))


def test_the_law_is_found_again() -> None:
    rng = np.random.default_rng(0)
    pairs = [(6, int(sum(rng.random() < 5 / (5 + j) for j in range(6)))) for _ in range(500)]
    few, best, many = outcomes.fit_copy_model(pairs, 0.95)
    assert few.spread < 5 < many.spread and best.spread == pytest.approx(5, rel=0.3)


def test_no_copies_seen_leaves_some_possible() -> None:
    few, best, many = outcomes.fit_copy_model([(4, 4)] * 100, 0.95)
    assert best == many == CopyModel.NONE and few.spread < 1_000


def test_prompts_that_differ_make_the_law_less_sure() -> None:
    same = outcomes.fit_copy_model([(6, 4)] * 100, 0.95)
    apart = outcomes.fit_copy_model([(6, 2)] * 50 + [(6, 6)] * 50, 0.95)
    assert apart[2].spread / apart[0].spread > same[2].spread / same[0].spread


def test_readable_shares_thin_out_what_passes() -> None:
    assert sampling_outcomes(8).selected_responses(CopyModel.NONE, None, 0.5).mean == pytest.approx(4 * GRID)
