"""TRL's `GRPOTrainer` as a run uses it. Import it after `runtime.import_trl`, which says whether TRL loads vLLM.

Prompts are token ids: TRL would take text and encode it with every control token in it meant, those of the questions
too.
"""

from __future__ import annotations

from typing import Any

import torch

from r1data.training.grpo.measuring import Measuring
from r1data.training.rollouts.measures import Scorer
from r1data.training.rollouts.recording import Recorder


class GrpoTrainer(Measuring):
    """A trainer for prompts that are token ids.

    `recorder` keeps what it trains on, and `scorer` is what its rewards come from; both are set after it is made.
    """

    recorder: Recorder | None = None
    scorer: Scorer | None = None

    def _tokenize_prompts(self, prompts: list[list[int]]) -> tuple[list[list[int]], None, dict[str, Any]]:
        return prompts, None, {}

    def _calculate_rewards(
        self,
        inputs: list[dict[str, Any]],
        prompts: Any,
        completions: Any,
        completion_ids_list: list[list[int]],
    ) -> torch.Tensor:
        rewards: torch.Tensor = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        if self.recorder is not None and self.scorer is not None and self.model.training:
            scorer = self.scorer
            self._samples = self.recorder.capture(inputs, completion_ids_list, scorer.scored, scorer.rewards)
        return rewards

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        batch: dict[str, Any] = super()._generate_and_score_completions(inputs)
        if self.recorder is not None and self.model.training:
            batch["sample"] = self._samples
            # Not by TRL's own count of steps, which begins anew when a run goes on.
            step, passes = self.state.global_step, self.args.steps_per_generation * self.num_iterations
            rollout = step * self.args.gradient_accumulation_steps // passes
            self.recorder.close(batch, step, rollout, self._sampling())
        return batch

    def _sampling(self) -> dict[str, Any]:
        names = ("temperature", "top_p", "top_k", "max_completion_length")
        return {name: getattr(self, name) for name in names} | {"seed": self.args.seed}

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        self._logprobs: torch.Tensor | None = None
        loss: torch.Tensor = super()._compute_loss(model, inputs)
        if self.recorder is not None and self._logprobs is not None:
            self.recorder.fill(inputs, self._logprobs)
        self._logprobs = None  # it would keep the graph
        return loss

    def _get_per_token_logps_and_entropies(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        values: tuple[Any, Any, Any] = super()._get_per_token_logps_and_entropies(*args, **kwargs)
        self._logprobs = values[0]
        return values
