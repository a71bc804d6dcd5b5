"""Metrics in other tools: TensorBoard's events read back, and tools that are missing, fail, or would ask for a key."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from r1data.errors import UserError
from r1data.training import launch
from r1data.training.loop import tracking
from r1data.training.loop.tracking import Tool, Tracked
from tests.training import harness
from tests.training.tiny import sums

THREE = replace(harness.GRPO, steps=3, beta=0.0, steps_per_rollout=1, save_steps=None)


def train(model: Path, out: Path, **changes: object) -> launch.Trained:
    settings = replace(THREE, **changes)  # type: ignore[arg-type]
    return launch.run(sums(), model=model, out=out, settings=settings, command="train-grpo")


def test_tensorboard_has_every_metric_of_every_step(qwen: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(qwen, tmp_path / "out", track=("tensorboard",))
    events = EventAccumulator(str(tmp_path / "out/tensorboard")).Reload()
    rows = [json.loads(line) for line in (tmp_path / "out/metrics.jsonl").read_text().splitlines()]
    assert set(events.Tags()["scalars"]) == {name for row in rows for name in row} - {"step", "time"} | {
        "seconds/elapsed"
    }
    scalars = events.Scalars("reward")
    assert [each.step for each in scalars] == [1, 2, 3]
    assert [each.value for each in scalars] == pytest.approx([row["reward"] for row in rows])


def test_without_being_asked_nothing_is_tracked(qwen: Path, tmp_path: Path) -> None:
    train(qwen, tmp_path / "out")
    assert not (tmp_path / "out/tensorboard").exists()


class Kept:
    """A tool that keeps what it is told, and fails at a step if it should."""

    told: Tracked | None = None
    rows: dict[int, Mapping[str, float]]
    finished = False
    fails_at = 0

    def open(self, run: Tracked) -> "Kept":
        self.told, self.rows = run, {}
        sys.stdout.write("chatter\n")
        return self

    def log(self, step: int, values: Mapping[str, float]) -> None:
        if step == self.fails_at:
            raise OSError("no network, key=hf_abcdefghijklmnopqrstuvwxyz0123")
        self.rows[step] = values

    def finish(self) -> None:
        self.finished = True


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    one = Kept()
    monkeypatch.setitem(tracking.TOOLS, "kept", Tool(one.open, "json"))
    return one


def test_names_come_from_folders_and_secrets_stay(
    qwen: Path,
    tmp_path: Path,
    kept: Kept,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("JUDGE_API_KEY", "very-secret-indeed")
    train(
        qwen, tmp_path / "project/run", track=("kept",), judge="very-secret-indeed",
        judge_url="http://localhost:1/v1",
    )  # fmt: skip
    assert kept.told is not None and (kept.told.project, kept.told.name) == ("project", "run")
    assert "very-secret-indeed" not in str(kept.told) and kept.told.settings["steps"] == 3
    assert sorted(kept.rows) == [1, 2, 3] and kept.finished
    assert capsys.readouterr().out == ""  # stdout carries data


def test_a_tool_that_fails_is_left_out_and_the_run_ends_well(
    qwen: Path, tmp_path: Path, kept: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.fails_at = 2
    assert train(qwen, tmp_path / "out", track=("kept",)).manifest["finished"]
    said = capsys.readouterr().err
    assert said.count("--track kept failed with OSError: no network") == 1 and "hf_abc" not in said
    assert sorted(kept.rows) == [1] and not kept.finished


def test_what_cannot_be_tracked_is_refused_before_training(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        UserError, match="--track tensorbord: not known; choose one of trackio, tensorboard, wandb"
    ):
        train(qwen, tmp_path / "out", track=("tensorbord",))
    monkeypatch.setitem(sys.modules, "trackio", None)
    monkeypatch.setitem(tracking.TOOLS, "trackio", Tool(tracking.Trackio, "no_such_package"))
    with pytest.raises(
        UserError, match=r"needs the package no_such_package, .* pip install 'r1data\[trackio\]'"
    ):
        train(qwen, tmp_path / "out", track=("trackio",))
    assert not (tmp_path / "out").exists()


def test_wandb_never_asks_for_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tracking.TOOLS, "wandb", replace(tracking.TOOLS["wandb"], package="json"))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("WANDB_API_KEY", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(
        UserError, match=r"no key for api\.wandb\.ai here; run `wandb login`, or set WANDB_MODE=offline"
    ):
        tracking.check(["wandb"])
    (tmp_path / "netrc").write_text("machine api.wandb.ai login user password k\n")
    tracking.check(["wandb"])
    (tmp_path / "netrc").unlink()
    monkeypatch.setenv("WANDB_MODE", "offline")
    tracking.check(["wandb"])
