"""Where two engines part on a greedy response, and how close the call was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from r1data.engines.base import Completion, Request


@dataclass(frozen=True, slots=True)
class Difference:
    """The first token that is another; `gap`: by how much its score is below the best one's, in units of the scores."""

    request: str
    position: int
    tokens: tuple[int, int]
    gap: float


@torch.inference_mode()
def differences(
    model: PreTrainedModel,
    requests: Sequence[Request],
    mine: Mapping[int, Completion],
    theirs: Mapping[int, Completion],
) -> list[Difference]:
    """Each request whose tokens are not the same, with the model's own scores at the first that is not."""
    found = []
    for index, request in enumerate(requests):
        pair = mine[index].token_ids, theirs[index].token_ids
        if pair[0] == pair[1]:
            continue
        place = next(i for i, (a, b) in enumerate(zip(*pair, strict=False)) if a != b)
        tokens = pair[0][place], pair[1][place]
        read = torch.tensor([[*request.token_ids, *pair[0][:place]]])
        scores = model(input_ids=read).logits[0, -1]
        gap = float(scores[list(tokens)].max() - scores[list(tokens)].min())
        found.append(Difference(request.id, place, tokens, gap))
    return found
