"""Training on a Ray cluster, by Ray Train's `TorchTrainer`, which places the processes and replaces those that die.

After a death all of them go on from the last whole checkpoint, up to `RETRIES` times. The run's folder, model and data
lie on a filesystem that the cluster's machines and this one share. Ctrl-C and SIGTERM reach the processes by a file
there (`stopping`).
"""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

from r1data.errors import UserError
from r1data.runtime.progress import Bar, track
from r1data.training.loop import stopping
from r1data.training.output import checkpoint
from r1data.training.plan.hardware import Hardware, detect
from r1data.training.processes import worker
from r1data.training.settings import Settings

RETRIES = 3
"""How often the processes are started again after a death. Ours."""
POLL_SECONDS = 0.5


def train(model: Path, training_run: checkpoint.TrainingRun, settings: Settings, executor: str) -> None:
    """Train on the cluster that `executor` names, `ray` or a `ray://` address, and wait for it.

    Raises UserError where the cluster is too small, or training fails.
    """
    from r1data.runtime.ray import RayExecutor

    failure_file = training_run.work / worker.FAILED
    failure_file.unlink(missing_ok=True)
    address = executor if "://" in executor else None
    cluster = RayExecutor(address)
    try:
        gpu = _uses_gpus(cluster.ray.cluster_resources(), settings.processes)
        fit = cluster.ray.remote(num_cpus=0, max_retries=0)(_fit)
        paths = (str(training_run.out.resolve()), str(model.resolve()))
        request = stopping.StopRequest(training_run.work / stopping.STOP)
        with stopping.stoppable(request, share=True):
            _wait(cluster.ray, fit.remote(*paths, settings.processes, gpu), training_run)
    except cluster.ray.exceptions.RayError as error:
        if not failure_file.is_file():
            raise UserError(
                f"{training_run.out}: training on Ray failed ({_reason(error)}); run again to go on"
            ) from error
    finally:
        cluster.close()
    if failure_file.is_file():
        raise UserError(json.loads(failure_file.read_text())["message"])
    if request.number:
        raise stopping.as_exception(request.number)
    shutil.rmtree(training_run.work, ignore_errors=True)  # Ray's own files, written after the model was


def hardware(executor: str, processes: int) -> Hardware:
    """What a process of the cluster may take, as one of its machines that has what a process needs sees it.

    Raises UserError where the cluster is too small.
    """
    from r1data.runtime.ray import RayExecutor

    cluster = RayExecutor(executor if "://" in executor else None)
    try:
        gpu = _uses_gpus(cluster.ray.cluster_resources(), processes)
        look = cluster.ray.remote(num_cpus=0 if gpu else 1, num_gpus=int(gpu), max_retries=0)(detect)
        machine: Hardware = cluster.ray.get(look.remote(processes))
    except cluster.ray.exceptions.RayError as error:
        raise UserError(
            f"a Ray worker cannot say what memory it has ({_reason(error)}); install this version of r1data and what "
            "it imports on every machine of the cluster"
        ) from error
    finally:
        cluster.close()
    return machine


def _uses_gpus(resources: dict[str, float], processes: int) -> bool:
    """Whether each process gets a GPU. Raises UserError where the cluster cannot hold them: Ray would wait for ever."""
    gpus, cpus = int(resources.get("GPU", 0)), int(resources.get("CPU", 0))
    if not gpus and cpus < processes:
        raise UserError(f"the Ray cluster has {cpus} CPUs for {processes} processes; give fewer --processes")
    if 0 < gpus < processes:
        raise UserError(f"the Ray cluster has {gpus} GPUs for {processes} processes; give fewer --processes")
    return gpus > 0


def _wait(ray: Any, reference: Any, training_run: checkpoint.TrainingRun) -> None:
    """Wait for the run, and show how far it is: its own bar is on another machine."""
    try:
        with track("training on Ray", total=None, unit="steps") as bar:
            shown = 0
            while True:
                with contextlib.suppress(ray.exceptions.GetTimeoutError):
                    ray.get(reference, timeout=POLL_SECONDS)
                    return
                shown = _show(bar, shown, training_run.metrics)
    except BaseException:
        ray.cancel(reference, force=True)
        raise


def _show(bar: Bar, shown: int, metrics: Path) -> int:
    with contextlib.suppress(OSError):  # it goes when the run is finished
        step = checkpoint.last_logged(metrics)
        bar.advance(max(0, step - shown))
        return max(step, shown)
    return shown


def _fit(out: str, model: str, processes: int, gpu: bool) -> None:
    """On the cluster: Ray Train's driver."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    TorchTrainer(
        _work,
        train_loop_config={"out": out, "model": model},
        scaling_config=ScalingConfig(num_workers=processes, use_gpu=gpu),
        run_config=RunConfig(
            name="ray",
            storage_path=str(Path(out) / ".r1"),
            failure_config=FailureConfig(max_failures=RETRIES),
        ),
    ).fit()


def _work(config: dict[str, str]) -> None:
    """In each process."""
    out = Path(config["out"])
    if not (out / ".r1/run.json").is_file():
        raise RuntimeError(f"a Ray worker does not see {out}, which all machines must share")
    failure_file = out / ".r1" / worker.FAILED
    if failure_file.is_file():  # a user's error: it would only come again
        return
    try:
        worker.train_prepared(out, Path(config["model"]))
    except (KeyboardInterrupt, SystemExit):
        return
    except UserError as error:
        checkpoint.write_json(failure_file, {"message": str(error)})
        raise RuntimeError(str(error)) from None  # the others end with this one


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__
