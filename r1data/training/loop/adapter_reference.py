"""GRPO's reference model under LoRA: the same frozen weights with a snapshot of the adapters, replaced every N steps.

TRL takes the model without its adapters for the reference (by `PeftModel.disable_adapter`), and refuses to replace it
(`sync_ref_model`, TRL 1.16). Here the adapters' tensors and those of a snapshot change places while the reference's
log-probabilities are computed. A second adapter of peft's, named "ref", would do the same, but transformers 5 resumes a
run with two adapters from the second alone. Before the first replacement there is no snapshot, and the reference is the
model without adapters, as in TRL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from r1data.training.loop.callbacks import REFERENCE
from r1data.training.output import checkpoint

if TYPE_CHECKING:
    from peft import PeftModel


class AdapterReference(TrainerCallback):  # type: ignore[misc]
    """Replaces the reference by the policy every `steps` steps, and keeps it in each checkpoint.

    It must come before `MarkComplete` among the callbacks.
    """

    def __init__(self, model: PeftModel, steps: int, resumed: Path | None) -> None:
        self.model, self.steps = model, steps
        self.snapshot: dict[str, torch.Tensor] = {}
        if resumed is not None and (resumed / REFERENCE).is_file():
            saved = load_file(resumed / REFERENCE)
            self.snapshot = {name: saved[name].to(tensor.device) for name, tensor in self._adapters()}
        self._disable_adapter = model.disable_adapter
        model.disable_adapter = self.as_reference  # type: ignore[method-assign]

    def _adapters(self) -> Iterator[tuple[str, torch.nn.Parameter]]:
        """The adapters' tensors: all that is trained."""
        return ((name, tensor) for name, tensor in self.model.named_parameters() if tensor.requires_grad)

    @contextmanager
    def as_reference(self) -> Iterator[None]:
        """Within it the model is the reference."""
        if not self.snapshot:
            with self._disable_adapter():
                yield
            return
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for name, tensor in self._adapters():
            tensor.data, self.snapshot[name] = self.snapshot[name], tensor.data

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.global_step % self.steps == 0:
            self.snapshot = {name: tensor.detach().clone() for name, tensor in self._adapters()}

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self.snapshot and state.is_world_process_zero:
            tensors = {name: tensor.cpu().contiguous() for name, tensor in self.snapshot.items()}
            save_file(tensors, checkpoint.trainer_folder(args, state.global_step) / REFERENCE)
