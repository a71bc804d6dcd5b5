"""Mixtures of experts: R1-Zero on them, and the loss that balances them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.errors import UserError
from r1data.training import launch
from r1data.training.models import experts
from r1data.training.settings import GrpoSettings
from tests.training import harness
from tests.training.small_models import small_model
from tests.training.tiny import build_tokenizer, sums

TWO = replace(harness.GRPO, steps=2)


def build(folder: Path, architecture: str, **changes: Any) -> Path:
    words = build_tokenizer()
    ids = {"eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id}
    small_model(architecture, **ids, **changes).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def train(model: Path, out: Path, settings: GrpoSettings) -> list[dict[str, Any]]:
    launch.run(sums(), model=model, out=out, settings=settings, command="train-grpo")
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def test_a_deepseek_v3_goes_through_r1_zero_and_sampling(tmp_path: Path) -> None:
    # a config may ask for the library's loss, which does not fit
    model = build(tmp_path / "base", "deepseek_v3", output_router_logits=True)
    rows = train(model, tmp_path / "zero", TWO)
    assert all(row["aux_loss"] > 0.5 for row in rows) and all("kl" in row for row in rows)
    (tmp_path / "prompts.jsonl").write_text(json.dumps(sums(1)[0]) + "\n")
    words = (
        f"sample {tmp_path}/prompts.jsonl -o {tmp_path}/samples --model {tmp_path}/zero -n 2 --max-tokens 4"
    )
    assert invoke([*words.split(), "--engine", "transformers"]) == 0
    assert Dataset(tmp_path / "samples").rows == 2


def test_a_qwen3_moe_has_the_loss_of_the_library(tmp_path: Path) -> None:
    model = build(tmp_path / "base", "qwen3_moe", router_aux_loss_coef=0.001)
    rows = train(model, tmp_path / "zero", replace(TWO, beta=0.0))
    assert all(row["aux_loss"] > 0.5 for row in rows)


@pytest.mark.parametrize("architecture", ["deepseek_v3", "qwen3_moe"])
def test_the_loss_trains_the_routers_and_0_turns_it_off(architecture: str, tmp_path: Path) -> None:
    model = build(tmp_path / "base", architecture)
    one = replace(TWO, steps=1, steps_per_rollout=1, beta=0.0)
    rows = {
        loss: train(model, tmp_path / str(loss), replace(one, balance_loss=loss))[0] for loss in (0.0, 1.0)
    }
    assert "aux_loss" not in rows[0.0] and rows[1.0]["aux_loss"] > 0.5
    assert rows[1.0]["grad_norm"] != rows[0.0]["grad_norm"]


def test_a_dense_model_has_no_experts_to_balance(qwen: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no mixture of experts"):
        train(qwen, tmp_path / "out", replace(TWO, balance_loss=0.1))


def test_the_sequence_loss_is_the_reports() -> None:
    """Eq. 17-20 of arXiv 2412.19437, token by token."""
    torch.manual_seed(0)
    sequences, length, number, a_token = 2, 5, 6, 2
    logits = torch.randn(sequences * length, number)
    chosen = torch.stack([torch.randperm(number)[:a_token] for _ in range(sequences * length)])
    mask = torch.tensor([[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]])
    expected = 0.0
    for sequence in range(sequences):
        tokens = [sequence * length + t for t in range(length) if mask[sequence, t]]
        for expert in range(number):
            f = number / (a_token * len(tokens)) * sum(int(expert in chosen[t].tolist()) for t in tokens)
            scores = [torch.sigmoid(logits[t]) for t in tokens]
            p = sum((s[expert] / s.sum()).item() for s in scores) / len(tokens)
            expected += f * p / sequences
    assert experts.sequence_loss(logits, chosen, mask).item() == pytest.approx(expected, abs=1e-5)


def test_experts_used_alike_have_the_loss_1() -> None:
    logits = torch.zeros(4, 4)
    chosen = torch.tensor([[0, 1], [2, 3], [0, 1], [2, 3]])
    assert experts.sequence_loss(logits, chosen, torch.ones(1, 4)).item() == pytest.approx(1.0)
