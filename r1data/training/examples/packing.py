"""Packing: the examples of an optimizer step laid one after the other, so that nothing is computed on padding.

A step has the examples that it would have without packing, and the loss is the mean over their tokens either way, so
that packing changes rounding and nothing else. Within a step the examples are spread over as few forward passes as hold
them, equally long ones, whole examples only; each keeps its own positions, and attention stays within it
(`packed_attention`). The number of forward passes is the same in every step, as gradient accumulation wants it.

Not here: examples that cross steps, as TRL's own packing has them; that would change what a step is.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from r1data.errors import UserError
from r1data.training.examples.encoding import IGNORED

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import Trainer

Batch = dict[str, Any]
PROBE_TOKENS = 16
NOISE, LEAK = 1e-5, 0.1
"""What rounding may change in a log-probability, and the share of what reading across examples changes. Ours."""


@dataclass(frozen=True)
class Layout:
    """Which examples go through the model together.

    Args:
        rows: for each forward pass the indices of its examples; those of all processes take turns, step after step.
        passes: forward passes of one process in an optimizer step.
    """

    rows: list[list[int]]
    passes: int


def layout(
    lengths: Sequence[int], order: Sequence[int], *, batch: int, processes: int, most_tokens: int
) -> Layout:
    """Spread each step's examples over forward passes of up to `most_tokens`, the same number in every step.

    `lengths` are the examples' tokens, `order` the indices of the run, `batch` to a step. A longer example than
    `most_tokens` has a forward pass to itself. The result depends on the arguments alone.
    """
    steps = [order[start : start + batch] for start in range(0, len(order), batch)]
    share = batch // processes
    # No layout has fewer passes than the tokens take, nor more than one for each example.
    least = max(-(-sum(lengths[i] for i in step) // (most_tokens * processes)) for step in steps)
    for passes in range(min(least, share), share + 1):
        rows: list[list[int]] = []
        for step in steps:
            bins = fitting([lengths[i] for i in step], passes * processes, most_tokens)
            if bins is None:
                break
            rows += [[step[i] for i in one] for one in bins]
        else:
            return Layout(rows, passes)
    raise AssertionError("a forward pass for each example always fits")


def fitting(lengths: Sequence[int], bins: int, most: int) -> list[list[int]] | None:
    """Indices of `lengths` in `bins` groups, none empty and none over `most`; None where none are found.

    Groups of about equal sums where those fit, else of the best fit; sorted, for one order of sums in floating point.
    """
    for spread in (balanced, best_fit):
        groups = spread(lengths, bins, most)
        if len(lengths) == bins or (
            groups and max(sum(lengths[i] for i in group) for group in groups) <= most
        ):
            return sorted(sorted(group) for group in groups)
    return None


def balanced(lengths: Sequence[int], bins: int, most: int) -> list[list[int]]:
    """The longest first, each to the lightest group."""
    groups: list[list[int]] = [[] for _ in range(bins)]
    loads = [(0, number) for number in range(bins)]
    for index in _longest_first(lengths):
        load, number = heappop(loads)
        groups[number].append(index)
        heappush(loads, (load + lengths[index], number))
    return groups


def best_fit(lengths: Sequence[int], bins: int, most: int) -> list[list[int]]:
    """The longest first, each to the fullest group that has room (best-fit decreasing); nothing where one has none."""
    groups: list[list[int]] = [[] for _ in range(bins)]
    rooms = [(most, number) for number in range(bins)]
    for index in _longest_first(lengths):
        place = bisect_left(rooms, (lengths[index], 0))
        if place == bins:
            return []
        room, number = rooms.pop(place)
        groups[number].append(index)
        insort(rooms, (room - lengths[index], number))
    for empty in (group for group in groups if not group):
        empty.append(max(groups, key=len).pop())
    return groups


def _longest_first(lengths: Sequence[int]) -> list[int]:
    return sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))


def packed(examples: Dataset, rows: list[list[int]]) -> Dataset:
    """A dataset whose items are forward passes: `input_ids`, `labels` and `seq_lengths` of several examples.

    Nothing is copied: an item's examples are read when it is asked for.
    """
    from datasets import Dataset

    arrays = examples.with_format("numpy")

    def together(batch: Batch) -> Batch:
        several = [[arrays[index] for index in row] for row in batch["rows"]]
        return {
            "input_ids": [_joined(row, "input_ids") for row in several],
            "labels": [_joined(row, "labels") for row in several],
            "seq_lengths": [[len(example["input_ids"]) for example in row] for row in several],
        }

    return Dataset.from_dict({"rows": rows}).with_transform(together)


@dataclass(frozen=True)
class Collator:
    """Examples, or items of `packed`, as one row without padding: tensors of [1, tokens].

    `kernels`: pass FlashAttention's arguments (as transformers names them), else the lengths for `packed_attention`.
    """

    kernels: bool

    def __call__(self, examples: list[Batch]) -> Batch:
        lengths = [n for one in examples for n in one.get("seq_lengths", [len(one["input_ids"])])]
        positions = torch.cat([torch.arange(length) for length in lengths])
        labels = torch.from_numpy(_joined(examples, "labels"))
        # A first token has none before it that could predict it: its label would be the example before's.
        labels[positions == 0] = IGNORED
        tensors = {
            "input_ids": torch.from_numpy(_joined(examples, "input_ids")),
            "labels": labels,
            "position_ids": positions,
        }
        return {name: tensor[None] for name, tensor in tensors.items()} | self._bounds(lengths)

    def _bounds(self, lengths: list[int]) -> Batch:
        if not self.kernels:
            return {"seq_lengths": tuple(lengths)}
        starts = torch.tensor([0, *lengths]).cumsum(0, dtype=torch.int32)
        return {
            **dict.fromkeys(("cu_seq_lens_q", "cu_seq_lens_k"), starts),
            **dict.fromkeys(("max_length_q", "max_length_k"), max(lengths)),
        }


def _joined(examples: list[Batch], name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    joined: np.ndarray[Any, np.dtype[np.int64]] = np.concatenate([example[name] for example in examples])
    return joined.astype(np.int64, copy=False)


def lengths_of(examples: Dataset) -> list[int]:
    """Tokens of each example, from the file's offsets: no row is read."""
    column = examples.data.column("input_ids")
    lengths: list[int] = []
    for chunk in column.chunks:
        lengths += chunk.value_lengths().to_pylist()
    return lengths


