"""A run under its alarms: said once, written down, stopped with a checkpoint, and gone on with."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from r1data.errors import UserError
from r1data.training import launch
from r1data.training.loop import alarms, rules
from r1data.training.loop.alarms import Alarm
from r1data.training.loop.series import History
from r1data.training.output import checkpoint
from tests.training import harness
from tests.training.tiny import sums

SIX = replace(harness.GRPO, steps=6, beta=0.0, steps_per_rollout=1, save_steps=None)


def train(model: Path, out: Path, **changes: object) -> launch.Trained:
    settings = replace(SIX, **changes)  # type: ignore[arg-type]
    return launch.run(sums(), model=model, out=out, settings=settings, command="train-grpo")


def after_three(history: History) -> str | None:
    steps = history["reward"].steps
    return f"step {steps[-1]} has come" if steps[-1] >= 3 else None


@pytest.fixture(autouse=True)
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alarm of the third step, as the others need more steps than a test takes."""
    monkeypatch.setitem(
        alarms.ALARMS.built_in, "early", Alarm("early", ("reward",), after_three, "go home", "")
    )


def recorded(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_alarm_is_said_once_and_stands_in_file_and_summary(
    qwen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = train(qwen, tmp_path / "out")
    assert capsys.readouterr().err.count("alarm early, step 3: step 3 has come; go home\n") == 1
    assert recorded(tmp_path / "out/alarms.jsonl") == [
        {"step": 3, "alarm": "early", "state": "begins", "text": "step 3 has come; go home"}
    ]
    assert trained.manifest["summary"]["alarms"] == {"early": "at step 3"}
    assert "early at step 3" in (tmp_path / "out/README.md").read_text()


def test_a_run_that_it_stops_is_kept_and_goes_on_to_the_same_weights(qwen: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"stopped by --stop-on; alarm early, step 3: .*; step 4 is kept"):
        train(qwen, tmp_path / "out", stop_on=("early",))
    train(qwen, tmp_path / "out", stop_on=("early",))
    train(qwen, tmp_path / "undisturbed")
    ends = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("out", "undisturbed")]
    assert ends[0] == ends[1]
    assert len(recorded(tmp_path / "out/alarms.jsonl")) == 1


def test_any_stops_and_what_stops_may_change(qwen: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="stopped by --stop-on"):
        train(qwen, tmp_path / "out", stop_on=("any",))
    assert train(qwen, tmp_path / "out").manifest["finished"]


def test_an_unknown_name_is_refused_before_training(qwen: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--stop-on ealry: no alarm called ealry"):
        train(qwen, tmp_path / "out", stop_on=("ealry",))
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_two_processes_stop_together(qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # In processes of their own no made-up alarm is known; one of ours begins where its metric says so from the start.
    with pytest.raises(UserError, match=r"alarm all-wrong, step 10: 100% .*; step 11 is kept"):
        train(
            qwen,
            tmp_path / "out",
            steps=14,
            processes=2,
            rewards={"format": 1.0, "accuracy": 1.0},
            stop_on=("all-wrong",),
        )
    run = checkpoint.TrainingRun(tmp_path / "out", {})
    assert checkpoint.kept(run).startswith("step 11 is kept")
    assert rules.ALL_WRONG in recorded(run.metrics)[0]
