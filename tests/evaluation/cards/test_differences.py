"""Each difference that is planted into a protocol is named, and nothing else is; circumstances may differ."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from r1data.evaluation.cards.card import Card
from r1data.evaluation.cards.differences import verify

CARD = Card(
    model={"name": "m", "digest": "0a", "positions": 256, "stop_tokens": [{"id": 0, "text": "<|end|>"}]},
    questions={"place": "q", "benchmark": None, "revision": "aa", "license": None, "number": 4, "digest": "dd"},
    protocol={
        "template": "plain", "rendered": "What is 1+1?\n", "system": None, "thinking": None, "date": None,
        "temperature": 0.6, "top_p": 0.95, "top_k": 0, "max_tokens": 64, "k": 4, "seed": 0,
    },
    engine={
        "name": "transformers", "device": "cpu", "dtype": "float32", "max_model_len": None,
        "versions": {"torch": "2.0", "r1data": "1.0"},
    },
    grader={"math": "7"},
    scores={"pass@1": {"value": 0.5, "error": 0.1, "low": 0.3, "high": 0.7}, "tokens": {"value": 9.0, "error": 1.0}},
)  # fmt: skip
PLANTED = {
    "template": ("protocol", "template", "r1-zero"),
    "temperature": ("protocol", "temperature", 1.0),
    "k": ("protocol", "k", 8),
    "revision": ("questions", "revision", "bb"),
    "grader math": ("grader", "math", "8"),
    "stop tokens": ("model", "stop_tokens", []),
    "length": ("protocol", "max_tokens", 32),
    "seed": ("protocol", "seed", 1),
    "dtype": ("engine", "dtype", "bfloat16"),
    "thinking": ("protocol", "thinking", "off"),
    "top-p": ("protocol", "top_p", 1.0),
    "top-k": ("protocol", "top_k", 50),
    "system prompt": ("protocol", "system", "Be brief."),
    "date": ("protocol", "date", "2026-01-01"),
    "model": ("model", "digest", "0b"),
    "questions": ("questions", "digest", "ee"),
    "positions": ("model", "positions", 128),
}
CIRCUMSTANCES = {
    "engine": ("engine", "name", "vllm"),
    "device": ("engine", "device", "cuda"),
    "max-model-len": ("engine", "max_model_len", 128),
    "version of torch": ("engine", "versions", {"torch": "3.0", "r1data": "1.0"}),
}


def changed(section: str, key: str, value: object) -> Card:
    """The card with one value in place of another."""
    content: dict[str, Any] = deepcopy(dict(getattr(CARD, section)))
    return replace(CARD, **{section: {**content, key: value}})


@pytest.mark.parametrize("name", PLANTED)
def test_a_difference_of_the_protocol_is_named_alone(name: str) -> None:
    verification = verify(CARD, changed(*PLANTED[name]))
    assert [one.name for one in verification.differences] == [name]
    assert not verification.reproduced and name in verification.lines()[0]


@pytest.mark.parametrize("name", CIRCUMSTANCES)
def test_circumstances_are_told_and_a_score_stands_them(name: str) -> None:
    verification = verify(CARD, changed(*CIRCUMSTANCES[name]))
    assert [one.name for one in verification.circumstances] == [name]
    assert verification.reproduced


def test_another_text_of_the_same_template_is_named() -> None:
    other = changed("protocol", "rendered", "What is 1+1? Think first.\n")
    assert [one.name for one in verify(CARD, other).differences] == ["template"]


def test_what_a_server_does_not_tell_is_no_difference() -> None:
    served = replace(
        changed("model", "digest", "served, tokenizer 12"),
        engine={**CARD.engine, "name": "openai", "dtype": None, "device": None},
    )
    verification = verify(CARD, served)
    assert verification.differences == () and [one.name for one in verification.circumstances] == ["engine"]


@pytest.mark.parametrize(("value", "reproduced"), [(0.5, True), (0.7, True), (0.9, False)])
def test_an_accuracy_is_reproduced_within_chance(value: float, reproduced: bool) -> None:
    scores = {**CARD.scores, "pass@1": {"value": value, "error": 0.1}}
    assert verify(CARD, replace(CARD, scores=scores)).reproduced is reproduced


def test_of_many_accuracies_one_may_differ_more() -> None:
    names = ("pass@1", "pass@2", "pass@4", "cons@4")
    before = replace(CARD, scores={name: {"value": 0.5, "error": 0.1} for name in names})
    now = {name: {"value": 0.5 + 0.32 * (name == "cons@4"), "error": 0.1} for name in names}
    assert verify(before, replace(before, scores=now)).reproduced
    assert not verify(CARD, replace(CARD, scores={"pass@1": {"value": 0.82, "error": 0.1}})).reproduced


def test_a_length_that_differs_does_not_spoil_an_accuracy() -> None:
    scores = {**CARD.scores, "tokens": {"value": 30.0, "error": 1.0}}
    verification = verify(CARD, replace(CARD, scores=scores))
    assert verification.reproduced and not verification.identical
