"""Settings of training runs, with the paper's figures as defaults. Each setting is an option of the command line.

GRPO: R1 2.2.1, 2.3.2 and App. (learning rate, KL, clip, temperature, outputs, batch, length, rollouts of 16 batches,
reference model replaced every 400 steps). SFT: R1 2.3.3 and App. (2 epochs, cosine 5e-5 to 5e-6, batch 128, 32,768
tokens). On-policy distillation is not in the paper; its defaults are those of Thinking Machines' public recipe (100
steps of 4 responses to each of 256 prompts, 4,096 tokens, 5e-5 for all weights). Where the sources are silent a default
is ours and its help says "ours". Nothing heavy is imported here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, ClassVar, Literal, NamedTuple, get_args, get_type_hints

from r1data.data.days import check_date
from r1data.errors import UserError

TOKENS_AT_ONCE = 65_536
"""Tokens in one forward pass where `micro_batch` is not set: ours."""


def setting(default: Any, text: str) -> Any:
    """A field with its help."""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings that all kinds of training share."""

    kind: ClassVar[str]
    """Name of the kind of training, of `KINDS`; a run's request records it."""

    lr: float = setting(5e-5, "Learning rate.")
    schedule: Literal["constant", "linear", "cosine"] = setting("cosine", "Learning rate schedule.")
    micro_batch: int | None = setting(
        None,
        "Sequences in one forward pass; by default as many of the longest as fit into the memory that is free, up to "
        "65,536 tokens (ours).",
    )
    warmup_steps: int = setting(0, "Warm-up steps of the learning rate (ours).")
    weight_decay: float = setting(0.0, "AdamW's weight decay (ours).")
    max_grad_norm: float = setting(1.0, "Gradients are clipped to this norm (ours).")
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

    def check(self) -> None:
        """Raise UserError where values are out of range or do not fit together."""
        kinds = get_type_hints(type(self))
        for setting_field in fields(self):
            # A Literal's arguments are its choices; a union's are types, which no value is compared with.
            choices, value = get_args(kinds[setting_field.name]), getattr(self, setting_field.name)
            if value is not None and choices and isinstance(choices[0], str) and value not in choices:
                raise UserError(
                    f"{_flag(setting_field.name)} {value}: not known; choose one of {', '.join(choices)}"
                )
            if setting_field.name in MINIMUM and value is not None and value < MINIMUM[setting_field.name]:
                raise UserError(
                    f"{_flag(setting_field.name)} {value}: give {MINIMUM[setting_field.name]} or more"
                )
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


@dataclass(frozen=True, kw_only=True)
class GrpoSettings(Settings):
    """A GRPO run: `prompts_per_step` x `generations` responses make an optimizer step."""

    kind = "grpo"
    steps: int = setting(10_400, "Optimizer steps.")
    rewards: Mapping[str, float] = field(default_factory=lambda: {"accuracy": 1.0, "format": 1.0})
    template: str = setting("r1-zero", "Text around a prompt: r1-zero, chat or plain.")
    lr: float = setting(3e-6, "Learning rate.")
    beta: float = setting(0.001, "KL coefficient; 0 keeps no reference model.")
    epsilon: float = setting(10.0, "Clipping range of the probability ratio.")
    generations: int = setting(16, "Responses per prompt.")
    prompts_per_step: int = setting(32, "Prompts per optimizer step.")
    steps_per_rollout: int = setting(16, "Optimizer steps per round of generation.")
    max_tokens: int = setting(32_768, "Longest response, in tokens.")
    temperature: float = setting(1.0, "Sampling temperature.")
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
    schedule: Literal["constant", "linear", "cosine"] = setting("constant", "Learning rate schedule (ours).")
    engine: Literal["transformers", "vllm", "vllm-server"] = setting(
        "transformers", "Engine that generates the rollouts."
    )
    engine_url: str | None = setting(None, "Address of the server, for vllm-server.")
    engine_memory: float = setting(0.3, "Share of the GPU's memory that vllm takes (ours).")
    verify_seconds: float = setting(5.0, "Seconds for one verdict (ours).")
    judge: str | None = setting(None, "Name of a served judge model, for prompts whose verifier is judge.")
    judge_url: str | None = setting(None, "Address of the judge's server.")

    @property
    def sequences(self) -> int:
        return self.prompts_per_step * self.generations

    @property
    def longest(self) -> int:
        return self.max_tokens

    def check(self) -> None:
        super().check()
        if self.generations < 2:
            raise UserError(f"--generations {self.generations}: GRPO compares responses; give 2 or more")
        if self.temperature <= 0:
            raise UserError(
                f"--temperature {self.temperature}: all responses would be the same; give a number above 0"
            )
        if self.lora and self.beta and self.sync_ref_steps:
            raise UserError(
                "--lora: the reference model is the model without its adapters, and cannot be replaced by the policy; "
                "add --sync-ref-steps 0, or --beta 0"
            )
        if not any(self.rewards.values()):
            raise UserError("every reward has weight 0; give one, such as --reward accuracy=1")


