"""Compares two cards of a model's evaluation: what of the protocol differs, and whether the score came out again.

What decides a score (`PROTOCOL`) must be equal; a difference there is named. The engine, the machine and the versions
may differ: they are told, since they may change tokens, but a score must stand them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, ClassVar

from r1data.data.text import one_line
from r1data.evaluation.cards.card import AnyCard, Card

DOUBT = 0.05
"""The chance that same measurements are called different, for all accuracies together (Bonferroni)."""
SHOWN = 60
"""Characters of a differing text that are shown."""
PROTOCOL = (
    ("model", "model", "digest"),
    ("stop tokens", "model", "stop_tokens"),
    ("questions", "questions", "digest"),
    ("revision", "questions", "revision"),
    ("template", "protocol", "template"),
    ("thinking", "protocol", "thinking"),
    ("system prompt", "protocol", "system"),
    ("date", "protocol", "date"),
    ("temperature", "protocol", "temperature"),
    ("top-p", "protocol", "top_p"),
    ("top-k", "protocol", "top_k"),
    ("length", "protocol", "max_tokens"),
    ("positions", "model", "positions"),
    ("k", "protocol", "k"),
    ("seed", "protocol", "seed"),
    ("dtype", "engine", "dtype"),
)
"""Name → section and key of what decides a score; the grader is compared verifier by verifier."""
CIRCUMSTANCES = (
    ("engine", "engine", "name"),
    ("device", "engine", "device"),
    ("max-model-len", "engine", "max_model_len"),
)
"""What may change tokens, and must not change what a score says."""
SERVED = "served"
"""How the digest of a model behind a server begins: what it would be in a folder is not known."""


@dataclass(frozen=True)
class Difference:
    """What two cards have differently, as text."""

    name: str
    before: str
    now: str

    def line(self) -> str:
        return f"{self.name}: {self.before} in the card, {self.now} now"


@dataclass(frozen=True)
class Verification:
    """A card beside one that was measured again.

    Attributes:
        differences: of what must be the same.
        circumstances: differences of the engine and versions.
        scores: measure → its value in the card, now, and whether both are within chance of each other (None where one
            has no standard error).
        identical: all values are the same.
    """

    differences: tuple[Difference, ...]
    circumstances: tuple[Difference, ...]
    scores: Mapping[str, tuple[float, float, bool | None]]
    identical: bool
    changes: ClassVar[str] = "tokens"
    """What circumstances may change."""

    @property
    def reproduced(self) -> bool:
        """The protocol is the same, and no accuracy differs beyond chance."""
        accuracies = [
            near for name, (_, _, near) in self.scores.items() if name.startswith(("pass@", "cons@"))
        ]
        return (
            not self.differences
            and bool(self.scores)
            and (self.identical or all(near for near in accuracies))
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "reproduced": self.reproduced,
            "identical": self.identical,
            "differences": [vars(one) for one in self.differences],
            "circumstances": [vars(one) for one in self.circumstances],
            "scores": {
                name: {"before": before, "now": now, "within_chance": near}
                for name, (before, now, near) in self.scores.items()
            },
        }

    @property
    def verdict(self) -> str:
        """What came out, in one line."""
        if self.differences:
            return "not the same measurement: " + ", ".join(one.name for one in self.differences)
        if self.identical:
            return "reproduced: the same protocol, the same scores"
        if self.reproduced:
            return "reproduced: the same protocol, the accuracies are within chance of each other"
        return "not reproduced: the same protocol, and the accuracies differ beyond chance"

    def lines(self) -> list[str]:
        """For people: what came out, then each difference."""
        return [
            self.verdict,
            *(one.line() for one in self.differences),
            *(f"(may change {self.changes}) {one.line()}" for one in self.circumstances),
        ]


def verify(card: Card, again: Card) -> Verification:
    """What a card and a new one of the same evaluation have differently."""
    shared = [name for name in card.scores if name in again.scores]
    factor = NormalDist().inv_cdf(1 - DOUBT / 2 / max(1, sum(map(is_accuracy, shared))))
    scores = {name: _scores(card.scores[name], again.scores[name], factor) for name in shared}
    versions = [one.engine.get("versions") or {} for one in (card, again)]
    identical = card.scores.keys() == again.scores.keys() and all(a == b for a, b, _ in scores.values())
    return Verification(
        (*differing(card, again, PROTOCOL), *_template_text(card, again), *grader_differences(card, again)),
        (*differing(card, again, CIRCUMSTANCES), *version_differences(*versions)),
        scores,
        identical,
    )


def differing(card: AnyCard, again: AnyCard, keys: Iterable[tuple[str, str, str]]) -> list[Difference]:
    """Where two cards differ; `keys` has the name, section and key of each value that is compared."""
    differences = []
    for name, section, key in keys:
        before, now = (getattr(one, section).get(key) for one in (card, again))
        if before != now and not _untold(name, before, now):
            differences.append(Difference(name, text_of(before), text_of(now)))
    return differences


def _untold(name: str, before: Any, now: Any) -> bool:
    """Whether one side, a server, does not tell what it has."""
    if name == "model":
        return any(str(value).startswith(SERVED) for value in (before, now))
    return name in ("stop tokens", "dtype", "positions", "device") and None in (before, now)


def _template_text(card: Card, again: Card) -> list[Difference]:
    """The rendered prompts, where the template's name is the same and its text is not."""
    texts = [one.protocol.get("rendered") for one in (card, again)]
    same_names = card.protocol.get("template") == again.protocol.get("template")
    other_reasons = any(
        card.protocol.get(name) != again.protocol.get(name) for name in ("thinking", "system", "date")
    ) or card.questions.get("digest") != again.questions.get("digest")
    if None in texts or texts[0] == texts[1] or not same_names or other_reasons:
        return []
    before, now = (str(text) for text in texts)
    place = next(
        (i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), min(len(before), len(now))
    )
    start = max(0, place - SHOWN // 3)
    return [Difference("template", text_of(before[start:]), text_of(now[start:]))]


def grader_differences(card: AnyCard, again: AnyCard) -> list[Difference]:
    """The verifiers whose versions differ, or that only one of two cards has."""
    names = sorted(card.grader.keys() | again.grader.keys())
    return [
        Difference(f"grader {name}", text_of(card.grader.get(name)), text_of(again.grader.get(name)))
        for name in names
        if card.grader.get(name) != again.grader.get(name)
    ]


def version_differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """The packages that both have in different versions."""
    return [
        Difference(f"version of {name}", text_of(before[name]), text_of(now[name]))
        for name in sorted(before.keys() & now.keys())
        if before[name] != now[name]
    ]


def is_accuracy(name: str) -> bool:
    """Whether a measure says how often answers are right."""
    return name.startswith(("pass@", "cons@"))


def _scores(
    before: Mapping[str, Any], now: Mapping[str, Any], factor: float
) -> tuple[float, float, bool | None]:
    """Both values, and whether they differ by no more than `factor` errors of two independent measurements."""
    values = float(before.get("value") or 0.0), float(now.get("value") or 0.0)
    errors = [one.get("error") for one in (before, now)]
    if values[0] == values[1]:
        return *values, True
    if None in errors:
        return *values, None
    spread = math.sqrt(sum(float(error) ** 2 for error in errors if error is not None))
    return *values, abs(values[0] - values[1]) <= factor * spread


def text_of(value: Any) -> str:
    """A value of a card, for people."""
    if value is None:
        return "none"
    if isinstance(value, list):
        tokens = [
            f"{one.get('text')} ({one.get('id')})" if isinstance(one, dict) else str(one) for one in value
        ]
        return one_line(", ".join(tokens) or "none", SHOWN)
    return one_line(str(value), SHOWN)
