"""A model that scores every step of a response: the policy's layers with one number for a head.

With a target for each step it is a process reward model (Lightman et al. 2023; targets from rollouts: Wang et al. 2023,
Math-Shepherd), with one for the last step alone an outcome reward model, and with the response's verdict as the target
of each step a value function. Loss: binary cross-entropy, the mean over steps. The settings are ours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from r1data.engines.models import load_model

TOKENS_AT_ONCE = 8_192
"""Tokens that are scored at once, padding included."""
BATCH_TOKENS = 1_024
"""Tokens of an optimizer step by default: few, as a few thousand responses are all there is."""
LEARNING_RATE = 1e-3
EPOCHS = 2


@dataclass(frozen=True, slots=True)
class Example:
    """A question with a response: token ids, the places of steps' last tokens, a target from 0 to 1 for each."""

    tokens: tuple[int, ...]
    places: tuple[int, ...]
    targets: tuple[float, ...] = ()


class ValueModel:
    """A scorer that starts from a policy's weights; until it is trained it gives 0.5."""

    def __init__(self, model: str) -> None:
        language_model = load_model(model, "float32", "cpu")
        self.body = language_model.base_model
        self.head = torch.nn.Linear(language_model.config.hidden_size, 1)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)

    def train(self, examples: Sequence[Example], seed: int, batch_tokens: int = BATCH_TOKENS) -> float:
        """Train on examples, each EPOCHS times; returns the mean loss of the last time."""
        parameters = [*self.body.parameters(), *self.head.parameters()]
        optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01)
        groups = list(batches(examples, batch_tokens))
        generator = torch.Generator().manual_seed(seed)
        order = [n for _ in range(EPOCHS) for n in torch.randperm(len(groups), generator=generator).tolist()]
        self.body.train()
        losses = []
        for number, place in enumerate(order):
            # Warm up over a twentieth, then fall to nothing.
            share = number / len(order)
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * min(1.0, 20 * share + 0.05, 1.0 - share)
            batch = [examples[n] for n in groups[place]]
            targets = torch.tensor([target for each in batch for target in each.targets])
            loss = binary_cross_entropy_with_logits(self._logits(batch), targets)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        self.body.eval()
        last = losses[-len(groups) :]
        return sum(last) / len(last)

    @torch.inference_mode()
    def score(self, examples: Sequence[Example]) -> list[list[float]]:
        """For each example a score from 0 to 1 for each of its places."""
        scores: list[list[float]] = [[] for _ in examples]
        for group in batches(examples):
            batch = [examples[n] for n in group]
            values = iter(self._logits(batch).sigmoid().tolist())
            for number, each in zip(group, batch, strict=True):
                scores[number] = [next(values) for _ in each.places]
        return scores

    def _logits(self, batch: Sequence[Example]) -> torch.Tensor:
        """The scores of all places, one after the other, [places]."""
        longest = max(len(each.tokens) for each in batch)
        # Padding lies behind the tokens, where causal attention does not look: it needs no mask.
        ids = torch.tensor([[*each.tokens, *[0] * (longest - len(each.tokens))] for each in batch])
        rows = torch.tensor([row for row, each in enumerate(batch) for _ in each.places])
        places = torch.tensor([place for each in batch for place in each.places])
        hidden = self.body(input_ids=ids, use_cache=False).last_hidden_state
        logits: torch.Tensor = self.head(hidden[rows, places]).squeeze(-1)
        return logits


def batches(examples: Sequence[Example], most: int = TOKENS_AT_ONCE) -> Iterator[list[int]]:
    """The numbers of examples with a place in groups of up to `most` tokens, equally long ones together."""
    numbers = [number for number, each in enumerate(examples) if each.places]
    group: list[int] = []
    for number in sorted(numbers, key=lambda number: (len(examples[number].tokens), number)):
        if group and (len(group) + 1) * len(examples[number].tokens) > most:
            yield group
            group = []
        group.append(number)
    if group:
        yield group
