"""SmolLM2 and SmolLM3: sizes and positions as in the published config.json files.

Sources: SmolLM2 (arXiv 2502.02737) and the models' cards. The instructed ones of SmolLM2 bring a ChatML template with a
system prompt of their own; what the others bring is not recorded here.
"""

from __future__ import annotations

from typing import Any

from r1data.training.students.student import Student, suitable_lr

SMOLLM2: dict[str, tuple[int, tuple[int, int, int, int, int], float]] = {
    "135M": (134_515_008, (576, 1536, 30, 9, 3), 1e5),
    "360M": (361_821_120, (960, 2560, 32, 15, 5), 1e5),
    "1.7B": (1_711_376_384, (2048, 8192, 24, 32, 32), 1.3e5),
}
SMOLLM3 = (3_075_098_624, (2048, 11_008, 36, 16, 4), 5e6)


def _config(
    model_type: str, shape: tuple[int, int, int, int, int], vocabulary: int, positions: int, theta: float
) -> dict[str, Any]:
    hidden, intermediate, layers, heads, key_heads = shape
    return {
        "model_type": model_type,
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": key_heads,
        "vocab_size": vocabulary,
        "tie_word_embeddings": True,
        "max_position_embeddings": positions,
        "rope_theta": theta,
    }


def _smollm2(size: str, instructed: bool) -> Student:
    parameters, shape, theta = SMOLLM2[size]
    suffix = "-Instruct" if instructed else ""
    return Student(
        f"smollm2-{size}{suffix}".lower(),
        f"HuggingFaceTB/SmolLM2-{size}{suffix}",
        suitable_lr(parameters),
        parameters,
        licence="apache-2.0",
        template="chatml" if instructed else "",
        end="<|im_end|>" if instructed else "<|endoftext|>",
        think_tags=False,
        config=_config("llama", shape, 49_152, 8192, theta),
    )


def _smollm3(suffix: str) -> Student:
    parameters, shape, theta = SMOLLM3
    return Student(
        f"smollm3-3b{suffix}".lower(),
        f"HuggingFaceTB/SmolLM3-3B{suffix}",
        suitable_lr(parameters),
        parameters,
        licence="apache-2.0",
        config=_config("smollm3", shape, 128_256, 65_536, theta),
    )


TODAY = (
    *(_smollm2(size, instructed) for size in SMOLLM2 for instructed in (False, True)),
    _smollm3("-Base"),
    _smollm3(""),
)
