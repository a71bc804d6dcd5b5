"""Runs in the environment of prime-rl's `verifiers`: a task scores traces by the plugged reward; prints JSON."""

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any

import verifiers.v1 as vf
from verifiers.v1.configs.task import RewardFunctionConfig, TaskConfig
from verifiers.v1.trace import Trace
from verifiers.v1.types import AssistantMessage

REWARD = "r1data.training.verdict_service.clients.verifiers:reward"


class Sum(vf.TaskData):  # type: ignore[misc]
    answer: str


class SumTask(vf.Task[Sum, vf.State, TaskConfig]):  # type: ignore[misc]
    """A sum with its answer."""


def trace(text: str) -> Any:
    """What a task's scoring touches of a trace; the reward's own view of it is a real trace's."""
    assert all(hasattr(Trace, name) for name in ("assistant_messages", "last_reply", "is_truncated"))
    message = AssistantMessage(role="assistant", content=text, reasoning_content="so")
    rewards: dict[str, float | None] = {}
    return SimpleNamespace(
        rewards=rewards,
        metrics={},
        last_reply=text,
        assistant_messages=[message],
        is_truncated=False,
        record_reward=lambda name, value, weight: rewards.__setitem__(name, value * weight),
    )


async def main(texts: list[str]) -> None:
    config = TaskConfig(rewards={"r1": RewardFunctionConfig(fn=REWARD)})
    task = SumTask(Sum(prompt="2+2?", answer="4"), config)
    results = []
    for text in texts:
        scored = trace(text)
        try:
            await task.score(scored)
            results.append(scored.rewards)
        except Exception as error:  # noqa: BLE001  which one is what is asked
            results.append({"error": type(error).__name__, **scored.rewards})
    sys.stdout.write(json.dumps(results) + "\n")


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
