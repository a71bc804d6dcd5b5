"""What one forward and backward pass holds beside weights and gradients, for any architecture that transformers has.

The pass is run without memory: torch's fake tensors have shapes and no contents, and every storage is counted from its
making to its end, autograd's saved tensors among them. A few layers are run, at the true number of tokens, and the rest
follows, since each layer adds the same. Attention is taken to be a fused kernel's (FlashAttention's, or that of torch's
`scaled_dot_product_attention`), which keeps its inputs, its output and one number a token and head. The output head is
TRL's, which keeps no logits: it computes them in tiles of 4,096 tokens by 32,768 entries and again in the backward pass
(trl/kernels/chunked_logprob.py, TRL 1.16); `chunked=False` is the usual head with whole logits in float32.

Not here: an engine's own buffers (NCCL, cuBLAS), and fragmentation; `memory` adds margins for them.
"""

from __future__ import annotations

import copy
import logging
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from r1data.training.plan.parameters import decoder_layers
from r1data.training.plan.passes import Activations, Pass

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

ATTENTION = "r1_plan"
TILE_TOKENS, TILE_ENTRIES = 4096, 32_768
FEW, SOME = 1, 2
"""Layers that are run."""


def activations(config: PreTrainedConfig, one: Pass) -> Activations:
    """The peaks of a pass; takes some tenths of a second, whatever the model's size."""
    layers = int(config.get_text_config().num_hidden_layers)
    if one.precision != "bfloat16" and _has_experts(config):
        # Experts are grouped by a kernel that fake tensors know in bf16 alone: float32 takes twice as much.
        half = activations(config, replace(one, precision="bfloat16"))
        return Activations(2 * half.forward, 2 * half.backward)
    few = _run(config, one, min(FEW, layers))
    if layers <= FEW:
        return few
    some = _run(config, one, min(SOME, layers))
    steps = (layers - min(SOME, layers)) / (min(SOME, layers) - FEW)
    return Activations(
        round(some.forward + steps * (some.forward - few.forward)),
        round(some.backward + steps * (some.backward - few.backward)),
    )


def _run(config: PreTrainedConfig, one: Pass, layers: int) -> Activations:
    with _quiet(), FakeTensorMode(allow_non_fake_inputs=True):
        model = _model(config, one, layers)
        weights = list(model.parameters())
        trained = [weight for weight in weights if weight.requires_grad]
        for weight in trained:
            # Gradients are there from the first pass of a step on; `memory` counts them.
            weight.grad = torch.empty_like(weight)
        known = [*weights, *(weight.grad for weight in trained if weight.grad is not None)]
        live = _Live({tensor.untyped_storage()._cdata for tensor in known})
        ids = torch.zeros((one.sequences, one.length), dtype=torch.long)
        with live:
            with torch.autocast("cpu", torch.bfloat16, enabled=one.precision == "autocast"):
                loss = _loss(model, ids, one)
            forward, live.peak = live.peak, live.now
            loss.backward()  # type: ignore[no-untyped-call]
        return Activations(forward, live.peak)


def _model(config: PreTrainedConfig, one: Pass, layers: int) -> PreTrainedModel:
    """The model with its last layers alone: where kinds differ, the first ones are the smaller."""
    from transformers import AttentionInterface, AutoModelForCausalLM

    AttentionInterface.register(ATTENTION, _attention)
    config = _shortened(config, layers)
    dtype = torch.bfloat16 if one.precision == "bfloat16" else torch.float32
    with torch.device("cpu"):
        model: PreTrainedModel = AutoModelForCausalLM.from_config(
            config, attn_implementation=ATTENTION, dtype=dtype, trust_remote_code=False
        )
    kept = decoder_layers(model)
    for module in model.modules():
        for name, child in list(module.named_children()):
            if child is kept:
                setattr(module, name, nn.ModuleList(list(kept)[-layers:]))
    model.config.get_text_config().num_hidden_layers = layers
    model.train()
    if one.checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    if one.lora:
        _adapt(model, one)
    for module in model.modules():
        module.r1_plan_packed = one.packed
    return model


def _shortened(config: PreTrainedConfig, layers: int) -> PreTrainedConfig:
    """A config of so many layers, where all have the same shape; else as it is, and layers are taken out later."""
    config = copy.deepcopy(config)
    if not _has_experts(config):
        text = config.get_text_config()
        text.num_hidden_layers = layers
        if getattr(text, "layer_types", None):
            text.layer_types = text.layer_types[-layers:]
    return config


def _adapt(model: PreTrainedModel, one: Pass) -> None:
    """Adapters beside all linear layers but the head, as parameters of modules that add them."""
    head = model.get_output_embeddings()
    for weight in model.parameters():
        weight.requires_grad_(False)
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear) and child is not head:
                setattr(module, name, _Adapted(child, one.lora))
    if one.checkpointing:
        model.enable_input_require_grads()


