"""Runs whose prompts are drawn as they go: resumed, and in several processes."""

import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch

from r1data.training import launch
from r1data.training.grpo import lengths
from tests.training import harness
from tests.training.loop.test_resume import interrupted_after, told, weights
from tests.training.tiny import sums


def recorded(out: Path) -> list[dict[str, Any]]:
    return [
        row for path in sorted((out / "rollouts/data").glob("*")) for row in pq.read_table(path).to_pylist()
    ]


def test_a_killed_run_draws_the_same_prompts(qwen: Path, tmp_path: Path) -> None:
    """Killed within a rollout: with a pool, resampling, and a length that is raised on the way."""
    out = tmp_path / "broken"
    assert interrupted_after(3, "grpo-drawn", qwen, out, signal.SIGKILL) == -signal.SIGKILL
    assert interrupted_after(7, "grpo-drawn", qwen, out, signal.SIGTERM) == 143
    for folder in (out, tmp_path / "whole"):
        harness.main("grpo-drawn", str(qwen), str(folder))
    whole = told(tmp_path / "whole")
    assert weights(out) == weights(tmp_path / "whole")
    assert _untimed(told(out)) == _untimed(whole)
    assert recorded(out) == recorded(tmp_path / "whole")
    assert any(row.get("resampling/rounds", 0) > 1 for row in whole)
    assert [row["completions/max_length"] for row in whole[:9:2]] == [12, 12, 12, 16, 16]
    summaries = [
        json.loads((folder / "r1.json").read_text())["summary"] for folder in (out, tmp_path / "whole")
    ]
    for name in ("pool", "resampling"):
        assert summaries[0][name] == summaries[1][name]


@pytest.mark.slow
def test_two_processes_fill_one_rollout(qwen: Path, tmp_path: Path) -> None:
    """A group may lie across both, and be trained on by the one that did not sample it."""
    settings = replace(
        harness.GRPO,
        steps=2,
        beta=0.0,
        sync_ref_steps=0,
        prompts_per_step=3,
        processes=2,
        micro_batch=2,
        rewards={"length": 1.0},
        overlong="punish",
        overlong_buffer=12,
        resample_limit=4,
    )
    out = tmp_path / "out"
    launch.run(sums(40), model=qwen, out=out, settings=settings, command="train-grpo")
    rows, first = recorded(out), json.loads((out / "metrics.jsonl").read_text().splitlines()[0])
    assert first["resampling/rounds"] > 1 and 0 <= first["resampling/unfilled"] < 6
    assert len(rows) == settings.sequences * settings.steps
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        punishment = lengths.punishment(row["response_tokens"], 12, 12)
        assert row["reward"] == pytest.approx(row["reward_length"] + punishment)
        groups.setdefault(row["prompt"], []).append(row)
    assert len(groups) == settings.prompts_per_rollout
    with_signal = 0
    for group in groups.values():
        values = torch.tensor([row["reward"] for row in group])
        expected = (values - values.mean()) / (values.std() + 1e-4)
        assert [row["advantage"] for row in group] == pytest.approx(expected.tolist(), abs=1e-3)
        with_signal += int(values.std() > 1e-6)
    assert with_signal == settings.prompts_per_rollout - first["resampling/unfilled"]


def _untimed(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{key: value for key, value in row.items() if not key.startswith("seconds/")} for row in rows]
