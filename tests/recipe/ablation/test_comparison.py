"""Paired differences over questions and seeds."""

import numpy as np
import pytest

from r1data.recipe.ablation.comparison import difference_of, paired_difference


def test_only_questions_that_every_evaluation_scored_are_paired() -> None:
    difference = paired_difference(
        [{"a": 1.0, "b": 1.0, "c": 0.0}, {"a": 1.0, "b": 0.0}], [{"a": 0.0, "b": 1.0}, {"a": 0.5, "b": 0.0}]
    )
    assert difference is not None
    assert (difference.questions, difference.seeds) == (2, 2)
    assert difference.value == pytest.approx((1 + 0 + 0.5 + 0) / 4)
    assert paired_difference([{"a": 1.0}], [{"b": 1.0}]) is None


def test_one_seed_is_an_interval_over_questions_and_says_so() -> None:
    cells = np.array([[0.0, 1.0, 0.0, 0.5, -0.5]])
    difference = difference_of(cells)
    assert difference.error == pytest.approx(cells.std(ddof=1) / np.sqrt(5))
    assert difference.freedom == 4
    assert difference.over == "questions of one seed"


def test_seeds_that_differ_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    alike = rng.normal(0, 0.3, (3, 200))
    apart = alike + np.array([[-0.1], [0.0], [0.1]])
    narrow, wide = difference_of(alike), difference_of(apart)
    assert narrow.value == pytest.approx(wide.value)
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)  # type: ignore[operator]


def test_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(400):
        cells = rng.normal(0, 0.05, (1, 60)) + rng.normal(0, 0.3, (3, 60))
        each = difference_of(cells)
        inside += each.low <= 0 <= each.high  # type: ignore[operator]
    assert 0.92 <= inside / 400 <= 0.995
