"""Scores of responses by a reward model: one in a folder, loaded once, or one that a server runs.

A folder holds a model with one number for a head (`r1 train-rm` writes such; models of others, safetensors, without
code of their own). It scores in batches, on a device of its own choice, so that the model in training keeps its own. A
server is vLLM's (`served`). Either way a response that cannot be scored is None, which is unknown, and never 0.

A model that `r1 train-rm` trained reads of a response what its kind reads; any other reads all that it is given.
Models that give a probability (`safety`) score from 0 to 1; the others' numbers have no scale, and only differences
between responses to one prompt mean something.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from r1data.engines.model_files import read_json
from r1data.engines.models import (
    context_length,
    fingerprint,
    load_model,
    load_tokenizer,
    local_folder,
    tokens_without_weights,
)
from r1data.errors import UserError
from r1data.training.reward_models.layout import PairEncoder, layout_of
from r1data.training.settings.specs import is_address

if TYPE_CHECKING:
    import torch

TOKENS_AT_ONCE = 16_384
"""Tokens in one forward pass, padding included; a longer response goes alone. Ours."""


class RewardModel(Protocol):
    """A reward model that is ready to score. `identity` changes when it is trained again, as far as that is known."""

    identity: str

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        """A score for each (prompt, response), None where it is unknown; higher is better.

        Raises UserError where no score can be had any more, or the model gives no numbers.
        """


def open_model(address: str | Path, device: str = "auto") -> RewardModel:
    """A reward model, to be kept for a whole run.

    Args:
        address: a folder or hub id, or a server's `http://host:8000`, `http://host:8000#NAME` where it serves several.
        device: `cpu`, `cuda`, `cuda:1`, or `auto`, which is a GPU where there is one. A server has its own.

    Raises:
        UserError: it cannot be loaded or reached, or it is no reward model.
    """
    if is_address(str(address)):
        from r1data.training.reward_models.served import ServedModel

        return ServedModel(str(address))
    return LocalModel(address, device)


class LocalModel:
    """A reward model in a folder. May be asked from several threads; they take turns."""

    def __init__(self, name: str | Path, device: str = "auto") -> None:
        import torch

        folder = local_folder(name)
        self.device = _device(device)
        self.layout = layout_of(read_json(folder, "config.json"))
        self.model = load_model(
            folder, "float32" if self.device == "cpu" else "bfloat16", "cpu", head="score"
        ).to(torch.device(self.device))
        labels = self.model.config.num_labels
        if labels != 1:
            raise UserError(
                f"{folder}: gives {labels} numbers for a response, and a reward model gives one; train one with "
                "`r1 train-rm`"
            )
        tokenizer = load_tokenizer(folder)
        self.encoder = PairEncoder(
            tokenizer,
            self.layout.template,
            date=self.layout.date,
            vocabulary=tokens_without_weights(folder, tokenizer),
        )
        # transformers takes the score at the last token that is not this one
        self.model.config.get_text_config().pad_token_id = self.encoder.pad
        self.longest = context_length(folder)
        self.identity = fingerprint(folder)
        self._turn = threading.Lock()

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        """See `RewardModel`. None for a response that is longer than the model's positions: nothing is cut."""
        with self._turn:
            encoded = self.encoder.ids([(prompt, self.layout.read(response)) for prompt, response in pairs])
            scores: list[float | None] = [None] * len(pairs)
            fitting = {
                number: ids
                for number, ids in enumerate(encoded)
                if not isinstance(ids, str) and (self.longest is None or len(ids) <= self.longest)
            }
            for batch in batches(fitting):
                for number, value in zip(batch, self._forward([fitting[n] for n in batch]), strict=True):
                    scores[number] = value
        return scores

    def _forward(self, sequences: Sequence[list[int]]) -> list[float]:
        import torch

        with torch.inference_mode():
            scores = forward(self.model, sequences, self.encoder.pad)
            values: list[float] = (scores.sigmoid() if self.layout.probability else scores).tolist()
        if not torch.isfinite(scores).all():
            raise UserError(
                f"{self.model.name_or_path}: the reward model gives NaN; its weights are broken, train it again"
            )
        return values


def batches(sequences: dict[int, list[int]]) -> Iterator[list[int]]:
    """Keys of the sequences in groups of up to `TOKENS_AT_ONCE` tokens with padding, equally long ones together."""
    group: list[int] = []
    for number in sorted(sequences, key=lambda number: (len(sequences[number]), number)):
        if group and (len(group) + 1) * len(sequences[number]) > TOKENS_AT_ONCE:
            yield group
            group = []
        group.append(number)
    if group:
        yield group


def forward(model: Any, sequences: Sequence[list[int]], pad: int) -> torch.Tensor:
    """The numbers of a batch of token ids, [sequences], in float32."""
    import torch

    longest = max(map(len, sequences))
    ids = torch.tensor([each + [pad] * (longest - len(each)) for each in sequences])
    mask = torch.tensor([[1] * len(each) + [0] * (longest - len(each)) for each in sequences])
    output = model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device), use_cache=False)
    scores: torch.Tensor = output.logits.float().squeeze(-1)
    return scores


def _device(name: str) -> str:
    """Raises UserError for a device that is not there."""
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdigit()) or name == "cpu:":
        raise UserError(f"reward model's device {name!r}: not known; give cpu, cuda, or cuda:1")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise UserError(
            f"reward model's device {name!r}: this machine has {torch.cuda.device_count()} GPUs; give cpu, or a "
            "server's address"
        )
    return name
