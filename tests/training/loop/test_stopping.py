"""A run that is asked to stop keeps every step that it has finished, and says so."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from r1data.training import launch
from r1data.training.loop import intervals, stopping
from r1data.training.output import checkpoint
from tests.training import harness
from tests.training.loop.test_resume import ROOT, interrupted_after, logged, rollouts, told, weights


@pytest.mark.parametrize(
    ("kind", "how", "code"),
    [("sft-unsaved", signal.SIGTERM, 143), ("grpo-unsaved", signal.SIGINT, 130)],
)
def test_a_signal_keeps_all_finished_steps(
    kind: str, how: signal.Signals, code: int, qwen: Path, tmp_path: Path
) -> None:
    out = tmp_path / "broken"
    with (tmp_path / "stderr").open("w") as stderr:
        # in a rollout of steps 5 to 8
        assert interrupted_after(6, kind, qwen, out, how, stderr) == code
    assert kept_steps(out) == [7] == [logged(out / ".r1/metrics.jsonl")]
    assert "step 7 is kept, the same command goes on from there" in (tmp_path / "stderr").read_text()
    for folder in (out, tmp_path / "whole"):
        harness.main(kind, str(qwen), str(folder))
    assert weights(out) == weights(tmp_path / "whole")
    assert told(out) == told(tmp_path / "whole")
    if kind.startswith("grpo"):
        assert rollouts(out) == rollouts(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_two_processes_stop_at_one_step(how: signal.Signals, code: int, qwen: Path, tmp_path: Path) -> None:
    out = tmp_path / "two"
    assert interrupted_after(3, "sft-by-two-unsaved", qwen, out, how) == code
    assert kept_steps(out) == [logged(out / ".r1/metrics.jsonl")]


@pytest.mark.slow
def test_a_worker_that_gets_the_signal_stops_all(qwen: Path, tmp_path: Path) -> None:
    """As a scheduler sends it, to every process of a job."""
    out = tmp_path / "two"
    command = [sys.executable, "-m", "tests.training.harness", "sft-by-two-unsaved", str(qwen), str(out)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT)
    while logged(out / ".r1/metrics.jsonl") < 2:
        time.sleep(0.01)
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    )
    os.kill(int(children.stdout.split()[-1]), signal.SIGTERM)
    assert process.wait(harness.LIMIT) == 143
    assert kept_steps(out) == [logged(out / ".r1/metrics.jsonl")]


def test_a_second_signal_leaves_at_once(tmp_path: Path) -> None:
    request = stopping.StopRequest(tmp_path / "stop")
    with pytest.raises(KeyboardInterrupt), stopping.stoppable(request):
        signal.raise_signal(signal.SIGINT)
        assert request.number == signal.SIGINT
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    request = stopping.StopRequest(tmp_path / "stop")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stopping.stoppable(request):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert request.number == 0


def test_a_run_in_a_thread_is_stopped_by_the_file(qwen: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    exits: list[BaseException] = []

    def train() -> None:
        try:
            harness.main("sft-unsaved", str(qwen), str(out))
        except SystemExit as end:
            exits.append(end)

    thread = threading.Thread(target=train)
    thread.start()
    while logged(out / ".r1/metrics.jsonl") < 2:
        time.sleep(0.005)
    (out / ".r1" / stopping.STOP).touch()
    thread.join()
    assert [end.code for end in exits if isinstance(end, SystemExit)] == [143]
    assert kept_steps(out) == [logged(out / ".r1/metrics.jsonl")]


def test_checkpoints_cost_two_in_a_hundred_seconds_or_five_where_half_an_hour_is_at_risk() -> None:
    assert intervals.interval(None) == 60
    assert intervals.interval(0.01) == 60
    assert intervals.interval(10) == pytest.approx(500)
    assert intervals.interval(60) == 1800
    assert intervals.interval(600) == pytest.approx(12_000)


def test_the_interval_may_change_and_changes_no_weights(qwen: Path, tmp_path: Path) -> None:
    for name, every in (("often", 1), ("never", None)):
        launch.run(
            harness.rows_of("sft"),
            model=qwen,
            out=tmp_path / name,
            settings=replace(harness.SFT, epochs=1, save_steps=every),
            command="train-sft",
        )
    assert weights(tmp_path / "often") == weights(tmp_path / "never")
    request = checkpoint.run_request("train-sft", {"save_steps": 1}, [])
    other = checkpoint.run_request("train-sft", {"save_steps": 9}, [])
    run = checkpoint.begin(tmp_path / "begun", request)
    assert run is not None and checkpoint.begin(tmp_path / "begun", other) is not None


def test_what_is_lost_is_named(tmp_path: Path) -> None:
    run = checkpoint.begin(tmp_path / "out", checkpoint.run_request("train-sft", {}, []))
    assert run is not None
    assert checkpoint.kept(run) == "no step is kept yet, the same command begins again"
    (run.trainer / "checkpoint-4").mkdir()
    checkpoint.mark_complete(run.trainer / "checkpoint-4")
    run.metrics.write_text("".join(f'{{"step": {step}}}\n' for step in range(1, 8)) + '{"st')
    assert checkpoint.kept(run).startswith("step 4 is kept (steps 5 to 7 are lost), ")


def kept_steps(out: Path) -> list[int]:
    """The steps of the whole checkpoints of an unfinished run."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(int(mark.parent.name.split("-")[1]) for mark in (out / ".r1/trainer").glob("*/whole"))
    return []
