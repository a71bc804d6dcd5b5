"""Memory of a training run per process and strategy: weights, gradients, optimizer, what is gathered, activations.

| strategy | a process holds, for each parameter that is trained |
|---|---|
| single | float32 weight, gradient and AdamW's two moments: 16 bytes |
| ddp | the same, and the buckets that gradients are averaged in: 20 bytes |
| fsdp | 16 bytes / processes; the layer at work and the next gathered in bf16, gradients of a layer in float32 |
| deepspeed | 18 bytes / processes (bf16 weights beside the float32 ones); up to 1e9 weights gathered in bf16 |

Frozen weights take the bytes of their dtype alone: under LoRA bf16 on a GPU, under QLoRA about half a byte (4 bits and
their scales, arXiv 2305.14314). With offload shards lie in RAM. Activations are those of `activations`.
Sums of bytes only; what allocators and engines add is a margin of its own, which is ours: `MARGIN` and, on a GPU,
`OVERHEAD` for the context of CUDA and NCCL. On GPUs it has not been measured by this project.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from r1data.training.plan.passes import Pass, Precision

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

    from r1data.training.plan.parameters import Parameters

STATES = 16
"""Bytes of a trained parameter: float32 weight, gradient and two moments."""
MARGIN = 0.06
"""Share that fragmentation adds. Ours."""
OVERHEAD = int(1.5 * 2**30)
"""Bytes that CUDA's context, cuBLAS and NCCL take on a GPU. Ours."""
QUANTISED = 0.53
"""Bytes of a weight in NF4 with doubly quantised scales (arXiv 2305.14314, section 3)."""
LIVE_PARAMETERS = 10**9
"""Weights that ZeRO-3 keeps gathered (`stage3_max_live_parameters`, DeepSpeed's default)."""


@dataclass(frozen=True)
class Layout:
    """How a model is trained.

    Args:
        strategy: how processes share it.
        processes: all that train together.
        offload: whether shards lie in the machine's memory.
        checkpointing: whether layers keep their inputs alone.
        lora: rank of adapters; 0 trains all weights.
        quantised: whether the frozen weights have four bits.
        gpu: whether it trains on GPUs.
        chunked: whether no logits are kept.
        packed: whether sequences lie side by side.
    """

    strategy: str = "single"
    processes: int = 1
    offload: bool = False
    checkpointing: bool = False
    lora: int = 0
    quantised: bool = False
    gpu: bool = True
    chunked: bool = True
    packed: bool = True

    @property
    def precision(self) -> Precision:
        """The dtypes that a forward pass runs in."""
        if not self.gpu:
            return "float32"
        return "autocast" if self.strategy in ("single", "ddp") and not self.lora else "bfloat16"

    @property
    def name(self) -> str:
        """It in words."""
        parts = [self.strategy]
        if self.lora:
            parts = ["QLoRA" if self.quantised else "LoRA", *([] if self.strategy == "single" else parts)]
        return " + ".join([*parts, *(["offload"] if self.offload else [])])


@dataclass(frozen=True)
class Memory:
    """Bytes that one process takes, and its share of the machine's memory.

    Args:
        states: weights, gradients and optimizer.
        gathered: weights and gradients of the layers at work, beside their shards.
        activations: all else of a forward and backward pass.
        margin: fragmentation, and engines' own buffers.
        host: the machine's memory, for shards that are offloaded.
        beside: what is in `states` and is not the trained model's.
        generating: all that it takes while responses are generated; 0 where none are.
    """

    states: int
    gathered: int
    activations: int
    margin: int
    host: int = 0
    beside: int = 0
    generating: int = 0

    @property
    def total(self) -> int:
        return self.states + self.gathered + self.activations + self.margin

    @property
    def most(self) -> int:
        """The larger of its two phases."""
        return max(self.total, self.generating)


@dataclass(frozen=True)
class Beside:
    """What a process holds beside the model that is trained.

    Args:
        whole: bytes that no strategy shares: teachers, an engine's memory, rollouts.
        copies: models as large as the trained one, and shared as it is: GRPO's reference.
        copy_bytes: bytes of a parameter of those.
        generating: bytes more while responses are generated, when there are no activations: an engine that sleeps
            meanwhile, a cache of keys and values.
        blocked: why nothing fits beside it, whatever is free; empty where that is not so.
    """

    whole: int = 0
    copies: int = 0
    copy_bytes: int = 4
    generating: int = 0
    blocked: str = ""

    def of(self, parameters: int, shards: int) -> int:
        """Its bytes in one process, beside a model of so many parameters."""
        return self.whole + self.shared(parameters, shards)

    def shared(self, parameters: int, shards: int) -> int:
        """Those of the copies."""
        return self.copies * self.copy_bytes * parameters // shards


