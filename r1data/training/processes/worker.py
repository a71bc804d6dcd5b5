"""One of a run's processes: trains on the prepared rows of the folder that it is given.

`python -m r1data.training.processes.worker OUT MODEL PARENT` under torch's launcher; `train_prepared` on Ray.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from r1data.errors import UserError
from r1data.runtime.processes import end_with_parent
from r1data.runtime.terminal import clean_streams
from r1data.training.loop import stopping
from r1data.training.output import checkpoint
from r1data.training.plan import execution
from r1data.training.settings import Settings
from r1data.training.settings.recorded import KINDS

TRAINERS = {
    "grpo": "r1data.training.grpo.run",
    "sft": "r1data.training.sft",
    "on-policy": "r1data.training.on_policy.run",
    "reward-model": "r1data.training.reward_models.run",
}
"""Kind of training → the module that checks settings, prepares rows and trains."""
PREPARED = "prepared.json"
FAILED = "failed.json"
"""Where a process leaves its error for the user: who waits for it sees exit codes alone."""


def trainer_of(settings: Settings) -> Any:
    """The module that trains by these settings."""
    return import_module(TRAINERS[settings.kind])


def train_prepared(out: Path, model: Path) -> None:
    """What each of several processes does: train on the rows that the first machine has prepared."""
    request = json.loads((out / ".r1" / "run.json").read_text())
    parameters = {key: value for key, value in request["parameters"].items() if key != "model"}
    settings = KINDS[request["kind"]](**parameters)
    training_run = checkpoint.TrainingRun(out, request)
    with checkpoint.worker_lock(training_run):
        train(model, training_run, settings)


def train(model: Path, training_run: checkpoint.TrainingRun, settings: Settings) -> dict[str, Any]:
    """Train on the prepared rows, with the micro-batch that was chosen then; returns the manifest."""
    summary = read_prepared(training_run)
    manifest: dict[str, Any] = trainer_of(settings).train(
        model, training_run, execution.applied(settings, summary), summary
    )
    return manifest


def main(out: Path, model: Path) -> None:
    """A process that torch's launcher has started."""
    try:
        train_prepared(out, model)
        _leave_together()
    except KeyboardInterrupt:
        sys.exit(stopping.exit_code(signal.SIGINT))
    except UserError as error:
        checkpoint.write_json(out / ".r1" / FAILED, {"message": str(error)})
        sys.exit(1)


def _leave_together() -> None:
    """Ends the connections among training processes once all are done.

    Else the interpreter's end closes them in any order, under threads that may still listen to a peer.
    """
    import torch.distributed

    if torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def read_prepared(training_run: checkpoint.TrainingRun) -> dict[str, Any]:
    """What is trained on, in numbers, as the rows' preparation left it."""
    summary: dict[str, Any] = json.loads((training_run.work / PREPARED).read_text())
    return summary


if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # the parent prints the message
    # An orphan would go on training into the folder.
    end_with_parent(lambda: os._exit(1), int(sys.argv[3]))
    from torch.distributed.elastic.multiprocessing.errors import record

    # It tells the launcher what was raised, beside the exit code.
    with clean_streams():
        record(main)(Path(sys.argv[1]), Path(sys.argv[2]))
