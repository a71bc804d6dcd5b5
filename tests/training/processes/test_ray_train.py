"""Training on a local Ray cluster of two CPUs, by Ray Train."""

import contextlib
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from r1data.engines.models import load_model
from r1data.errors import UserError
from r1data.training import launch
from r1data.training.processes import ray_train
from r1data.training.processes.placement import Placement
from tests.training import harness
from tests.training.loop.test_resume import logged

RAY = Placement(executor="ray")


def test_a_cluster_that_is_too_small_is_refused() -> None:
    with pytest.raises(UserError, match="2 CPUs for 4 processes"):
        ray_train._uses_gpus({"CPU": 2.0}, 4)
    with pytest.raises(UserError, match="2 GPUs for 4 processes"):
        ray_train._uses_gpus({"CPU": 64.0, "GPU": 2.0}, 4)
    assert ray_train._uses_gpus({"CPU": 64.0, "GPU": 4.0}, 4)
    assert not ray_train._uses_gpus({"CPU": 4.0}, 4)


@pytest.mark.slow
def test_two_processes_on_ray_train_like_one_though_one_is_killed(qwen: Path, tmp_path: Path) -> None:
    out = tmp_path / "ray"

    def kill_one() -> None:
        while logged(out / ".r1/metrics.jsonl") < 7:
            time.sleep(0.05)
        while not (workers := ray_workers(out)):  # Ray may be starting them anew
            time.sleep(0.05)
        os.kill(workers[0], signal.SIGKILL)

    threading.Thread(target=kill_one, daemon=True).start()
    train(qwen, out, replace(harness.SFT, processes=2), RAY)
    train(qwen, tmp_path / "one", harness.SFT, Placement())
    one, two = (load_model(folder).state_dict() for folder in (tmp_path / "one", out))
    assert all(torch.allclose(one[key], two[key], atol=1e-4) for key in one)
    assert not (out / ".r1").exists()


def train(model: Path, out: Path, settings: harness.SftSettings, placement: Placement) -> None:
    launch.run(
        harness.rows_of("sft"),
        model=model,
        out=out,
        settings=settings,
        command="train-sft",
        placement=placement,
    )


def ray_workers(out: Path) -> list[int]:
    """Processes of Ray Train that train into a folder: it starts them below its own."""
    workers = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"RayTrainWorker" in (folder / "cmdline").read_bytes() and (
                folder / "cwd"
            ).readlink().is_relative_to(out):
                workers.append(int(folder.name))
    return workers
