"""Loading a model to train: its weights, and what would stop the run later said at once."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from r1data.data.text import one_line
from r1data.engines.model_files import AGAIN, run_error
from r1data.engines.models import load_model
from r1data.errors import UserError
from r1data.training import adapters, context
from r1data.training.settings import Settings

if TYPE_CHECKING:
    from transformers import PreTrainedModel

TRIED_PARAMETERS = 2_000_000_000
"""The largest model that reads a token before training starts, which takes it a second or two. Ours."""


def trainable(model: str | Path, settings: Settings) -> PreTrainedModel:
    """The model in float32 on the CPU, from where the trainer moves it. Dropout and cache stay as configured, positions
    are those that the settings ask for (`context`)."""
    quantisation = adapters.quantisation(settings)
    options: dict[str, Any] = {} if quantisation is None else {"quantization_config": quantisation}
    loaded = load_model(
        model, dtype="float32", device="cpu", edit=partial(context.surgery, settings=settings), **options
    )
    adapters.keep_layout(loaded)
    try:
        # transformers does so when it saves, after hours of training
        loaded.generation_config.validate(strict=True)
    except ValueError as error:
        raise UserError(
            f"{model}: its generation_config.json contradicts itself, so that no trained model could be saved "
            f"({one_line(str(error), 200)}); mend it, or remove it"
        ) from error
    _try_token(loaded, model)
    loaded.train()
    return loaded


@torch.no_grad()
def _try_token(loaded: PreTrainedModel, model: str | Path) -> None:
    """Raise UserError where a model, as it was loaded, cannot read a token or gives no numbers. Models that take
    seconds for it are tried by their first step alone."""
    if loaded.num_parameters() > TRIED_PARAMETERS:
        return
    try:
        scores = loaded(input_ids=torch.zeros((1, 2), dtype=torch.long), use_cache=False).logits
    except Exception as error:
        raise run_error(model, error) from error
    if not torch.isfinite(scores).all():
        raise UserError(f"{model}: gives NaN instead of scores: its weights are broken; {AGAIN}")


def set_threads(threads: int | None) -> None:
    """Bind torch to a number of threads; small models train faster on one."""
    if threads is not None:
        torch.set_num_threads(threads)
