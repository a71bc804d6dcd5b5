"""Drawing tokens: numbers follow from seed and position, tokens from numbers."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from r1data.engines.base import Sampling
from r1data.engines.batch import draw, uniforms
from r1data.errors import UserError

SEEDS = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=20)


def numbers(seeds: list[int], position: int) -> np.ndarray:
    return uniforms(np.array(seeds, np.uint64), np.full(len(seeds), position))


@given(SEEDS, st.integers(0, 100_000))
def test_a_rows_number_does_not_depend_on_its_neighbours(seeds: list[int], position: int) -> None:
    assert numbers(seeds, position).tolist() == [numbers([seed], position)[0] for seed in seeds]


@given(SEEDS, st.integers(0, 100_000))
def test_numbers_are_above_zero_and_at_most_one(seeds: list[int], position: int) -> None:
    drawn = numbers(seeds, position)
    assert (drawn > 0).all() and (drawn <= 1).all()


def test_numbers_are_uniform_along_a_row_and_across_neighbouring_seeds() -> None:
    along = uniforms(np.full(20_000, 7, np.uint64), np.arange(20_000))
    across = uniforms(np.arange(20_000, dtype=np.uint64), np.zeros(20_000, np.int64))
    for drawn in (along, across):
        counts = np.histogram(drawn, bins=20, range=(0, 1))[0]
        assert ((counts - 1000) ** 2 / 1000).sum() < 50  # chi-square, 19 degrees: beyond 50 once in 10,000


def test_tokens_follow_the_distribution() -> None:
    logits = torch.tensor([0.5, 0.2, 0.2, 0.1]).log().expand(40_000, 4)
    uniform = torch.from_numpy(uniforms(np.arange(40_000, dtype=np.uint64), np.zeros(40_000, np.int64)))
    shares = draw(logits, uniform, Sampling()).bincount(minlength=4) / 40_000
    assert shares.tolist() == pytest.approx([0.5, 0.2, 0.2, 0.1], abs=0.01)


LOGITS = st.lists(st.floats(-20, 20, width=32), min_size=2, max_size=30)
UNIFORM = st.floats(2.0**-53, 1.0)


def one(logits: list[float], uniform: float, sampling: Sampling) -> int:
    return int(draw(torch.tensor([logits]), torch.tensor([uniform], dtype=torch.float64), sampling)[0])


@given(LOGITS, UNIFORM, st.integers(1, 5))
def test_top_k_draws_from_the_k_likeliest(logits: list[float], uniform: float, k: int) -> None:
    token = one(logits, uniform, Sampling(top_k=k))
    assert sum(other > logits[token] for other in logits) < k


@given(LOGITS, UNIFORM, st.floats(0.05, 0.95))
def test_top_p_draws_from_the_fewest_tokens_that_hold_p(
    logits: list[float], uniform: float, p: float
) -> None:
    token = one(logits, uniform, Sampling(top_p=p))
    shares = torch.tensor(logits).softmax(-1)
    assert float(shares[shares > shares[token]].sum()) < p + 1e-5


@given(st.lists(st.booleans(), min_size=2, max_size=20).filter(any), UNIFORM)
def test_a_token_of_probability_zero_is_never_drawn(possible: list[bool], uniform: float) -> None:
    logits = [1.0 if p else float("-inf") for p in possible]
    assert possible[one(logits, uniform, Sampling())]


def test_temperature_zero_takes_the_likeliest() -> None:
    assert one([0.1, 3.0, 2.9], 1.0, Sampling(temperature=0)) == 1


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_model_that_gives_no_numbers_is_refused(temperature: float) -> None:
    with pytest.raises(UserError, match="NaN"):
        one([float("nan"), 1.0], 0.5, Sampling(temperature=temperature))
