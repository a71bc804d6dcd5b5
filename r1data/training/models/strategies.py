"""How several processes share a model: each a copy, or each a shard of weights, gradients and optimizer.

| strategy | what a process holds | engine |
|---|---|---|
| single | all of it | torch |
| ddp | all of it; gradients are averaged | torch's `DistributedDataParallel` |
| fsdp | its shard in float32; a layer at a time is gathered, in bf16 on a GPU | torch's `fully_shard`, by accelerate |
| deepspeed | its shard (ZeRO-3) | DeepSpeed, if it is installed |

What the settings leave open is chosen once (`plan.execution`), when rows are prepared, and kept in the run's summary:
processes that chose each for themselves might differ, and a run that resumes must read its own checkpoints. Optimizers
see the float32 shards alone (the master weights), because a step of 3e-6 is lost in bf16's eight bits. Run by this
project's tests: single, ddp and fsdp, on CPUs over gloo. Not run: GPUs, offloading, DeepSpeed, context parallelism.
None of this is from the paper.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar, cast

import torch

from r1data.errors import UserError
from r1data.training.settings import Settings, SftSettings

if TYPE_CHECKING:
    from transformers import Trainer

T = TypeVar("T")
SHARDED = ("fsdp", "deepspeed")


@dataclass(frozen=True)
class Strategy:
    """How a run is executed: its strategy's name, and the two that trade time for memory."""

    strategy: str
    offload: bool = False
    activation_checkpointing: bool = False

    @property
    def sharded(self) -> bool:
        return self.strategy in SHARDED

    def summary(self) -> dict[str, Any]:
        """As it stands in a run's summary, where `of` finds it."""
        return asdict(self)


def of(summary: dict[str, Any], settings: Settings) -> Strategy:
    """The strategy that a run's summary holds; what changes no result is as the settings have it now."""
    checkpointing = {"on": True, "off": False}.get(
        settings.activation_checkpointing, summary["activation_checkpointing"]
    )
    return Strategy(summary["strategy"], settings.offload or summary["offload"], checkpointing)


def check_machine(settings: Settings) -> None:
    """Raise UserError for a strategy that these settings, or this machine, cannot have."""
    gpus, processes, local = torch.cuda.device_count(), settings.processes, settings.local_processes
    if gpus and local > gpus:
        raise UserError(
            f"--processes {local} needs as many GPUs, and here are {gpus}; give --processes {gpus}"
        )
    if settings.strategy == "single" and processes > 1:
        raise UserError(f"--strategy single is one process, not {processes}; use --strategy auto")
    if settings.strategy in (*SHARDED, "ddp") and processes < 2:
        raise UserError(
            f"--strategy {settings.strategy} shares a model over processes; add --processes 2 or more"
        )
    if settings.strategy == "deepspeed":
        _check_deepspeed(gpus)
    if settings.offload:
        if settings.strategy in ("single", "ddp") or processes < 2:
            raise UserError(
                "--offload moves shards out of GPUs; give --strategy fsdp or deepspeed, and --processes 2 or more"
            )
        if not gpus:
            raise UserError("--offload moves shards out of GPUs, and here is none; leave it out")
    if isinstance(settings, SftSettings) and settings.context_parallel > 1:
        _check_context_parallel(settings, gpus)


def _check_deepspeed(gpus: int) -> None:
    if find_spec("deepspeed") is None:
        raise UserError(
            "--strategy deepspeed needs the package deepspeed; pip install deepspeed, or use --strategy fsdp"
        )
    if not gpus:
        raise UserError("--strategy deepspeed needs GPUs, and here is none; use --strategy fsdp")


def _check_context_parallel(settings: SftSettings, gpus: int) -> None:
    parts = settings.context_parallel
    if not gpus:
        raise UserError("--context-parallel needs GPUs, as torch shares no sequence on a CPU; leave it out")
    if settings.processes % parts:
        raise UserError(
            f"--context-parallel {parts} does not divide --processes {settings.processes}; give a divisor"
        )
    if settings.strategy not in ("auto", "fsdp"):
        raise UserError(f"--context-parallel works with --strategy fsdp alone, not {settings.strategy}")


def training_arguments(kind: type[T], values: dict[str, Any], strategy: Strategy) -> T:
    """TRL's arguments, whose making connects the processes that train together."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and torch.cuda.is_available():
        _join()
    arguments = kind(**values)
    if strategy.strategy == "single":
        # Else the trainer spreads a single process's batch over all GPUs that it sees, which TRL refuses.
        cast(Any, arguments)._n_gpu = min(1, cast(Any, arguments).n_gpu)
    return arguments


def _join() -> None:
    """Connect the processes: by NCCL from GPU to GPU, and by gloo from memory to memory, which offloaded shards and
    checkpoints go through. On a CPU accelerate does it, by gloo."""
    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("cpu:gloo,cuda:nccl")


def trainer_options(strategy: Strategy, settings: Settings) -> dict[str, Any]:
    """The strategy as arguments of transformers' trainer."""
    chosen: dict[str, Any] = {"gradient_checkpointing": strategy.activation_checkpointing}
    if strategy.strategy == "fsdp":
        # `loading` shards the model; accelerate finds it sharded, and saves, gathers and clips it as such. Each layer's
        # checkpoint is the model's own, around the shard's hooks.
        config = {"version": 2, "auto_wrap_policy": "NO_WRAP", "state_dict_type": "SHARDED_STATE_DICT"}
        chosen |= {"fsdp": True, "fsdp_config": config | {"cpu_offload": strategy.offload}}
    if strategy.strategy == "deepspeed":
        chosen["deepspeed"] = zero3(strategy.offload)
    if isinstance(settings, SftSettings) and settings.context_parallel > 1:
        from accelerate.parallelism_config import ParallelismConfig

        chosen["parallelism_config"] = ParallelismConfig(
            cp_size=settings.context_parallel, dp_shard_size=settings.replicas
        )
    return chosen


