"""One forward and backward pass: how it runs, and the memory that it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Precision = Literal["float32", "autocast", "bfloat16"]
"""float32 throughout; bf16 arithmetic over float32 weights (autocast); bf16 weights, as FSDP gathers them."""


@dataclass(frozen=True)
class Pass:
    """How a forward and backward pass runs.

    Args:
        sequences, length: the batch of one pass, in sequences and tokens of each.
        precision: of weights and arithmetic.
        checkpointing: whether each layer keeps its input alone, and runs again in the backward pass.
        chunked: whether the output head keeps no logits.
        packed: whether sequences lie side by side, whose attention is put together by a copy.
        lora: rank of adapters on all linear layers; 0 trains all weights.
        on_cpu: whether tiles of logits are folded by torch's own operations, as TRL does it without a GPU.
    """

    sequences: int
    length: int
    precision: Precision = "float32"
    checkpointing: bool = False
    chunked: bool = True
    packed: bool = False
    lora: int = 0
    on_cpu: bool = False


@dataclass(frozen=True)
class Activations:
    """Peak bytes beside weights and gradients in the forward and in the backward pass."""

    forward: int
    backward: int

    @property
    def peak(self) -> int:
        return max(self.forward, self.backward)
