"""Several processes train one model, or the run is refused."""

import contextlib
import json
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from r1data.engines.models import load_model
from r1data.errors import UserError
from r1data.training import launch
from r1data.training.output.checkpoint import TrainingRun
from r1data.training.processes import elastic, worker
from tests.training import harness
from tests.training.loop.test_resume import interrupted_after
from tests.training.tiny import lessons, sums

BY_TWO = replace(harness.GRPO, steps=2, rewards={"accuracy": 1.0, "format": 1.0}, processes=2)


@pytest.mark.slow
def test_two_processes_killed_and_started_again_make_the_steps_of_one(qwen: Path, tmp_path: Path) -> None:
    out = tmp_path / "two"
    assert interrupted_after(8, "sft-by-two", qwen, out, signal.SIGKILL) == -signal.SIGKILL
    harness.main("sft-by-two", str(qwen), str(out))
    harness.main("sft", str(qwen), str(tmp_path / "one"))
    one, two = (load_model(folder).state_dict() for folder in (tmp_path / "one", out))
    assert all(torch.allclose(one[key], two[key], atol=1e-4) for key in one)
    steps = [json.loads(line)["step"] for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert steps == list(range(1, len(steps) + 1))


def test_grpo_counts_the_rollouts_of_all_processes(qwen: Path, tmp_path: Path) -> None:
    train_by_two(qwen, tmp_path / "out")
    row = json.loads((tmp_path / "out/metrics.jsonl").read_text().splitlines()[0])
    assert row["r1/n"] == BY_TWO.sequences * BY_TWO.steps_per_rollout


def test_a_killed_process_is_named_with_its_signal(qwen: Path, tmp_path: Path) -> None:
    def kill_one() -> None:
        while not (workers := children_running("r1data.training.processes.worker")):
            time.sleep(0.05)
        os.kill(workers[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    with pytest.raises(
        UserError, match=r"training process [01] died: killed by SIGKILL.*; run again to go on"
    ):
        train_by_two(qwen, tmp_path / "out")


def test_a_process_that_raises_is_named_with_what_it_raised(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    spawn = elastic.spawn

    def spawn_on_torn_rows(model: Path, run: TrainingRun, *others: Any) -> None:
        (run.work / "prompts.arrow").write_bytes(b"ARROW1")
        spawn(model, run, *others)

    monkeypatch.setattr(elastic, "spawn", spawn_on_torn_rows)
    with pytest.raises(UserError, match=r"training process [01] died: \w*Arrow\w*: .*its output is above"):
        train_by_two(qwen, tmp_path / "out")
    assert "Traceback" in capfd.readouterr().err


def test_the_end_of_a_dead_process_s_newest_log_is_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for launched, name in enumerate(["old", "new"]):
        log = tmp_path / name / "attempt_0/1/stderr.log"
        log.parent.mkdir(parents=True)
        log.write_text("".join(f"{name} {number}\n" for number in range(100)))
        os.utime(log, (launched, launched))
    elastic._show_log(tmp_path, 0)
    assert capfd.readouterr().err == ""
    elastic._show_log(tmp_path, 1)
    assert capfd.readouterr().err.splitlines() == [f"new {number}" for number in range(60, 100)]


def train_by_two(model: Path, out: Path) -> None:
    """Two steps of GRPO in two processes."""
    launch.run(sums(), model=model, out=out, settings=BY_TWO, command="train-grpo")


def children_running(module: str) -> list[int]:
    """Children of this process that run `python -m module`."""
    children = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
            if int(parent) == os.getpid() and module.encode() in (folder / "cmdline").read_bytes().split(
                b"\0"
            ):
                children.append(int(folder.name))
    return children


def test_a_file_where_the_user_happens_to_be_takes_the_place_of_no_module(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "datasets.py").write_text("raise RuntimeError('run')")
    monkeypatch.chdir(tmp_path)
    train_by_two(qwen, tmp_path / "out")
    assert (tmp_path / "out/r1.json").is_file()


def test_another_world_than_asked_for_is_refused(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that thinks it is one of two, and trains alone: what a wrong launcher makes of it."""
    monkeypatch.setattr(elastic, "spawn", lambda model, begun, *_: worker.main(begun.out, model))
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
