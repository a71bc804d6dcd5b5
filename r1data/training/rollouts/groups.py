"""Responses that lack a reward which others to the same prompt have."""

from __future__ import annotations

import torch


def missing_beside_others(rewards: torch.Tensor, generations: int) -> torch.Tensor:
    """Which responses lack a reward that other responses to their prompt have, [responses].

    TRL's sum would take such a reward for 0, which is a worse grade than others got and not an unknown one. Rewards of
    this project are unknown in whole responses; this is for those of other packages, which may say None at any time.

    Args:
        rewards: of [responses, rewards], NaN for None; the responses to a prompt stand together.
        generations: responses to a prompt.
    """
    missing = rewards.isnan().view(-1, generations, rewards.shape[1])
    some = missing.any(dim=1, keepdim=True) & ~missing.all(dim=1, keepdim=True)
    return (missing & some).any(dim=2).view(-1)
