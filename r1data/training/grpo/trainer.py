"""TRL's `GRPOTrainer` as a run uses it. Import it after `runtime.import_trl`, which says whether TRL loads vLLM.

Prompts are token ids: TRL would take text and encode it with every control token in it meant, those of the questions
too. TRL's data loader counts rollouts alone; which prompts one has is decided at its beginning (`pools.PromptSource`),
and may change within it (`resampling`).

The rows that reach rewards (`rollout_rows` after a rollout, this process's part, one a response) have every column of
`prompts.arrow`, `row` (the position there), and `trace`: a dict of each response's own, that goes where its row goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import torch
from datasets import Dataset

from r1data.training.grpo import lengths, resampling
from r1data.training.grpo.correcting import Correcting
from r1data.training.grpo.pools import PromptSource
from r1data.training.models.experts import SequenceBalance
from r1data.training.rollouts.groups import missing_beside_others
from r1data.training.rollouts.measures import Scorer
from r1data.training.rollouts.recording import Recorder
from r1data.training.settings import GrpoSettings


class GrpoTrainer(Correcting):
    """A trainer for prompts that are token ids.

    `recorder` keeps what it trains on, `scorer` is what its rewards come from, and `balance` is added to the loss of a
    mixture of experts; all are set after it is made.

    Args:
        settings: of the run, resolved.
        source: draws prompts.
        prompts: the prompts' rows.
        options: of TRL's trainer.
    """

    recorder: Recorder | None = None
    scorer: Scorer | None = None
    balance: SequenceBalance | None = None

    def __init__(
        self, *, settings: GrpoSettings, source: PromptSource, prompts: Dataset, **options: Any
    ) -> None:
        self.settings, self.source, self.prompts = settings, source, prompts
        self.response_limit = settings.max_tokens
        """Tokens that a response of the rollout under way may have."""
        self.rollout_rows: list[dict[str, Any]] = []
        self._sampled: resampling.Round | None = None
        self._drawn: list[int] = []
        super().__init__(**options)
        self.limit_responses()

    def _tokenize_prompts(self, prompts: list[list[int]]) -> tuple[list[list[int]], None, dict[str, Any]]:
        return prompts, None, {}

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        if not self.model.training:
            return super()._generate_and_score_completions(inputs)
        self.limit_responses()
        drawn = self.source.take(self.settings.prompts_per_rollout, self.state.global_step)
        if self.settings.resample_limit == 1:
            self._drawn, self.rollout_rows = drawn, self._share(drawn)
        else:
            self._sampled = resampling.fill(self, drawn)
            self.rollout_rows = self._sampled.rows
        output: dict[str, Any] = super()._generate_and_score_completions(self.rollout_rows)
        self._sampled = None
        self._record(output)
        for name, count in self.pool_counts().items():
            self._metrics["train"][f"pool/{name}"].append(float(count))
        return output

    def sample(self, drawn: list[int]) -> resampling.Round:
        """Responses to prompts, by their rows in all processes, and their rewards."""
        self._drawn, rows = drawn, self._share(drawn)
        prompts = [row["prompt"] for row in rows]
        generated = super()._generate(prompts)
        for name, values in generated[5].items():  # what a rollout function says of each response
            for number, row in enumerate(rows):
                row[name] = values[number] if isinstance(values, list) else values
        return resampling.Round(
            drawn, rows, generated, self._scored(rows, prompts, generated[3], generated[1])
        )

    def _generate(self, prompts: list[list[int]]) -> tuple[Any, ...]:
        return self._sampled.generated if self._sampled else super()._generate(prompts)

    def _calculate_rewards(
        self, inputs: list[dict[str, Any]], prompts: Any, completions: Any, completion_ids_list: Any
    ) -> torch.Tensor:
        if self._sampled:
            return self._sampled.rewards
        if self.model.training:
            return self._scored(inputs, prompts, completions, completion_ids_list)
        rewards: torch.Tensor = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        return rewards

    def _scored(
        self, rows: list[dict[str, Any]], prompts: Any, completions: Any, completion_ids: list[list[int]]
    ) -> torch.Tensor:
        """Rewards [responses of all processes, functions] as advantages are made of them."""
        rewards: torch.Tensor = super()._calculate_rewards(rows, prompts, completions, completion_ids)
        self._learn_of_prompts(rewards)
        self._leave_out(rewards, len(prompts))
        if self.recorder is not None and self.scorer is not None:
            responses = self.recorder.capture(rows, completion_ids, self.scorer.scored, self.scorer.rewards)
            for row, response in zip(rows, responses, strict=True):
                row["trace"]["response"] = response
                if self.settings.overlong == "punish":
                    response.punishment = self._punishment(response.response_tokens)
        if self.settings.overlong == "punish":
            return lengths.without_orphans(rewards, self.reward_func_names.index(lengths.OVERLONG))
        if self.settings.overlong == "mask":
            ends = (*self.eos_token_ids, self._tokenizer.pad_token_id)
            cut = torch.tensor(lengths.are_cut(completion_ids, ends), device=self.accelerator.device)
            rewards = rewards.masked_fill(self.accelerator.gather(cut).unsqueeze(1), torch.nan)
        return rewards

    def _leave_out(self, rewards: torch.Tensor, responses: int) -> None:
        """Take all rewards from responses that lack one which others to the same prompt have.

        `rewards`, [responses of all processes, rewards], is changed in place; `responses` of them are this process's.
        """
        missing = missing_beside_others(rewards, self.num_generations)
        if missing.any():
            rewards[missing] = torch.nan
            self._metrics["train"]["r1/left_out"].append(missing.float().mean().item())
            if self.scorer is not None:
                first = self.accelerator.process_index * responses
                self.scorer.leave_out(missing[first : first + responses].tolist())

    def _punishment(self, length: int) -> float:
        return lengths.punishment(length, self.response_limit, self.settings.punished_tokens)

    def totals(self, rewards: torch.Tensor) -> torch.Tensor:
        """The weighted sum of each response's rewards, without the punishment for its length; NaN where it has none."""
        asked = rewards[:, : len(self.settings.rewards)]  # the punishment is the last function
        totals = (asked * self.reward_weights[: asked.shape[1]].to(rewards.device)).nansum(dim=1)
        masked: torch.Tensor = totals.masked_fill(torch.isnan(asked).all(dim=1), torch.nan)
        return masked

    def pool_counts(self) -> dict[str, int]:
        """How many prompts are drawn from, retired and waiting; nothing without a pool."""
        return self.source.pool.counts(self.source.passes) if self.source.pool else {}

    def _learn_of_prompts(self, rewards: torch.Tensor) -> None:
        if self.source.pool is None:
            return
        accuracy = rewards[:, self.reward_func_names.index("accuracy")].view(len(self._drawn), -1).cpu()
        known = (~torch.isnan(accuracy)).sum(dim=1).tolist()
        correct = accuracy.nansum(dim=1).round().int().tolist()
        for row, right, of in zip(self._drawn, correct, known, strict=True):
            self.source.pool.update(row, right, of, self.source.passes)

    def _record(self, batch: dict[str, Any]) -> None:
        """Hand the rollout that is trained on to the recorder."""
        if self.recorder is None:
            return
        # Not by TRL's own count of steps, which begins anew when a run goes on.
        step, passes = self.state.global_step, self.args.steps_per_generation * self.num_iterations
        rollout = step * self.args.gradient_accumulation_steps // passes
        responses = [row["trace"].pop("response") for row in self.rollout_rows]
        self.recorder.close(batch, responses, step, rollout, self._sampling())

    def _sampling(self) -> dict[str, Any]:
        names = ("temperature", "top_p", "top_k")
        return {
            **{name: getattr(self, name) for name in names},
            "max_completion_length": self.response_limit,
            "seed": self.args.seed,
        }

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        self._logprobs: torch.Tensor | None = None
        with self.balance.watching() if self.balance else nullcontext():
            loss: torch.Tensor = super()._compute_loss(model, inputs)
            if self.balance:
                loss = loss + self._balance_loss(self.balance, inputs)
        if self.recorder is not None and self._logprobs is not None:
            self.recorder.fill(inputs, self._logprobs)
        self._logprobs = None  # it would keep the graph
        return loss

    def _balance_loss(self, balance: SequenceBalance, inputs: dict[str, Any]) -> torch.Tensor:
        """Scaled as TRL scales such a loss."""
        layers = balance.loss(torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1))
        mean = self.accelerator.gather(layers.detach().mean()).mean().item()
        self._metrics["train"]["aux_loss"].append(mean)
        loss: torch.Tensor = balance.coefficient * layers.sum() / self.current_gradient_accumulation_steps
        return loss

    def _get_per_token_logps_and_entropies(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        values: tuple[Any, Any, Any] = super()._get_per_token_logps_and_entropies(*args, **kwargs)
        self._logprobs = values[0]
        return values

    def _share(self, drawn: Sequence[int]) -> list[dict[str, Any]]:
        """This process's part of the rows of prompts, one a response."""
        responses = [row for row in drawn for _ in range(self.num_generations)]
        size = len(responses) // self.accelerator.num_processes
        first = size * self.accelerator.process_index
        part = responses[first : first + size]
        rows = list(dict.fromkeys(part))  # each is read once, whatever the responses to it
        columns = self.prompts[rows]
        read = {row: {name: columns[name][place] for name in columns} for place, row in enumerate(rows)}
        return [{**read[row], "row": row, "trace": {}} for row in part]

    def limit_responses(self) -> None:
        """Tell the engine how long responses may be now."""
        self.response_limit = self.settings.limit(self.state.global_step)
        if self.use_vllm:
            self.vllm_generation.max_completion_length = self.response_limit
        else:
            self.generation_config.max_new_tokens = self.response_limit
            self.generation_kwargs["max_new_tokens"] = self.response_limit
