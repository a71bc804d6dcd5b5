"""Supervised training, by R1 2.3.3 and App.: 2 epochs, cosine 5e-5 to 5e-6, batch 128, 32,768 tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from r1data.errors import UserError
from r1data.training.settings.evaluated import EvaluatedSettings
from r1data.training.settings.shared import setting
from r1data.training.settings.specs import parse_thinking


@dataclass(frozen=True, kw_only=True)
class SftSettings(EvaluatedSettings):
    """A supervised run."""

    kind = "sft"
    epochs: float = setting(2.0, "Passes over the data; the paper has 2-3.")
    min_lr_ratio: float = setting(
        0.1, "Final learning rate of a cosine schedule, as a fraction of the initial one."
    )
    batch_size: int = setting(128, "Examples per optimizer step.")
    max_tokens: int = setting(32_768, "Longest example, prompt and response, in tokens.")
    too_long: Literal["drop", "refuse"] = setting(
        "drop", "What to do with a longer example: drop and count it, or fail (ours)."
    )
    template: str | None = setting(
        None, "r1-zero, chat or plain; by default the tokenizer's own chat template, else r1-zero (ours)."
    )
    packing: bool = setting(
        True,
        "Compute a step's examples without padding; each is read by itself, and the loss is the same (ours).",
    )
    turns: Literal["last", "all"] = setting(
        "last", "Assistant turns with loss: the last one, or each as the model has to write it (ours)."
    )
    swallowed: Literal["refuse", "keep"] = setting(
        "refuse",
        "Where the chat template's own rendering drops or changes a response's thoughts: refuse, or keep them as they "
        "stand in the training text (ours).",
    )
    context_parallel: int = setting(1, "GPUs that share each sequence, for contexts too long for one (ours).")
    eval_max_tokens: int | None = setting(
        None,
        "Longest response on --eval-on, in tokens; by default as long as an example, --max-tokens (ours).",
    )
    thinking: str = setting(
        "keep",
        "keep, none, or mix=RATIO: the share of rows whose thoughts are taken out, for students that think on request.",
    )

    @property
    def sequences(self) -> int:
        return self.batch_size

    @property
    def replicas(self) -> int:
        return max(1, self.processes // self.context_parallel)

    @property
    def longest(self) -> int:
        return self.max_tokens

    def check(self) -> None:
        super().check()
        if self.epochs <= 0:
            raise UserError(f"--epochs {self.epochs}: give a number above 0")
        if not 0 <= self.min_lr_ratio <= 1:
            raise UserError(f"--min-lr-ratio {self.min_lr_ratio}: give a number from 0 to 1")
        parse_thinking(self.thinking)
        if self.eval_max_tokens is not None and self.eval_on is None:
            raise UserError(
                f"--eval-max-tokens {self.eval_max_tokens}: does nothing without --eval-on DS; add that, or leave it "
                "out"
            )

    def steps(self, examples: int) -> int:
        """Optimizer steps over `examples`: all epochs, the last batch filled up."""
        return max(1, -int(-examples * self.epochs // self.batch_size))
