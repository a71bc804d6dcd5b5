"""When a run writes a checkpoint, and when it stops: one decision for all processes at the end of each step.

`--save-steps N` is every N steps. Without it the interval follows from what a checkpoint costs, which is measured: at
most 2% of the time, unless more than half an hour of work would be at risk, and then at most 5%. All three are ours.
The first checkpoint comes after a minute, or after the first step where that takes longer, so that a disk that is too
small or too slow shows then.

Checkpoints change no result: they draw no random numbers.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from r1data.training.loop import stopping

FIRST_SECONDS = 60.0
SHARE, MOST_SHARE = 0.02, 0.05
AT_RISK_SECONDS = 1_800.0


def interval(cost: float | None) -> float:
    """Seconds from one checkpoint to the next, where each takes `cost` seconds; None is not known yet."""
    if cost is None:
        return FIRST_SECONDS
    return max(FIRST_SECONDS, min(cost / SHARE, AT_RISK_SECONDS), cost / MOST_SHARE)


class Saving(TrainerCallback):  # type: ignore[misc]
    """Decides after each step whether to save and whether to stop.

    It must be the last of the callbacks, so that it knows when the others have saved theirs.

    Args:
        save_steps: steps between checkpoints; None is by their cost.
        request: who asked to stop.
    """

    def __init__(self, save_steps: int | None, request: stopping.StopRequest) -> None:
        self.save_steps = save_steps
        self.request = request
        self.stopped = 0
        """The signal after whose checkpoint training has ended; 0 where it ended by itself."""
        self.cost: float | None = None
        self.last = time.monotonic()
        self._began = self.last

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.last = time.monotonic()
        if number := _largest(self.request.number, args):  # nothing new would be kept
            raise stopping.as_exception(number)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        due = state.is_world_process_zero and self._due(state.global_step)
        # One message for both: the number of a signal is above 1, and what saves for it saves anyway.
        decision = _largest(max(self.request.number, int(due)), args)
        if decision > 1:
            self.stopped = decision
            control.should_training_stop = True
        if decision:
            control.should_save = True
        self._began = time.monotonic()

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.last = time.monotonic()
        self.cost = self.last - self._began

    def _due(self, step: int) -> bool:
        if self.save_steps is not None:
            return step % self.save_steps == 0
        return time.monotonic() - self.last >= interval(self.cost)


def _largest(number: int, args: TrainingArguments) -> int:
    """The largest of all processes' numbers: they save together, at one step, or wait for each other for ever."""
    if not torch.distributed.is_initialized():
        return number
    tensor = torch.tensor(number, device=args.device)
    torch.distributed.all_reduce(tensor, torch.distributed.ReduceOp.MAX)
    return int(tensor.item())
