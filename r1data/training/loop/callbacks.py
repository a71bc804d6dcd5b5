"""Trainer callbacks: seeds, metrics, progress, and checkpoints that a run can resume from.

Each optimizer step draws its random numbers from a hash of (seed, step, process), so an interrupted and resumed
run makes the same steps as one that was not. TRL and transformers log as they do; their own bars are off.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    set_model_state_dict,
)
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments, set_seed

from r1data.data.stores.local import fsync
from r1data.errors import UserError
from r1data.runtime.progress import Bar, track
from r1data.training.loop.seeds import step_seed
from r1data.training.models.strategies import reshard
from r1data.training.output import checkpoint
from r1data.training.output.background import Writer

REFERENCE = "reference.safetensors"
NOTED = ("reward", "r1/accuracy", "completions/mean_length", "loss")


class Seeds(TrainerCallback):  # type: ignore[misc]
    """A seed of its own for every optimizer step."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        set_seed(step_seed(self.seed, state.global_step, args.process_index))


class Metrics(TrainerCallback):  # type: ignore[misc]
    """One JSON object a logged step, with `time` in seconds of training; `last` is the last one before this process."""

    def __init__(self, path: Path, last: dict[str, Any] | None = None) -> None:
        self.path = path
        self.last = last or {}
        self.seconds = float(self.last.get("time", 0.0))
        self.start = time.monotonic()

    def elapsed(self) -> float:
        """Seconds of training so far, those before an interruption included."""
        return self.seconds + time.monotonic() - self.start

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not state.is_world_process_zero or logs is None or "loss" not in logs:
            return
        row = {"step": state.global_step, "time": round(self.elapsed(), 3), **logs}
        row = {key: value for key, value in row.items() if value is not None}
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        # After the row is written: the file then shows the step at which training diverged.
        for key in ("loss", "grad_norm"):
            if key in row and not math.isfinite(row[key]):
                raise UserError(f"step {row['step']}: {key} is {row[key]}; training has diverged, lower --lr")
        self.last = row

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # A run that resumes from this checkpoint needs the rows up to it: `MarkComplete` comes after this callback.
        if state.is_world_process_zero:
            fsync(self.path)


class Progress(TrainerCallback):  # type: ignore[misc]
    """A bar in steps with tokens a second."""

    def __init__(self, title: str, resumed_tokens: float = 0.0) -> None:
        self.title = title
        self.tokens = resumed_tokens
        self.open = ExitStack()
        self.bar: Bar | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            self.bar = self.open.enter_context(track(self.title, total=state.max_steps, unit="steps"))
            self.bar.advance(state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if self.bar is None or logs is None or "loss" not in logs:
            return
        tokens = logs.get("num_tokens", self.tokens)
        self.bar.advance(1, tokens=int(tokens - self.tokens))
        self.tokens = tokens
        noted = (f"{key.rsplit('/', 1)[-1]} {logs[key]:.3g}" for key in NOTED if logs.get(key) is not None)
        self.bar.note(" · ".join(noted))

    def close(self) -> None:
        """Removes the bar."""
        self.open.close()


class MarkComplete(TrainerCallback):  # type: ignore[misc]
    """Marks a trainer's checkpoint as complete once every process has written its part.

    `then` is called with the step after that, in the main process. Then earlier checkpoints go, but for that of the
    step that `kept` gives.
    """

    def __init__(
        self,
        writer: Writer,
        then: Callable[[int], None] = lambda step: None,
        kept: Callable[[], int | None] = lambda: None,
    ) -> None:
        self.writer = writer
        self.then = then
        self.kept = kept

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # Each process writes its own random state into the folder at once; what is written in the background ends in
        # the main process last of all.
        if torch.distributed.is_initialized():
            torch.distributed.barrier()
        folder = checkpoint.trainer_folder(args, state.global_step)
        main, step = state.is_world_process_zero, state.global_step
        kept = {step, self.kept() or step}

        def mark() -> None:
            if main:
                checkpoint.mark_complete(folder)
                self.then(step)
                checkpoint.remove_others(folder.parent, kept)

        self.writer.when_written(mark)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.writer.check()


class Reference(TrainerCallback):  # type: ignore[misc]
    """Saves a reference model that has been replaced during training with each checkpoint: TRL does not.

    It must come before `MarkComplete` among the callbacks. `model` is the trainer's reference model, sharded or whole.
    """

    def __init__(self, model: torch.nn.Module, resumed: Path | None) -> None:
        self.model = model
        if resumed is not None:
            many = torch.distributed.is_initialized()
            # The others give an empty state: what the first process has read is sent to them.
            reads = not many or torch.distributed.get_rank() == 0
            state: dict[str, Any] = dict(load_file(resumed / REFERENCE)) if reads else {}
            options = StateDictOptions(full_state_dict=True, broadcast_from_rank0=many)
            set_model_state_dict(model, state, options=options)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # In all processes, though only one writes: they gather a sharded model's parts together, or wait for ever.
        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        weights: dict[str, Any] = get_model_state_dict(self.model, options=options)
        if state.is_world_process_zero:
            # safetensors refuses tensors that share memory, as tied embeddings do.
            tensors = {name: tensor.clone().contiguous() for name, tensor in weights.items()}
            save_file(tensors, checkpoint.trainer_folder(args, state.global_step) / REFERENCE)


class Prompts(TrainerCallback):  # type: ignore[misc]
    """Saves which prompts a GRPO trainer has drawn, and its pool, with each checkpoint, and restores them."""

    def __init__(self, trainer: Any, resumed: Path | None) -> None:
        self.source = trainer.source
        if resumed is not None:
            settings, step = trainer.settings, int(resumed.name.rsplit("-", 1)[1])
            rollouts = -(-step // settings.steps_per_rollout)
            self.source.load(resumed, rollouts * settings.prompts_per_rollout)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            self.source.save(checkpoint.trainer_folder(args, state.global_step))


class Reshard(TrainerCallback):  # type: ignore[misc]
    """Gives back gathered layers at the end of each step, before the policy replaces a sharded reference model."""

    def __init__(self, *models: torch.nn.Module) -> None:
        self.models = models

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        for model in self.models:
            reshard(model)


class CheckAtStart(TrainerCallback):  # type: ignore[misc]
    """Runs a check once all is set up and before the first step."""

    def __init__(self, check: Callable[[], None]) -> None:
        self.check = check

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.check()


def rewind(path: Path, step: int) -> dict[str, Any]:
    """Cut a metrics file after a step; returns the last row that stays, empty where none does."""
    # The steps after the checkpoint are made again and would stand in the file twice.
    rows = [row for row in read_metrics(path) if row["step"] <= step] if step else []
    checkpoint.write_whole(path, "".join(json.dumps(row) + "\n" for row in rows))
    return rows[-1] if rows else {}


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The rows of a metrics file; a last line torn by a kill is left out."""
    if not path.exists():
        return []
    lines = path.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
