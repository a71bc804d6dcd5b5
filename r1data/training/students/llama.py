"""Llama 3.1, 3.2 and 3.3: sizes and positions as in the published config.json files.

Sources: The Llama 3 Herd of Models (arXiv 2407.21783, table 3) and the models' cards for 3.2 and 3.3. The bases
bring no chat template; those of the instructed ones write the date into the prompt. All stretch RoPE by
the "llama3" rule from 8,192 to 131,072 positions.
"""

from __future__ import annotations

from typing import Any

from r1data.training.students.student import Student

BASE_END, TURN_END = "<|end_of_text|>", "<|eot_id|>"


def _config(
    hidden: int, intermediate: int, layers: int, heads: int, head: int, factor: float, tied: bool
) -> dict[str, Any]:
    return {
        "model_type": "llama",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": 8,
        "head_dim": head,
        "vocab_size": 128_256,
        "tie_word_embeddings": tied,
        "max_position_embeddings": 131_072,
        "rope_theta": 500_000.0,
        "rope_scaling": {
            "rope_type": "llama3",
            "factor": factor,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192,
        },
    }


SIZES: dict[str, tuple[dict[str, Any], int]] = {
    "1B": (_config(2048, 8192, 16, 32, 64, 32.0, True), 1_235_814_400),
    "3B": (_config(3072, 8192, 28, 24, 128, 32.0, True), 3_212_749_824),
    "8B": (_config(4096, 14_336, 32, 32, 128, 8.0, False), 8_030_261_248),
    "70B": (_config(8192, 28_672, 80, 64, 128, 8.0, False), 70_553_706_496),
}


def _llama(
    version: str,
    size: str,
    lr: float,
    *aliases: str,
    name: str | None = None,
    instructed: bool = False,
    paper: str = "",
) -> Student:
    config, parameters = SIZES[size]
    suffix = "-Instruct" if instructed else ""
    return Student(
        name or f"llama-{version}-{size}{suffix}".lower(),
        f"meta-llama/Llama-{version}-{size}{suffix}",
        lr,
        parameters,
        aliases,
        paper,
        licence=f"llama{version}",
        template="llama3" if instructed else "none",
        end=TURN_END if instructed else BASE_END,
        think_tags=False,
        config=config,
    )


PAPER = (
    _llama("3.1", "8B", 5e-5, "8b", "llama3.1-8b", "llama-3.1-8b", name="llama-8b", paper="2.4"),
    _llama(
        "3.3",
        "70B",
        2e-5,
        "70b",
        "llama3.3-70b",
        "llama-3.3-70b",
        name="llama-70b",
        instructed=True,
        paper="2.4",
    ),
)
TODAY = (
    _llama("3.2", "1B", 1e-4, "llama3.2-1b"),
    _llama("3.2", "1B", 1e-4, "llama3.2-1b-instruct", instructed=True),
    _llama("3.2", "3B", 1e-4, "llama3.2-3b"),
    _llama("3.2", "3B", 1e-4, "llama3.2-3b-instruct", instructed=True),
    _llama("3.1", "8B", 5e-5, "llama3.1-8b-instruct", instructed=True),
    _llama("3.1", "70B", 2e-5, "llama3.1-70b"),
    _llama("3.1", "70B", 2e-5, "llama3.1-70b-instruct", instructed=True),
)
