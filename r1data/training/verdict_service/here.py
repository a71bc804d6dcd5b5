"""Rewards of one response in this process, in the form in which the service replies."""

from collections.abc import Mapping
from typing import Any

from r1data.training.rewards import check_weights
from r1data.training.verdict_service.protocol import is_verifiable, item_of, weighted_sum
from r1data.training.verdict_service.worker import rewards_job, verdict_job

SECONDS = 5.0
"""For one verdict: `r1 verify`'s."""


def rewarded(
    item: Mapping[str, Any], weights: Mapping[str, float], seconds: float = SECONDS
) -> dict[str, Any]:
    """`reward` (the weighted sum, or None), `rewards` by name, `verdict`, `error`. Raises UserError for no reward."""
    check_weights(weights)
    checked = item_of(dict(item), "the response")
    verdict = None
    if is_verifiable(checked):
        verdict = verdict_job({"item": checked, "seconds": seconds})["reply"]
    reply = rewards_job(
        {"items": [checked], "names": list(weights), "verdicts": [verdict], "seconds": seconds}
    )
    error = reply.get("error")
    rewards: dict[str, float | None] = dict.fromkeys(weights) if error else reply["reply"][0]
    return {
        "reward": weighted_sum(rewards, weights),
        "rewards": rewards,
        "verdict": verdict,
        "error": error,
    }
