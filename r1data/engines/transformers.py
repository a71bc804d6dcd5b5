"""The transformers engine: any causal language model that transformers loads, on a CPU or one GPU.

Rows run in slots (`batch`). A row that ends frees its slot for the next prompt, so the batch stays full whatever the
lengths, and equal prompts are prefilled once. Each row has its own random numbers: on the same machine the same
requests give the same output to the bit, and with other batch mates the same except for rounding.

Not covered: sliding-window and recurrent layers (use vLLM), several GPUs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import torch
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedConfig, PreTrainedModel
from transformers.cache_utils import DynamicCache
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from r1data.engines.base import Completion, EngineOptions, Request, Sampling, Waiting, refuse
from r1data.engines.batch import Batch, FinishedRow, Job
from r1data.engines.model_files import run_error
from r1data.engines.models import (
    context_length,
    load_model,
    load_tokenizer,
    stop_ids,
    tokens_without_weights,
)
from r1data.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MAX_BATCH = 512
CPU_CACHE_BYTES = 1 << 30
GPU_CACHE_SHARE = 0.5
"""Of a GPU's free memory."""
GROUPED_ATTENTION = "r1_grouped"
"""The name under which transformers knows `grouped_attention`."""


class TransformersEngine:
    """A model in this process. `threads` of the options sets torch's threads for the whole process."""

    name = "transformers"
    exact = True

    def __init__(self, model: str | Path, options: EngineOptions) -> None:
        if options.threads:
            torch.set_num_threads(options.threads)
        tokenizer, loaded = load_tokenizer(model), load_model(model, options.dtype, options.device)
        if loaded.config._attn_implementation == "sdpa":
            loaded.set_attn_implementation(GROUPED_ATTENTION)
        limits = [n for n in (context_length(model), options.max_model_len) if n]
        self._hold(loaded, tokenizer, stop_ids(model, tokenizer), min(limits) if limits else None)
        # a tokenizer may have tokens that the model has no weights for
        self.vocabulary: int | None = tokens_without_weights(model, tokenizer)
        self.max_batch = options.max_batch or MAX_BATCH
        full_attention_only(loaded.config, model)

    @classmethod
    def around(
        cls, model: Any, tokenizer: PreTrainedTokenizerBase, stops: frozenset[int], context: int | None
    ) -> Self:
        """The engine with a model that is there already, such as one in training, as it is.

        Args:
            model: with full attention alone, in evaluation mode.
            tokenizer: the model's.
            stops: token ids that end a response.
            context: the model's positions; None where nothing limits them.
        """
        engine = cls.__new__(cls)
        engine._hold(model, tokenizer, stops, context)
        return engine

    def _hold(
        self, model: Any, tokenizer: PreTrainedTokenizerBase, stops: frozenset[int], context: int | None
    ) -> None:
        self.model, self.tokenizer, self.stops, self.context = model, tokenizer, stops, context
        self.vocabulary = None
        self.max_batch = MAX_BATCH
        self.unclaimed: deque[tuple[int, Completion]] = deque()

    def generate(
        self, requests: Iterable[Request | None], sampling: Sampling
    ) -> Iterator[tuple[int, Completion]]:
        """Completions with their request's position, in the order in which they end."""
        waiting = Waiting(requests)
        self.unclaimed.clear()
        first = waiting.take(self.max_batch)
        batch = Batch(self.model, self.stops, sampling, self._slots([r for _, r in first], sampling))
        while True:
            room = batch.room()
            batch_requests, first = first[:room], first[room:]
            batch_requests += waiting.take(room - len(batch_requests))
            problems = [
                (i, refuse(r, self.context, sampling.max_tokens, self.vocabulary)) for i, r in batch_requests
            ]
            yield from ((i, problem) for i, problem in problems if problem)
            batch.admit(
                [
                    Job(i, r, r.limit(sampling.max_tokens, self.context))
                    for (i, r), (_, p) in zip(batch_requests, problems, strict=True)
                    if not p
                ]
            )
            if len(batch.active):
                self.unclaimed.extend((ended.job.index, self._completion(ended)) for ended in batch.step())
                # Removed once it has been taken: an interruption between the two leaves it here.
                while self.unclaimed:
                    yield self.unclaimed[0]
                    self.unclaimed.popleft()
            elif not batch_requests:
                return
            # slots are given up for good, since a larger cache would have to be copied again
            if waiting.ended and not first:
                batch.shrink()

    def _slots(self, first: list[Request], sampling: Sampling) -> int:
        """Rows at a time whose cache fits, were each to write all it may. Judged by the first requests."""
        longest = max(
            (len(r.token_ids) + r.limit(sampling.max_tokens, self.context) for r in first), default=1
        )
        on_gpu = self.model.device.type == "cuda"
        free = torch.cuda.mem_get_info(self.model.device)[0] if on_gpu else 0
        cache_bytes = int(free * GPU_CACHE_SHARE) if on_gpu else CPU_CACHE_BYTES
        try:
            token_bytes = _bytes_per_token(self.model)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:
            raise run_error(self.model.name_or_path, error) from error
        fit = cache_bytes // (max(1, token_bytes) * max(1, longest))
        return max(1, min(fit, len(first)))

    def _completion(self, ended: FinishedRow) -> Completion:
        text_tokens = ended.tokens[:-1] if ended.stopped else ended.tokens
        text = self.tokenizer.decode(
            text_tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        prompt_tokens = len(ended.job.request.token_ids)
        return Completion(
            text, ended.tokens, "stop" if ended.stopped else "length", prompt_tokens, len(ended.tokens)
        )


def full_attention_only(config: PreTrainedConfig, model: str | Path) -> None:
    """The slots hold whole histories and nothing else, so anything but full attention would give wrong
    text.
    """
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    window = getattr(config, "sliding_window", None) if not getattr(config, "layer_types", None) else None
    if kinds != {"full_attention"} or window:
        raise UserError(f"{model}: the transformers engine runs full attention only; use --engine vllm")


@torch.inference_mode()
def _bytes_per_token(model: PreTrainedModel) -> int:
    """What one token takes in the cache, found by reading one."""
    cache = DynamicCache()
    model(
        input_ids=torch.zeros((1, 1), dtype=torch.long, device=model.device),
        past_key_values=cache,
        use_cache=True,
    )
    return sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)


def grouped_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Attention for one new token a row, in which heads that share keys and values are read together.

    As transformers' `sdpa`; query is [rows, heads, tokens, size], the result [rows, tokens, heads, size]. transformers
    copies the cache once for each query head of a group before it attends under a mask. For a single token the heads of
    a group can stand in the place of several tokens instead, and nothing is copied: the same sums, 8 times less memory
    for a model with 8 heads a group.
    """
    rows, heads, tokens, size = query.shape
    if tokens != 1 or heads == key.shape[1] or attention_mask is None:
        plain: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
        return plain
    # heads of a group lie next to each other, so that this is a view: nothing moves in memory
    folded = query.reshape(rows, key.shape[1], heads // key.shape[1], size)
    out = torch.nn.functional.scaled_dot_product_attention(
        folded, key, value, attn_mask=attention_mask, scale=scaling
    )
    return out.reshape(rows, 1, heads, value.shape[-1]), None


AttentionInterface.register(GROUPED_ATTENTION, grouped_attention)
AttentionMaskInterface.register(GROUPED_ATTENTION, sdpa_mask)
