"""A model in training as an engine reads it: its weights by the names that they have in a saved folder.

Adapters are added to the weights that they stand beside, in a copy, so that the frozen weights stay as they are to the
last bit however often an engine is given new ones (peft's own `merge_adapter` and its reverse round twice a time).
Experts, which transformers holds as one tensor a layer, get the names of the single experts. Shards are gathered one
tensor at a time; every process takes part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from itertools import groupby
from typing import Any, cast

import torch

Named = tuple[str, torch.Tensor]
Gather = Callable[[list[torch.nn.Parameter]], AbstractContextManager[Any]]
ADAPTER = "default"
LAYER = re.compile(r"^(.*?\.layers\.\d+\.)")


@torch.no_grad()
def as_saved(model: Any, gather: Gather) -> Iterator[Named]:
    """A model's weights and saved buffers, whole, by their names in a saved folder; tied ones once.

    Args:
        model: a model of transformers, or of peft around one. No wrapper of a strategy.
        gather: makes parameters whole as long as its context lasts (TRL's `DistributedBackend.gather_params`).
    """
    from transformers.core_model_loading import revert_weight_conversion

    base = base_of(model)
    for _, weights in groupby(_merged(base, gather), key=lambda named: _layer(named[0])):
        # layer by layer, so that no more than one is copied
        yield from revert_weight_conversion(base, dict(weights)).items()


def base_of(model: Any) -> Any:
    """The model itself, without the wrapper that holds its adapters."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _layer(name: str) -> str:
    match = LAYER.match(name)
    return match[1] if match else name


def _merged(base: torch.nn.Module, gather: Gather) -> Iterator[Named]:
    adapted = dict(_adapted(base))
    for name, weights in _saved(base):
        plain = name.replace(".base_layer", "")
        if ".lora_" in name:
            continue
        parameters = [weights] if isinstance(weights, torch.nn.Parameter) else []
        with gather(parameters):
            whole = _whole(weights)
            if plain in adapted:
                whole = _plain(weights, whole) + adapted[plain].get_delta_weight(ADAPTER)
            yield plain, whole


def _saved(base: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """Parameters, tied ones once, and the buffers that a saved folder has."""
    yield from base.named_parameters()
    names = base.state_dict(keep_vars=True).keys()
    yield from ((name, buffer) for name, buffer in base.named_buffers() if name in names)


def _adapted(base: torch.nn.Module) -> Iterator[tuple[str, Any]]:
    """By a weight's name without adapters: the layer that adapts it."""
    if not hasattr(base, "peft_config"):
        return
    from peft.tuners.lora import LoraLayer

    for name, layer in base.named_modules():
        if isinstance(layer, LoraLayer):
            parameter = getattr(layer, "parameter_name", "weight")  # experts are adapted as a tensor
            yield f"{name.replace('.base_layer', '')}.{parameter}", layer


def _plain(weights: torch.Tensor, whole: Any) -> Any:
    """Weights that are held in four bits, as the numbers that they stand for."""
    if type(weights).__name__ != "Params4bit":
        return whole
    functional: Any = import_module("bitsandbytes.functional")
    return functional.dequantize_4bit(whole, cast(Any, weights).quant_state).float()


def _whole(weights: torch.Tensor) -> Any:
    from torch.distributed.tensor import DTensor

    plain: Any = weights.detach()
    return plain.to(weights.device_mesh.device_type).full_tensor() if isinstance(weights, DTensor) else plain
