"""Hours and disk of a run, from sizes and stated figures.

A token costs 6 floating-point operations for each active parameter (forward 2, backward 4; arXiv 2001.08361) and, for
attention, 6 · layers · width · the mean length of sequences. What is computed again where activations are checkpointed
is not counted: `UTILISATION` is of the model's own operations, as it is usually reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from r1data.training.plan.memory import Layout, adapter

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

    from r1data.training.plan.parameters import Parameters

GPU_TFLOPS = 989.0
"""Dense bf16 TFLOP/s of an H100 SXM (NVIDIA's data sheet)."""
UTILISATION = 0.4
"""Share of them that training reaches. Ours; lower where shards are offloaded."""


def hours(
    config: PreTrainedConfig,
    counts: Parameters,
    tokens: float,
    mean_length: float,
    gpus: int,
    tflops: float = GPU_TFLOPS,
) -> float:
    """Hours that training on so many tokens takes, at `UTILISATION`."""
    text = config.get_text_config()
    heads = int(text.num_attention_heads)
    width = heads * int(getattr(text, "head_dim", None) or text.hidden_size // heads)
    attention = 6 * counts.layers * width * mean_length
    operations = tokens * (6 * counts.active + attention)
    return operations / (gpus * tflops * 1e12 * UTILISATION) / 3600


def rounded(hours: float) -> float:
    """Hours as a plan shows them: tenths, and of short runs two digits."""
    return round(hours, 1) if hours >= 10 else float(f"{hours:.2g}")


def disk(counts: Parameters, layout: Layout, save_bytes: int = 2) -> dict[str, int]:
    """Bytes of a checkpoint (float32 weights and two moments), of what is there at most (two, and one that is being
    written), and of the trained model."""
    trained = adapter(counts, layout.lora) if layout.lora else counts.total
    checkpoint, final = 12 * trained, save_bytes * counts.total
    return {"checkpoint": checkpoint, "final": final, "most": 3 * checkpoint + final}


def ram_to_load(counts: Parameters, layout: Layout, processes: int) -> int:
    """Bytes of a node's memory while the model is loaded: on GPUs the mapped files, read once; on a CPU the weights."""
    if layout.gpu:
        return 2 * counts.total
    copies = 1 if layout.strategy in ("fsdp", "deepspeed") else processes
    return 2 * counts.total + 4 * counts.total * copies
