"""The micro-batch of a run that names none: as many sequences as fit into the memory that is there when it begins.

It is chosen once, when rows are prepared, and kept in the run's summary: a run that goes on, on whatever machine,
computes the same sums. Small models are let through by a bound that needs no forward pass.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from r1data.training.examples import prepared
from r1data.training.plan.hardware import Hardware
from r1data.training.settings import TOKENS_AT_ONCE, Settings

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

    from r1data.training.plan.memory import Layout

KEY = "micro_batch"
BOUND = 1.5
"""By how much the bound exceeds what it counts. Ours."""
S = TypeVar("S", bound=Settings)


def noted(summary: dict[str, Any], model: Path, work: Path, settings: Settings) -> dict[str, Any]:
    """The summary with the micro-batch, where the settings name none."""
    from r1data.training.plan import hardware

    if settings.micro_batch is not None:
        return summary
    machine = hardware.detect(settings.processes)
    longest = prepared.longest(work / "train.arrow") or settings.longest
    return summary | {KEY: choose(model, settings, machine, longest, summary)}


def applied(settings: S, summary: dict[str, Any]) -> S:
    """The settings with the micro-batch that the run's summary holds."""
    if settings.micro_batch is not None or summary.get(KEY) is None:
        return settings
    return replace(settings, micro_batch=summary[KEY])


def choose(
    model: Path, settings: Settings, machine: Hardware, longest: int, summary: dict[str, Any] | None = None
) -> int:
    """Sequences in one forward pass of one process, a divisor of its share.

    Args:
        model: the model's folder.
        settings: the run's.
        machine: what it runs on.
        longest: tokens of the longest sequence.
        summary: the run's, with its strategy where it has chosen one.
    """
    from transformers import AutoConfig

    from r1data.training.plan.strategies import Planner, micro_batches
    from r1data.training.students import count_parameters

    share = settings.sequences // settings.processes
    largest = next(micro_batches(share, longest))
    config = AutoConfig.from_pretrained(model, trust_remote_code=False, local_files_only=True)
    tokens = min(largest * longest, max(TOKENS_AT_ONCE, longest))
    if bound(config, count_parameters(model), tokens) <= machine.memory:
        return largest
    layout = _layout(settings, machine, summary or {})
    return Planner(config, machine).choice(layout, settings, longest).micro_batch


def bound(config: PreTrainedConfig, parameters: int, tokens: int) -> int:
    """More bytes than training takes in one process, all in float32, without anything sharded or checkpointed."""
    text = config.get_text_config()
    size = {
        name: max(1, int(getattr(text, name, None) or 1))
        for name in (
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "intermediate_size",
            "vocab_size",
            "moe_intermediate_size",
            "num_experts_per_tok",
        )
    }
    head = max(
        int(getattr(text, "head_dim", None) or 0), size["hidden_size"] // size["num_attention_heads"], 1
    )
    inner = max(size["intermediate_size"], size["moe_intermediate_size"] * (size["num_experts_per_tok"] + 2))
    each = 20 * size["hidden_size"] + 10 * head * size["num_attention_heads"] + 6 * inner
    tiles = 10 * min(tokens, 4096) * min(size["vocab_size"], 32_768)
    outer = 4 * size["vocab_size"] * size["hidden_size"]
    return round(BOUND * (20 * parameters + 4 * (tokens * each * size["num_hidden_layers"] + tiles + outer)))


def _layout(settings: Settings, machine: Hardware, summary: dict[str, Any]) -> Layout:
    """How the run is executed, as far as that is decided."""
    from r1data.training.plan.memory import Layout

    sharded = "fsdp" if getattr(settings, "fsdp", False) else "ddp"
    return Layout(
        strategy=summary.get("strategy") or ("single" if settings.processes == 1 else sharded),
        processes=settings.processes,
        offload=bool(summary.get("offload")),
        checkpointing=bool(summary.get("activation_checkpointing", machine.gpu)),
        lora=getattr(settings, "lora", 0) or 0,
        quantised=bool(getattr(settings, "qlora", False)),
        gpu=machine.gpu,
        packed=bool(getattr(settings, "packing", False)),
    )
