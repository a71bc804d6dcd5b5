"""The shape of a remote reward of OpenRLHF (`--reward.remote_url`, 0.11): lists `query`, `prompts` and `labels`.

A query is the prompt and the response in one text, special tokens included; the response is what follows the prompt. A
label is the truth, or JSON with `truth`, `verifier` and `language`. OpenRLHF cannot leave a response out: each needs a
number. What an unknown verdict is worth must therefore be said, by `unknown` in the address; ours is never assumed.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from r1data.training.verdict_service.protocol import BadRequest, Item, item_of

END_TOKENS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "</s>",
    "<|end▁of▁sentence|>",
    "<｜end▁of▁sentence｜>",
)
"""Texts of the tokens by which models end; they are no part of a response."""


def items_of(body: Any, most: int) -> list[Item]:
    """The items of a request. Raises BadRequest."""
    if not isinstance(body, dict):
        raise BadRequest("send query, prompts and labels, as OpenRLHF does")
    columns = [body.get(name) for name in ("query", "prompts", "labels")]
    if not all(isinstance(column, list) for column in columns):
        raise BadRequest("query, prompts and labels must be lists, as OpenRLHF sends them")
    queries, prompts, labels = (column for column in columns if isinstance(column, list))
    if not len(queries) == len(prompts) == len(labels) <= most:
        raise BadRequest(f"query, prompts and labels differ in length, or are more than {most:,}")
    return [
        _item(query, prompt, label, f"query[{number}]")
        for number, (query, prompt, label) in enumerate(zip(queries, prompts, labels, strict=True))
    ]


def _item(query: Any, prompt: Any, label: Any, place: str) -> Item:
    if not isinstance(query, str) or not isinstance(prompt, str):
        raise BadRequest(f"{place}, or its prompt, is no text")
    return item_of({"response": response_of(query, prompt), "prompt": prompt, **label_of(label)}, place)


def response_of(query: str, prompt: str) -> str:
    """What follows the prompt, without the tokens that end it."""
    # Decoded, a prompt may begin with a token that the text of the prompt has not.
    place = query.find(prompt)
    response = query[place + len(prompt) :] if place >= 0 else query
    stripped = True
    while stripped:
        stripped = False
        for token in END_TOKENS:
            if response.endswith(token):
                response, stripped = response.removesuffix(token), True
    return response


def label_of(label: Any) -> dict[str, Any]:
    """`truth`, `verifier` and `language` of a label: JSON that holds them, else the truth itself."""
    if isinstance(label, str) and label.lstrip().startswith("{"):
        try:
            fields = json.loads(label)
        except (ValueError, RecursionError):
            fields = None
        if isinstance(fields, dict) and "truth" in fields:
            return {name: fields.get(name) for name in ("truth", "verifier", "language")}
    return {"truth": label}


def unknown_value(text: str | None) -> float:
    """What an unknown verdict is worth, from the address. Raises BadRequest where it does not say."""
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadRequest(
            "OpenRLHF cannot leave a response out, so that an unknown verdict needs a number: add ?unknown=0.5, say"
        )
    return value


def reply(rewarded: Sequence[Mapping[str, Any]], unknown: float) -> dict[str, Any]:
    """`rewards` for the advantage, `scores` for dynamic filtering (the accuracy where there is one), `extra_logs`."""
    rewards = [unknown if one["reward"] is None else one["reward"] for one in rewarded]
    accuracies = [one["rewards"].get("accuracy") for one in rewarded]
    scores = [
        reward if accuracy is None else accuracy for reward, accuracy in zip(rewards, accuracies, strict=True)
    ]
    logs = {"unknown": [float(one["reward"] is None) for one in rewarded]}
    return {"rewards": rewards, "scores": scores, "extra_logs": logs}
