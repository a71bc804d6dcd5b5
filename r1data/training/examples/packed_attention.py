"""Attention within each of several examples that lie one after the other in a row.

Where FlashAttention is installed, and the model runs on a GPU, its kernels for rows of several lengths do it (packages
`flash-attn` or `flash-attn-3`, by transformers' own switch). Everywhere else torch's `scaled_dot_product_attention` is
called once an example: no mask of the row's length squared is made, and an example's result is that of the example
alone. Both take causal attention, whole or in a sliding window; a model whose attention is another is not packed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask
from transformers.utils import is_flash_attn_2_available, is_flash_attn_3_available

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

NAME = "r1_packed"
"""How transformers calls the attention of this module, while a model trains with it."""
LAYERS = {"full_attention", "sliding_attention"}
STRETCHED = {"dynamic", "longrope"}
"""Kinds of RoPE whose angles depend on the longest example of a forward pass."""


def obstacle(model: PreTrainedModel) -> str | None:
    """Why a model cannot be trained on packed rows; None where it can, as far as its configuration tells."""
    config = model.config.get_text_config()
    if model.config._attn_implementation != "sdpa":
        return f"its attention is not torch's own but {model.config._attn_implementation!r}"
    if other := set(getattr(config, "layer_types", None) or ()) - LAYERS:
        return f"it has layers of the kind {', '.join(sorted(other))}"
    if getattr(config, "attention_chunk_size", None):
        return "its attention is cut into chunks"
    if rope := _rope_types(config) & STRETCHED:
        return f"its RoPE ({', '.join(sorted(rope))}) depends on the longest example of a forward pass"
    if getattr(model, "_is_stateful", False):
        return "it carries a state from token to token"
    return None


def choose(model: PreTrainedModel) -> str:
    """The attention for packed rows: FlashAttention where it is installed and there is a GPU, else ours."""
    if torch.cuda.is_available() and getattr(model, "_supports_flash_attn", False):
        if is_flash_attn_3_available():
            return "flash_attention_3"
        if is_flash_attn_2_available():
            return "flash_attention_2"
    return NAME


@contextmanager
def attention(model: PreTrainedModel, name: str | None) -> Iterator[None]:
    """Give a model another attention for a while, or none; what runs it later sees the one it was loaded with."""
    before = model.config._attn_implementation
    model.set_attn_implementation(name or before)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def packed_forward(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    seq_lengths: tuple[int, ...] | None = None,
    sliding_window: int | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """transformers' interface of an attention: [1, heads, tokens, size] to [1, tokens, heads, size].

    `seq_lengths` are the examples' lengths in the row. Without them, or with a mask, it is transformers' `sdpa`.
    """
    if attention_mask is not None or seq_lengths is None:
        output: torch.Tensor = sdpa_attention_forward(module, query, key, value, attention_mask, **kwargs)[0]
        return output, None
    parts = zip(
        *(torch.split(states, list(seq_lengths), dim=2) for states in (query, key, value)), strict=True
    )
    outputs = [
        sdpa_attention_forward(module, *part, _window(length, sliding_window, query.device), **kwargs)[0]
        for part, length in zip(parts, seq_lengths, strict=True)
    ]
    return torch.cat(outputs, dim=1), None


def packed_mask(
    *args: Any,
    attention_mask: torch.Tensor | None = None,
    allow_is_causal_skip: bool = True,
    **kwargs: Any,
) -> torch.Tensor | None:
    """transformers' interface of a mask: none for packed rows, else that of `sdpa`."""
    # transformers forbids the skip where the positions start again within a row; lengths take the mask's place then.
    if attention_mask is None and not allow_is_causal_skip:
        return None
    mask: torch.Tensor | None = sdpa_mask(
        *args, attention_mask=attention_mask, allow_is_causal_skip=allow_is_causal_skip, **kwargs
    )
    return mask


def _window(length: int, window: int | None, device: torch.device) -> torch.Tensor | None:
    """The mask [1, 1, length, length] of a causal sliding window; None where all earlier tokens are within it."""
    if window is None or length <= window:
        return None
    distance = torch.arange(length, device=device)[:, None] - torch.arange(length, device=device)
    return ((distance >= 0) & (distance < window))[None, None]


def _rope_types(config: PreTrainedConfig) -> set[str]:
    """The kinds of RoPE in a configuration, which has one for all layers or one for each kind of layer."""
    parameters = getattr(config, "rope_parameters", None) or {}
    kinds = [parameters, *(value for value in parameters.values() if isinstance(value, dict))]
    return {str(kind["rope_type"]) for kind in kinds if "rope_type" in kind}


AttentionInterface.register(NAME, packed_forward)
AttentionMaskInterface.register(NAME, packed_mask)
