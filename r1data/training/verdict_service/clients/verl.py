"""Rewards for verl (0.9): a custom reward function, by the service or in verl's own process.

    reward.custom_reward_function.path=for-verl/r1_reward.py
    reward.custom_reward_function.name=compute_score

Where an address is known (`url`, or the environment's R1_VERDICTS_URL) the service is asked; else this project, which
then has to be installed beside verl. verl has no reward that is missing: what happens with an unknown verdict is the
argument `unknown`. By default the function raises, so that verl leaves the response out: its v1
trainer goes on with the other responses to the prompt, whose mean and deviation are then theirs alone. A number in its
place is given to the response instead, for the older trainer, which stops where a reward function raises.
"""

import functools
import os
from collections.abc import Mapping
from typing import Any

from r1data.training.verdict_service.clients.client import VerdictClient

DEFAULT_REWARDS = {"accuracy": 1.0, "format": 1.0}


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str | None,
    extra_info: Mapping[str, Any] | None = None,
    *,
    rewards: Mapping[str, float] | None = None,
    url: str | None = None,
    token: str | None = None,
    prefill: str = "",
    unknown: float | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The reward of one response: `score` (the weighted sum), `acc`, `known`, and each reward as `reward_NAME`.

    The keys are the same for every response, as verl reads those of the first one. A reward that says nothing of a
    response (None) is NaN in its own key, and no part of the score.

    Args:
        data_source: the row's source; not read.
        solution_str: the response, as verl decodes it.
        ground_truth: the truth.
        extra_info: `question`, `verifier`, `language` of the row.
        rewards: weights by name (`reward_kwargs` of verl's configuration).
        url: the service's address.
        token: the service's token; by default the environment's R1_VERDICTS_TOKEN.
        prefill: what the prompt has written of the response already, such as an opening think tag.
        unknown: the score of a response of which nobody can tell; None: raise.

    Raises:
        RuntimeError: nobody can tell, and `unknown` is None.
    """
    info = extra_info or {}
    item = {
        "prompt": info.get("question"),
        "response": prefill + solution_str,
        "truth": ground_truth,
        "verifier": info.get("verifier"),
        "language": info.get("language"),
        "finish_reason": None,
    }
    weights = {name: float(weight) for name, weight in (rewards or DEFAULT_REWARDS).items()}
    url = url or os.environ.get("R1_VERDICTS_URL")
    (reply,) = _client(url, token).rewards([item], weights) if url else [_here(item, weights)]
    score = reply["reward"]
    value = unknown if score is None else score
    if value is None:
        verdict = reply["verdict"] or {}
        # No class of ours: Ray carries it to processes that have not loaded this file.
        raise RuntimeError(
            f"unknown verdict, {verdict.get('verdict')}: {reply['error'] or verdict.get('reason')}"
        )
    values = {f"reward_{name}": _number(value) for name, value in reply["rewards"].items()}
    accuracy = _number(reply["rewards"].get("accuracy"))
    return {
        "score": float(value),
        "acc": accuracy,
        "known": float(score is not None),
        **values,
    }


@functools.cache
def _client(url: str, token: str | None) -> VerdictClient:
    return VerdictClient(url, token)


def _here(item: Mapping[str, Any], weights: Mapping[str, float]) -> dict[str, Any]:
    """What the service would say, by this project in this process."""
    try:
        from r1data.training.verdict_service.here import rewarded
    except ImportError as error:
        raise ImportError(
            "r1data is not installed beside verl: install it, or set R1_VERDICTS_URL to an r1 serve-verdicts"
        ) from error
    return rewarded(item, weights)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
