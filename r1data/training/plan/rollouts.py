"""Memory of rollouts: the engine that generates responses, its cache of keys and values, and what is kept of a rollout.

| engine | what it takes |
|---|---|
| transformers | keys and values of all the process's responses of a rollout, in bf16 on a GPU |
| vllm | `engine_memory` of the GPU: bf16 weights and a pool of keys and values, both shared over tensor parallel GPUs |
| vllm-server | nothing here, but on other GPUs |

A colocated engine that sleeps (`engine_sleep`) gives weights and pool back while the model is trained. TRL keeps a
rollout's tokens on the GPU until the last step that trains on them. vLLM's cache of a model with latent attention
(DeepSeek-V3) holds the latent vectors alone, which every GPU has in full; transformers' holds keys and values of all
heads. Sliding windows, which bound the cache, are not counted. On GPUs nothing here has been measured by this project.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from r1data.training.plan.hardware import GIB, USABLE, Hardware
from r1data.training.settings.rollouts import RolloutSettings

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

TOKEN_BYTES = 36
"""Of a rollout's token on the GPU: id and mask in int64, and log-probabilities of policy, reference and engine, the
correction's weight and the advantage in float32."""
ENGINE_BYTES = 2 * GIB
"""What vLLM takes beside weights and cache: its own activations and CUDA graphs. Ours."""
ASLEEP_BYTES = GIB
"""What a sleeping vLLM keeps. Ours."""
SERVED = 8
"""Responses of the longest that a server should hold at once: with fewer, generation waits for memory. Ours."""
REMEDY = (
    "share the engine over more GPUs with --engine-tensor-parallel, raise --engine-memory, or let a server generate "
    "on other GPUs (--engine vllm-server)"
)


@dataclass(frozen=True)
class Engine:
    """What generating a rollout takes of one process.

    Args:
        name: of the engine.
        weights: bytes of the engine's own copy, its share on this GPU.
        cache: bytes of keys and values: of a pool, else of all responses at their longest.
        each: bytes of the keys and values of one response at its longest, this GPU's share.
        training: bytes that stay while the model is trained.
        generating: bytes more while responses are generated.
        reserved: whether the bytes are taken whatever the responses' lengths.
    """

    name: str
    weights: int = 0
    cache: int = 0
    each: int = 0
    training: int = 0
    generating: int = 0
    reserved: bool = False

    @property
    def at_once(self) -> int:
        """Responses at their longest that the cache holds."""
        return max(0, self.cache) // self.each if self.each else 0


def engine_of(
    config: PreTrainedConfig, parameters: int, settings: RolloutSettings, machine: Hardware, length: int
) -> Engine:
    """The engine of a run in one process, with sequences of up to `length` tokens, prompts included."""
    if settings.engine == "vllm-server":
        return Engine(settings.engine)
    if settings.engine == "vllm":
        return _vllm(config, parameters, settings, machine, length)
    each = length * cache_bytes(config, 2 if machine.gpu else 4)
    cache = responses(settings, machine.world) * each
    return Engine(settings.engine, cache=cache, each=each, generating=cache)


def _vllm(
    config: PreTrainedConfig, parameters: int, settings: RolloutSettings, machine: Hardware, length: int
) -> Engine:
    parallel = settings.engine_tensor_parallel if machine.gpu else 1
    # vLLM's share is of all that the GPU has, whatever others hold of it.
    share = int(settings.engine_memory * machine.memory)
    size = (
        4
        if settings.engine_dtype == "float32" or (settings.engine_dtype == "auto" and not machine.gpu)
        else 2
    )
    weights = size * parameters // parallel
    each = length * latent_or_heads(config, parallel) * size // 2
    pool = share - weights - (ENGINE_BYTES if machine.gpu else 0)
    sleeps = machine.gpu and settings.engine_sleep
    asleep = min(ASLEEP_BYTES, share) if sleeps else share
    return Engine(settings.engine, weights, pool, each, asleep, max(1, share - asleep), reserved=True)


def responses(settings: RolloutSettings, world: int) -> int:
    """Responses of a rollout in one process."""
    return settings.sequences * getattr(settings, "steps_per_rollout", 1) // world


def kept_bytes(settings: RolloutSettings, world: int, length: int) -> int:
    """What one process keeps of a rollout while it trains on it."""
    return responses(settings, world) * length * TOKEN_BYTES


def cache_bytes(config: PreTrainedConfig, size: int = 2) -> int:
    """Bytes of a token's keys and values in all layers, numbers of `size` bytes, as transformers keeps them."""
    text = config.get_text_config()
    heads = int(text.num_attention_heads)
    width = int(getattr(text, "head_dim", None) or text.hidden_size // heads)
    keys = int(getattr(text, "num_key_value_heads", None) or heads)
    if getattr(text, "kv_lora_rank", None):  # latent attention, unfolded into heads of two sizes
        key = int(text.qk_nope_head_dim) + int(text.qk_rope_head_dim)
        return size * int(text.num_hidden_layers) * heads * (key + int(text.v_head_dim))
    return 2 * size * int(text.num_hidden_layers) * keys * width


def latent_or_heads(config: PreTrainedConfig, parallel: int) -> int:
    """Bytes of a token's keys and values on one of so many GPUs, as vLLM keeps them, in bf16."""
    text = config.get_text_config()
    if rank := getattr(text, "kv_lora_rank", None):
        return 2 * int(text.num_hidden_layers) * (int(rank) + int(text.qk_rope_head_dim))
    heads = int(getattr(text, "num_key_value_heads", None) or text.num_attention_heads)
    # A GPU has one head at least: beyond that many GPUs, several hold the same one.
    return cache_bytes(config) * max(1, heads // parallel) // heads


def complaint(engine: Engine, settings: RolloutSettings, machine: Hardware) -> str | None:
    """Why a colocated engine cannot start in its share of a GPU; None where it can."""
    if not engine.reserved or not machine.gpu or engine.at_once >= 1:
        return None
    share = engine.training + engine.generating
    needed = engine.weights + ENGINE_BYTES + engine.each
    return (
        f"vLLM gets {settings.engine_memory:g} of each GPU, {share / GIB:,.1f} GiB, and wants {needed / GIB:,.1f} for "
        f"its weights ({engine.weights / GIB:,.1f}) and one response of the longest"
    )


def server_gpus(config: PreTrainedConfig, parameters: int, gpu: int, length: int) -> tuple[int, int]:
    """The fewest GPUs of so many bytes, a power of two, that serve the model with `SERVED` responses at their longest
    at once, and how many they hold; 0 where 32 do not. The share of a server's GPU is vLLM's default of 0.9."""
    for gpus in (1, 2, 4, 8, 16, 32):
        pool = int(0.9 * gpu) - 2 * parameters // gpus - ENGINE_BYTES
        at_once = pool // (length * latent_or_heads(config, gpus))
        if at_once >= SERVED:
            return gpus, at_once
    return 0, 0


def gigabytes(size: int) -> int:
    """The nominal size of a GPU of so many usable bytes."""
    return round(size / USABLE / GIB)
