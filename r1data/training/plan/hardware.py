"""The machines that a run is planned for: those of `--gpus 8x80`, or this one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from r1data.errors import UserError

GIB = 2**30
USABLE = 0.99
"""Share of a GPU's nominal memory that programs see: an 80 GB H100 shows 79.6 GiB."""
FREE_RAM = 0.8
"""Share of the machine's free memory that training may take. Ours."""
CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_GPUS = re.compile(r"(?:(\d{1,4})x)?(\d{1,3})x(\d{1,4})")


@dataclass(frozen=True)
class Hardware:
    """Machines that train together.

    Args:
        nodes: how many.
        processes: of each node, one per GPU.
        memory: bytes that one process may take: of its GPU, else its share of the machine's free memory.
        gpu: whether processes have a GPU each.
        host: bytes of a node's free memory; None where it is not known.
    """

    nodes: int
    processes: int
    memory: int
    gpu: bool
    host: int | None = None

    @property
    def world(self) -> int:
        """All processes."""
        return self.nodes * self.processes

    def __str__(self) -> str:
        if not self.gpu:
            return f"{self.world} × CPU with {self.memory / GIB:.1f} GiB free"
        nodes = f"{self.nodes} nodes of " if self.nodes > 1 else ""
        return f"{nodes}{self.processes} × {self.memory / USABLE / GIB:.0f} GB"


def parse(text: str) -> Hardware:
    """What `--gpus` says: `8x80` is 8 GPUs of 80 GB, `2x8x80` two nodes of such. Raises UserError for anything else."""
    matched = _GPUS.fullmatch(text.strip().lower().replace("×", "x").removesuffix("gb"))
    nodes, gpus, gigabytes = (int(part or 1) for part in matched.groups()) if matched else (0, 0, 0)
    if not (nodes and gpus and gigabytes):
        raise UserError(f"--gpus {text}: give GPUs and GB of each, such as 8x80, or nodes before, 2x8x80")
    return Hardware(nodes, gpus, int(gigabytes * GIB * USABLE), True)


def detect(processes: int, nodes: int = 1) -> Hardware:
    """This machine, and as many like it: the free memory of its GPUs, else that of the machine.

    `processes` are those of one machine."""
    import torch

    free = available_ram()
    if torch.cuda.is_available():
        smallest = min(torch.cuda.mem_get_info(index)[0] for index in range(torch.cuda.device_count()))
        return Hardware(nodes, processes, smallest, True, free)
    return Hardware(nodes, processes, int(FREE_RAM * free / processes), False, free)


def available_ram() -> int:
    """Bytes of memory that programs of this machine, or of this container, can still take."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    for place in CGROUPS:
        text = Path(place).read_text().strip() if Path(place).exists() else "max"
        used = Path(place.replace("memory.max", "memory.current").replace("limit_in", "usage_in"))
        if text.isdecimal() and used.exists():
            free = min(free, max(0, int(text) - int(used.read_text())))
    return free
