"""The config of a model in training, written for vLLM to start with: positions as they are extended, no adapters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from r1data.training.rollouts.weights import base_of

SINGLE_EXPERTS = {"topk_method": "noaux_tc", "scoring_func": "sigmoid"}
"""What vLLM wants to read of a DeepSeek-V3 whose experts transformers always chooses so."""


def write_config(model: Any, folder: Path) -> dict[str, Any]:
    """Write a model's config, as it is in training, for vLLM to read. Returns it."""
    base = base_of(model)
    config: dict[str, Any] = base.config.to_dict()
    config["architectures"] = config.get("architectures") or [type(base).__name__]
    config.pop(
        "quantization_config", None
    )  # adapters are merged into the weights that quantised ones stand for
    if config.get("model_type") == "deepseek_v3":
        config = SINGLE_EXPERTS | config
    written = type(base.config).from_dict(config)
    written.save_pretrained(folder)
    return dict(config)
