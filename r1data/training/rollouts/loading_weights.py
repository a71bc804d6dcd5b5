"""Within vLLM's workers: new weights in the place of old ones. Imports nothing heavy, as vLLM imports it by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def load_weights(worker: Any, weights: Iterable[tuple[str, Any]]) -> None:
    """Within vLLM on a CPU: put these weights in the place of its own."""
    from vllm.config import set_current_vllm_config
    from vllm.model_executor.layers.vocab_parallel_embedding import ParallelLMHead

    layers = list(worker.get_model().modules())
    for layer in layers:
        method: Any = getattr(layer, "quant_method", None)
        if getattr(method, "moe_kernel", None) is not None:
            method.moe_kernel = None  # as long as there is one, vLLM takes new experts for packed
    worker.reload_weights(weights_iterator=iter(weights))
    with set_current_vllm_config(worker.vllm_config):
        for layer in layers:
            if isinstance(layer, ParallelLMHead):
                layer.quant_method.process_weights_after_loading(layer)