@dataclass(frozen=True, kw_only=True)
class SftSettings(Settings):
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

    def steps(self, examples: int) -> int:
        """Optimizer steps over `examples`: all epochs, the last batch filled up."""
        return max(1, -int(-examples * self.epochs // self.batch_size))


@dataclass(frozen=True, kw_only=True)
class OnPolicySettings(Settings):
    """On-policy distillation: `prompts_per_step` x `generations` of the student's responses make an optimizer step.

    `teachers`: a model's folder, hub id or server's address by domain; the domain "" stands for all others.
    """

    kind = "on-policy"
    steps: int = setting(100, "Optimizer steps.")
    teachers: Mapping[str, str] = field(default_factory=dict)
    schedule: Literal["constant", "linear", "cosine"] = setting("constant", "Learning rate schedule (ours).")
    loss: Literal["reverse-kl", "jsd"] = setting(
        "reverse-kl", "Divergence of student and teacher at each token of the student's response."
    )
    prompts_per_step: int = setting(256, "Prompts per optimizer step.")
    generations: int = setting(4, "Responses per prompt.")
    max_tokens: int = setting(4_096, "Longest response, in tokens.")
    temperature: float = setting(1.0, "Temperature of the sampling and of both distributions in the loss.")
    teacher_top_k: int = setting(20, "Log-probabilities per token to ask a served teacher for (ours).")
    template: str | None = setting(
        None, "r1-zero, chat or plain; by default the student's own chat template, else r1-zero (ours)."
    )
    engine: Literal["transformers", "vllm", "vllm-server"] = setting(
        "transformers", "Engine in which the student generates."
    )
    engine_url: str | None = setting(None, "Address of the student's server, for vllm-server.")
    engine_memory: float = setting(0.3, "Share of the GPU's memory that vllm takes (ours).")
    verify_seconds: float = setting(5.0, "Seconds for one verdict, where prompts have a truth (ours).")

    @property
    def sequences(self) -> int:
        return self.prompts_per_step * self.generations

    @property
    def longest(self) -> int:
        return self.max_tokens

    def check(self) -> None:
        super().check()
        if self.temperature <= 0:
            raise UserError(f"--temperature {self.temperature}: the student samples; give a number above 0")
        if not self.teachers:
            raise UserError(
                "--on-policy needs a teacher; add --teacher with a folder, a hub id or an address"
            )
        if self.temperature != 1 and any(is_address(teacher) for teacher in self.teachers.values()):
            raise UserError(
                f"--temperature {self.temperature:g}: a served teacher gives log-probabilities at temperature 1 "
                "only; leave it at 1, or give the teacher as a folder"
            )

    def other_models(self) -> tuple[str, ...]:
        teachers = dict.fromkeys(self.teachers[domain] for domain in sorted(self.teachers))
        return tuple(teacher for teacher in teachers if not is_address(teacher))


KINDS: dict[str, type[Settings]] = {
    settings.kind: settings for settings in (GrpoSettings, SftSettings, OnPolicySettings)
}
"""Settings by the kind of training that a run's request records."""


def is_address(model: str) -> bool:
    """Whether a model is named by its server's address."""
    return model.startswith(("http://", "https://"))


MINIMUM: dict[str, float] = {
    **dict.fromkeys(
        ("micro_batch", "threads", "save_steps", "processes", "steps", "generations", "context", "nodes"), 1
    ),
    **dict.fromkeys(
        ("prompts_per_step", "steps_per_rollout", "max_tokens", "batch_size", "teacher_top_k"), 1
    ),
    "context_parallel": 1,
    **dict.fromkeys(("prompts_per_step", "steps_per_rollout", "max_tokens", "batch_size"), 1),
    **dict.fromkeys(("warmup_steps", "weight_decay", "beta", "epsilon", "top_k", "sync_ref_steps"), 0),
    "lora": 0,
    "lora_alpha": 1,
    **dict.fromkeys(("max_grad_norm", "lr"), 0),
}


ROPES = ("theta", "yarn", "linear", "dynamic")


def parse_rope(spec: str) -> tuple[str, float | None]:
    """What `--rope` says: its kind and number; `yarn` may leave the factor to the length that is needed.

    Raises UserError for anything else.
    """
    kind, equals, text = spec.partition("=")
    if kind == "yarn" and not equals:
        return kind, None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if kind not in ROPES or not 1 < value < 1e12:
        raise UserError(
            f"--rope {spec}: give theta=BASE, yarn=FACTOR, linear=FACTOR or dynamic=FACTOR, above 1"
        )
    return kind, value


class ThinkingMix(NamedTuple):
    """What `--thinking` says: the share of rows whose thoughts are taken out, and whether that needs a switch."""

    ratio: float
    needs_switch: bool


def parse_thinking(spec: str) -> ThinkingMix:
    """The mix that `keep`, `none` or `mix=RATIO` stands for. Raises UserError for anything else."""
    if spec in ("keep", "none"):
        return ThinkingMix(float(spec == "none"), needs_switch=False)
    kind, _, text = spec.partition("=")
    try:
        ratio = float(text)
    except ValueError:
        ratio = math.nan
    if kind != "mix" or not 0 < ratio < 1:
        raise UserError(f"--thinking {spec}: give keep, none, or mix=RATIO with a ratio between 0 and 1")
    return ThinkingMix(ratio, needs_switch=True)


def as_recorded(kind: str | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a run of whatever release recorded, as this one would: settings that came later have their
    default, and those that are gone are left out where nobody had set them."""
    settings = KINDS.get(kind or "")
    defaults = {one.name: one.default for one in fields(settings)} if settings else {}
    kept = {name: value for name, value in parameters.items() if (name, value) not in GONE.items()}
    return {name: value for name, value in defaults.items() if value is not MISSING} | kept


GONE = {"fsdp": False}
"""Settings of earlier releases and their defaults."""


def as_parameters(settings: Settings) -> dict[str, Any]:
    """The settings as plain JSON values, for a manifest."""
    return asdict(settings)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
