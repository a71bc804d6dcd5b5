"""Drawing tokens: one uniform number per row and position, turned into a token by the inverse of its
distribution.

A row's numbers depend on its seed and position alone (splitmix64, Steele, Lea and Flood 2014), so batch
mates, order and restarts do not change what it draws. What they may change is the last bits of the logits,
because a batch's shape decides how sums are ordered: a draw that falls within about 1e-6 of the border
between two tokens can then differ.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from r1data.engines.base import Sampling
from r1data.errors import UserError

Integers = npt.NDArray[np.integer[Any]]
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def uniforms(seeds: Integers, positions: Integers) -> npt.NDArray[np.float64]:
    """Numbers in (0, 1], one for each row: the `position`-th of the splitmix64 stream that starts at its seed."""
    with np.errstate(over="ignore"):
        z: npt.NDArray[np.uint64] = seeds + (positions.astype(np.uint64) + np.uint64(1)) * GOLDEN
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return np.asarray(((z >> np.uint64(11)) + np.uint64(1)) * 2.0**-53, np.float64)


def draw(logits: torch.Tensor, uniform: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Tokens [rows] for logits [rows, vocabulary] and numbers [rows] in (0, 1].

    The token is the first whose cumulative probability, in the order of the vocabulary, reaches the number:
    a token of probability zero is never drawn. Raises UserError where a model gives no numbers.
    """
    if sampling.temperature == 0:
        _finite(logits.amax(-1))
        return logits.argmax(-1)
    scaled = logits.float() / sampling.temperature
    if sampling.top_k or sampling.top_p < 1:
        scaled = _restrict(scaled, sampling)
    cumulative = scaled.softmax(-1).cumsum(-1, dtype=torch.float64)
    _finite(cumulative[:, -1])
    target = (uniform * cumulative[:, -1]).unsqueeze(-1)
    return torch.searchsorted(cumulative, target).squeeze(-1)


def _restrict(scaled: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Minus infinity for all but the top_k likeliest tokens and, of these, the fewest that hold top_p
    together.
    """
    size = scaled.shape[-1]
    best, order = scaled.topk(min(sampling.top_k or size, size), dim=-1)
    mass = best.softmax(-1).cumsum(-1, dtype=torch.float64)
    best = best.masked_fill(mass - best.softmax(-1) >= sampling.top_p, float("-inf"))
    return torch.full_like(scaled, float("-inf")).scatter(-1, order, best)


def _finite(row_values: torch.Tensor) -> None:
    if not torch.isfinite(row_values).all():
        raise UserError(
            "the model gives NaN instead of scores: its weights are broken, or float32 is needed (--dtype)"
        )
