"""Where the importance correction of an engine's rollouts is computed, and how its distance is watched.

TRL asks the policy for the log-probabilities of a whole rollout before the rollout's first step: one more forward pass.
Where a rollout is one optimizer step, the policy is the same until the loss, whose own log-probabilities are those: the
weights are made of them there, and the pass is left out. Longer rollouts keep TRL's pass, with which their later steps
compare.

Not here: what the weights are (`rollouts.mismatch`).
"""

from __future__ import annotations

from typing import Any

import torch

from r1data.training.grpo.measuring import Measuring
from r1data.training.rollouts import generating, mismatch
from r1data.training.settings import GrpoSettings


class Correcting(Measuring):
    """Corrects for the engine, logs how far it is from the trainer, and stops where it is too far."""

    settings: GrpoSettings

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._to_correct: dict[str, Any] | None = None
        self._gaps: list[mismatch.Counts] = []
        super().__init__(*args, **kwargs)

    @property
    def corrects_in_loss(self) -> bool:
        """Whether the policy of the loss is the one that the engine sampled with."""
        passes = self.args.steps_per_generation * self.num_iterations
        return bool(self.use_vllm and self.args.gradient_accumulation_steps % passes == 0)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        in_loss = self.model.training and self.corrects_in_loss
        if in_loss:
            self.vllm_importance_sampling_correction = False
        try:
            output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        finally:
            if in_loss:
                self.vllm_importance_sampling_correction = True
        if self.model.training and (counts := mismatch.counts(output)) is not None:
            self._watch_engine([counts])
        return output

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        is_open = self.corrects_in_loss and "importance_sampling_ratio" not in inputs
        self._to_correct = inputs if is_open and self.model.training else None
        loss: torch.Tensor = super()._compute_loss(model, inputs)
        self._to_correct = None
        if self._gaps and self.accelerator.sync_gradients:
            gaps, self._gaps = self._gaps, []
            self._watch_engine(gaps)
        return loss

    def _get_per_token_logps_and_entropies(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        values: tuple[Any, Any, Any] = super()._get_per_token_logps_and_entropies(*args, **kwargs)
        if (inputs := self._to_correct) is not None:
            trained = values[0].detach()
            inputs["importance_sampling_ratio"] = mismatch.weights(
                {**inputs, "old_per_token_logps": trained},
                self.settings.importance,
                self.settings.importance_cap,
            )
            if (counts := mismatch.counts({**inputs, "old_per_token_logps": trained})) is not None:
                self._gaps.append(counts)
        return values

    def _watch_engine(self, gaps: list[mismatch.Counts]) -> None:
        """Log how far the engine is from the trainer over a rollout. Raises UserError where it is too far."""
        total = mismatch.over_processes(mismatch.together(gaps), generating.add_over_processes)
        measured = mismatch.metrics(total)
        for name, value in measured.items():
            self._metrics["train"][name].append(value)
        mismatch.refuse(measured, self.settings.max_logprob_gap)
