"""What a run says of the change that its saved data type loses."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from r1data.engines.models import load_model
from r1data.training import launch
from r1data.training.output import rounding
from tests.training import harness
from tests.training.small_models import small_model
from tests.training.tiny import build_tokenizer, lessons

STEP = 2.0**-8
"""Between 1 and 2, bfloat16 has a number at every second of these."""


def folder_of(model: Any, folder: Path, dtype: torch.dtype = torch.bfloat16) -> Path:
    model.to(dtype).save_pretrained(folder)
    build_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose weights are all 1, in bfloat16."""
    return folder_of(filled(small_model("qwen3"), 1.0), tmp_path_factory.mktemp("rounding") / "base")


@torch.no_grad()
def filled(model: Any, value: float) -> Any:
    for weights in model.parameters():
        weights.fill_(value)
    return model


@torch.no_grad()
def trained(base: Path, change: Callable[[torch.Tensor], Any]) -> Any:
    """The model in float32, each of its weights changed."""
    model = load_model(base)
    for weights in model.parameters():
        change(weights)
    return model


def measured(base: Path, change: Callable[[torch.Tensor], Any], dtype: torch.dtype = torch.bfloat16) -> Any:
    return rounding.measure(trained(base, change), base, dtype).get(rounding.KEY)


def test_changes_of_less_than_half_a_step_are_lost(base: Path) -> None:
    assert measured(base, lambda weights: weights.add_(STEP / 2)) == {"share": 0.0, "weights": 0.0}


def test_changes_of_whole_steps_are_kept(base: Path) -> None:
    assert measured(base, lambda weights: weights.add_(2 * STEP)) == {"share": 1.0, "weights": 1.0}


def test_each_weight_counts_by_the_square_of_its_change(base: Path) -> None:
    def change(weights: torch.Tensor) -> None:
        weights.view(-1)[::2] += STEP / 2
        weights.view(-1)[1::2] += 2 * STEP

    assert measured(base, change) == {"share": round(4 / 4.25, 4), "weights": 0.5}


def test_rounding_as_often_up_as_down_takes_nothing(tmp_path: Path) -> None:
    model = small_model("qwen3")
    for weights in model.parameters():
        torch.nn.init.normal_(weights)  # norms too, which are all 1 else
    base = folder_of(model, tmp_path / "base", torch.float32)
    kept = measured(base, lambda weights: weights.mul_(1 + STEP / 8))
    assert kept["share"] == pytest.approx(1, abs=0.1) and kept["weights"] < 0.2


def test_tensors_larger_than_a_piece_are_compared_whole(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounding, "PART", 1_000)
    assert measured(base, lambda weights: weights.view(-1)[-1:].add_(2 * STEP))["weights"] == 1.0


def test_experts_are_compared_with_those_of_the_folder(tmp_path: Path) -> None:
    base = folder_of(filled(small_model("qwen3_moe"), 1.0), tmp_path / "base")

    def change(weights: torch.Tensor) -> None:
        weights += 2 * STEP if weights.dim() == 3 else 0  # experts of a layer are one tensor in memory

    assert measured(base, change) == {"share": 1.0, "weights": 1.0}


def test_float32_loses_nothing_and_is_not_measured(base: Path) -> None:
    assert measured(base, lambda weights: weights.add_(STEP / 2), torch.float32) is None


def test_an_unchanged_model_is_not_measured(base: Path) -> None:
    assert measured(base, lambda weights: weights) is None


def test_weights_of_another_shape_than_the_base_s_are_left_out(base: Path) -> None:
    model = trained(base, lambda weights: weights.add_(2 * STEP))
    model.resize_token_embeddings(model.config.vocab_size + 8)
    assert rounding.measure(model, base, torch.bfloat16)[rounding.KEY]["share"] == 1.0


def test_a_base_that_has_gone_does_not_end_a_run(base: Path, tmp_path: Path) -> None:
    model = trained(base, lambda weights: weights.add_(STEP))
    assert rounding.measure(model, tmp_path / "gone", torch.bfloat16) == {}


def test_training_says_how_much_of_its_change_is_saved(base: Path, tmp_path: Path) -> None:
    settings = replace(harness.SFT, epochs=1, lr=1e-4, save_dtype="bfloat16")
    out = tmp_path / "out"
    launch.run(lessons(8, 2), model=base, out=out, settings=settings, command="train-sft")
    summary = json.loads((out / "r1.json").read_text())["summary"]
    assert summary[rounding.KEY] == {"share": 0.0, "weights": 0.0}
    assert "| change saved | share 0, weights 0 |" in (out / "README.md").read_text()


@pytest.mark.parametrize(("share", "says"), [(rounding.LITTLE - 0.01, True), (rounding.LITTLE, False)])
def test_a_large_loss_is_said_with_what_keeps_all(share: float, says: bool) -> None:
    line = rounding.in_words({rounding.KEY: {"share": share, "weights": 0.1}})
    assert ("--save-dtype float32" in line if line else False) == says


def test_a_run_without_the_measure_says_nothing() -> None:
    assert rounding.in_words({}) is None
