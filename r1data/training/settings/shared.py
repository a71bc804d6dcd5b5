"""What all kinds of training are set by: rates, checkpoints, processes, memory, adapters."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints

from r1data.data.days import check_date
from r1data.errors import UserError
from r1data.training.settings.specs import parse_rope

TOKENS_AT_ONCE = 65_536
"""Tokens in one forward pass where `micro_batch` is not set: ours."""


def setting(default: Any, text: str) -> Any:
    """A field with its help."""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings that all kinds of training share."""

    kind: ClassVar[str]
    """Name of the kind of training, of `recorded.KINDS`; a run's request records it."""

    lr: float = setting(5e-5, "Learning rate.")
    schedule: Literal["constant", "linear", "cosine"] = setting("cosine", "Learning rate schedule.")
    micro_batch: int | None = setting(
        None,
        "Sequences in one forward pass; by default as many of the longest as fit into the memory that is free, up to "
        "65,536 tokens (ours).",
    )
    warmup_steps: int = setting(0, "Warm-up steps of the learning rate (ours).")
    weight_decay: float = setting(0.0, "AdamW's weight decay (ours).")
    max_grad_norm: float = setting(1.0, "Gradients are clipped to this norm; 0 clips none (ours).")
    seed: int = setting(0, "Random seed; each step's own is derived from it.")
    threads: int | None = setting(None, "CPU threads of torch; 1 is fastest for tiny models.")
    save_steps: int | None = setting(
        None,
        "Steps between checkpoints, beside the one that Ctrl-C or SIGTERM leaves; by default as often as costs 2% of "
        "the time (ours).",
    )
    save_dtype: Literal["bfloat16", "float32"] = setting("bfloat16", "Data type of the saved weights.")
    processes: int = setting(1, "Training processes on this machine, usually one per GPU.")
    context: int | None = setting(
        None,
        "Positions of the trained model where its base has fewer: changes its RoPE as is known to work for its family. "
        "[default: r1 distill takes --max-tokens where the family is known, else the base's]",
    )
    rope: str | None = setting(
        None,
        "How --context is reached for other families: theta=BASE, yarn=FACTOR, linear=FACTOR or dynamic=FACTOR (ours).",
    )
    date: str | None = setting(
        None,
        "Day that chat templates write as today's, YYYY-MM-DD; by default the day on which the run began, where the "
        "template writes one (ours).",
    )
    strategy: Literal["auto", "single", "ddp", "fsdp", "deepspeed"] = setting(
        "auto",
        "How processes share the model: each a copy (ddp), or each a shard (fsdp, deepspeed); "
        "auto takes what fits, which a dry run shows (ours).",
    )
    offload: bool = setting(
        False, "Keep the shards of weights and optimizer in the machine's memory, not the GPU's."
    )
    activation_checkpointing: Literal["auto", "on", "off"] = setting(
        "auto",
        "Recompute activations in the backward pass; auto does so where they do not fit otherwise (ours).",
    )

    lora: int = setting(
        0,
        "Rank of LoRA adapters on all linear layers, merged at the end; 0 trains all weights. "
        "They want about ten times the learning rate, which distill gives them (ours).",
    )
    lora_alpha: int = setting(32, "LoRA's scale: adapters are multiplied by alpha / rank (ours).")
    qlora: bool = setting(False, "Hold the weights that LoRA leaves as they are in four bits (ours).")

    nodes: int | None = setting(
        None, "Machines that train together, the same command on each. [default: SLURM's, else 1]"
    )

    def resolved(self) -> Self:
        """These settings with what depends on others of them filled in."""
        return self

    track: tuple[str, ...] = setting(
        (), "Also give the metrics to tensorboard, trackio or wandb; repeat it (ours)."
    )

    @property
    def local_processes(self) -> int:
        """Processes on this machine, where `processes` is their number over all `nodes` (a run's own settings)."""
        return self.processes // (self.nodes or 1)

    @property
    def sequences(self) -> int:
        """Sequences in one optimizer step."""
        raise NotImplementedError

    @property
    def longest(self) -> int:
        """Tokens that a sequence may have."""
        raise NotImplementedError

    def other_models(self) -> tuple[str, ...]:
        """Models that are read beside the one that is trained, each an input of the run."""
        return ()

    def other_data(self) -> tuple[str, ...]:
        """Datasets and files that are read beside the rows that are trained on, each an input of the run."""
        return ()

    def check(self) -> None:
        """Raise UserError where values are out of range or do not fit together."""
        kinds = get_type_hints(type(self))
        for setting_field in fields(self):
            choices, value = _choices(kinds[setting_field.name]), getattr(self, setting_field.name)
            if value is not None and choices and value not in choices:
                raise UserError(
                    f"{_flag(setting_field.name)} {value}: not known; choose one of {', '.join(choices)}"
                )
            if isinstance(value, (int, float)):
                _check_number(setting_field.name, value)
        if self.rope is not None:
            parse_rope(self.rope)
        check_date(self.date)
        self.fitting_micro_batch()
        if self.qlora and not self.lora:
            raise UserError("--qlora freezes the weights and trains adapters beside them; add --lora 32")

    @property
    def replicas(self) -> int:
        """Processes, or groups of them, that read different sequences."""
        return self.processes

    def fitting_micro_batch(self) -> int:
        """Sequences in one forward pass of one process. Raises UserError where a step cannot be split so."""
        if self.sequences % self.replicas:
            raise UserError(
                f"{self.sequences} sequences a step do not divide among {self.replicas} processes; "
                "change --processes"
            )
        share = self.sequences // self.replicas
        if self.micro_batch is not None:
            if share % self.micro_batch:
                raise UserError(
                    f"--micro-batch {self.micro_batch} does not divide a process's {share} sequences; give "
                    f"a divisor of {share}"
                )
            return self.micro_batch
        most = max(1, TOKENS_AT_ONCE // self.longest)
        return max(size for size in range(1, min(share, most) + 1) if share % size == 0)


MINIMUM: dict[str, float] = {
    **dict.fromkeys(("micro_batch", "threads", "save_steps", "processes", "nodes", "steps", "context"), 1),
    **dict.fromkeys(("generations", "prompts_per_step", "steps_per_rollout", "batch_size", "max_tokens"), 1),
    **dict.fromkeys(("general_steps", "length_target", "judge_votes"), 1),
    **dict.fromkeys(("overlong_buffer", "resample_limit", "pool_retire", "pool_wait"), 1),
    **dict.fromkeys(("teacher_top_k", "engine_tensor_parallel", "context_parallel", "lora_alpha"), 1),
    **dict.fromkeys(
        (
            "warmup_steps",
            "weight_decay",
            "beta",
            "epsilon",
            "epsilon_high",
            "top_k",
            "sync_ref_steps",
            "lora",
        ),
        0,
    ),
    **dict.fromkeys(("max_grad_norm", "lr"), 0),
    **dict.fromkeys(("eval_every", "eval_samples", "eval_max_tokens"), 1),
    **dict.fromkeys(("eval_temperature", "early_stop", "balance_loss"), 0),
}
"""Of settings of all kinds, by name."""
POSITIVE = ("top_p", "engine_memory", "verify_seconds", "verify_rollout_seconds")
"""Settings that are above 0, by name."""
SHARES = ("top_p", "engine_memory")
"""Settings that are at most 1, by name."""
SEEDS = 2**32
"""Seeds that numpy takes are below this."""


def _check_number(name: str, value: float) -> None:
    """Raise UserError where a setting's number is none, or out of the setting's range."""
    if not math.isfinite(value):
        raise UserError(f"{_flag(name)} {value}: no training can go by that; give a finite number")
    if name in MINIMUM and value < MINIMUM[name]:
        raise UserError(f"{_flag(name)} {value}: give {MINIMUM[name]} or more")
    if name in POSITIVE and value <= 0:
        raise UserError(f"{_flag(name)} {value}: give a number above 0")
    if name in SHARES and value > 1:
        raise UserError(f"{_flag(name)} {value}: it is a share; give at most 1")
    if name == "seed" and not 0 <= value < SEEDS:
        raise UserError(f"--seed {value}: give a number from 0 to {SEEDS - 1}")


def _choices(kind: Any) -> tuple[Any, ...]:
    """The values of a Literal, or of one that may be None; nothing for other types."""
    arguments = get_args(kind)
    if get_origin(kind) is Literal:
        return arguments
    return next((get_args(one) for one in arguments if get_origin(one) is Literal), ())


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