@torch.no_grad()
def check_apart(trainer: Trainer, ids: Sequence[int]) -> None:
    """Raise UserError where the model reads across packed examples: tried before the first step, with some tokens.

    Two pieces of a text are run packed, each alone, and as one example. What the second piece's log-probabilities gain
    by reading the first one is the measure of what rounding may change, whatever the model and its precision.
    """
    text = np.resize(np.asarray(ids), 2 * PROBE_TOKENS)
    first, second = text[:PROBE_TOKENS], text[PROBE_TOKENS:]
    model: Any = trainer.model_wrapped

    def scores(pieces: list[Any]) -> torch.Tensor:
        """Log-probabilities of the last piece's tokens."""
        batch = trainer.data_collator([{"input_ids": piece, "labels": piece} for piece in pieces])
        with trainer.compute_loss_context_manager():
            output = model(**trainer._prepare_inputs(batch), use_cache=False, fused_lm_head=True)
        values: torch.Tensor = output.log_probs[0, -PROBE_TOKENS + 1 :].float()
        return values

    training = model.training
    model.eval()
    alone = scores([second])
    packed, joined = ((scores(pieces) - alone).abs().mean().item() for pieces in ([first, second], [text]))
    model.train(training)
    if not packed <= NOISE + LEAK * joined:
        raise UserError(
            f"this model reads across packed examples, whose log-probabilities change by {packed:.2g}; add --no-packing"
        )
