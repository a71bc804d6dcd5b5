"""Tokens, speed and cost: in the summary and in the commit."""

from pathlib import Path

import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.sampling.plan import Prices, SamplingPlan
from r1data.sampling.sample import sample
from tests.sampling.conftest import plan


def test_prices_are_for_a_million_tokens() -> None:
    assert Prices().cost(1e6, 1e6) is None
    assert Prices(2.0).cost(1e6, 3e6) == 6.0
    assert Prices(2.0, 0.5).cost(1e6, 3e6) == 6.5
    assert Prices(None, 0.5).cost(1e6, 3e6) == 0.5


def test_the_cost_of_all_rows_is_in_the_summary_and_the_last_commit(
    model: Path, prompts: str, tmp_path: Path, play: object
) -> None:
    play()  # type: ignore[operator]
    settings: SamplingPlan = plan(model, part_rows=16)
    summary = sample(open_source(prompts), str(tmp_path / "out"), settings, prices=Prices(10_000, 100))
    tokens = summary.details["prompt_tokens"], summary.details["response_tokens"]
    assert tokens == (3 * 96, 2 * 96)
    assert summary.details["estimated_cost"] == pytest.approx((tokens[0] * 100 + tokens[1] * 10_000) / 1e6)
    told = Dataset(tmp_path / "out").summary
    assert told["estimated_cost"] == summary.details["estimated_cost"] and told["tokens_per_second"] > 0


def test_another_price_is_no_other_dataset(model: Path, prompts: str, tmp_path: Path) -> None:
    words = ["sample", prompts, "-o", str(tmp_path / "out"), "--model", str(model), "-n", "2"]
    words += ["--max-tokens", "4", "--template", "plain", "--engine", "transformers", "--threads", "1"]
    assert invoke([*words, "--output-token-price", "2"]) == 0
    assert invoke([*words, "--output-token-price", "3", "--input-token-price", "1"]) == 0
