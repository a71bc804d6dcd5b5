"""Figures that others report of a benchmark, each with where it stands and the protocol it was measured by.

Of the paper tables 4 to 6: 0.6, 0.95, 32,768 tokens; 64 responses for AIME and GPQA, 16 for MATH-500, 8 for
LiveCodeBench. Of AIME 2024 also what the makers of lighteval measured again with the published weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PAPER, LIGHTEVAL = "R1, tables 4-6", "lighteval, rerun"
SETTINGS: Mapping[str, Any] = {"temperature": 0.6, "top_p": 0.95, "max_tokens": 32_768}


@dataclass(frozen=True)
class Published:
    """A published figure.

    Args:
        model: whose, by the name that its makers give it.
        value: in percent.
        source: who reports it.
        measure: which one, `pass@1` or `cons@64`.
        protocol: settings that its source states, by the names of a card's section `protocol`.
    """

    model: str
    value: float
    source: str
    measure: str = "pass@1"
    protocol: Mapping[str, Any] = field(default_factory=lambda: SETTINGS)


MODELS = (
    "R1-Distill-Qwen-1.5B", "R1-Distill-Qwen-7B", "R1-Distill-Qwen-14B", "R1-Distill-Qwen-32B", "R1-Distill-Llama-8B",
    "R1-Distill-Llama-70B", "R1-Zero-Qwen-32B",
)  # fmt: skip


def _column(source: str, k: int, *values: float, measure: str = "pass@1") -> tuple[Published, ...]:
    """The figures of `MODELS`, in their order."""
    protocol = {**SETTINGS, "k": k}
    return tuple(
        Published(model, value, source, measure, protocol)
        for model, value in zip(MODELS, values, strict=False)
    )


AIME24 = (
    *_column(PAPER, 64, 28.9, 55.5, 69.7, 72.6, 50.4, 70.0, 47.0),
    *_column(PAPER, 64, 52.7, 83.3, 80.0, 83.3, 80.0, 86.7, 60.0, measure="cons@64"),
    *_column(LIGHTEVAL, 64, 30.7, 50.8, 65.9, 69.7, 43.9, 63.0),
)
MATH500 = _column(PAPER, 16, 83.9, 92.8, 93.9, 94.3, 89.1, 94.5, 91.6)
GPQA_DIAMOND = _column(PAPER, 64, 33.8, 49.1, 59.1, 62.1, 49.0, 65.2, 55.0)
LIVECODEBENCH = _column(PAPER, 8, 16.9, 37.6, 53.1, 57.2, 39.6, 57.5, 40.2)
IFEVAL = (Published("DeepSeek-R1", 83.3, PAPER),)
