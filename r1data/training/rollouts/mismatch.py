"""How far an engine's log-probabilities are from the trainer's, and what the correction of it leaves of a rollout.

An engine that samples with other kernels, another type or older weights than the trainer has draws from another
distribution than the one that is trained. TRL weighs each token by the ratio of both probabilities: cut at a cap
(token-truncate), or with weight 0 beyond it (token-mask), or with one ratio for a whole response, weight 0 beyond the
cap (sequence-mask, TRL's default: over 32,768 tokens, gaps of 0.02 nats a token add up to several nats, and nearly no
response is left). Measured here, over the tokens of a rollout and all processes:

- `rollouts/logprob_gap`, `rollouts/logprob_gap_max`: |difference| of a token's log-probabilities in nats, its mean and
  largest; `rollouts/logprob_gap_sequence`: the mean over responses of |the sum of differences|;
- `rollouts/weight_mass`: the mean weight. Without a cap it is 1 but for chance, so that what is missing was cut;
- `rollouts/zero_weight_tokens`, `rollouts/zero_weight_responses`: shares with weight 0.

A run whose mean gap passes a limit is stopped. The limit and the cap are ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from r1data.errors import UserError

GAP, LARGEST_GAP, SEQUENCE_GAP = (
    "rollouts/logprob_gap",
    "rollouts/logprob_gap_max",
    "rollouts/logprob_gap_sequence",
)
MASS, ZERO_TOKENS, ZERO_RESPONSES = (
    "rollouts/weight_mass",
    "rollouts/zero_weight_tokens",
    "rollouts/zero_weight_responses",
)
Counts = dict[str, float]


def correction_arguments(importance: str, cap: float) -> dict[str, Any]:
    """A correction as TRL's arguments. `none` has weight 1 everywhere, and the gap is measured all the same."""
    if importance == "none":
        return {
            "vllm_importance_sampling_mode": "token_truncate",
            # TRL wants less than the maximum; in its tensors' float32 this is 1
            "vllm_importance_sampling_clip_min": math.nextafter(1.0, 0.0),
            "vllm_importance_sampling_clip_max": 1.0,
        }
    return {
        "vllm_importance_sampling_mode": importance.replace("-", "_"),
        "vllm_importance_sampling_clip_max": cap,
    }


def weights(batch: Mapping[str, torch.Tensor], importance: str, cap: float) -> torch.Tensor:
    """The weight of each token, [responses, tokens] or [responses, 1], as TRL computes it before a rollout.

    Args:
        batch: `old_per_token_logps`, `sampling_per_token_logps` and `completion_mask`, each [responses, tokens]. A
            token that the engine did not score is NaN in the second, and has ratio 1.
        importance: `token-truncate`, `token-mask`, `sequence-mask` or `none`.
        cap: the largest ratio.
    """
    difference = (batch["old_per_token_logps"] - batch["sampling_per_token_logps"]) * batch["completion_mask"]
    difference = difference.nan_to_num(nan=0.0)
    if importance == "none":
        return torch.ones_like(difference)
    ratio = (difference.sum(-1, keepdim=True) if importance == "sequence-mask" else difference).exp()
    return ratio.clamp(max=cap) if importance == "token-truncate" else ratio.masked_fill(ratio > cap, 0.0)


def counts(batch: Mapping[str, torch.Tensor]) -> Counts | None:
    """Sums over a process's part of a rollout; None where its engine tells no log-probabilities.

    Args:
        batch: TRL's tensors of [responses, tokens]: `old_per_token_logps`, `sampling_per_token_logps`,
            `completion_mask`, and `importance_sampling_ratio`, which may be [responses, 1].
    """
    trained, sampled = batch.get("old_per_token_logps"), batch.get("sampling_per_token_logps")
    if trained is None or sampled is None:
        return None
    mask = batch["completion_mask"].bool() & ~sampled.isnan()
    difference = torch.where(mask, trained - sampled, 0.0).double()
    gap = difference.abs()
    weights = batch.get("importance_sampling_ratio")
    weights = torch.ones_like(gap) if weights is None else weights.double().expand_as(gap)
    zero = (weights == 0) & mask
    responses = mask.any(1)
    return {
        "tokens": mask.sum().item(),
        "gap": gap.sum().item(),
        "largest": gap.max().item() if gap.numel() else 0.0,
        "weight": torch.where(mask, weights, 0.0).sum().item(),
        "zero": zero.sum().item(),
        "responses": responses.sum().item(),
        "sequence_gap": difference.sum(1).abs().sum().item(),
        "zero_responses": (responses & (zero == mask).all(1)).sum().item(),
    }


def metrics(total: Counts) -> dict[str, float]:
    """The measures of a rollout from its counts over all processes; empty where it has no token."""
    if not total["tokens"]:
        return {}
    return {
        GAP: total["gap"] / total["tokens"],
        LARGEST_GAP: total["largest"],
        SEQUENCE_GAP: total["sequence_gap"] / total["responses"],
        MASS: total["weight"] / total["tokens"],
        ZERO_TOKENS: total["zero"] / total["tokens"],
        ZERO_RESPONSES: total["zero_responses"] / total["responses"],
    }


def together(parts: Sequence[Counts]) -> Counts:
    """The counts of a rollout's parts as those of one."""
    largest = max(part["largest"] for part in parts)
    return {name: sum(part[name] for part in parts) for name in parts[0]} | {"largest": largest}


def over_processes(own: Counts, add: Callable[[Counts], Counts]) -> Counts:
    """A process's counts with those of the others, each of which must call it. `add` adds over all processes."""
    largest = own["largest"]
    if torch.distributed.is_initialized():
        device = "cuda" if torch.cuda.is_available() else "cpu"
        tensor = torch.tensor(largest, dtype=torch.float64, device=device)
        torch.distributed.all_reduce(tensor, torch.distributed.ReduceOp.MAX)
        largest = tensor.item()
    return {**add(own), "largest": largest}


def refuse(measured: Mapping[str, float], limit: float) -> None:
    """Raise UserError where the mean gap is beyond the limit; 0 is no limit."""
    gap = measured.get(GAP, 0.0)
    if limit and not gap <= limit:
        raise UserError(
            f"training stopped: the engine's log-probabilities are {gap:.3g} nats a token from the trainer's, more "
            f"than --max-logprob-gap {limit:g}, so that it trains on another model's responses; `r1 doctor --rollouts "
            "MODEL` shows which settings agree. Go on with --engine transformers or --engine-dtype float32"
        )
