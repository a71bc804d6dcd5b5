"""Launching training runs: start or resume in a folder, in this process or in several.

Several processes run under torch's own elastic launcher, on one machine. Each checks before its first step that as many
train together as were asked for (`runtime.check_world`), because a wrong launcher starts one, or two that know
nothing of each other. Machines beyond one are not covered here.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.data.records import Record
from r1data.data.rows import Rows
from r1data.data.source import open_source
from r1data.engines.model_files import check_quantisation, template_writes_date
from r1data.engines.models import local_folder
from r1data.errors import UserError
from r1data.runtime.processes import end_with_parent
from r1data.training import checkpoint, context, stopping
from r1data.training.settings import KINDS, Settings, as_parameters

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

TRAINERS = {
    "grpo": "r1data.training.grpo",
    "sft": "r1data.training.sft",
    "on-policy": "r1data.training.on_policy.run",
}
"""Kind of training → the module that checks settings, prepares rows and trains."""
PREPARED = "prepared.json"
FAILED = "failed.json"
DISTILL = "distill"
"""The command whose runs extend a base by default where its examples may be longer."""
LOG_LINES = 40
PATIENCE = 1
"""Seconds that training processes have to end after a second signal."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@dataclass(frozen=True)
class Trained:
    """The result of a run: its folder, whether it was finished before, and its manifest."""

    out: Path
    was_finished: bool
    manifest: dict[str, Any]


def read_rows(uri: str, *schemas: str) -> Rows:
    """Rows of the dataset, file or pipe that a `DS` argument names.

    Raises UserError where nothing is there, rows are narrower than each of `schemas`, or a pipe broke off.
    """
    source = open_source(uri, *schemas)
    if uri == "-":
        # Training needs every row before its first step, so that the pipe is read to its end first; its shards lie in
        # a dataset, which is then opened.
        for _ in source.shards():
            pass
        if not source.complete:
            raise UserError("-: the pipe ended before its end line; run the command before this one again")
        source = open_source(source.uri, *schemas)
    return Rows(source)


def run(
    rows: Iterable[Record],
    *,
    model: str | Path,
    out: Path,
    settings: Settings,
    command: str,
    parents: Sequence[dict[str, Any]] = (),
    say: Callable[[str], None] = lambda line: None,
) -> Trained:
    """Train `model` on `rows` into the folder `out`, or resume it; does nothing where it is finished.

    `parents` (`uri`, `digest`) say what the rows are; the models are added to them. With `GrpoSettings` rows are
    prompts, with `SftSettings` rows of the `sft` schema, with `OnPolicySettings` either. `say` is told how a
    base is changed. Raises UserError for errors that the user can fix; nothing is left in `out` then, unless there are
    checkpoints.
    """
    settings.check()
    folder = local_folder(model)
    check_quantisation(folder, training=True)
    if command == DISTILL:
        settings = context.by_default(settings, context.read_config(folder), folder)
    context.check(folder, settings)
    if change := context.of_folder(folder, settings):
        say(f"{model}: {change}")
    settings = _with_date(settings, folder, out)
    parameters = {"model": str(model), **as_parameters(settings)}
    # The model that is trained comes last, however many others are read.
    folders = {name: local_folder(name) for name in settings.other_models() if name != str(model)}
    folders[str(model)] = folder
    models = [{"uri": name, "digest": checkpoint.digest_of_model(path)} for name, path in folders.items()]
    request = checkpoint.run_request(command, parameters, [*parents, *models], settings.kind)
    training_run = checkpoint.begin(out, request)
    if training_run is None:
        return Trained(out, True, checkpoint.finished(out) or {})
    with checkpoint.run_lock(training_run):
        try:
            return Trained(out, False, _train(rows, folder, training_run, settings))
        except (KeyboardInterrupt, SystemExit) as interrupt:
            interrupt.add_note(checkpoint.kept(training_run))
            raise
        except UserError:
            # Without a checkpoint there is nothing to resume, and a corrected command would be refused here.
            if checkpoint.last_complete(training_run) is None:
                shutil.rmtree(training_run.work, ignore_errors=True)
                if out.is_dir() and not any(out.iterdir()):
                    out.rmdir()
            raise


def _with_date(settings: Settings, model: Path, out: Path) -> Settings:
    """The settings with the day that a chat template writes as today's: the earlier run's in `out`, so that it goes on
    as it began, else today's. As they are where the template writes none."""
    is_chat = getattr(settings, "template", None) in (None, "chat")
    if settings.date is not None or not is_chat or not template_writes_date(model):
        return settings
    return replace(settings, date=checkpoint.earlier_parameters(out).get("date") or today())


def today() -> str:
    """Today as YYYY-MM-DD."""
    return date.today().isoformat()


def _trainer(settings: Settings) -> Any:
    from importlib import import_module

    return import_module(TRAINERS[settings.kind])


