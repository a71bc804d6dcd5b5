"""GRPO, by R1 2.2.1, 2.3.2 and App.: learning rate, KL, clip, temperature, outputs, batch, length, rollouts of 16
batches, and a reference model that is replaced every 400 steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from r1data.errors import UserError
from r1data.training.settings.rollouts import RolloutSettings
from r1data.training.settings.shared import setting
from r1data.training.settings.specs import is_address


@dataclass(frozen=True, kw_only=True)
class GrpoSettings(RolloutSettings):
    """A GRPO run: `prompts_per_step` x `generations` responses make an optimizer step."""

    kind = "grpo"
    steps: int = setting(10_400, "Optimizer steps.")
    rewards: Mapping[str, float] = field(default_factory=lambda: {"accuracy": 1.0, "format": 1.0})
    template: str = setting("r1-zero", "Text around a prompt: r1-zero, chat or plain.")
    lr: float = setting(3e-6, "Learning rate.")
    beta: float = setting(0.001, "KL coefficient; 0 keeps no reference model.")
    epsilon: float = setting(10.0, "Clipping range of the probability ratio.")
    steps_per_rollout: int = setting(16, "Optimizer steps per round of generation.")
    top_p: float = setting(1.0, "Nucleus sampling (ours).")
    top_k: int = setting(0, "Sample from the k likeliest tokens; 0 is all (ours).")
    loss: Literal["grpo", "dapo", "bnpo", "dr_grpo"] = setting(
        "grpo", "Loss variant: how tokens are weighted."
    )
    scale_rewards: Literal["group", "batch", "none"] = setting(
        "group", "Which rewards' standard deviation normalizes advantages: the group's, the batch's, or none."
    )
    sync_ref_steps: int = setting(
        400, "Steps after which the policy replaces the reference model; 0 is never."
    )
    judge: str | None = setting(None, "Name of a served judge model, for prompts whose verifier is judge.")
    judge_url: str | None = setting(None, "Address of the judge's server.")
    rollouts: str = setting(
        "keep",
        "Which rollouts are kept as rows of the dataset OUT/rollouts: keep, none, or every=N for one in N (ours).",
    )
    reference_dtype: Literal["auto", "float32", "bfloat16"] = setting(
        "auto", "Data type of the reference model; auto is bfloat16 on a GPU, float32 on a CPU (ours)."
    )
    stop_on: tuple[str, ...] = setting(
        (), "Stop, with a checkpoint, when this alarm of docs/watching.md begins, or any; repeat it (ours)."
    )

    judge_votes: int = setting(
        1, "How many times the judge is asked about a response, or about an item (ours)."
    )
    reward_models: Mapping[str, str] = field(default_factory=dict)
    reward_model_device: str = setting(
        "auto",
        "Device of reward models in folders: cpu, cuda or cuda:1; auto is a GPU where there is one (ours).",
    )
    general_steps: int = setting(
        400,
        "With helpfulness or harmlessness: last steps in which general prompts are drawn and these rewards count, in "
        "whole rollouts; before them only reasoning prompts are.",
    )
    length_target: int | None = setting(None, "Tokens for the reward length-budget (ours).")
    verify_rollout_seconds: float = setting(
        600.0,
        "Seconds to wait for all verdicts and grades of a rollout once it is generated; what has none by then is "
        "unknown (ours).",
    )

    held_out: str | None = setting(
        None,
        "Prompts that are not trained on, a dataset or a file: accuracy on them is measured in training (ours).",
    )
    held_out_every: int = setting(50, "Steps between measurements on --held-out (ours).")
    held_out_samples: int = setting(1, "Responses per held-out prompt (ours).")
    held_out_temperature: float | None = setting(
        None, "Temperature on --held-out; 0 takes the likeliest tokens. By default training's own (ours)."
    )
    early_stop: int = setting(
        0,
        "Stop after so many measurements in which --held-out has not risen by more than its standard error, and "
        "publish the best weights; 0 never stops (ours).",
    )

    def other_models(self) -> tuple[str, ...]:
        models = dict.fromkeys(self.reward_models[name] for name in sorted(self.reward_models))
        return tuple(model for model in models if not is_address(model))

    def check(self) -> None:
        super().check()
        if self.generations < 2:
            raise UserError(f"--generations {self.generations}: GRPO compares responses; give 2 or more")
        if self.temperature <= 0:
            raise UserError(
                f"--temperature {self.temperature}: all responses would be the same; give a number above 0"
            )
        if not any(self.rewards.values()):
            raise UserError("every reward has weight 0; give one, such as --reward accuracy=1")
        self.rollouts_every()
        if self.early_stop and self.held_out is None:
            raise UserError(f"--early-stop {self.early_stop}: stops by a held-out score; add --held-out DS")
        if self.held_out == "-":
            raise UserError("--held-out -: the pipe is for the prompts to train on; give a dataset or a file")

    def other_data(self) -> tuple[str, ...]:
        return () if self.held_out is None else (self.held_out,)

    def rollouts_every(self) -> int:
        """One in how many rollouts is kept; 0 is none. Raises UserError for another word than those of `rollouts`."""
        word, _, number = self.rollouts.partition("=")
        if word == "every" and number.isascii() and number.isdigit() and 0 < int(number) < 10**9:
            return int(number)
        if self.rollouts not in ("keep", "none"):
            raise UserError(f"--rollouts {self.rollouts}: give keep, none, or every=N, such as every=10")
        return int(self.rollouts == "keep")
