"""What trainers share that generate responses in training: the engine, and counts over all processes."""

from __future__ import annotations

from typing import Any

import torch

from r1data.errors import UserError
from r1data.training.rollouts.measures import Sums
from r1data.training.settings.rollouts import RolloutSettings


def check_engine(settings: RolloutSettings) -> None:
    """Raise UserError where the engine cannot run here, or lacks its address."""
    if settings.engine == "vllm" and not torch.cuda.is_available():
        raise UserError(
            "--engine vllm shares a GPU with training and there is none; use --engine transformers"
        )
    if settings.engine == "vllm-server" and not settings.engine_url:
        raise UserError(
            "--engine vllm-server needs --engine-url; give the address of a server that `trl vllm-serve` runs"
        )


def engine_arguments(settings: RolloutSettings) -> dict[str, Any]:
    """The engine as TRL's arguments."""
    if settings.engine == "vllm-server":
        return {"use_vllm": True, "vllm_mode": "server", "vllm_server_base_url": settings.engine_url}
    if settings.engine == "vllm":
        return {
            "use_vllm": True,
            "vllm_mode": "colocate",
            "vllm_gpu_memory_utilization": settings.engine_memory,
        }
    return {}


def add_over_processes(counts: Sums) -> Sums:
    """Counts added over all processes, each of which must call it."""
    # Counts are added, not shares: processes may have different numbers of rollouts with a verdict. In float64, which
    # holds any count exactly.
    if not torch.distributed.is_initialized():
        return counts
    device = "cuda" if torch.cuda.is_available() else "cpu"
    total = torch.tensor(list(counts.values()), dtype=torch.float64, device=device)
    torch.distributed.all_reduce(total)
    return dict(zip(counts, total.tolist(), strict=True))
