"""What trainers share that train on responses which the model generates in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from r1data.training.settings.evaluated import EvaluatedSettings
from r1data.training.settings.shared import setting


@dataclass(frozen=True, kw_only=True)
class RolloutSettings(EvaluatedSettings):
    """`prompts_per_step` x `generations` responses of up to `max_tokens` make an optimizer step."""

    prompts_per_step: int = setting(32, "Prompts per optimizer step.")
    generations: int = setting(16, "Responses per prompt.")
    max_tokens: int = setting(32_768, "Longest response, in tokens.")
    temperature: float = setting(1.0, "Sampling temperature.")
    schedule: Literal["constant", "linear", "cosine"] = setting("constant", "Learning rate schedule (ours).")
    engine: Literal["transformers", "vllm", "vllm-server"] = setting(
        "transformers",
        "Engine that generates the responses: transformers; vllm, on the GPUs that train, or on a CPU in the process "
        "that trains; vllm-server, on other machines or GPUs.",
    )
    engine_url: str | None = setting(None, "Address of the server, for vllm-server.")
    engine_memory: float = setting(0.3, "Share of the GPU's memory that vllm takes (ours).")
    verify_seconds: float = setting(5.0, "Seconds for one verdict (ours).")
    engine_dtype: Literal["auto", "float32", "bfloat16"] = setting(
        "auto", "Data type of vllm's weights; auto is bfloat16 on a GPU, float32 on a CPU (ours)."
    )
    engine_sync: Literal["auto", "nccl", "folder"] = setting(
        "auto",
        "How vllm-server gets new weights: nccl, or through the run's folder, which it has to see; auto is nccl on "
        "a GPU (ours).",
    )
    engine_tensor_parallel: int = setting(
        1, "GPUs that share one vllm, each with a part of its weights (ours)."
    )
    engine_sleep: bool = setting(
        False, "Let vllm give back its GPU memory while the model is trained (ours)."
    )

    @property
    def sequences(self) -> int:
        return self.prompts_per_step * self.generations

    @property
    def longest(self) -> int:
        return self.max_tokens
