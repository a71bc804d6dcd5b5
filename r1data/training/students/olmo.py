"""Olmo 3 bases: sizes and positions as in the published config.json files.

Source: Olmo 3 (arXiv 2512.13961) and the models' cards. Three of four layers see 4,096 tokens back; YaRN stretches the
others from 8,192 to 65,536 positions. What the bases' tokenizers bring of a template is not recorded here.
"""

from __future__ import annotations

from typing import Any

from r1data.training.students.student import Student, suitable_lr


def _olmo(
    size: str,
    date: str,
    parameters: int,
    hidden: int,
    intermediate: int,
    layers: int,
    heads: int,
    key_heads: int,
) -> Student:
    config: dict[str, Any] = {
        "model_type": "olmo3",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": key_heads,
        "vocab_size": 100_278,
        "tie_word_embeddings": False,
        "sliding_window": 4096,
        "max_position_embeddings": 65_536,
        "rope_theta": 500_000.0,
        "rope_scaling": {
            "rope_type": "yarn",
            "factor": 8.0,
            "original_max_position_embeddings": 8192,
            "beta_fast": 32,
            "beta_slow": 1,
        },
    }
    return Student(
        f"olmo3-{size.lower()}",
        f"allenai/Olmo-3-{date}-{size}",
        suitable_lr(parameters),
        parameters,
        (f"olmo-3-{size.lower()}",),
        licence="apache-2.0",
        config=config,
    )


TODAY = (
    _olmo("7B", "1025", 7_298_011_136, 4096, 11_008, 32, 32, 32),
    _olmo("32B", "1125", 32_233_522_176, 5120, 27_648, 64, 40, 8),
)
