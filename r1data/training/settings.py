"""What a training run is told, with the paper's figures as defaults.

GRPO: R1 2.2.1, 2.3.2 and App. B.4 (learning rate, KL, clip, temperature, outputs, batch, length, rollout of 16 batches,
reference model replaced every 400 steps). SFT: R1 2.3.3 and App. B.4 (cosine 5e-5 to 5e-6, batch 128, 32,768 tokens).
Where the paper is silent a default is ours and its line says so. Nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from r1data.errors import UserError

LOSSES = ("grpo", "dapo", "bnpo", "dr_grpo")
SCALES = ("group", "batch", "none")
ENGINES = ("transformers", "vllm", "vllm-server")
SCHEDULES = ("constant", "linear", "cosine")
DTYPES = ("float32", "bfloat16")
TOKENS_AT_ONCE = 65_536
"""Tokens in one forward pass where `micro_batch` is not set: ours."""


@dataclass(frozen=True)
class GrpoSettings:
    """A GRPO run. Lengths are in tokens, `prompts_per_step` x `generations` responses make one optimizer step."""

    steps: int = 10_400
    lr: float = 3e-6
    beta: float = 0.001
    epsilon: float = 10.0
    generations: int = 16
    prompts_per_step: int = 32
    steps_per_rollout: int = 16
    max_tokens: int = 32_768
    temperature: float = 1.0
    sync_ref_steps: int = 400
    loss: str = "grpo"
    scale_rewards: str = "group"
    template: str = "r1-zero"
    rewards: dict[str, float] = field(default_factory=lambda: {"accuracy": 1.0, "format": 1.0})
    top_p: float = 1.0  # from here on: ours
    top_k: int = 0
    schedule: str = "constant"
    warmup_steps: int = 0
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    micro_batch: int | None = None
    engine: str = "transformers"
    engine_url: str | None = None
    engine_memory: float = 0.3
    verify_seconds: float = 5.0
    seed: int = 0
    threads: int | None = None
    save_steps: int = 48
    save_dtype: str = "bfloat16"
    processes: int = 1
    fsdp: bool = False

    @property
    def batch(self) -> int:
        """Responses in one optimizer step."""
        return self.prompts_per_step * self.generations

    def check(self) -> None:
        """Raise UserError where values do not fit together."""
        _one_of("loss", self.loss, LOSSES)
        _one_of("scale-rewards", self.scale_rewards, SCALES)
        _one_of("engine", self.engine, ENGINES)
        _check_shared(self)
        _at_least("prompts-per-step", self.prompts_per_step, 1)
        _at_least("steps-per-rollout", self.steps_per_rollout, 1)
        _at_least("steps", self.steps, 1)
        if self.generations < 2:
            raise UserError(f"--generations {self.generations}: GRPO compares responses; at least 2 a prompt")
        if self.temperature <= 0:
            raise UserError(
                f"--temperature {self.temperature}: must be above 0; greedy responses are all the same"
            )
        if not any(self.rewards.values()):
            raise UserError("every reward has weight 0; give one as --reward accuracy=1")
        micro_batch(self.batch, self.processes, self.max_tokens, self.micro_batch)


@dataclass(frozen=True)
class SftSettings:
    """A supervised run. `batch` and `micro_batch` are in examples, `max_tokens` is prompt and response together."""

    epochs: float = 2.0
    lr: float = 5e-5
    min_lr_ratio: float = 0.1
    batch: int = 128
    max_tokens: int = 32_768
    schedule: str = "cosine"
    template: str | None = None  # from here on: ours; None is the tokenizer's own, else r1-zero
    too_long: str = "drop"
    warmup_steps: int = 0
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    micro_batch: int | None = None
    seed: int = 0
    threads: int | None = None
    save_steps: int = 50
    save_dtype: str = "bfloat16"
    processes: int = 1
    fsdp: bool = False

    def check(self) -> None:
        """Raise UserError where values do not fit together."""
        _one_of("too-long", self.too_long, ("drop", "refuse"))
        _check_shared(self)
        if self.epochs <= 0:
            raise UserError(f"--epochs {self.epochs}: must be above 0")
        if not 0 <= self.min_lr_ratio <= 1:
            raise UserError(f"--min-lr-ratio {self.min_lr_ratio}: must lie between 0 and 1")
        micro_batch(self.batch, self.processes, self.max_tokens, self.micro_batch)


Settings = GrpoSettings | SftSettings


def micro_batch(batch: int, processes: int, max_tokens: int, asked: int | None = None) -> int:
    """Sequences in one forward pass of one process: what is asked, else as many as 65,536 tokens hold.

    Raises UserError where the batch cannot be split so.
    """
    if batch % processes:
        raise UserError(f"a batch of {batch} does not divide among {processes} processes; change one of them")
    share = batch // processes
    if asked is not None:
        if asked < 1 or share % asked:
            raise UserError(
                f"--micro-batch {asked} does not divide the {share} sequences of a process and step"
            )
        return asked
    most = max(1, TOKENS_AT_ONCE // max_tokens)
    return max(size for size in range(1, min(share, most) + 1) if share % size == 0)


def as_parameters(settings: Settings) -> dict[str, Any]:
    """The settings as plain JSON values, for a manifest."""
    return asdict(settings)


def _check_shared(settings: Settings) -> None:
    _one_of("schedule", settings.schedule, SCHEDULES)
    _one_of("save-dtype", settings.save_dtype, DTYPES)
    for name in ("max_tokens", "save_steps", "processes", "batch"):
        _at_least(name.replace("_", "-"), getattr(settings, name), 1)
    if settings.lr <= 0:
        raise UserError(f"--lr {settings.lr}: must be above 0")


def _one_of(option: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise UserError(f"--{option} {value}: not known; there are {', '.join(known)}")


def _at_least(option: str, value: float, least: float) -> None:
    if value < least:
        raise UserError(f"--{option} {value}: must be at least {least}")