def _train(
    rows: Iterable[Record], model: Path, training_run: checkpoint.TrainingRun, settings: Settings
) -> dict[str, Any]:
    """Prepares the rows on disk, unless an interrupted run did, then trains."""
    trainer = _trainer(settings)
    trainer.check(settings)
    # In this order: a process that a killed run left may be writing the checkpoint that looks torn.
    checkpoint.wait_for_orphans(training_run)
    checkpoint.remove_incomplete(training_run)
    (training_run.work / stopping.STOP).unlink(missing_ok=True)
    # Written after the rows' files, so that where it is there they are whole.
    prepared_file = training_run.work / PREPARED
    if not prepared_file.is_file():
        checkpoint.write_json(prepared_file, trainer.prepare(rows, model, training_run, settings))
    if settings.processes == 1:
        manifest: dict[str, Any] = trainer.train(model, training_run, settings, _read_prepared(training_run))
        return manifest
    _spawn(model, training_run, settings)
    return checkpoint.finished(training_run.out) or {}


def _spawn(model: Path, training_run: checkpoint.TrainingRun, settings: Settings) -> None:
    """Train in several processes and wait for them."""
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException, Std
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    failure_file = training_run.work / FAILED
    failure_file.unlink(missing_ok=True)
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=settings.processes,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",  # a free port, so that several runs fit on a machine
        run_id="r1",
        logs_specs=DefaultLogsSpecs(
            log_dir=str(training_run.work), redirects=dict.fromkeys(range(1, settings.processes), Std.ALL)
        ),
        local_addr="localhost",  # else processes look for each other under the machine's name, which may not resolve
        max_restarts=0,  # a user's error would only come again; the same command resumes after any other
        signals_to_handle="SIGHUP,SIGQUIT",  # the others are handled here: the launcher would end the workers
        shutdown_timeout=PATIENCE,
    )
    stop_request = stopping.StopRequest(training_run.work / stopping.STOP)
    # The launcher sees exit codes alone: a worker leaves the message for the user in `failure_file`.
    try:
        with _restored_handlers(), stopping.stoppable(stop_request, share=True):
            elastic_launch(config, sys.executable)(
                "-m", "r1data.training.launch", str(training_run.out), str(model), str(os.getpid())
            )
    except SignalException as error:
        raise KeyboardInterrupt from error
    except ChildFailedError as error:
        if number := _stopped_by(error):
            raise stopping.as_exception(number) from error
        if failure_file.is_file():
            raise UserError(json.loads(failure_file.read_text())["message"]) from error
        rank, failure = _first_failure(error)
        _show_log(training_run.work, rank)
        raise UserError(
            f"{training_run.out}: training process {rank} died: {_reason(failure)}; its output is above; "
            "run again to go on"
        ) from error


def _stopped_by(error: ChildFailedError) -> int:
    """The signal at which processes have stopped after a checkpoint; 0 where they failed."""
    numbers = {failure.exitcode - 128 for failure in error.failures.values()}
    return numbers.pop() if len(numbers) == 1 and numbers <= set(stopping.SIGNALS) else 0


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
def _restored_handlers() -> Iterator[None]:
    """Puts back the signal handlers that torch's launcher replaces and leaves behind: Ctrl-C in a notebook is one."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():  # elsewhere neither it nor we may set any
            for number, handler in handlers.items():
                signal.signal(number, handler)


def worker(out: Path, model: Path) -> None:
    """What each of several processes runs."""
    request = json.loads((out / ".r1" / "run.json").read_text())
    parameters = {key: value for key, value in request["parameters"].items() if key != "model"}
    settings = KINDS[request["kind"]](**parameters)
    training_run = checkpoint.TrainingRun(out, request)
    with checkpoint.worker_lock(training_run):
        try:
            _trainer(settings).train(model, training_run, settings, _read_prepared(training_run))
            _leave_together()
        except KeyboardInterrupt:
            sys.exit(stopping.exit_code(signal.SIGINT))
        except UserError as error:
            checkpoint.write_json(training_run.work / FAILED, {"message": str(error)})
            sys.exit(1)


def _leave_together() -> None:
    """Ends the connections among training processes once all are done.

    Else the interpreter's end closes them in any order, under threads that may still listen to a peer.
    """
    import torch.distributed

    if torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def _read_prepared(training_run: checkpoint.TrainingRun) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((training_run.work / PREPARED).read_text())
    return summary


if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # the parent prints the message
    # An orphan would go on training into the folder.
    end_with_parent(lambda: os._exit(1), int(sys.argv[3]))
    from torch.distributed.elastic.multiprocessing.errors import record

    # It tells the launcher what was raised, beside the exit code.
    record(worker)(Path(sys.argv[1]), Path(sys.argv[2]))
