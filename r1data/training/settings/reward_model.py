"""Reward models, by R1 2.3.4 and App.: batch 256, lr 6e-6, one epoch, 8,192 tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from r1data.errors import UserError
from r1data.training.settings.shared import Settings, setting


@dataclass(frozen=True, kw_only=True)
class RewardModelSettings(Settings):
    """A reward model's run. What it learns by follows from the rows: pairs, or responses with a label."""

    kind = "reward-model"
    reads: Literal["helpful", "safety"] = setting(
        "helpful",
        "What is rated: helpful, on the final summary alone, or safety, on the response with its thoughts.",
    )
    epochs: float = setting(1.0, "Passes over the data.")
    lr: float = setting(6e-6, "Learning rate.")
    schedule: Literal["constant", "linear", "cosine"] = setting("constant", "Learning rate schedule (ours).")
    min_lr_ratio: float = setting(
        0.1, "Final learning rate of a cosine schedule, as a fraction of the initial one (ours)."
    )
    batch_size: int = setting(256, "Pairs, or labelled responses, per optimizer step.")
    max_tokens: int = setting(
        8_192, "Longest prompt and response together, in tokens; longer ones are left out."
    )
    template: str | None = setting(
        None, "r1-zero, chat or plain; by default the tokenizer's own chat template, else plain (ours)."
    )
    held_out: float = setting(
        0.05, "Share of the prompts that is not trained on, to measure the model by at the end (ours)."
    )

    @property
    def sequences(self) -> int:
        return self.batch_size

    @property
    def longest(self) -> int:
        return self.max_tokens

    def check(self) -> None:
        super().check()
        if self.epochs <= 0:
            raise UserError(f"--epochs {self.epochs}: give a number above 0")
        if not 0 <= self.min_lr_ratio <= 1:
            raise UserError(f"--min-lr-ratio {self.min_lr_ratio}: give a number from 0 to 1")
        if not 0 <= self.held_out < 1:
            raise UserError(f"--held-out {self.held_out}: give a share of the prompts, from 0 to below 1")

    def steps(self, examples: int) -> int:
        """Optimizer steps over `examples`: all epochs, the last batch filled up."""
        return max(1, -int(-examples * self.epochs // self.batch_size))
