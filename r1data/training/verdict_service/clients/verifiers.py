"""A reward of the service for environments of prime-rl's `verifiers` (0.4): a function to plug into a taskset.

    [env.taskset.task.rewards]
    r1 = {fn = "r1data.training.verdict_service.clients.verifiers:reward"}

A task's data say the truth (`truth` or `answer`), the verifier and the language; R1_REWARDS names the rewards
(`accuracy,format=0.5`; accuracy by default). An unknown verdict raises `UnknownVerdict`: `verifiers` records it as an
error of the trace, and a trace with an error has no reward.
"""

import asyncio
import functools
import os
from typing import Any

from r1data.training.verdict_service.clients.client import VerdictClient

TRUTHS = ("truth", "answer", "ground_truth")


class UnknownVerdict(RuntimeError):
    """Nobody can tell what a response is worth."""


async def reward(task: Any, trace: Any) -> float:
    """The weighted rewards of a trace's last reply. Raises UnknownVerdict, and ServiceError where none answers."""
    item = {
        "prompt": _text(getattr(task, "prompt", None)),
        "response": response_of(trace),
        "truth": next(
            (value for name in TRUTHS if (value := _text(getattr(task, name, None))) is not None), None
        ),
        "verifier": _text(getattr(task, "verifier", None)),
        "language": _text(getattr(task, "language", None)),
        "finish_reason": "length" if getattr(trace, "is_truncated", False) is True else None,
    }
    client = _client()
    (reply,) = await asyncio.to_thread(client.rewards, [item], weights_of(os.environ.get("R1_REWARDS")))
    if reply["reward"] is None:
        verdict = reply["verdict"] or {}
        raise UnknownVerdict(f"{verdict.get('verdict')}: {reply['error'] or verdict.get('reason')}")
    return float(reply["reward"])


def response_of(trace: Any) -> str:
    """The last reply, with the reasoning that the messages keep apart between think tags."""
    messages = list(getattr(trace, "assistant_messages", ()))
    reasoning = getattr(messages[-1], "reasoning_content", None) if messages else None
    reply: str = trace.last_reply
    return f"<think>{reasoning}</think>{reply}" if reasoning and "</think>" not in reply else reply


def weights_of(text: str | None) -> dict[str, float]:
    """Weights by name from `NAME=WEIGHT,NAME`; accuracy alone where nothing is said."""
    pairs = (part.partition("=") for part in (text or "accuracy").split(","))
    return {name.strip(): float(weight or 1.0) for name, _, weight in pairs}


@functools.cache
def _client() -> VerdictClient:
    return VerdictClient()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
