"""How processes share a model: shards and copies train alike, and what cannot be had is refused before training."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from r1data.errors import UserError
from r1data.training import launch
from r1data.training.models import strategies
from r1data.training.models.strategies import Strategy
from r1data.training.settings import Settings
from tests.training import harness
from tests.training.tiny import build_model, lessons, sums

SFT = replace(harness.SFT, epochs=2)


def losses(out: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (out / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_sharded_processes_train_as_one_does(tmp_path: Path) -> None:
    model = build_model(tmp_path / "model", tie_word_embeddings=True)
    for out, settings in (("one", SFT), ("two", replace(SFT, processes=2, strategy="fsdp"))):
        trained = launch.run(
            lessons(20), model=model, out=tmp_path / out, settings=settings, command="train-sft"
        )
        assert trained.manifest["summary"]["strategy"] == ("single" if out == "one" else "fsdp")
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), abs=1e-4)
    one, two = (load_file(tmp_path / out / "model.safetensors") for out in ("one", "two"))
    assert one.keys() == two.keys()
    assert all(torch.allclose(one[name], two[name], atol=1e-4) for name in one)


@pytest.mark.slow
def test_a_sharded_policy_replaces_its_sharded_reference(qwen: Path, tmp_path: Path) -> None:
    rewards = {"accuracy": 1.0, "format": 1.0}
    settings = replace(harness.GRPO, steps=4, sync_ref_steps=2, rewards=rewards, processes=2, strategy="fsdp")
    trained = launch.run(sums(), model=qwen, out=tmp_path / "out", settings=settings, command="train-grpo")
    assert trained.manifest["last"]["step"] == 4


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        (replace(SFT, strategy="fsdp"), "add --processes 2"),
        (replace(SFT, strategy="ddp"), "add --processes 2"),
        (replace(SFT, strategy="single", processes=2), "use --strategy auto"),
        (replace(SFT, offload=True), "--offload moves shards"),
        (replace(SFT, offload=True, strategy="fsdp", processes=2), "here is none"),
        (replace(SFT, context_parallel=2, processes=2), "needs GPUs"),
        (replace(SFT, strategy="deepspeed", processes=2), "deepspeed"),
    ],
)
def test_what_a_machine_without_gpus_cannot_have_is_refused(
    settings: Settings, refusal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(UserError, match=refusal):
        strategies.check_machine(settings)


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(UserError, match="give --processes 2"):
        strategies.check_machine(replace(SFT, processes=4))


@pytest.mark.parametrize("strategy", ["ddp", "fsdp", "deepspeed"])
def test_a_plain_model_is_not_taken_for_a_shared_one(strategy: str) -> None:
    trainer: Any = SimpleNamespace(
        accelerator=SimpleNamespace(num_processes=2), model_wrapped=torch.nn.Linear(2, 2)
    )
    with pytest.raises(UserError, match=f"asked for --strategy {strategy}, but the model is a plain Linear"):
        strategies.check_world(trainer, Strategy(strategy), processes=2)


@pytest.mark.parametrize("offload", [False, True])
def test_the_zero3_settings_shard_and_offload(offload: bool) -> None:
    from accelerate.utils.deepspeed import HfDeepSpeedConfig

    config = HfDeepSpeedConfig(strategies.zero3(offload))
    assert config.is_zero3()
    assert config.is_offload() == offload
