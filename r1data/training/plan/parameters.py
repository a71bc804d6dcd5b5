"""Exact parameter counts from a config alone: the model is built on the meta device, where tensors have no memory.

Tied weights count once. Of a mixture of experts, all count in `total`, those that a token visits in `active`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.data.text import one_line
from r1data.engines.model_files import model_error
from r1data.engines.models import check_defaults, resolve_model
from r1data.errors import UserError

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedConfig, PreTrainedModel

    from r1data.training.students import Student

EXPERT_COUNTS = ("num_experts", "n_routed_experts", "num_local_experts")


@dataclass(frozen=True)
class Parameters:
    """Numbers of parameters.

    Args:
        total: all of them, tied ones once.
        active: those that one token is multiplied with, all but the experts that it does not visit.
        embedding: of the table of input embeddings.
        head: of the output head; 0 where it is the table of embeddings.
        largest_layer: of the largest decoder layer.
        layers: how many decoder layers.
    """

    total: int
    active: int
    embedding: int
    head: int
    largest_layer: int
    layers: int


def read_config(student: Student) -> PreTrainedConfig | None:
    """The config of a student: of its folder, else what the registry knows of it; None where neither is there.

    Raises UserError where the folder's config cannot be read, or claims more than its weights hold.
    """
    folder = resolve_model(student.base)
    if not isinstance(folder, Path):
        return config_from(student.config) if student.config else None
    return config_in(folder, with_weights=True)


def config_in(folder: Path, *, with_weights: bool = False) -> PreTrainedConfig:
    """A folder's config. Raises UserError where it cannot be read, or claims more than the weights hold."""
    from transformers import AutoConfig

    try:
        if with_weights:
            check_defaults(folder)
        return AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except UserError:
        raise
    except Exception as error:
        raise model_error(folder, error) from error


def config_from(fields: Mapping[str, Any]) -> PreTrainedConfig:
    """A config from fields as config.json has them. Raises UserError for an architecture that transformers lacks."""
    from transformers import AutoConfig

    try:
        return AutoConfig.for_model(**fields)
    except ValueError as error:
        raise UserError(
            f"architecture {fields.get('model_type')}: transformers cannot build it "
            f"({one_line(str(error), 120)}); update transformers"
        ) from error


def meta_model(config: PreTrainedConfig) -> PreTrainedModel:
    """The model on the meta device: shapes without memory."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    return model


def parameters(config: PreTrainedConfig) -> Parameters:
    """The exact numbers of parameters of a config. Takes a fraction of a second at any size."""
    model = meta_model(config)
    total = sum(weight.numel() for weight in model.parameters())
    embedding = model.get_input_embeddings().weight
    head = model.get_output_embeddings()
    layers = [sum(weight.numel() for weight in layer.parameters()) for layer in decoder_layers(model)]
    return Parameters(
        total=total,
        active=total - _idle(model, config),
        embedding=embedding.numel(),
        head=0 if head is None or head.weight is embedding else head.weight.numel(),
        largest_layer=max(layers),
        layers=len(layers),
    )


def decoder_layers(model: PreTrainedModel) -> nn.ModuleList:
    """The decoder layers: the model's longest list of modules."""
    from torch import nn

    lists = [module for module in model.modules() if isinstance(module, nn.ModuleList)]
    return max(lists, key=len)


def _idle(model: PreTrainedModel, config: PreTrainedConfig) -> int:
    """Parameters of the experts that a token does not visit."""
    text = config.get_text_config()
    experts = next((getattr(text, name) for name in EXPERT_COUNTS if getattr(text, name, None)), 0)
    if not experts:
        return 0
    of_experts: int = sum(weight.numel() for name, weight in model.named_parameters() if ".experts." in name)
    return of_experts - of_experts * int(text.num_experts_per_tok) // int(experts)
