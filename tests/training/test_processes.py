"""Several processes train one model, or the run is refused."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from r1data.errors import UserError
from r1data.models import load_model
from r1data.training import launch
from tests.training import harness
from tests.training.tiny import lessons, sums


def test_two_processes_make_the_steps_of_one(qwen: Path, tmp_path: Path) -> None:
    settings = replace(harness.SFT, epochs=1, processes=2)
    for processes in (1, 2):
        launch.run(
            lessons(8, 0),
            model=qwen,
            out=tmp_path / str(processes),
            settings=replace(settings, processes=processes),
            command="train-sft",
        )
    one, two = (load_model(tmp_path / name).state_dict() for name in ("1", "2"))
    assert all(torch.allclose(one[key], two[key], atol=1e-4) for key in one)


def test_grpo_counts_the_rollouts_of_all_processes(qwen: Path, tmp_path: Path) -> None:
    settings = replace(harness.GRPO, steps=2, rewards={"accuracy": 1.0, "format": 1.0}, processes=2)
    launch.run(sums(), model=qwen, out=tmp_path / "out", settings=settings, command="train-grpo")
    row = json.loads((tmp_path / "out/metrics.jsonl").read_text().splitlines()[0])
    assert row["r1/n"] == settings.sequences * settings.steps_per_rollout


def test_fsdp_without_gpus_is_refused(qwen: Path, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(UserError, match="GPU"):
        launch.run(
            lessons(),
            model=qwen,
            out=tmp_path / "out",
            settings=replace(harness.SFT, fsdp=True),
            command="train-sft",
        )


def test_another_world_than_asked_for_is_refused(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that thinks it is one of two, and trains alone: what a wrong launcher makes of it."""
    monkeypatch.setattr(launch, "_spawn", lambda model, begun, settings: launch.worker(begun.out, model))
    assert "WORLD_SIZE" not in os.environ
    with pytest.raises(SystemExit):
        launch.run(
            lessons(),
            model=qwen,
            out=tmp_path / "out",
            settings=replace(harness.SFT, processes=2),
            command="train-sft",
        )
    assert "asked for 2 processes and got 1" in (tmp_path / "out/.r1/failed.json").read_text()
