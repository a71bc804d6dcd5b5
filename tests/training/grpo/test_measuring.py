"""Groups without signal, and seconds, as the trainer that users get logs them."""

import json
from dataclasses import replace
from math import nan
from pathlib import Path

import pytest
import torch

from r1data.training import launch
from r1data.training.grpo.measuring import group_shares, majority_share
from tests.training import harness
from tests.training.tiny import sums


@pytest.mark.parametrize(
    ("rewards", "correct", "expected"),
    [
        ([[1, 1], [1, 0]], [1, 1, 1, 0], {"no_signal": 0.5, "all_right": 0.5, "all_wrong": 0.0}),
        ([[0, 0], [0, 0.5]], [0, 0, 0, 0], {"no_signal": 0.5, "all_right": 0.0, "all_wrong": 1.0}),
        ([[nan, nan], [nan, 1]], [nan, nan, nan, 1], {"no_signal": 1.0, "all_right": 1.0, "all_wrong": 0.0}),
        ([[1, 1], [2, 2]], [nan, nan, nan, nan], {"no_signal": 1.0}),
    ],
)
def test_shares_of_groups(
    rewards: list[list[float]], correct: list[float], expected: dict[str, float]
) -> None:
    flat = torch.tensor(rewards, dtype=torch.float32).flatten().unsqueeze(1)
    assert group_shares(flat, torch.tensor(correct, dtype=torch.float32), 2) == expected


def test_several_rewards_add_up_before_they_are_compared() -> None:
    rewards = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, nan], [0.0, nan]])
    assert group_shares(rewards, torch.full((4,), nan), 2) == {"no_signal": 0.5}


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([("5", True), ("5.0", True), ("6", False)], 1.0),
        ([("5", True), ("6", False), ("6", False)], 0.0),
        ([("5", True), ("6", False), None], 0.5),  # a tie
        ([None, None, None], None),
    ],
)
def test_the_majority_of_a_group(votes: list[tuple[str, bool] | None], expected: float | None) -> None:
    assert majority_share(votes, 3) == expected


def test_a_run_logs_groups_seconds_and_each_word(qwen: Path, tmp_path: Path) -> None:
    settings = replace(
        harness.GRPO, steps=2, beta=0.0, steps_per_rollout=1, rewards={"accuracy": 1.0}, scale_rewards="batch"
    )
    launch.run(sums(), model=qwen, out=tmp_path / "out", settings=settings, command="train-grpo")
    rows = [json.loads(line) for line in (tmp_path / "out/metrics.jsonl").read_text().splitlines()]
    for row in rows:
        assert row["groups/all_wrong"] == row["groups/no_signal"] == 1.0 and row["groups/all_right"] == 0.0
        parts = [row[f"seconds/{name}"] for name in ("generation", "verification", "training")]
        assert min(parts) > 0 and sum(parts) == pytest.approx(row["step_time"])
        words = sum(value for key, value in row.items() if key.startswith("r1/reflective/"))
        assert words == pytest.approx(row["r1/reflective_words"])
