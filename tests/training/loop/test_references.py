"""The reference model: replaced by the policy, with adapters too, in bfloat16 too, and part of each checkpoint."""

import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r1data.training import launch
from tests.training import harness
from tests.training.loop.test_resume import interrupted_after, told, weights
from tests.training.tiny import sums

STEPWISE = replace(harness.GRPO, steps=4, steps_per_rollout=1, sync_ref_steps=2)


def divergences(model: Path, out: Path, **changes: Any) -> list[float]:
    """The KL estimate of each step."""
    settings = replace(STEPWISE, **changes)
    launch.run(sums(), model=model, out=out, settings=settings, command="train-grpo")
    return [json.loads(line)["kl"] for line in (out / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("lora", [0, 4])
def test_the_policy_replaces_the_reference(lora: int, qwen: Path, tmp_path: Path) -> None:
    first, second, third, fourth = divergences(qwen, tmp_path / "out", lora=lora)
    assert first == 0 and second > 0, "the model that training began with"
    assert third == 0 and fourth > 0, "the policy after two steps"


def test_a_reference_of_adapters_that_is_never_replaced_is_the_base(qwen: Path, tmp_path: Path) -> None:
    assert all(kl > 0 for kl in divergences(qwen, tmp_path / "out", lora=4, sync_ref_steps=0)[1:])


def test_a_bfloat16_reference_is_the_policy_but_for_rounding(qwen: Path, tmp_path: Path) -> None:
    exact = divergences(qwen, tmp_path / "float32")
    rounded = divergences(qwen, tmp_path / "bfloat16", reference_dtype="bfloat16")
    assert rounded[0] < 1e-4 and rounded[2] < 1e-4
    assert rounded[1] == pytest.approx(exact[1], rel=0.2)


@pytest.mark.slow
def test_killed_adapters_go_on_with_their_reference(qwen: Path, tmp_path: Path) -> None:
    out = tmp_path / "broken"
    assert interrupted_after(6, "grpo-lora", qwen, out, signal.SIGKILL) == -signal.SIGKILL
    for folder in (out, tmp_path / "whole"):
        harness.main("grpo-lora", str(qwen), str(folder))
    assert weights(out) == weights(tmp_path / "whole")
    assert told(out) == told(tmp_path / "whole")