NOTHING = Beside()


def memory(
    config: PreTrainedConfig, counts: Parameters, layout: Layout, sequences: int, length: int
) -> Memory:
    """The memory of one process that trains `sequences` of `length` tokens at once."""
    from r1data.training.plan.activations import activations

    one = a_pass(layout, sequences, length)
    return with_activations(counts, layout, activations(config, one).peak)


def a_pass(layout: Layout, sequences: int, length: int) -> Pass:
    """The forward and backward pass of one process."""
    return Pass(
        sequences,
        length,
        layout.precision,
        checkpointing=layout.checkpointing,
        chunked=layout.chunked,
        packed=layout.packed,
        lora=layout.lora,
        on_cpu=not layout.gpu,
    )


def with_activations(counts: Parameters, layout: Layout, peak: int, beside: Beside = NOTHING) -> Memory:
    """The memory of one process whose activations are known."""
    shards = layout.processes if layout.strategy in ("fsdp", "deepspeed") else 1
    if layout.lora:
        beside = replace(beside, copies=0)  # the reference is the same frozen model
    policy, other = _states(counts, layout), beside.of(counts.total, shards)
    gathered = _gathered(counts, layout)
    if beside.copies and layout.strategy == "fsdp":
        # A copy's embeddings and head stay gathered, as the model's own do.
        other += beside.copies * beside.copy_bytes * (counts.embedding + counts.head)
    host = 0
    if layout.offload:
        host = policy + beside.shared(counts.total, shards)
        policy, other = 0, other - beside.shared(counts.total, shards)
    states = policy + other
    overhead = OVERHEAD if layout.gpu else 0
    # What is `whole` is laid out once: it adds no fragments.
    margin = round(MARGIN * (states - beside.whole + gathered + peak)) + overhead
    generating = 0
    if beside.generating:
        held = states + _gathered(counts, layout, forward_alone=True)
        generating = held + round(MARGIN * (held - beside.whole)) + overhead + beside.generating
    return Memory(states, gathered, peak, margin, host, other, generating)


def adapter(counts: Parameters, rank: int) -> int:
    """Parameters of adapters on all linear layers, about: a square layer of n weights gets 2 · rank · √n, and a layer
    has seven linear ones."""
    linear = counts.largest_layer / 7
    return int(counts.layers * 7 * 2 * rank * linear**0.5 * 1.1)


def _states(counts: Parameters, layout: Layout) -> int:
    shards = layout.processes if layout.strategy in ("fsdp", "deepspeed") else 1
    if layout.lora:
        frozen = counts.total * (2 if layout.gpu else 4)
        if layout.quantised:
            whole = counts.embedding + counts.head
            frozen = round((counts.total - whole) * QUANTISED) + 2 * whole
        return (frozen + STATES * adapter(counts, layout.lora)) // shards
    each = {"single": STATES, "ddp": STATES + 4, "fsdp": STATES, "deepspeed": STATES + 2}[layout.strategy]
    return counts.total * each // shards


def _gathered(counts: Parameters, layout: Layout, *, forward_alone: bool = False) -> int:
    """What a process holds for a while of the weights of others."""
    each = 2 if layout.gpu else 4
    trained = 0 if layout.lora or forward_alone else 1
    outer = counts.embedding + counts.head
    if layout.quantised:
        return 2 * counts.largest_layer // 7 * 2  # one linear layer at a time, and the one before it
    if layout.strategy == "fsdp":
        # The layer at work and the next; gradients of one, before and after they are cast to be scattered. Embeddings
        # and head stay, and the head's gradient waits for them.
        layers = 2 * each * counts.largest_layer + trained * (each + 4) * counts.largest_layer
        return layers + each * (outer + trained * counts.head)
    if layout.strategy == "deepspeed":
        live = min(counts.total, max(LIVE_PARAMETERS, counts.largest_layer + outer))
        return live * each + trained * (each + 4) * counts.largest_layer
    return 0
