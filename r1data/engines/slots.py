"""A key-value cache whose rows are of different lengths, and come and go while the others run on.

Every row starts at position 0 of its slot and writes at its own position; what lies behind is masked. A row
therefore sees the same numbers wherever it sits and whoever its neighbours are. Full attention only.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

BLOCK = 64


class SlotLayer(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values, [slots, heads, capacity, size]; `update` writes one token into each
    slot.
    """

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        super().__init__()
        self.keys: torch.Tensor = keys
        self.values: torch.Tensor = values
        self.is_initialized = True
        self.rows = torch.arange(len(keys), device=keys.device)
        self.positions = torch.zeros_like(self.rows)
        self.width = 1

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        """Write at each row's position; give back the part of the cache that some row has reached."""
        self.keys[self.rows, :, self.positions] = key_states[:, :, 0]
        self.values[self.rows, :, self.positions] = value_states[:, :, 0]
        return self.keys[:, :, : self.width], self.values[:, :, : self.width]

    def get_seq_length(self) -> int:
        """The width before the token that is being written."""
        return self.width - 1


class SlotCache(Cache):  # type: ignore[misc]
    """All layers, shaped after the cache of a first prompt."""

    layers: list[SlotLayer]

    def __init__(self, prompt: DynamicCache, slots: int, capacity: int) -> None:
        super().__init__(layers=[SlotLayer(_room(p.keys, slots, capacity), _room(p.values, slots, capacity))
                                 for p in prompt.layers])  # fmt: skip

    @property
    def capacity(self) -> int:
        """Tokens that a slot has room for."""
        return self.layers[0].keys.shape[2]

    def aim(self, positions: torch.Tensor, width: int) -> None:
        """Say where the next token of each row goes, and how many tokens the longest row has with it."""
        if width > self.capacity:
            self._grow(max(width, self.capacity * 3 // 2))
        for layer in self.layers:
            layer.positions, layer.width = positions, width

    def put(self, slots: torch.Tensor, prompt: DynamicCache, source: torch.Tensor) -> None:
        """Copy prompts (rows `source` of their cache) into slots."""
        length = prompt.layers[0].keys.shape[2]
        if length > self.capacity:
            self._grow(length)
        for layer, new in zip(self.layers, prompt.layers, strict=True):
            layer.keys[slots, :, :length] = new.keys[source]
            layer.values[slots, :, :length] = new.values[source]

    def keep(self, slots: torch.Tensor) -> None:
        """Leave only these slots, in this order."""
        self.layers = [SlotLayer(layer.keys[slots], layer.values[slots]) for layer in self.layers]

    def _grow(self, capacity: int) -> None:
        for layer in self.layers:
            layer.keys = _room(layer.keys, len(layer.keys), capacity, layer.keys)
            layer.values = _room(layer.values, len(layer.values), capacity, layer.values)


def _room(like: torch.Tensor, slots: int, capacity: int, old: torch.Tensor | None = None) -> torch.Tensor:
    """Zeros, because a masked position still counts as 0 times what lies there."""
    capacity = -(-capacity // BLOCK) * BLOCK
    new = like.new_zeros((slots, like.shape[1], capacity, like.shape[3]))
    if old is not None:
        new[:, :, : old.shape[2]] = old
    return new
