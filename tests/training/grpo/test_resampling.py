"""Groups without signal make room for others."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from r1data.training import launch, rewards
from r1data.training.grpo import resampling
from tests.training import harness
from tests.training.tiny import sums

RUN = replace(
    harness.GRPO,
    steps=4,
    beta=0.0,
    sync_ref_steps=0,
    resample_limit=3,
    rewards={"some": 1.0},
    save_steps=None,
)
NAN = float("nan")


@pytest.mark.parametrize(
    ("group", "signal"),
    [
        ((1, 1, 1), False),
        ((1, 0, 1), True),
        ((NAN, NAN, NAN), False),
        ((1, NAN, NAN), False),
        ((0, NAN, 1), True),
    ],
)
def test_a_group_has_signal_where_two_rewards_differ(group: tuple[float, ...], signal: bool) -> None:
    assert resampling.with_signal(torch.tensor([group])).tolist() == [signal]


@given(st.integers(1, 50), st.integers(1, 500), st.integers(0, 500), st.integers(0, 60), st.integers(1, 8))
def test_a_round_is_within_the_limit_and_divides(
    missing: int, tried: int, kept: int, most: int, unit: int
) -> None:
    size = resampling.next_size(missing, tried, kept, most, unit)
    assert 0 <= size <= most and size % unit == 0
    assert size or most < unit


def earn(monkeypatch: pytest.MonkeyPatch, prompts: set[str]) -> None:
    """Prompts whose responses differ in their reward; those of all others get 0."""

    def score(scored: Any) -> float:
        one = scored.rollout
        return random.Random(one.response).random() if one.prompt in prompts else 0.0

    monkeypatch.setitem(rewards.REWARDS.built_in, "some", rewards.Reward("some", rewards.each(score)))


def metrics(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def recorded(out: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    return [
        row for path in sorted((out / "rollouts/data").glob("*")) for row in pq.read_table(path).to_pylist()
    ]


def run(out: Path, model: Path, **changes: Any) -> launch.Trained:
    return launch.run(sums(20), model=model, out=out, settings=replace(RUN, **changes), command="train-grpo")


def test_a_rollout_is_filled_with_groups_that_have_signal(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {f"{n}+1=" for n in range(0, 20, 2)}
    earn(monkeypatch, good)
    manifest = run(tmp_path / "out", qwen).manifest
    rows = [row for row in metrics(tmp_path / "out") if "resampling/prompts" in row]
    assert len(rows) == 2 and all(row["resampling/unfilled"] == 0 for row in rows)
    assert all(row["frac_reward_zero_std"] == 0 for row in rows)
    assert any(row["resampling/rounds"] > 1 for row in rows)
    trained = recorded(tmp_path / "out")
    assert {row["prompt"] for row in trained} <= good
    assert len(trained) == RUN.sequences * RUN.steps
    tried = sum(row["resampling/prompts"] for row in rows)
    dry = sum(row["resampling/without_signal"] + row["resampling/unused"] for row in rows)
    assert tried - dry == RUN.prompts_per_rollout * 2
    assert manifest["summary"]["resampling"]["prompts"] == tried
    # Of every response, prompts included: what was thrown away was paid for too.
    assert rows[-1]["num_tokens"] > sum(row["resampling/tokens"] for row in rows)


def test_what_the_limit_leaves_unfilled_stays_and_is_counted(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earn(monkeypatch, set())
    run(tmp_path / "out", qwen)
    first = metrics(tmp_path / "out")[0]
    assert first["resampling/prompts"] == 3 * RUN.prompts_per_rollout == first["resampling/without_signal"]
    assert first["resampling/unfilled"] == RUN.prompts_per_rollout
    assert first["grad_norm"] == 0
    assert len(recorded(tmp_path / "out")) == RUN.sequences * RUN.steps


def test_a_group_that_differs_by_its_punishment_alone_is_without_signal(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earn(monkeypatch, set())
    run(tmp_path / "out", qwen, overlong="punish", max_tokens=48, overlong_buffer=48)
    first = metrics(tmp_path / "out")[0]
    assert first["resampling/without_signal"] == first["resampling/prompts"]
    assert first["groups/no_signal"] < 1  # the punishments differ


def test_rows_and_rewards_stay_together(qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each recorded response has the reward, the advantage and the prompt that are its own."""
    earn(monkeypatch, {f"{n}+1=" for n in range(0, 20, 3)})
    run(tmp_path / "out", qwen)
    groups: dict[tuple[str, int], list[Any]] = {}
    for row in recorded(tmp_path / "out"):
        groups.setdefault((row["prompt"], row["policy_step"]), []).append(row)
    for (prompt, _), rows in groups.items():
        values = torch.tensor([row["reward"] for row in rows])
        if int(prompt.partition("+")[0]) % 3 == 0:
            assert values.tolist() == pytest.approx([random.Random(row["response"]).random() for row in rows])
        expected = (values - values.mean()) / (values.std() + 1e-4)
        assert [row["advantage"] for row in rows] == pytest.approx(expected.tolist(), abs=1e-3)


def test_without_need_nothing_is_sampled_anew(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earn(monkeypatch, {f"{n}+1=" for n in range(20)})
    for name, limit in (("never", 1), ("at-most-3", 3)):
        run(tmp_path / name, qwen, resample_limit=limit)
    one, other = (tmp_path / name / "model.safetensors" for name in ("never", "at-most-3"))
    assert one.read_bytes() == other.read_bytes()
