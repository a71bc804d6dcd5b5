"""vLLM on the GPUs that train: `--engine vllm` where there are GPUs. TRL's own, with what it leaves open set.

TRL gives vLLM the folder that training began with, and its type; 4,096 tokens at once; and a place for every response
of a rollout at once, which vLLM refuses where there are more than tokens (TRL's issue 3788). Here a rollout's responses
share at most 1,024 places, the type is `--engine-dtype`'s, and vLLM reads the trained model's own config, with its
positions. Weights are put in by the names of a saved folder (`weights`), single experts and merged adapters among them.

With `--engine-sleep` vLLM gives its memory back while the model is trained. TRL puts it to sleep at level 2, which
throws its weights away, and has since put the trainer's in each time before it generates; its issue 5312 (answers with
weights from before) came of not doing so.

Not run by this project's tests, which have no GPU: they check what vLLM is started with.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from trl.generation.vllm_generation import VLLMGeneration

from r1data.engines.vllm import last_line
from r1data.errors import UserError
from r1data.training.rollouts.engine_config import write_config
from r1data.training.rollouts.weights import as_saved

PLACES = 1_024
"""Responses that are written at once on a GPU: what vLLM takes on the largest by itself. Ours."""
TOKENS_AT_ONCE = 8_192
"""Of prompts, in one pass. Ours."""


class Colocated(VLLMGeneration):  # type: ignore[misc]
    """What TRL's trainers ask for responses. `dtype`: of the engine's weights; `stops`: token ids that end a response;
    `never`: those that no response has."""

    def __init__(
        self, *args: Any, dtype: str, stops: Sequence[int], never: Sequence[int], **kwargs: Any
    ) -> None:
        self.dtype = dtype
        options = dict(kwargs.get("generation_kwargs") or {}, stop_token_ids=list(stops), detokenize=False)
        if never:
            options["logit_bias"] = dict.fromkeys(never, -100.0)
        kwargs["generation_kwargs"] = options
        kwargs["max_num_seqs"] = min(kwargs.get("max_num_seqs") or PLACES, PLACES)
        super().__init__(*args, **kwargs)

    def _init_vllm(self) -> None:
        with _started_with(self.model, self.dtype):
            try:
                super()._init_vllm()
            except Exception as error:
                raise UserError(
                    f"vLLM cannot run this model beside training: {last_line(error)}; change --engine-memory or "
                    "--engine-tensor-parallel, or take --engine transformers"
                ) from error

    def _iter_named_params(self) -> Iterator[tuple[str, torch.Tensor]]:
        if self._dist.fsdp_version == 1:
            yield from super()._iter_named_params()
        else:
            yield from as_saved(self.model, self._dist.gather_params)


@contextmanager
def _started_with(model: Any, dtype: str) -> Iterator[None]:
    """Within it TRL starts vLLM for the model's own config, without weights, which come from the trainer."""
    module: Any = import_module("trl.generation.vllm_generation")
    own = module.LLM
    with tempfile.TemporaryDirectory(prefix="r1-engine-") as folder:
        write_config(model, Path(folder))
        module.LLM = partial(_start, own, folder, dtype)
        try:
            yield
        finally:
            module.LLM = own


def _start(llm: Any, folder: str, dtype: str, **options: Any) -> Any:
    changes = {
        "model": folder,
        "load_format": "dummy",
        "skip_tokenizer_init": True,
        "generation_config": "vllm",
        "dtype": "bfloat16" if dtype == "auto" else dtype,
        "max_num_batched_tokens": TOKENS_AT_ONCE,
        "quantization": None,  # what is put in are whole weights
    }
    return llm(**{**options, **changes})
