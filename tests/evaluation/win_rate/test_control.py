"""The intervals hold the truth as often as they say, also with clusters and for judges that know no doubt."""

import math

import numpy as np
import pytest

from benchmarks.win_rate import JUDGES, Judge, held
from r1data.evaluation.win_rate.control import PRIOR, fit

REPEATS = 300


@pytest.mark.parametrize(("judge", "rate"), JUDGES)
@pytest.mark.parametrize(("prompts", "samples"), [(100, 1), (60, 3)])
def test_the_intervals_hold_the_truth_in_95_of_100(
    judge: Judge, rate: float, prompts: int, samples: int
) -> None:
    # the standard error of the share of 300 is 1.3%
    assert 0.91 <= held(judge, rate, prompts, samples, REPEATS) <= 0.99


def test_what_the_data_do_not_tell_has_an_interval_without_bounds() -> None:
    wins, ones = np.array([1.0, 1, 1, 0] * 50), np.ones(200)
    fitted = fit(wins, np.column_stack([ones, ones]), [math.inf, PRIOR], [str(n) for n in range(200)])
    assert fitted is not None
    _, low, high = fitted.interval({0: 1.0})
    assert low < -15 and high > 15
    _, low, high = fitted.interval({0: 1.0, 1: 1.0})
    assert 0.5 < low < math.log(3) < high < 1.8


@pytest.mark.parametrize("wins", [[1.0] * 50, [0.0] * 50])
def test_a_model_that_wins_all_has_no_log_odds(wins: list[float]) -> None:
    assert fit(np.array(wins), np.ones((50, 1)), [math.inf], [str(n) for n in range(50)]) is None


def test_few_prompts_give_no_fit() -> None:
    design = np.column_stack([np.ones(40), np.linspace(-1, 1, 40)])
    assert fit(np.tile([1.0, 0], 20), design, [math.inf, PRIOR], ["a", "b"] * 20) is None
