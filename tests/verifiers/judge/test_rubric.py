"""Rubrics: each item by itself, never a guess, and nothing asked twice."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.engines.base import Completion
from r1data.errors import UserError
from r1data.training.rewards import Rollout, reward, score
from r1data.training.rewards.opening import ByRubric
from r1data.verifiers.judge.asking import AnswerCache, JudgeModel, JudgeSettings
from r1data.verifiers.judge.rubric import Item, RubricResult, judge_items, parse
from tests.verifiers.judge.fakes import TOKENIZER, Scripted

RESPONSE = "<think>aside</think>Chekhov wrote it in 1904."
ITEM = re.compile(r"--- requirement \w+ ---\n(.*?)\n--- end", re.S)


def met(value: Any) -> str:
    return json.dumps({"analysis": "because", "met": value})


def by_item(decisions: dict[str, Any]) -> Scripted:
    """A judge that decides by the item that it is asked about; a decision that is a text or completion is its reply."""

    def says(number: int, prompt: str) -> str | Completion:
        decision = decisions[ITEM.findall(prompt)[-1]]
        return met(decision) if isinstance(decision, bool) else decision

    return Scripted(says)


def judged(engine: Scripted, items: list[Item], response: str = RESPONSE, **settings: Any) -> RubricResult:
    asker = JudgeModel(engine, TOKENIZER, "fake")
    (result,) = judge_items(
        [("Who wrote it?", response, items)], JudgeSettings("fake", cache=False, **settings), asker
    )
    return result


@pytest.mark.parametrize(
    ("weights", "decisions", "expected"),
    [
        ({"a": 1, "b": 1}, {"a": True, "b": False}, 0.5),
        ({"a": 3, "b": 1}, {"a": True, "b": False}, 0.75),
        ({"a": 1, "fault": -0.5}, {"a": True, "fault": True}, 0.5),
        ({"a": 1, "fault": -5}, {"a": True, "fault": True}, 0.0),
        ({"a": 1, "fault": -5}, {"a": True, "fault": False}, 1.0),
        ({"a": 1, "b": 1}, {"a": True, "b": "I am not sure."}, None),
        ({"a": 1, "b": 1}, {"a": True, "b": met("yes")}, None),
        ({"a": 1, "b": 1}, {"a": True, "b": Completion("", [], "error", 1, 0, "500: broken")}, None),
    ],
)
def test_a_score_is_the_share_of_the_weights_and_unknown_where_an_item_is(
    weights: dict[str, float], decisions: dict[str, Any], expected: float | None
) -> None:
    result = judged(by_item(decisions), [Item(item, weight) for item, weight in weights.items()])
    assert result.score == expected
    assert [one.item for one in result.items] == list(weights)


def test_the_judge_sees_the_summary_and_one_item_at_a_time() -> None:
    engine = by_item({"a": True, "b": True})
    judged(engine, [Item("a"), Item("b")])
    shown = [TOKENIZER.decode(request.token_ids) for request in engine.asked]
    assert len(shown) == 2 and all("aside" not in text and "Chekhov" in text for text in shown)
    assert [ITEM.findall(text) for text in shown] == [["a"], ["b"]]


def test_a_response_without_a_summary_meets_nothing_and_is_not_asked_about() -> None:
    engine = by_item({})
    assert judged(engine, [Item("a"), Item("fault", -1)], "<think>and so on").score == 0.0
    assert engine.asked == []


def test_several_votes_decide_by_more_than_half() -> None:
    replies = [met(True), met(False), met(True)]
    assert judged(Scripted(lambda number, prompt: replies[number]), [Item("a")], votes=3).score == 1.0
    assert judged(Scripted(lambda number, prompt: replies[number]), [Item("a")], votes=2).score is None


def test_a_second_run_asks_for_nothing_again(tmp_path: Path) -> None:
    engine = by_item({"a": True, "b": False})
    rollouts = [Rollout("q", RESPONSE, rubric='["a", "b"]'), Rollout("q", "no rubric")]
    results = []
    for _ in range(2):
        asker = JudgeModel(engine, TOKENIZER, "fake", AnswerCache(tmp_path))
        graders = {"rubric": ByRubric(JudgeSettings("fake"), asker)}
        scored = score(rollouts, rewards=["rubric"], graders=graders)
        assert reward(scored, ["rubric"])["rubric"] == [0.5, None]
        results.append(scored[0].grades["rubric"].detail)
    assert len(engine.asked) == 2
    assert results[0] == results[1]
    assert {"item", "met", "judge", "prompt_digest"} <= results[0][0].keys()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ([], None),
        ("", None),
        (["a"], [Item("a")]),
        ('["a", {"item": "b", "weight": 2}]', [Item("a"), Item("b", 2.0)]),
        ("first\nsecond\n", [Item("first"), Item("second")]),
        ([{"item": "a", "weight": None}], [Item("a")]),
    ],
)
def test_rubrics_are_lists_of_texts_or_of_items_with_weights(value: Any, expected: list[Item] | None) -> None:
    parsed = parse(value, "row 1")
    assert (None if parsed is None else list(parsed)) == expected


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    )
)
def test_anything_else_is_an_error_in_one_line(value: Any) -> None:
    try:
        items = parse(value, "row 1")
    except UserError as error:
        assert "row 1" in str(error) and "\n" not in str(error)
    else:
        assert items is None or any(one.weight > 0 for one in items)