class _Adapted(nn.Module):
    """A frozen linear layer with a trained product of two thin ones, in float32 as peft keeps them."""

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        super().__init__()
        self.linear = linear
        self.down = nn.Linear(linear.in_features, rank, bias=False)
        self.up = nn.Linear(rank, linear.out_features, bias=False)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.linear(states)
        added: torch.Tensor = self.up(self.down(states.to(self.down.weight.dtype))) * 2.0
        return (result + added).to(result.dtype)


def _loss(model: PreTrainedModel, ids: torch.Tensor, one: Pass) -> torch.Tensor:
    backbone = model.base_model
    states = backbone(input_ids=ids, use_cache=False).last_hidden_state
    head: Any = model.get_output_embeddings()
    if not one.chunked:
        # transformers' loss: logits in float32, shifted targets
        logits = head(states).float()
        return nn.functional.cross_entropy(logits.view(-1, logits.shape[-1]), ids.view(-1))
    dtype = torch.float32 if one.precision == "float32" else torch.bfloat16
    losses: torch.Tensor = _Head.apply(
        states[:, :-1].reshape(-1, states.shape[-1]), head.weight, dtype, one.on_cpu
    )  # type: ignore[no-untyped-call]
    return losses.sum()


class _Head(torch.autograd.Function):
    """What TRL's fused head holds, without its arithmetic."""

    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, weight: torch.Tensor, dtype: torch.dtype, on_cpu: bool
    ) -> torch.Tensor:
        ctx.save_for_backward(states, weight)
        ctx.dtype, ctx.on_cpu = dtype, on_cpu
        _tile(states, weight, dtype, 3 if on_cpu else 0)
        return states.new_zeros(states.shape[0], dtype=torch.float32)

    @staticmethod
    def backward(ctx: Any, *_: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        states, weight = ctx.saved_tensors
        to_states = states.new_zeros(states.shape, dtype=torch.float32)
        to_weight = None
        if ctx.needs_input_grad[1]:
            to_weight = weight.new_zeros(weight.shape, dtype=torch.float32)
        _tile(states, weight, ctx.dtype, 7 if ctx.on_cpu else 0)
        to_weight = None if to_weight is None else to_weight.to(weight.dtype)
        return to_states.to(states.dtype), to_weight, None, None


def _tile(states: torch.Tensor, weight: torch.Tensor, dtype: torch.dtype, temporaries: int) -> None:
    """A tile of logits in the dtype of the arithmetic, the piece of the head that it comes from where that is cast, and
    float32 copies beside it."""
    tokens, entries = min(states.shape[0], TILE_TOKENS), min(weight.shape[0], TILE_ENTRIES)
    tile = states.new_empty((tokens, entries), dtype=dtype)
    piece = None if weight.dtype == dtype else weight.new_empty((entries, weight.shape[1]), dtype=dtype)
    copies = [tile.new_empty(tile.shape, dtype=torch.float32) for _ in range(temporaries)]
    del piece, copies


class _Fused(torch.autograd.Function):
    """What a fused attention kernel keeps."""

    @staticmethod
    def forward(ctx: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        # [batch, tokens, heads, size] in memory, as kernels write it
        batch, heads, tokens, _ = query.shape
        output = query.new_empty((batch, tokens, heads, value.shape[-1])).transpose(1, 2)
        sums = query.new_empty(query.shape[:-1], dtype=torch.float32)
        ctx.save_for_backward(query, key, value, output, sums)
        return output

    @staticmethod
    def backward(ctx: Any, *_: torch.Tensor) -> tuple[torch.Tensor, ...]:
        query, key, value, _output, _sums = ctx.saved_tensors
        return torch.empty_like(query), torch.empty_like(key), torch.empty_like(value)


def _attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    output: torch.Tensor = _Fused.apply(query, key, value).transpose(1, 2).contiguous()  # type: ignore[no-untyped-call]
    return (torch.cat([output], dim=1) if module.r1_plan_packed else output), None


class _Live(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of storages that are alive, but those that are known."""

    def __init__(self, known: set[int]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.known, self.now, self.peak = known, 0, 0
        self.seen: weakref.WeakSet[Any] = weakref.WeakSet()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(output):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return output

    def _count(self, storage: torch.UntypedStorage) -> None:
        if storage in self.seen or storage._cdata in self.known:
            return
        size = storage.nbytes()
        self.seen.add(storage)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._end, size)

    def _end(self, size: int) -> None:
        self.now -= size


@contextmanager
def _quiet() -> Iterator[None]:
    """transformers tells at length what a plan does not need to know."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _has_experts(config: PreTrainedConfig) -> bool:
    from r1data.training.plan.parameters import EXPERT_COUNTS

    text = config.get_text_config()
    return any(getattr(text, name, None) for name in EXPERT_COUNTS)
