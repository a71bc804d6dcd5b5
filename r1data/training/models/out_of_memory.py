"""Memory that runs out while a model is loaded or trained, said in one line with what to change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from r1data.errors import UserError
from r1data.training.models.strategies import Strategy
from r1data.training.settings import Settings

CPU_ALLOCATOR = ("can't allocate memory", "not enough memory", "Cannot allocate memory", "bad_alloc")
"""How torch says on a CPU that memory has run out: there it has no class of its own for it."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error, or what it came from, says that memory has run out."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    if isinstance(error, (RuntimeError, OSError)) and any(words in str(error) for words in CPU_ALLOCATOR):
        return True
    return error.__cause__ is not None and is_out_of_memory(error.__cause__)


@contextmanager
def in_one_line(settings: Settings, strategy: Strategy, doing: str) -> Iterator[None]:
    """Turn errors of memory into a UserError that names what would take less. `doing` is what ran out of it."""
    try:
        yield
    except (MemoryError, RuntimeError, OSError, UserError) as error:
        if not is_out_of_memory(error):
            raise
        gpu = torch.cuda.is_available()
        raise UserError(
            f"{doing} ran out of {'GPU memory' if gpu else 'memory'}; give {remedy(settings, strategy, gpu)}"
        ) from error


def remedy(settings: Settings, strategy: Strategy, gpu: bool) -> str:
    """The options that are not in force yet and take less memory, those that cost least first."""
    options = []
    size = settings.fitting_micro_batch()
    if size > 1:
        smaller = max(part for part in range(1, size) if size % part == 0)
        options.append(f"--micro-batch {smaller}")
    if not strategy.activation_checkpointing:
        options.append("--activation-checkpointing on")
    if not (strategy.sharded or settings.lora):
        more = "" if settings.processes > 1 else " --processes 2 or more"
        options.append(f"--strategy fsdp{more}" if gpu else "--lora 32")
    if strategy.sharded and gpu and not strategy.offload:
        options.append("--offload")
    options.append("a smaller --max-tokens")
    return ", ".join(options[:-1]) + " or " + options[-1] if len(options) > 1 else options[0]
