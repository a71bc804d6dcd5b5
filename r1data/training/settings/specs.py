"""What the texts of some settings say: `--rope`, `--thinking`, `--teacher`, `--reward-model`,
`--max-tokens-later`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from r1data.errors import UserError

ROPES = ("theta", "yarn", "linear", "dynamic")


def parse_rope(spec: str) -> tuple[str, float | None]:
    """What `--rope` says: its kind and number; `yarn` may leave the factor to the length that is needed.

    Raises UserError for anything else.
    """
    kind, equals, text = spec.partition("=")
    if kind == "yarn" and not equals:
        return kind, None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if kind not in ROPES or not 1 < value < 1e12:
        raise UserError(
            f"--rope {spec}: give theta=BASE, yarn=FACTOR, linear=FACTOR or dynamic=FACTOR, above 1"
        )
    return kind, value


class ThinkingMix(NamedTuple):
    """What `--thinking` says: the share of rows whose thoughts are taken out, and whether that needs a switch."""

    ratio: float
    needs_switch: bool


def parse_thinking(spec: str) -> ThinkingMix:
    """The mix that `keep`, `none` or `mix=RATIO` stands for. Raises UserError for anything else."""
    if spec in ("keep", "none"):
        return ThinkingMix(float(spec == "none"), needs_switch=False)
    kind, _, text = spec.partition("=")
    try:
        ratio = float(text)
    except ValueError:
        ratio = math.nan
    if kind != "mix" or not 0 < ratio < 1:
        raise UserError(f"--thinking {spec}: give keep, none, or mix=RATIO with a ratio between 0 and 1")
    return ThinkingMix(ratio, needs_switch=True)


def parse_reward_models(texts: Iterable[str]) -> dict[str, str]:
    """Folder, hub id or address by the reward's name, from `NAME=MODEL`. Raises UserError for anything else."""
    models: dict[str, str] = {}
    for text in texts:
        name, equals, model = text.partition("=")
        if not equals or not name.isidentifier() or not model:
            raise UserError(f"--reward-model {text}: write NAME=MODEL, such as helpfulness=models/helpful")
        if models.setdefault(name, model) != model:
            raise UserError(f"--reward-model {text}: {name} has one already, {models[name]}; leave one out")
    return models


def is_address(model: str) -> bool:
    """Whether a model is named by its server's address."""
    return model.startswith(("http://", "https://"))


def parse_raises(spec: str | None) -> list[tuple[int, int]]:
    """The lengths that `--max-tokens-later` names and the steps after which they hold; none for None and "none".

    Raises UserError for anything else than TOKENS@STEP, comma-separated.
    """
    pairs = []
    for part in spec.split(",") if spec and spec != "none" else ():
        tokens, at, step = part.strip().replace("_", "").partition("@")
        if not (at and tokens.isdecimal() and step.isdecimal()):
            raise UserError(f"--max-tokens-later {spec}: give TOKENS@STEP, such as 65536@8200")
        pairs.append((int(tokens), int(step)))
    return pairs
