"""The processes of one machine, under torch's own elastic launcher, alone or together with those of other machines.

Each process checks before its first step that as many train together as were asked for (`runtime.check_world`), because
a wrong launcher starts one, or two that know nothing of each other. Signals do not go through the launcher, which would
end the processes in the middle of a step: see `stopping`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.errors import UserError
from r1data.runtime.processes import module_command, module_environment
from r1data.training.loop import stopping
from r1data.training.output import checkpoint
from r1data.training.processes.nodes import Meeting
from r1data.training.processes.placement import Placement
from r1data.training.processes.worker import FAILED
from r1data.training.settings import Settings

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
    from torch.distributed.launcher.api import LaunchConfig

LOG_LINES = 40
PATIENCE = 1
"""Seconds that training processes have to end after a second signal."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
WORKER = "r1data.training.processes.worker"
LOST_PEER = ("Connection", "connection", "gloo", "NCCL", "DistBackendError", "DistNetworkError", "timed out")
"""What errors speak of that a process raises because another one is gone."""


def spawn(
    model: Path,
    training_run: checkpoint.TrainingRun,
    settings: Settings,
    placement: Placement,
    meeting: Meeting | None = None,
) -> None:
    """Train in several processes and wait for them.

    Raises UserError where one dies, here or, with a `meeting`, on another machine.
    """
    from torch.distributed import DistError
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.elastic.rendezvous import RendezvousError
    from torch.distributed.launcher.api import elastic_launch

    failure_file = training_run.work / FAILED
    failure_file.unlink(missing_ok=True)
    stop_request = stopping.StopRequest(training_run.work / stopping.STOP)
    logs = training_run.work if meeting is None else training_run.work / f"node-{placement.rank}"
    logs.mkdir(exist_ok=True)
    config = _config(logs, settings.local_processes, placement)
    try:
        command = module_command(WORKER, str(training_run.out), str(model), str(os.getpid()))
        with _package_in_path(), _restored_handlers(), stopping.stoppable(stop_request, share=True):
            elastic_launch(config, command[0])(*command[1:])
    except SignalException as error:
        raise KeyboardInterrupt from error
    except (DistError, RendezvousError) as error:  # a machine went while the processes were starting
        blame = (meeting.blame() if meeting else None) or str(error).splitlines()[0]
        raise UserError(f"{training_run.out}: {blame}; run again on every node to go on") from error
    except ChildFailedError as error:
        if number := _stopped_by(error, stop_request):
            raise stopping.as_exception(number) from error
        if failure_file.is_file():
            raise UserError(json.loads(failure_file.read_text())["message"]) from error
        rank, failure = _first_failure(error)
        reason = _reason(failure)
        if meeting is not None and any(word in reason for word in LOST_PEER) and (other := meeting.blame()):
            raise UserError(
                f"{training_run.out}: {other}; run the command on every node again to go on"
            ) from error
        _show_log(logs, failure.local_rank)
        again = "run again to go on" if meeting is None else "run the command on every node again to go on"
        raise UserError(
            f"{training_run.out}: training process {rank} died: {reason}; its output is above; {again}"
        ) from error


def _config(logs: Path, processes: int, placement: Placement) -> LaunchConfig:
    """How torch's launcher starts this machine's processes."""
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, Std
    from torch.distributed.launcher.api import LaunchConfig

    # The first process of all writes to stderr itself.
    quiet = range(0 if placement.rank else 1, processes)
    shared: dict[str, Any] = {
        "nproc_per_node": processes,
        "run_id": "r1",
        "logs_specs": DefaultLogsSpecs(log_dir=str(logs), redirects=dict.fromkeys(quiet, Std.ALL)),
        "max_restarts": 0,  # a user's error would only come again; the same command resumes after any other
        "signals_to_handle": "SIGHUP,SIGQUIT",
        "shutdown_timeout": PATIENCE,
    }
    if placement.nodes == 1:
        return LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",  # a free port, so that several runs fit on a machine
            local_addr="localhost",  # else they look for each other under the machine's name, which may not resolve
            **shared,
        )
    host, port = placement.address
    return LaunchConfig(
        min_nodes=placement.nodes,
        max_nodes=placement.nodes,
        rdzv_backend="static",
        rdzv_endpoint=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        rdzv_configs={"rank": placement.rank, "timeout": int(placement.wait)},
        **shared,
    )


def _stopped_by(error: ChildFailedError, request: stopping.StopRequest) -> int:
    """The signal at which processes stopped, after a checkpoint or before their first step; 0 where they failed."""
    codes = {failure.exitcode for failure in error.failures.values()}
    numbers = {-code if code < 0 else code - 128 for code in codes}
    if not numbers or not numbers <= set(stopping.SIGNALS):
        return 0
    # When the first process leaves, torch's launcher ends the others with SIGTERM, whichever signal was asked by.
    others = numbers - {signal.SIGTERM} or numbers
    return request.number if request.number in stopping.SIGNALS else others.pop()


def _first_failure(error: ChildFailedError) -> tuple[int, ProcessFailure]:
    """The rank and the failure of the process that died first."""
    # One that was killed takes the others with it: they lose their connection to it, and say so.
    killed = [(rank, one) for rank, one in error.failures.items() if one.exitcode == -signal.SIGKILL]
    return killed[0] if killed else error.get_first_failure()


def _show_log(work: Path, rank: int) -> None:
    """The last lines that a process wrote to a log; the first one has none, and writes to stderr itself."""
    # Shown now, since the folder goes where there is no checkpoint. Each launch has logs of its own.
    logs = sorted(work.glob(f"*/*/{rank}/stderr.log"), key=lambda log: log.stat().st_mtime)
    for log in logs[-1:]:
        lines = log.read_text(errors="replace").splitlines(keepends=True)
        sys.stderr.writelines(lines[-LOG_LINES:])


def _reason(failure: ProcessFailure) -> str:
    """What a training process died of: the exception that it left, else its signal or exit code."""
    if isinstance(failure.message, dict):
        return str(failure.message["message"])
    return f"killed by {failure.signal_name()}" if failure.exitcode < 0 else f"exit code {failure.exitcode}"


@contextlib.contextmanager
def _package_in_path() -> Iterator[None]:
    """This package importable in the processes, which look for nothing in the folder where the user happens to be."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = module_environment()["PYTHONPATH"]  # torch's launcher hands the environment on
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


@contextlib.contextmanager
def _restored_handlers() -> Iterator[None]:
    """Puts back the signal handlers that torch's launcher replaces and leaves behind: Ctrl-C in a notebook is one."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():  # elsewhere neither it nor we may set any
            for number, handler in handlers.items():
                signal.signal(number, handler)