def zero3(offload: bool) -> dict[str, Any]:
    """DeepSpeed's ZeRO stage 3, whose `auto` values transformers fills in from the trainer's other arguments."""
    shared: dict[str, Any] = {
        "stage": 3,
        "overlap_comm": True,
        "contiguous_gradients": True,
        "reduce_bucket_size": "auto",
        "stage3_prefetch_bucket_size": "auto",
        "stage3_param_persistence_threshold": "auto",
        "stage3_gather_16bit_weights_on_model_save": True,
    }
    if offload:
        place = {"device": "cpu", "pin_memory": True}
        shared |= {"offload_optimizer": place, "offload_param": place}
    return {
        "zero_optimization": shared,
        "bf16": {"enabled": "auto"},
        "gradient_clipping": "auto",
        "gradient_accumulation_steps": "auto",
        "train_batch_size": "auto",
        "train_micro_batch_size_per_gpu": "auto",
        "zero_allow_untested_optimizer": True,
    }


def trainer_class(base: type[Trainer], strategy: Strategy) -> type[Trainer]:
    """`base`, made to shard on CPUs too: there accelerate takes FSDP's settings and silently trains with DDP."""
    if strategy.strategy != "fsdp" or torch.cuda.is_available():
        return base

    class ShardingOnCpu(base):  # type: ignore[misc]
        def create_accelerator_and_postprocess(self) -> None:
            from accelerate.state import AcceleratorState, PartialState
            from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin

            super().create_accelerator_and_postprocess()
            plugin = FullyShardedDataParallelPlugin(**self.args.fsdp_plugin_args)
            AcceleratorState._shared_state |= {
                "distributed_type": DistributedType.FSDP,
                "fsdp_plugin": plugin,
            }
            PartialState._shared_state["distributed_type"] = DistributedType.FSDP
            self.is_fsdp_enabled = True

    ShardingOnCpu.__name__ = base.__name__
    return ShardingOnCpu


def gathered(trainer: Trainer, strategy: Strategy, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The trained weights in `dtype`, whole, in the main process's memory; nothing in the others.

    All processes call it together. Shards are cast before they are gathered, one tensor at a time, so that no GPU holds
    more than one whole tensor, and one process the model once.
    """
    if strategy.strategy == "fsdp":
        state = trainer.model.state_dict(keep_vars=True)
    elif strategy.strategy == "deepspeed" or trainer.is_world_process_zero():
        state = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    else:
        state = {}
    whole: dict[int, torch.Tensor] = {}  # by identity: tied weights stay one tensor
    for tensor in state.values():
        if id(tensor) not in whole:
            whole[id(tensor)] = _whole(tensor, dtype, keep=trainer.is_world_process_zero())
    if not trainer.is_world_process_zero():
        return {}
    return {name: whole[id(tensor)] for name, tensor in state.items()}


@torch.no_grad()
def _whole(tensor: torch.Tensor, dtype: torch.dtype, *, keep: bool) -> Any:
    from torch.distributed.tensor import DTensor

    whole: Any = tensor.detach()
    if whole.is_floating_point():
        whole = whole.to(dtype)
    if isinstance(tensor, DTensor):
        # An offloaded shard goes to its GPU first, as NCCL gathers from there.
        whole = whole.to(tensor.device_mesh.device_type).full_tensor()
    return whole.cpu() if keep else whole.new_empty(0)


def check_world(trainer: Trainer, strategy: Strategy, processes: int) -> None:
    """Refuse to train with other processes or another wrapper than was asked for: both happen silently.

    Args:
        trainer: a trainer that has wrapped its model.
        strategy: the run's.
        processes: all that should train together, on every machine.
    """
    world = trainer.accelerator.num_processes
    if world != processes:
        raise UserError(f"asked for {processes} processes and got {world}; use --processes, not a launcher")
    wrapped = trainer.model_wrapped
    if WRAPPED[strategy.strategy](wrapped):
        return
    raise UserError(
        f"asked for --strategy {strategy.strategy}, but the model is a plain {type(wrapped).__name__}, "
        f"so that {processes} processes would not train together; use another --strategy"
    )


def reshard(model: torch.nn.Module) -> None:
    """Give back what earlier forward passes have gathered and left so: FSDP keeps the last layers for the backward
    pass, which need not follow."""
    from torch.distributed.fsdp import FSDPModule

    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.reshard()


def _is_ddp(model: Any) -> bool:
    return isinstance(model, torch.nn.parallel.DistributedDataParallel)


def _is_sharded(model: Any) -> bool:
    """Whether it is FSDP's, and no parameter is left whole in each process."""
    from torch.distributed.fsdp import FSDPModule
    from torch.distributed.tensor import DTensor

    reshard(model)
    trained = (parameter for parameter in model.parameters() if parameter.requires_grad)
    return isinstance(model, FSDPModule) and all(isinstance(parameter, DTensor) for parameter in trained)


def _is_deepspeed(model: Any) -> bool:
    stage = getattr(model, "zero_optimization_stage", None)
    return stage is not None and stage() == 3


WRAPPED = {
    "single": lambda model: not (_is_ddp(model) or hasattr(model, "reshard")),
    "ddp": _is_ddp,
    "fsdp": _is_sharded,
    "deepspeed": _is_deepspeed,
}
