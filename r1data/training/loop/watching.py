"""Asks the alarms after each step of a run: says what begins, writes it down, and stops the run where that is asked.

`alarms.jsonl` has a line for each alarm that begins or ends. It follows from the metrics: a run that resumes writes it
again from the rows that it keeps, so that no alarm is said twice. Only the main process asks; that it stops the run
goes to the others with the next step's decision (`intervals`), so that the checkpoint is the one after that step.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from r1data.data.text import shown_line
from r1data.errors import UserError
from r1data.training.loop import stopping
from r1data.training.loop.alarms import ANY, Event, Watch
from r1data.training.loop.callbacks import Metrics, read_metrics
from r1data.training.output import checkpoint


class Alarms(TrainerCallback):  # type: ignore[misc]
    """Watches a run. It must come after `Metrics` among the callbacks, whose row it reads.

    Args:
        path: of `alarms.jsonl`.
        metrics: the run's, with the rows up to the checkpoint that it resumes from.
        stop_on: names of the alarms that stop the run.
        request: is asked to stop it.
    """

    def __init__(
        self, path: Path, metrics: Metrics, stop_on: Collection[str], request: stopping.StopRequest
    ) -> None:
        self.path, self.metrics, self.stop_on, self.request = path, metrics, frozenset(stop_on), request
        self.events: list[Event] = []
        self.reason: Event | None = None
        """The alarm that has stopped the run."""
        self._watch = Watch()
        self._step = -1

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if not state.is_world_process_zero:
            return
        for row in read_metrics(self.metrics.path):
            self.events += self._watch.add(row)
            self._step = row["step"]
        checkpoint.write_whole(self.path, "".join(map(_line, self.events)))

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        row = self.metrics.last
        if not state.is_world_process_zero or row.get("step", -1) <= self._step:
            return
        self._step = row["step"]
        for event in self._watch.add(row):
            self._record(event)

    def _record(self, event: Event) -> None:
        self.events.append(event)
        with self.path.open("a") as file:
            file.write(_line(event))
        if event.state == "ends":
            return
        # While a progress bar is shown, it has taken the place of stderr and writes above itself.
        sys.stderr.write(shown_line(f"alarm {event.alarm}, step {event.step}: {event.text}") + "\n")
        if self.reason is None and self.stop_on.intersection({event.alarm, ANY}):
            self.reason = event
            self.request.by(stopping.ALARM)


def read_events(path: Path) -> list[Event]:
    """The alarms of a run's file; empty where there is none. A last line torn by a kill is left out."""
    if not path.is_file():
        return []
    lines = path.read_text().splitlines(keepends=True)
    return [Event(**json.loads(line)) for line in lines if line.endswith("\n")]


def stopped(reason: Event | None, run: checkpoint.TrainingRun) -> UserError:
    """What ends a run that an alarm has stopped, the same in all processes; `reason` in the main one."""
    texts = [f"alarm {reason.alarm}, step {reason.step}: {reason.text}" if reason else ""]
    if torch.distributed.is_initialized():
        torch.distributed.broadcast_object_list(texts)
    return UserError(f"{run.out}: stopped by --stop-on; {texts[0]}; {checkpoint.kept(run)}")


def _line(event: Event) -> str:
    return json.dumps(event.as_json(), ensure_ascii=False) + "\n"
