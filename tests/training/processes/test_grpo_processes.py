"""GRPO in two processes, as copies, as shards and on two machines, computes what one does of the same responses."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from r1data.engines.models import load_model
from r1data.training import launch
from r1data.training.loop import runtime
from r1data.training.processes import elastic
from r1data.training.processes.placement import Placement, place
from tests.training import harness
from tests.training.processes import given_rollouts
from tests.training.processes.test_nodes import free_port
from tests.training.tiny import sums

MEASURES = ("loss", "grad_norm", "reward", "reward_std")
"""Not `kl`: TRL weighs its tokens by micro-batch, and which responses share one is drawn anew in each process."""


@pytest.fixture(autouse=True)
def _given(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Responses are given here and in the processes that are started."""
    runtime.import_trl()
    from trl import GRPOTrainer

    monkeypatch.setattr(elastic, "WORKER", "tests.training.processes.given_rollouts")
    monkeypatch.setattr(GRPOTrainer, "_generate_single_turn", GRPOTrainer._generate_single_turn)
    given_rollouts.give()
    yield


def train(model: Path, out: Path, placement: Placement = launch.ONE_MACHINE, **changes: Any) -> None:
    settings = replace(harness.GIVEN, **changes)
    launch.run(sums(), model=model, out=out, settings=settings, command="train-grpo", placement=placement)


def measures(out: Path) -> dict[str, list[float]]:
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return {name: [row[name] for row in rows] for name in MEASURES}


def assert_same(out: Path, one: Path) -> None:
    """Losses and the other measures within 1e-4, and so the trained weights."""
    expected, given = measures(one), measures(out)
    for name in MEASURES:
        assert given[name] == pytest.approx(expected[name], abs=1e-4, rel=1e-3), name
    weights, others = load_model(one).state_dict(), load_model(out).state_dict()
    assert all(torch.allclose(weights[key], others[key], atol=1e-4) for key in weights)


@pytest.mark.slow
def test_two_processes_compute_the_losses_of_one(qwen: Path, tmp_path: Path) -> None:
    train(qwen, tmp_path / "one")
    assert any(measures(tmp_path / "one")["loss"]) and any(measures(tmp_path / "one")["reward_std"])
    train(qwen, tmp_path / "copies", processes=2, strategy="ddp")
    assert_same(tmp_path / "copies", tmp_path / "one")
    train(qwen, tmp_path / "shards", processes=2, strategy="fsdp")
    assert_same(tmp_path / "shards", tmp_path / "one")


@pytest.mark.slow
def test_two_machines_compute_the_losses_of_one(qwen: Path, tmp_path: Path) -> None:
    train(qwen, tmp_path / "one")
    head = f"127.0.0.1:{free_port()}"
    with ThreadPoolExecutor(2) as machines:
        list(machines.map(lambda rank: train(qwen, tmp_path / "two", place(2, rank, head)), range(2)))
    assert_same(tmp_path / "two", tmp_path / "one")
