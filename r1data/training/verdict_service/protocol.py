"""What a request to the service holds: items to score, checked before anything runs.

An item is an object with the text columns of a sample: `response`, and as far as they are known `prompt`, `truth`,
`verifier`, `language`, `finish_reason`, `preference`; for rewards of length also the numbers `tokens` and
`length_target`. Other keys are ignored, so that whole rows can be sent.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from r1data.data.plain import DEFAULT_VERIFIER
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.training.rewards import REWARDS, check_weights

Item = dict[str, Any]
FIELDS = ("response", "prompt", "truth", "verifier", "language", "finish_reason", "preference")
NUMBERS = {"tokens": 0, "length_target": 1}
"""Fields that hold a count → the smallest one."""
LARGEST_COUNT = 2**53
"""Up to here a double, in which rewards are computed, holds every whole number."""
GRADED = {"preference", "rubric"}
"""What rewards read that are given by a model: none is asked here."""
DEFAULT_REWARDS = {"accuracy": 1.0, "format": 1.0}
"""Those of R1-Zero (R1 2.2.2)."""


class BadRequest(Exception):
    """A request that cannot be read; the message says what to send instead, in one line."""


def decode(body: bytes) -> Any:
    """The JSON value of a request's body. Raises BadRequest."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise BadRequest("the body is nested too deep; send a flat list of items") from error
    except ValueError as error:  # no UTF-8, no JSON, or an integer of thousands of digits
        raise BadRequest(f"the body is no JSON: {one_line(str(error), 120)}") from error


def items_of(value: Any, most: int) -> list[Item]:
    """The items of a request: a list, or an object that holds it under `items`. Raises BadRequest."""
    items = value.get("items") if isinstance(value, dict) else value
    if not isinstance(items, list):
        raise BadRequest('send {"items": [{"response": "…", "truth": "…", "verifier": "math"}, …]}')
    if len(items) > most:
        raise BadRequest(f"{len(items):,} items; send at most {most:,} at a time")
    return [item_of(item, f"items[{number}]") for number, item in enumerate(items)]


def item_of(value: Any, place: str) -> Item:
    """One item with all of `FIELDS` and `NUMBERS`. Raises BadRequest, which names the item's place and the field."""
    if not isinstance(value, dict):
        raise BadRequest(f"{place} is no object; send one with a response")
    item: Item = {}
    for name in FIELDS:
        field = value.get(name)
        if field is not None and not isinstance(field, str):
            raise BadRequest(f"{place}.{name} is no text; send a string, or null")
        item[name] = field
    for name, least in NUMBERS.items():
        number = value.get(name)
        is_whole = isinstance(number, int) and not isinstance(number, bool)
        if number is not None and not (is_whole and least <= number <= LARGEST_COUNT):
            raise BadRequest(f"{place}.{name} is no count; send a whole number from {least} on, or null")
        item[name] = number
    if item["response"] is None:
        raise BadRequest(f"{place} has no response; send the whole text that the model wrote")
    return item


def rewards_of(value: Any) -> dict[str, float]:
    """The rewards of a request by name, with their weights; those of R1-Zero where it names none. Raises BadRequest."""
    rewards = value.get("rewards") if isinstance(value, dict) else None
    if rewards is None:
        return dict(DEFAULT_REWARDS)
    if isinstance(rewards, list) and all(isinstance(name, str) for name in rewards):
        rewards = dict.fromkeys(rewards, 1.0)
    if not isinstance(rewards, dict) or not rewards:
        raise BadRequest('rewards names none; send {"accuracy": 1, "format": 0.5} or ["accuracy"]')
    for name, weight in rewards.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float):
            raise BadRequest(f"the weight of the reward {one_line(name, 100)} is no number; send one")
    try:
        check_weights(rewards)
    except UserError as error:
        raise BadRequest(one_line(str(error), 500)) from error
    if graded := [name for name in rewards if GRADED & set(REWARDS[name].reads)]:
        raise BadRequest(
            f"the reward {graded[0]} is given by a model, which is not served here; leave it out"
        )
    return {name: float(weight) for name, weight in rewards.items()}


def verifier_of(item: Mapping[str, Any]) -> str:
    """The verifier of an item: its own, else math."""
    name: str | None = item["verifier"]
    return name or DEFAULT_VERIFIER


def is_verifiable(item: Mapping[str, Any]) -> bool:
    """Whether a reward may ask for the item's verdict: it names a verifier, or has a truth."""
    return item["verifier"] is not None or item["truth"] is not None


def weighted_sum(rewards: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    """The weighted rewards that there are, added up; None where there is none."""
    present = [value * weights[name] for name, value in rewards.items() if value is not None]
    return sum(present) if present else None


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def prompts_of(items: Sequence[Item]) -> dict[str, list[int]]:
    """The items' places by prompt: rewards that compare programs compare those of one prompt."""
    places: dict[str, list[int]] = {}
    for number, item in enumerate(items):
        places.setdefault(item["prompt"] or f"\0{number}", []).append(number)
    return places
