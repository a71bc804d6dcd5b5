"""A run that was interrupted ends in the very weights of one that was not."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest

from r1data.data.dataset import Dataset
from r1data.training import launch
from r1data.training.loop import runtime
from r1data.training.processes import worker
from tests.training import harness

ROOT = Path(__file__).parents[3]


def interrupted_after(
    step: int,
    kind: str,
    model: Path,
    out: Path,
    how: signal.Signals,
    stderr: int | IO[str] = subprocess.DEVNULL,
) -> int:
    """Start a run in a process of its own and interrupt it once it has logged `step` steps; returns its exit code.

    What an earlier run logged does not count: a signal that comes while modules are imported may be lost there.
    """
    metrics = out / ".r1" / "metrics.jsonl"
    rows = max(step, logged(metrics) + 2)
    command = [sys.executable, "-m", "tests.training.harness", kind, str(model), str(out), str(rows)]
    process = subprocess.Popen(command, stderr=stderr, cwd=ROOT)
    until = time.monotonic() + harness.LIMIT
    while logged(metrics) < rows:
        assert process.poll() is None and time.monotonic() < until, "ended before it was interrupted"
        time.sleep(0.005)
    os.kill(process.pid, how)
    return process.wait(harness.LIMIT)


def logged(metrics: Path) -> int:
    """Rows in a file of metrics."""
    return metrics.read_text().count("\n") if metrics.exists() else 0


def weights(out: Path) -> bytes:
    return (out / "model.safetensors").read_bytes()


def told(out: Path) -> list[dict[str, float]]:
    """The metrics without what the clock says."""
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [
        {k: v for k, v in row.items() if k not in ("time", "step_time") and not k.startswith("seconds/")}
        for row in rows
    ]


def rollouts(out: Path) -> str:
    """The digest of a run's rollouts."""
    dataset = Dataset(out / "rollouts")
    assert dataset.complete
    return dataset.digest


def test_grpo_killed_and_then_interrupted_ends_like_a_whole_run(qwen: Path, tmp_path: Path) -> None:
    out = tmp_path / "broken"
    assert interrupted_after(5, "grpo", qwen, out, signal.SIGKILL) == -signal.SIGKILL
    assert interrupted_after(9, "grpo", qwen, out, signal.SIGINT) == 130
    assert {path.name for path in out.iterdir()} == {".r1", "rollouts"}
    for folder in (out, tmp_path / "whole"):
        harness.main("grpo", str(qwen), str(folder))
    assert weights(out) == weights(tmp_path / "whole")
    assert told(out) == told(tmp_path / "whole")
    assert rollouts(out) == rollouts(tmp_path / "whole")
    assert not (out / ".r1").exists()


def test_sft_goes_on_from_the_last_whole_checkpoint(qwen: Path, tmp_path: Path) -> None:
    out = tmp_path / "broken"
    assert interrupted_after(8, "sft", qwen, out, signal.SIGKILL) == -signal.SIGKILL
    newest = max((out / ".r1/trainer").glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1]))
    (newest / "whole").unlink(missing_ok=True)
    (newest / "model.safetensors").write_bytes(b"torn")
    for folder in (out, tmp_path / "whole"):
        harness.main("sft", str(qwen), str(folder))
    assert weights(out) == weights(tmp_path / "whole")
    assert told(out) == told(tmp_path / "whole")


def test_a_run_interrupted_after_its_last_step_ends_with_the_numbers_of_it(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, brief = tmp_path / "out", replace(harness.SFT, epochs=1)

    def train() -> dict[str, Any]:
        return launch.run(
            harness.rows_of("sft"), model=qwen, out=out, settings=brief, command="train-sft"
        ).manifest

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(runtime, "finish", interrupt)
        train()
    assert train()["last"] == json.loads((out / "metrics.jsonl").read_text().splitlines()[-1])


def test_a_run_that_an_earlier_release_began_prepares_its_rows_again(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, brief = tmp_path / "out", replace(harness.SFT, epochs=1)

    def train() -> None:
        launch.run(harness.rows_of("sft"), model=qwen, out=out, settings=brief, command="train-sft")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(worker, "train", interrupt)
        train()
    prepared = out / ".r1" / worker.PREPARED
    summary = json.loads(prepared.read_text())
    prepared.write_text(json.dumps({name: summary[name] for name in ("examples", "steps", "validation")}))
    train()
    assert json.loads((out / "r1.json").read_text())["summary"]["strategy"] == "single"
