"""The gap between an engine and the trainer, and the weights that correct for it."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from r1data.errors import UserError
from r1data.training.rollouts import mismatch
from r1data.training.settings import GrpoSettings

TRAINED = [[-1.0, -2.0, -0.5], [-0.7, -3.0, -9.0]]
SAMPLED = [[-1.1, -2.0, -2.5], [-0.6, -4.5, -9.0]]
MASK = [[1, 1, 1], [1, 1, 0]]


def batch(**others: Any) -> dict[str, torch.Tensor]:
    tensors = {"old_per_token_logps": TRAINED, "sampling_per_token_logps": SAMPLED, "completion_mask": MASK}
    return {name: torch.tensor(value) for name, value in {**tensors, **others}.items()}


def by_hand(mode: str, cap: float) -> list[list[float]]:
    """The weight of each token that is trained on, from the definitions."""
    weights = []
    for trained, sampled, mask in zip(TRAINED, SAMPLED, MASK, strict=True):
        gaps = [a - b for a, b, kept in zip(trained, sampled, mask, strict=True) if kept]
        ratios = [math.exp(sum(gaps))] * len(gaps) if "sequence" in mode else [math.exp(gap) for gap in gaps]
        cut = {
            "truncate": lambda ratio: min(ratio, cap),
            "mask": lambda ratio: ratio if ratio <= cap else 0.0,
        }
        weights.append([cut[mode.split("-")[1]](ratio) for ratio in ratios])
    return weights


@pytest.mark.parametrize("mode", ["token-truncate", "token-mask", "sequence-mask"])
def test_weight_mass_and_what_has_weight_0_agree_with_the_definitions(mode: str) -> None:
    weights = by_hand(mode, 2.0)
    whole = [[*row, 7.0][: len(TRAINED[0])] for row in weights]  # beyond the mask there may be anything
    ratios = [row[:1] for row in whole] if "sequence" in mode else whole
    measured = mismatch.metrics(mismatch.counts(batch(importance_sampling_ratio=ratios)) or {})
    tokens = [one for row in weights for one in row]
    assert measured[mismatch.MASS] == pytest.approx(sum(tokens) / 5)
    assert measured[mismatch.ZERO_TOKENS] == pytest.approx(tokens.count(0.0) / 5)
    assert measured[mismatch.ZERO_RESPONSES] == pytest.approx(sum(not any(row) for row in weights) / 2)


@pytest.mark.parametrize("mode", ["token-truncate", "token-mask", "sequence-mask"])
def test_weights_are_those_of_the_definitions(mode: str) -> None:
    weights = mismatch.weights(batch(), mode, 2.0).expand(2, 3).tolist()
    expected = by_hand(mode, 2.0)
    assert weights[0] == pytest.approx(expected[0])
    assert weights[1][:2] == pytest.approx(expected[1])
    assert mismatch.weights(batch(), "none", 2.0).tolist() == [[1.0] * 3] * 2


def test_a_rollout_in_parts_has_the_measures_of_the_whole() -> None:
    whole = mismatch.counts(batch()) or {}
    parts = [
        mismatch.counts({name: tensor[part : part + 1] for name, tensor in batch().items()}) or {}
        for part in (0, 1)
    ]
    assert mismatch.together(parts) == pytest.approx(whole)


def test_the_gap_is_over_the_tokens_of_responses_alone() -> None:
    measured = mismatch.metrics(mismatch.counts(batch()) or {})
    assert measured[mismatch.GAP] == pytest.approx((0.1 + 0 + 2.0 + 0.1 + 1.5) / 5)
    assert measured[mismatch.LARGEST_GAP] == pytest.approx(2.0)
    assert measured[mismatch.SEQUENCE_GAP] == pytest.approx((2.1 + 1.4) / 2)
    assert measured[mismatch.MASS] == 1.0


def test_a_token_that_the_engine_did_not_score_is_left_out() -> None:
    one = batch(sampling_per_token_logps=[[-1.1, float("nan"), -0.5], [-0.7, -3.0, 0.0]])
    measured = mismatch.metrics(mismatch.counts(one) or {})
    assert measured[mismatch.GAP] == pytest.approx(0.1 / 4)


@pytest.mark.parametrize("mode", ["token-truncate", "token-mask", "sequence-mask", "none"])
def test_trl_knows_every_correction(mode: str) -> None:
    from trl import GRPOConfig

    arguments = mismatch.correction_arguments(mode, 2.0)
    assert arguments.keys() <= GRPOConfig.__dataclass_fields__.keys()
    config = GRPOConfig(output_dir="x", use_cpu=True, bf16=False, report_to="none", **arguments)
    assert config.vllm_importance_sampling_clip_max == (1.0 if mode == "none" else 2.0)


def test_a_run_stops_past_the_limit_and_says_what_to_change() -> None:
    mismatch.refuse({mismatch.GAP: 0.05}, 0.1)
    mismatch.refuse({mismatch.GAP: 5.0}, 0.0)
    for gap in (0.2, float("nan")):
        with pytest.raises(UserError, match="--engine transformers") as caught:
            mismatch.refuse({mismatch.GAP: gap}, 0.1)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wrong", [{"importance_cap": 0.5}, {"max_logprob_gap": -1.0}, {"importance": "all"}])
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="--"):
        replace(GrpoSettings(), **wrong).check()
