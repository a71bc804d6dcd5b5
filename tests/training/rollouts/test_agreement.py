"""What is called safe of an engine's type."""

import math

import pytest
import torch

from r1data.training.rollouts.agreement import advise, by_place, kept_tokens


def test_ranges_of_places_hold_every_token_once() -> None:
    differences = [torch.full((length,), 0.5, dtype=torch.float64) for length in (3, 17, 70)]
    whole, *ranges = by_place(differences, "float32", False)
    assert [one.places for one in ranges] == ["1-16", "17-64", "65-256"]
    assert whole.tokens == sum(one.tokens for one in ranges) == 90
    assert whole.sequence_largest == pytest.approx(35.0) and ranges[0].sequence_mean is None


@pytest.mark.parametrize(("mean", "deviation", "tokens"), [(0.01, 0.0, 69), (0.0, 0.1, 48)])
def test_a_response_is_lost_where_its_sum_passes_the_cap(mean: float, deviation: float, tokens: int) -> None:
    assert kept_tokens(mean, deviation) == tokens
    assert abs(mean) * tokens + deviation * math.sqrt(tokens) <= math.log(2)


def test_advice_names_what_a_run_would_do() -> None:
    noise = torch.randn(400, generator=torch.Generator().manual_seed(0)).double()
    assert "any --importance" in advise([noise * 1e-6], "float32", False)
    assert "sequence-mask would lose" in advise([noise * 1e-2], "bfloat16", True)
    assert "not safe" in advise([noise], "bfloat16", False)
    assert "not safe" in advise([noise * float("nan")], "bfloat16", False)
