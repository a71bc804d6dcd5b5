"""Loss by position after supervised training of a base that was given more positions: has it learned to use them?

Read are the validation examples, or those trained on where there are none. Whether the loss beyond the base's own
positions is worse is judged within examples that reach there, since long examples are others than short ones. All
figures here are ours. Not here: retrieval over long distances, which no loss shows.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import Trainer

EXAMPLES = 64
"""Examples that are read, from the shortest to the longest."""
FIRST = 256
"""Positions of the first bucket; each one after it ends at twice as many."""
WORSE, ERRORS, FEWEST = 0.05, 2.0, 3
"""Clearly worse: by so many nats a token and standard errors, in at least so many examples."""


def measure(trainer: Trainer, examples: Dataset, before: int) -> dict[str, Any]:
    """The loss by position of the trained model, for a run's summary. All processes of a run call it.

    Args:
        trainer: TRL's, after its training.
        examples: with `input_ids` and `labels`.
        before: positions of the base.

    Returns:
        `loss_by_position`: nats a token by the last position of each bucket; `beyond_base`: how much the loss is higher
        beyond the base's positions than in the half before them, its standard error, and the examples compared.
    """
    losses = [_losses(trainer, examples[index]) for index in _chosen(examples)]
    return {"loss_by_position": by_bucket(losses), "beyond_base": beyond(losses, before)}


def by_bucket(losses: Sequence[list[float]]) -> dict[str, float]:
    """The mean loss of the tokens up to each bucket's last position, from the one before it on; empty ones left out."""
    buckets: dict[int, list[float]] = {}
    for example in losses:
        for position, loss in enumerate(example):
            end = FIRST
            while position >= end:
                end *= 2
            if loss == loss:
                buckets.setdefault(end, []).append(loss)
    return {str(end): round(statistics.fmean(buckets[end]), 4) for end in sorted(buckets)}


def beyond(losses: Sequence[list[float]], before: int) -> dict[str, Any]:
    """`difference` between the mean loss beyond `before` positions and in the half before them, over the examples that
    have both; its standard `error`; their number."""
    differences = []
    for example in losses:
        within, further = _mean(example[before // 2 : before]), _mean(example[before:])
        if within is not None and further is not None:
            differences.append(further - within)
    count = len(differences)
    if not count:
        return {"examples": 0}
    error = statistics.stdev(differences) / count**0.5 if count > 1 else None
    return {
        "difference": round(statistics.fmean(differences), 4),
        "error": None if error is None else round(error, 4),
        "examples": count,
    }


def in_words(summary: Mapping[str, Any]) -> str | None:
    """A warning where a run's summary says that a model does not use its new positions as well as those of its base."""
    measured = summary.get("beyond_base") or {}
    count, error = measured.get("examples", 0), measured.get("error")
    if count < FEWEST or error is None or measured["difference"] - ERRORS * error <= WORSE:
        return None
    return (
        f"beyond its base's positions the loss is {measured['difference']:.2f} nats a token higher than before them "
        f"(± {error:.2f}, {count} examples): it has not learned to use its new positions; train on more long examples, "
        "or choose another --rope"
    )


def _chosen(examples: Dataset) -> list[int]:
    """The numbers of up to `EXAMPLES` examples, evenly from the shortest to the longest."""
    ids = examples.with_format("arrow")["input_ids"]
    lengths = [length for chunk in _chunks(ids) for length in chunk.value_lengths().to_pylist()]
    ordered = sorted(range(len(lengths)), key=lengths.__getitem__)
    count = min(EXAMPLES, len(ordered))
    return [ordered[round(place * (len(ordered) - 1) / max(1, count - 1))] for place in range(count)]


def _chunks(column: Any) -> list[Any]:
    return list(column.chunks) if hasattr(column, "chunks") else [column]


def _losses(trainer: Trainer, example: Mapping[str, Any]) -> list[float]:
    """The loss of each token of an example by its position, NaN where it has no label."""
    import torch

    model: Any = trainer.model_wrapped
    was_training = model.training
    model.eval()
    device = trainer.args.device
    inputs = {name: torch.tensor([example[name]], device=device) for name in ("input_ids", "labels")}
    with torch.no_grad(), trainer.compute_loss_context_manager():
        # TRL's head, which keeps no logits: a whole example's are gigabytes
        outputs = model(**inputs, fused_lm_head=True)
    model.train(was_training)
    has_label = inputs["labels"][0, 1:] != -100
    losses = torch.where(has_label, -outputs.log_probs[0].float(), torch.nan)
    return [math.nan, *losses.tolist()]


def _mean(losses: Sequence[float]) -> float | None:
    known = [loss for loss in losses if loss == loss]
    return statistics.fmean(known) if known else None
