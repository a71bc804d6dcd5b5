"""Families of bases whose positions are known to be extended, by whom, and how.

A family is told by what its bases' configs say, since a folder has no name to go by. Nothing here is from the paper,
which does not say how its bases with 4,096 positions learned from 32,768 tokens. The weights that were published with
it, DeepSeek-R1-Distill-Qwen-1.5B and 7B, have RoPE's theta as it was (10,000) and 131,072 positions in their configs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from r1data.engines.model_config import LARGEST, language_part, rope_parameters, rope_type

THETA = 10_000.0
"""RoPE's base where a config names none, as in the paper that proposed it (arXiv:2104.09864) and in transformers."""


@dataclass(frozen=True)
class Family:
    """What is known to work for the bases of a family, which are told by their configs.

    Args:
        name: as people call it.
        model_types: of config.json.
        positions: that its bases have.
        theta: their RoPE's.
        rope: the change, as `--rope` would say it; `yarn` without a factor is the one that the new length needs.
        trained: positions that the base was trained with, from which YaRN stretches.
        most: positions up to which it is known to work.
        source: who did so.
        width: the smallest `hidden_size` of those it is known for.
    """

    name: str
    model_types: tuple[str, ...]
    positions: tuple[int, ...]
    theta: float
    rope: str
    trained: int
    most: int
    source: str
    width: int = 0

    def has(self, part: Mapping[str, Any], held: int) -> bool:
        """Whether the base of a config with `held` positions is one of the family."""
        rope, width = rope_parameters(part), part.get("hidden_size")
        return (
            part.get("model_type") in self.model_types
            and held in self.positions
            and rope_type(rope) == "default"
            and theta_of(rope) == self.theta
            and (not self.width or (isinstance(width, int) and width >= self.width))
        )


FAMILIES = (
    Family(
        "Qwen2.5-Math",
        ("qwen2",),
        (4_096,),
        10_000.0,
        "theta=300000",
        4_096,
        32_768,
        "open-r1/Qwen2.5-Math-7B-RoPE-300k, the base of OpenR1-Distill-7B",
    ),
    Family(
        "Qwen2.5",
        ("qwen2",),
        (32_768,),
        1_000_000.0,
        "yarn",
        32_768,
        131_072,
        "the model card of Qwen2.5-7B-Instruct and larger ones",
        width=3_584,
    ),
    Family(
        "Qwen3",
        ("qwen3", "qwen3_moe"),
        (32_768, 40_960),
        1_000_000.0,
        "yarn",
        32_768,
        131_072,
        "the model card of Qwen3-8B",
    ),
    Family(
        "Llama 2",
        ("llama",),
        (4_096,),
        10_000.0,
        "theta=1000000",
        4_096,
        16_384,
        "Code Llama, arXiv:2308.12950",
    ),
    Family(
        "Llama 3",
        ("llama",),
        (8_192,),
        500_000.0,
        "theta=15300000",
        8_192,
        65_536,
        "gradientai/Llama-3-8B-Instruct-262k, its first stage",
    ),
    Family(
        "SmolLM2-1.7B",
        ("llama",),
        (8_192,),
        130_000.0,
        "theta=273768",
        8_192,
        16_384,
        "loubnabnl/smollm-1.7B-16k-instruct-v0",
    ),
)


def find_family(config: Mapping[str, Any], held: int) -> Family | None:
    """The family of the base with this config.json and `held` positions; None where it is none of `FAMILIES`."""
    part = language_part(config)
    return next((family for family in FAMILIES if family.has(part, held)), None)


def theta_of(rope: Mapping[str, Any]) -> float:
    """RoPE's base in a config's parameters."""
    theta = rope.get("rope_theta", THETA)
    is_number = isinstance(theta, (int, float)) and not isinstance(theta, bool) and 0 < theta < LARGEST
    return float(theta) if is_number else THETA
