"""A student: a base to distil into, and what is known of it before its files are here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OTHER_LR = 1e-4
"""The learning rate of a student that nobody gave one: that of the paper's smallest. Ours."""


@dataclass(frozen=True)
class Student:
    """A base to distil into.

    Args:
        name: its name.
        base: where it comes from: a hub id, a folder, or a shipped miniature.
        lr: the learning rate.
        parameters: of the published weights, tied ones once, where they are known.
        aliases: other names of ours for it, in lower case.
        paper: the section of the paper; empty for ours.
        licence: the identifier of its licence on the hub; empty where it is not known.
        template: the chat template that its tokenizer brings: "chatml", "llama3", "qwen3", or "none"; empty where that
            is not known before the tokenizer is here.
        end: the token that ends its responses, its `eos_token`; empty where that is not known.
        think_tags: whether each think tag is one token of its vocabulary; None where that is not known.
        config: the fields of its config.json that fix its shape and its positions; empty where they are not known.
    """

    name: str
    base: str
    lr: float
    parameters: int | None = None
    aliases: tuple[str, ...] = ()
    paper: str = ""
    licence: str = ""
    template: str = ""
    end: str = ""
    think_tags: bool | None = None
    config: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def context(self) -> int | None:
        """Positions that the published config allows; None where they are not known."""
        positions = self.config.get("max_position_embeddings")
        return positions if isinstance(positions, int) else None


def suitable_lr(parameters: int) -> float:
    """The learning rate of a Qwen or another model of this size: that of the paper's next smaller one. Ours."""
    for least, lr in ((60e9, 2e-5), (25e9, 6e-5), (12e9, 7e-5), (6e9, 8e-5)):
        if parameters >= least:
            return lr
    return OTHER_LR
