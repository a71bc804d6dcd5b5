"""Measures a run on the prompts of `--eval-on`: before the first step, every `eval_every` steps, after the last one.

The metrics are `eval/accuracy` (over verdicts that are known), `eval/accuracy_se` (a standard error over prompts, whose
responses belong together), `eval/unscored`, `eval/mean_length` and `eval/clipped_ratio`. transformers' own names begin
with `eval_`. Each measurement draws the same random numbers, and training's are left as they were: a run that is
measured ends in the very weights of one that is not.

With `early_stop` training ends once the score has not risen by more than its standard error for so many measurements,
and the weights that scored best are published. A checkpoint is written wherever a score is the best so far, and kept.
The paper has no such stop; all here is ours.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy
import torch
from accelerate.utils import gather_object
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from r1data.training.evaluation.history import History, Judged, Measurement, measured, read
from r1data.training.output import checkpoint
from r1data.training.settings.evaluated import EvaluatedSettings


class Answers(Protocol):
    """What answers the prompts with the model as it is now."""

    def judged(self) -> list[Judged]:
        """This process's part of the responses; all processes call it together."""
        ...


class EvaluationCallback(TrainerCallback):  # type: ignore[misc]
    """Measures the score; it must come before what saves among the callbacks.

    Args:
        trainer: of the run.
        answers: what answers the prompts.
        run: its metrics get the score of the base.
        settings: of the run.
        resumed: the checkpoint that the run goes on from.
    """

    def __init__(
        self,
        trainer: Any,
        answers: Answers,
        run: checkpoint.TrainingRun,
        settings: EvaluatedSettings,
        resumed: Path | None,
    ) -> None:
        self.trainer, self.answers, self.run, self.settings = trainer, answers, run, settings
        self.history = read(resumed) if resumed else History()
        if self.history.stopped:  # and killed before it was published: no step more
            trainer.args.max_steps = self.history.measurements[-1].step

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self.history.measurements:
            return
        first = self._measure(state)
        if state.is_world_process_zero:
            row = {"step": first.step, "time": 0.0, **first.metrics()}
            with self.run.metrics.open("a") as file:
                file.write(json.dumps(row) + "\n")

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        step = state.global_step
        if step % self.settings.eval_every and step != state.max_steps:
            return
        measurement = self._measure(state)
        for name, value in measurement.metrics().items():
            self.trainer._metrics["train"][name].append(value)
        if not self.settings.early_stop:
            return
        if self.history.best is measurement:
            control.should_save = True
        if self.history.since_improvement() >= self.settings.early_stop:
            self.history.stopped = control.should_training_stop = control.should_save = True

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            self.history.write(checkpoint.trainer_folder(args, state.global_step))

    def best_step(self) -> int | None:
        """The step whose weights are needed again, where training may stop early."""
        # Not the trainer's `best_global_step`, for which its processes wait for each other while they save: here one
        # of them saves in a thread, whose messages would mix with those of the next step.
        best = self.history.best
        return best.step if best and self.settings.early_stop else None

    def load_best(self) -> None:
        """Put the weights that scored best into the trainer's model, where training may stop early."""
        best, trainer = self.best_step(), self.trainer
        if best is None or best == trainer.state.global_step:
            return
        # The main process has waited for its checkpoints to be on disk: before that the others would read half of one.
        trainer.accelerator.wait_for_everyone()
        trainer.state.best_model_checkpoint = str(checkpoint.trainer_folder(trainer.args, best))
        trainer._load_best_model()

    def summary(self) -> dict[str, Any]:
        """What a run's summary says of it."""
        if not self.history.measurements or (best := self.history.best) is None:
            return {}
        first, last = self.history.measurements[0], self.history.measurements[-1]
        scores = {"first": first.accuracy, "last": last.accuracy, "best": best.accuracy, "error": best.error}
        steps = {"best": best.step}
        if self.settings.early_stop:
            steps["published"] = best.step
        if self.history.stopped:
            steps["stopped"] = last.step
        rounded = {name: None if value is None else round(value, 4) for name, value in scores.items()}
        return {"eval_accuracy": rounded, "eval_steps": steps}

    def _measure(self, state: TrainerState) -> Measurement:
        judged: list[Judged] = gather_object(self.answers.judged())
        measurement = measured(judged, state.global_step)
        self.history.measurements.append(measurement)
        return measurement


@contextmanager
def aside(trainer: Any) -> Iterator[None]:
    """Within the block the trainer's model generates, and no random number of training's is drawn."""
    python, arrays = random.getstate(), numpy.random.get_state()
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices=gpus):
        trainer.model.eval()
        try:
            yield
        finally:
            trainer.model.train()
            random.setstate(python)
            numpy.random.set_state(arrays)
