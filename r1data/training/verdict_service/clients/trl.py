"""Rewards of the service for TRL's `GRPOTrainer` (1.16): a reward function for each name.

    from r1data.training.verdict_service.clients.trl import reward_functions

    trainer = GRPOTrainer(reward_funcs=reward_functions(["accuracy", "format"]), …)

The columns `truth`, `verifier` and `language` of the dataset go along (`r1 export --to trl` writes them). An unknown
verdict is None for every reward of that response: TRL adds up the rewards that are there, and a missing one beside its
siblings would count as 0. Weights are TRL's (`reward_weights`).
"""

from collections.abc import Callable, Sequence
from typing import Any

from r1data.training.verdict_service.clients.client import VerdictClient

RewardFunction = Callable[..., list[float | None]]
COLUMNS = ("truth", "verifier", "language")


def reward_functions(
    names: Sequence[str],
    client: VerdictClient | None = None,
    *,
    prefill: str = "",
    max_completion_length: int | None = None,
) -> list[RewardFunction]:
    """One reward function a name; each batch is sent once, for all of them.

    Args:
        names: of rewards, as `--reward` knows them.
        client: asks the service; by default the one that the environment names.
        prefill: what the prompt has written of the response already, such as an opening think tag.
        max_completion_length: the trainer's; a completion of so many tokens was cut.
    """
    batch = _Batch(list(names), client or VerdictClient(), prefill, max_completion_length)

    def function_of(name: str) -> RewardFunction:
        def function(**columns: Any) -> list[float | None]:
            return batch.rewards(columns)[name]

        function.__name__ = name  # TRL logs each under its name
        return function

    return [function_of(name) for name in batch.names]


class _Batch:
    """The rewards of the batch that TRL is scoring: it calls each function with the same list of completions."""

    def __init__(self, names: list[str], client: VerdictClient, prefill: str, limit: int | None) -> None:
        self.names = names
        self.client = client
        self.prefill = prefill
        self.limit = limit
        self._completions: object = None
        self._rewards: dict[str, list[float | None]] = {}

    def rewards(self, columns: dict[str, Any]) -> dict[str, list[float | None]]:
        if columns["completions"] is not self._completions:
            replies = self.client.rewards(self._items(columns), self.names)
            self._rewards = {name: [reply["rewards"][name] for reply in replies] for name in self.names}
            self._completions = columns["completions"]
        return self._rewards

    def _items(self, columns: dict[str, Any]) -> list[dict[str, Any]]:
        completions = columns["completions"]
        prompts = columns.get("prompts") or [None] * len(completions)
        ids = columns.get("completion_ids") or [()] * len(completions)
        known = {name: columns.get(name) or [None] * len(completions) for name in COLUMNS}
        return [
            {
                "prompt": text_of(prompts[n]),
                "response": self.prefill + (text_of(completions[n]) or ""),
                "finish_reason": "length" if self.limit and len(ids[n]) >= self.limit else None,
                **{name: values[n] for name, values in known.items()},
            }
            for n in range(len(completions))
        ]


def text_of(value: Any) -> str | None:
    """The last message's text of a conversation, or the text itself."""
    if isinstance(value, list):
        value = value[-1].get("content") if value and isinstance(value[-1], dict) else None
    return value if isinstance(value, str) else None
