"""GRPO's rollout under way as part of a checkpoint: TRL generates for several steps at once, and keeps none of it.

Each process writes the responses that are not trained on yet, as TRL has scored and shuffled them, so that a run goes
on from any step in the very same sums. At the end of a rollout there is nothing to write.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from r1data.training.output import checkpoint


class Rollout(TrainerCallback):  # type: ignore[misc]
    """Saves and restores a GRPO trainer's rollout."""

    def __init__(self, trainer: Any, resumed: Path | None) -> None:
        self.trainer = trainer
        if resumed is None:
            return
        path = resumed / _name(trainer.args)
        if path.is_file():
            saved = torch.load(path, map_location=trainer.args.device, weights_only=True)
            trainer._step, trainer._buffered_inputs = saved["step"], saved["inputs"]

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        trainer = self.trainer
        if trainer._step % (args.steps_per_generation * trainer.num_iterations):
            folder = checkpoint.trainer_folder(args, state.global_step)
            torch.save({"step": trainer._step, "inputs": trainer._buffered_inputs}, folder / _name(args))


def _name(args: TrainingArguments) -> str:
    return f"rollout_{args.process_index}.pt"
