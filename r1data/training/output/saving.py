"""The model folder that a run leaves: safetensors in shards, tokenizer with its template, generation settings, card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from r1data.engines.models import resolve_model
from r1data.engines.templates import default_template
from r1data.errors import UserError
from r1data.training.examples import provenance
from r1data.training.output import card
from r1data.training.output.checkpoint import TrainingRun
from r1data.training.output.text_template import text_template
from r1data.training.students import license_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SHARD_SIZE = "5GB"
"""Of a safetensors file: what the hub and its tools expect."""
TEMPERATURE, TOP_P = 0.6, 0.95
"""The paper's sampling settings (R1 3)."""


def save_model(
    folder: Path,
    model: PreTrainedModel,
    state: Mapping[str, torch.Tensor],
    tokenizer: PreTrainedTokenizerBase,
    dtype: torch.dtype,
    template: str | None,
) -> None:
    """Write weights in `dtype`, the tokenizer, and generation settings that end where training ended responses.

    `template` is the run's; a tokenizer without a chat template gets one that writes the same.
    """
    model.config.use_cache = True  # the trainer turned it off, which would slow down whoever generates
    weights = {key: value.to(_type_of(key, value, model, dtype)) for key, value in state.items()}
    if model.can_generate():
        model.generation_config = _generation_settings(model, tokenizer)
    model.save_pretrained(folder, state_dict=weights, safe_serialization=True, max_shard_size=SHARD_SIZE)
    # transformers has written the type of the trained weights, in which readers would then hold the saved ones
    model.config.dtype = dtype
    model.config.save_pretrained(folder)
    if not tokenizer.chat_template:
        tokenizer.chat_template = text_template(template or default_template(tokenizer), tokenizer)
    tokenizer.save_pretrained(folder)


def _type_of(name: str, weight: torch.Tensor, model: PreTrainedModel, dtype: torch.dtype) -> torch.dtype:
    """`dtype`, but for integers, and what a model's class keeps in float32: rounded, DeepSeek-V3's correction of its
    experts' scores may choose other experts."""
    if not weight.is_floating_point():
        return weight.dtype
    whole = getattr(model, "_keep_in_fp32_modules_strict", None) or ()
    return torch.float32 if set(whole) & set(name.split(".")) else dtype


def write_card(folder: Path, run: TrainingRun, manifest: Mapping[str, Any]) -> None:
    """Write the card beside the model."""
    base = str(run.request["parameters"]["model"])
    about = provenance.read(run)
    text = card.card(run.out.name, run.request, manifest, about, _hub_id(base), license_of(base))
    (folder / card.README).write_text(text)


def _hub_id(base: str) -> str | None:
    """The id of a base that is on the hub; None for a folder, even one that has moved since, and a miniature."""
    try:
        resolved = resolve_model(base)
    except UserError:
        return None
    return resolved if isinstance(resolved, str) else None


def _generation_settings(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Any:
    """The paper's sampling, ending at the trained end token and at those that the base ended at."""
    from transformers import GenerationConfig

    ends = model.generation_config.eos_token_id
    others = ends if isinstance(ends, list) else [ends]
    ids = dict.fromkeys([tokenizer.eos_token_id, *(end for end in others if end is not None)])
    return GenerationConfig(
        do_sample=True,
        temperature=TEMPERATURE,
        top_p=TOP_P,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=list(ids) if len(ids) > 1 else next(iter(ids)),
        pad_token_id=tokenizer.pad_token_id,
    )
