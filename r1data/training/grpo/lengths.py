"""How long responses may be, and what becomes of those that were cut: `--max-tokens-later` and `--overlong`.

`mask` trains on no token of a response that was cut: it gives nothing to the loss, and its rewards are left out of its
group's mean and deviation, as if it had not been sampled. (TRL's own masking leaves them in; DAPO masks the loss and
says nothing of the mean.) The divisor of the loss stays that of all responses.

`punish` is DAPO's soft overlong punishment (arXiv 2503.14476, eq. 13): a reward that falls from 0 to -1 over the last
`--overlong-buffer` tokens before the cut, where a response that was cut has -1. One without any other reward gets none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

OVERLONG = "overlong"
"""Name of the punishment among the rewards in the metrics."""


def punishment(length: int, limit: int, buffer: int) -> float:
    """Between -1 and 0 for a response of `length` tokens where `limit` may be sampled."""
    return -min(1.0, max(0.0, (length - (limit - buffer)) / buffer))


def punishing(limit: Callable[[], int], buffer: int) -> Callable[..., list[float | None]]:
    """The punishment as one of TRL's reward functions; `limit` tells the tokens that may be sampled now."""

    def function(*, completion_ids: Sequence[Sequence[int]], **batch: Any) -> list[float | None]:
        return [punishment(len(ids), limit(), buffer) for ids in completion_ids]

    function.__name__ = OVERLONG
    return function


def without_orphans(rewards: torch.Tensor, column: int) -> torch.Tensor:
    """Rewards [responses, functions] in which `column` is NaN where all others are."""
    others = torch.cat((rewards[:, :column], rewards[:, column + 1 :]), dim=1)
    rewards = rewards.clone()
    rewards[torch.isnan(others).all(dim=1), column] = torch.nan
    return rewards


def are_cut(completion_ids: Sequence[Sequence[int]], ends: Sequence[int]) -> list[bool]:
    """Whether each response was cut: it has none of the tokens that end one."""
    return [not ids or ids[-1] not in ends for ids in completion_ids]
