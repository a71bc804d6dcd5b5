"""Loading a model to train, and what would stop the run later said at once.

A model is read once, whatever the number of processes. Sharded by FSDP, each process makes the model without memory
(on torch's meta device), shards it, and reads its own shard from the mapped files: nobody holds the whole, and nothing
is sent. Where each process trains a copy it reads it straight to its own GPU. DeepSpeed shards what transformers reads.

Adapters and their quantised weights are `adapters`'.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch

from r1data.data.text import one_line
from r1data.engines.model_files import AGAIN, run_error
from r1data.engines.models import Head, load_model
from r1data.errors import UserError
from r1data.training.models import adapters, context, experts, out_of_memory
from r1data.training.models.strategies import Strategy
from r1data.training.settings import Settings

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

TRIED_PARAMETERS = 2_000_000_000
"""The largest model that reads a token before training starts, which takes it a second or two. Ours."""


Dtype = Literal["bfloat16", "float32"]


def trainable(
    model: str | Path,
    settings: Settings,
    strategy: Strategy,
    *,
    head: Head = "words",
    edit: Callable[[PreTrainedConfig], PreTrainedConfig] = lambda config: config,
    dtype: Dtype | None = None,
) -> PreTrainedModel:
    """The model, where its strategy trains it: in float32, or in bf16 on a GPU where adapters are trained beside it;
    or in `dtype`.

    Dropout and cache stay as configured, positions are those that the settings ask for (`context`). Processes that
    shard call this together, once they are connected. `head` is as `load_model` has it; `edit` changes the config
    further.
    """
    surgery = partial(context.surgery, settings=settings)
    options: dict[str, Any] = {"edit": lambda config: edit(surgery(config)), "head": head}
    if (quantisation := adapters.quantisation(settings)) is not None:
        options["quantization_config"] = quantisation
    with out_of_memory.in_one_line(settings, strategy, f"loading {model}"):
        loaded = _load(model, settings, strategy, options, dtype)
    adapters.keep_layout(loaded)
    experts.without_library_loss(loaded)
    _check_generation_config(loaded, model)
    if not strategy.sharded:
        _try_token(loaded, model)
    loaded.train()
    return loaded


@contextmanager
def reference(model: str | Path, settings: Settings, strategy: Strategy) -> Iterator[None]:
    """Give TRL a reference model for GRPO that is the policy's twin: sharded as it is, and with its positions.

    TRL would read the folder, whole in each process, shard it as one piece, and fail where the policy replaces it.
    It takes no steps that bf16 would lose, so that on a GPU it is bf16: its forward pass computes in bf16 there either
    way. What is rounded beside, norms and embeddings, are bf16 in most published models anyway; once the policy
    has replaced it, its log-probabilities differ from the policy's by bf16's rounding, and their KL estimate by about
    half the square of that.
    """
    from importlib import import_module

    trainer: Any = import_module("trl.trainer.grpo_trainer")
    create = trainer.create_model_from_path
    dtype = reference_dtype(settings)
    trainer.create_model_from_path = lambda *_, **__: trainable(model, settings, strategy, dtype=dtype)
    try:
        yield
    finally:
        trainer.create_model_from_path = create


def reference_dtype(settings: Settings) -> Dtype:
    """The data type of a GRPO run's reference model on this machine."""
    dtype: Literal["auto", "float32", "bfloat16"] = getattr(settings, "reference_dtype", "auto")
    if dtype == "auto":
        return "bfloat16" if torch.cuda.is_available() else "float32"
    return dtype


def _load(
    model: str | Path,
    settings: Settings,
    strategy: Strategy,
    options: dict[str, Any],
    dtype: Dtype | None,
) -> PreTrainedModel:
    if strategy.strategy == "fsdp":
        return _sharded(model, strategy, options, dtype or "float32")
    if strategy.strategy == "deepspeed" or not torch.cuda.is_available():
        return load_model(model, dtype=dtype or "float32", device="cpu", **options)
    gpu = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    # frozen weights take no steps, so none that bf16 would lose
    dtype = dtype or ("bfloat16" if settings.lora else "float32")
    return load_model(model, dtype=dtype, device="cuda", device_map={"": gpu}, **options)


def _sharded(model: str | Path, strategy: Strategy, options: dict[str, Any], dtype: Dtype) -> PreTrainedModel:
    """This process's shards, in float32 where they are trained; forward passes gather them in bf16 on a GPU, and
    gradients are added up in float32."""
    from transformers.distributed import DistributedConfig

    gpu = torch.cuda.is_available()
    world, local_world = (int(os.environ[key]) for key in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    sharding = DistributedConfig(fsdp_size=world, fsdp_mixed_precision=gpu, fsdp_cpu_offload=strategy.offload)
    loaded = load_model(
        model,
        dtype=dtype,
        device="cuda" if gpu else "cpu",
        machines=max(1, world // local_world),
        distributed_config=sharding,
        **options,
    )
    # transformers saves no optimizer for a model that it knows to have sharded itself; accelerate does, for any.
    loaded._is_distributed_loading_by_transformers = False
    del loaded.config.distributed_config
    return _offloaded(loaded) if strategy.offload else loaded


def _offloaded(model: PreTrainedModel) -> PreTrainedModel:
    """The model with its shards in the machine's memory, where FSDP looks for them."""
    from torch.distributed.tensor import DTensor

    shards = {
        name: tensor.to("cpu") for name, tensor in model.state_dict().items() if isinstance(tensor, DTensor)
    }
    model.load_state_dict(shards, strict=False, assign=True)
    model.tie_weights()
    return model


def _check_generation_config(loaded: PreTrainedModel, model: str | Path) -> None:
    if not loaded.can_generate():
        return
    try:
        # transformers does so when it saves, after hours of training
        loaded.generation_config.validate(strict=True)
    except ValueError as error:
        raise UserError(
            f"{model}: its generation_config.json contradicts itself, so that no trained model could be saved "
            f"({one_line(str(error), 200)}); mend it, or remove it"
        ) from error


@torch.no_grad()
def _try_token(loaded: PreTrainedModel, model: str | Path) -> None:
    """Raise UserError where a model, as it was loaded, cannot read a token or gives no numbers. Models that take
    seconds for it are tried by their first step alone."""
    if loaded.num_parameters() > TRIED_PARAMETERS:
        return
    try:
        tokens = torch.zeros((1, 2), dtype=torch.long, device=loaded.device)
        scores = loaded(input_ids=tokens, use_cache=False).logits
    except Exception as error:
        raise run_error(model, error) from error
    if not torch.isfinite(scores).all():
        raise UserError(f"{model}: gives NaN instead of scores: its weights are broken; {AGAIN}")


def set_threads(threads: int | None) -> None:
    """Bind torch to a number of threads; small models train faster on one."""
    if threads is not None:
        torch.set_num_threads(threads)
