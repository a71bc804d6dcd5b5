"""Each difference that is planted into a card of responses is named, and nothing else is."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from r1data.evaluation.cards.card import ResponsesCard
from r1data.evaluation.cards.response_differences import verify_responses

CARD = ResponsesCard(
    responses={"place": "r", "number": 8, "digest": "0a"},
    questions={"place": "q", "benchmark": None, "revision": "aa", "unanswered": 0, "digest": "dd"},
    grader={"math": "math/4"},
    versions={"r1data": "1.0"},
    models={
        "a": {
            "k": 2,
            "protocol": {},
            "scores": {"pass@1": {"value": 0.5, "error": 0.1}},
            "label": {"value": 0.5, "error": 0.1},
            "published": [],
        }
    },
)
PLANTED = {
    "responses": ("responses", "digest", "0b"),
    "questions": ("questions", "digest", "ee"),
    "unanswered questions": ("questions", "unanswered", 1),
    "revision": ("questions", "revision", "bb"),
    "grader math": ("grader", "math", "math/5"),
    "grader code": ("grader", "code", "code/1"),
}


def changed(section: str, key: str, value: object) -> ResponsesCard:
    """The card with one value in place of another."""
    content: dict[str, Any] = deepcopy(dict(getattr(CARD, section)))
    return replace(CARD, **{section: {**content, key: value}})


def with_model(**values: object) -> ResponsesCard:
    return changed("models", "a", {**CARD.models["a"], **values})


@pytest.mark.parametrize("name", PLANTED)
def test_a_difference_is_named_alone(name: str) -> None:
    verification = verify_responses(CARD, changed(*PLANTED[name]))
    assert [one.name for one in verification.differences] == [name]
    assert not verification.reproduced and verification.lines()[0] == f"not the same measurement: {name}"


@pytest.mark.parametrize("section", ["responses", "questions"])
def test_another_place_is_no_difference(section: str) -> None:
    assert verify_responses(CARD, changed(section, "place", "elsewhere")).reproduced


def test_another_version_of_r1data_is_told_and_the_scores_stand_it() -> None:
    verification = verify_responses(CARD, changed("versions", "r1data", "2.0"))
    assert verification.reproduced
    assert verification.lines()[1:] == ["(may change scores) version of r1data: 1.0 in the card, 2.0 now"]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"scores": {"pass@1": {"value": 0.51, "error": 0.1}}}, "pass@1 of a"),
        ({"scores": {}}, "pass@1 of a"),
        ({"label": None}, "label of a"),
    ],
)
def test_a_score_that_differs_at_all_is_not_reproduced(values: dict[str, object], name: str) -> None:
    verification = verify_responses(CARD, with_model(**values))
    assert [one.name for one in verification.differences] == [name]
    assert not verification.reproduced and "and the scores differ" in verification.lines()[0]


def test_sums_in_another_order_are_the_same_score() -> None:
    scores = {"pass@1": {"value": 0.1 + 0.4 + 1e-16, "error": 0.1}}
    assert verify_responses(CARD, with_model(scores=scores)).reproduced


def test_a_card_without_scores_reproduces_nothing() -> None:
    empty = replace(CARD, models={})
    assert not verify_responses(empty, empty).reproduced
