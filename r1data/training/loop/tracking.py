"""A run's metrics in other tools, where `--track` names them: TensorBoard, Trackio, Weights & Biases.

What goes there: each row of `metrics.jsonl` and the run's settings, with keys and passwords taken out. The project is
called after the folder that the run's folder is in, the run after its own. Nothing goes anywhere unasked; TensorBoard's
events lie in the run's folder, Trackio's in its own local store (or the Space that TRACKIO_SPACE_ID names), those of
Weights & Biases go to its server, or with WANDB_MODE=offline into a folder. Neither code, command line, Git state nor
output is given to it.

A tool that fails is left out for the rest of the run, which is told: who watches a run shall not end it. A run that
resumes goes on in the same run of the tool; steps that it makes again have the same values.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import netrc
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from r1data.data.secrets import redact, redact_all
from r1data.data.text import shown_line
from r1data.errors import UserError
from r1data.training.loop.callbacks import Metrics
from r1data.training.output.checkpoint import TrainingRun

EVENTS = "tensorboard"
"""Folder of TensorBoard's events in the run's."""
RENAMED = {"time": "seconds/elapsed"}
"""A name that Trackio keeps for itself."""


class Tracker(Protocol):
    """A tool's run."""

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """The metrics of a step."""

    def finish(self) -> None:
        """All is on disk, or sent."""


@dataclass(frozen=True)
class Tracked:
    """What a tool is told of a run: project, name, a lasting id, settings, where its files lie, the next step."""

    project: str
    name: str
    id: str
    settings: Mapping[str, Any]
    folder: Path
    next_step: int


class TensorBoard:
    """Events in the run's folder; those of steps that are made again are passed over by readers."""

    def __init__(self, run: Tracked) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer: Any = SummaryWriter(str(run.folder / EVENTS), purge_step=run.next_step)
        self.writer.add_text("settings", "\n\n".join(f"{k}: {v}" for k, v in run.settings.items()))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()  # a killed run shall not lose two minutes of them

    def finish(self) -> None:
        self.writer.close()


class Trackio:
    """Trackio's local store, or the Space that its own variables name."""

    def __init__(self, run: Tracked) -> None:
        import trackio

        self.run = trackio.init(
            project=run.project, name=run.name, config=dict(run.settings), resume="allow", embed=False,
            auto_log_gpu=False, auto_log_cpu=False,
        )  # fmt: skip

    def log(self, step: int, values: Mapping[str, float]) -> None:
        self.run.log(dict(values), step=step)

    def finish(self) -> None:
        self.run.finish()


class WeightsAndBiases:
    """A run of Weights & Biases; it keeps the first of two rows of a step."""

    def __init__(self, run: Tracked) -> None:
        import wandb

        quiet = wandb.Settings(
            console="off",
            silent=True,
            disable_git=True,
            save_code=False,
            x_disable_meta=True,
            x_disable_machine_info=True,
        )
        self.run = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or run.project, name=run.name, id=run.id, resume="allow",
            config=dict(run.settings), settings=quiet,
        )  # fmt: skip

    def log(self, step: int, values: Mapping[str, float]) -> None:
        self.run.log(dict(values), step=step)

    def finish(self) -> None:
        self.run.finish()


def _check_key() -> None:
    """Raise UserError where W&B would stop to ask for a key."""
    if os.environ.get("WANDB_MODE", "online") != "online" or os.environ.get("WANDB_API_KEY"):
        return
    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    with contextlib.suppress(OSError, netrc.NetrcParseError):
        if netrc.netrc(os.environ.get("NETRC")).authenticators(host):
            return
    raise UserError(
        f"--track wandb: no key for {host} here; run `wandb login`, or set WANDB_MODE=offline to keep it in a folder"
    )


@dataclass(frozen=True)
class Tool:
    """A tool: how it is opened, its package, and what else it needs before training begins."""

    open: Callable[[Tracked], Tracker]
    package: str
    check: Callable[[], None] = lambda: None


TOOLS = {
    "trackio": Tool(Trackio, "trackio"),
    "tensorboard": Tool(TensorBoard, "tensorboard"),
    "wandb": Tool(WeightsAndBiases, "wandb", _check_key),
}


def check_names(names: Iterable[str]) -> None:
    """Raise UserError where a tool is not known."""
    for name in names:
        if name not in TOOLS:
            raise UserError(f"--track {name}: not known; choose one of {', '.join(TOOLS)}")


def check(names: Iterable[str]) -> None:
    """Raise UserError where a tool is not known, its package is missing, or it lacks its key."""
    names = list(names)
    check_names(names)
    for name in names:
        package = TOOLS[name].package
        if find_spec(package) is None:
            raise UserError(
                f"--track {name} needs the package {package}, which is not installed; "
                f"pip install 'r1data[{name}]', or leave it out"
            )
        TOOLS[name].check()


class Tracking(TrainerCallback):  # type: ignore[misc]
    """Hands each row of metrics to the tools; it must come after `Metrics` among the callbacks."""

    def __init__(self, names: Iterable[str], run: TrainingRun, metrics: Metrics) -> None:
        self.names, self.run, self.metrics = list(names), run, metrics
        self._open: dict[str, Tracker] = {}
        self._step = int(metrics.last.get("step", 0))

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            run = described(self.run, self._step + 1)
            for name in self.names:
                self._guard(name, lambda name=name: self._open.update({name: TOOLS[name].open(run)}))  # type: ignore[misc]

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        row = self.metrics.last
        if not self._open or row.get("step", 0) <= self._step:
            return
        self._step = row["step"]
        values = {
            RENAMED.get(name, name): float(value)
            for name, value in row.items()
            if name != "step" and _is_finite(value)
        }
        for name in list(self._open):
            self._guard(name, lambda name=name: self._open[name].log(self._step, values))  # type: ignore[misc]

    def close(self) -> None:
        """Ends the tools' runs, however training has ended."""
        for name in list(self._open):
            self._guard(name, lambda name=name: self._open[name].finish())  # type: ignore[misc]
        self._open.clear()

    def _guard(self, name: str, action: Callable[[], None]) -> None:
        try:
            # They print; stdout carries data.
            with contextlib.redirect_stdout(sys.stderr):
                action()
        except Exception as error:  # noqa: BLE001  whatever a tool meets, such as a full disk or no network
            self._open.pop(name, None)
            text = f"--track {name} failed with {type(error).__name__}: {error}; the run goes on without it"
            sys.stderr.write(shown_line(redact(text)) + "\n")


def described(run: TrainingRun, next_step: int) -> Tracked:
    """What tools are told of a run."""
    out = run.out.resolve()
    settings = redact_all(dict(run.request["parameters"]))
    flat = {name: value for name, value in settings.items() if value not in (None, "", [], {})}
    identity = hashlib.sha256(f"{out}\0{run.request}".encode()).hexdigest()[:16]
    return Tracked(out.parent.name or "r1", out.name, identity, flat, run.work, next_step)


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
