"""Which responses meet, which are left out and why, and what a judge's scores are to A."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.engines.base import Completion
from r1data.errors import UserError
from r1data.evaluation.win_rate.asking import checked, judge_matches
from r1data.evaluation.win_rate.matches import COLUMNS, baseline, pair, partners
from r1data.evaluation.win_rate.style import counts, differences
from r1data.verifiers.judge.asking import JudgeModel, JudgeSettings
from tests.evaluation.win_rate.judges import JUDGE, TEXTS, judging, quality, reply
from tests.verifiers.judge.fakes import Scripted


def sample(prompt: str, response: str | None, index: int = 0, **more: Any) -> dict[str, Any]:
    row = {"prompt_id": prompt, "prompt": f"What is {prompt}?", "sample_index": index, "response": response}
    return {**row, "finish_reason": "stop", "model": "m", **more}


def paired(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> list[dict[str, Any]]:
    base = baseline(b)
    return pair(a, base, partners(a, base), [row["sample_index"] for row in a])


def test_samples_meet_by_prompt_and_place_and_a_single_baseline_meets_them_all() -> None:
    a = [sample("p", f"a{n}", n) for n in range(3)] + [sample("q", f"c{n}", n) for n in range(2)]
    b = [sample("q", "d1", 1), sample("q", "d0", 0), sample("p", "b0")]
    texts = [(row["a"], row["b"]) for row in paired(a, b)]
    assert texts == [("a0", "b0"), ("a1", "b0"), ("a2", "b0"), ("c0", "d0"), ("c1", "d1")]


@pytest.mark.parametrize(
    ("response", "more", "reason"),
    [
        ("<think>only thoughts", {}, "no_summary"),
        ("<think>thoughts</think> ", {}, "no_summary"),
        ("half", {"finish_reason": "length"}, "cut"),
        ("", {"finish_reason": "error"}, "failed"),
        (None, {}, "failed"),
    ],
)
def test_what_nobody_can_judge_is_left_out_with_the_reason(
    response: str | None, more: dict[str, Any], reason: str
) -> None:
    whole, broken = [sample("p", "whole")], [sample("p", response, **more)]
    assert [row["result"] for row in paired(broken, whole)] == [f"a_{reason}"]
    assert [row["result"] for row in paired(whole, broken)] == [f"b_{reason}"]
    (row,) = judge_matches(paired(broken, whole), JUDGE, None)
    assert row["win"] is None


def test_a_prompt_without_a_baseline_is_left_out_and_other_ids_for_the_same_text_meet() -> None:
    rows = paired([sample("p", "a"), sample("q", "a")], [sample("p", "b")])
    assert [row["result"] for row in rows] == [None, "no_baseline"]
    other = [{**sample("p", "b"), "prompt_id": "another"}]
    assert [row["b"] for row in paired([sample("p", "a")], other)] == ["b"]


def test_sources_without_a_common_prompt_and_ids_of_two_prompts_are_refused() -> None:
    with pytest.raises(UserError, match="no prompt is in both"):
        paired([sample("p", "a")], [sample("q", "b")])
    with pytest.raises(UserError, match="stands for one prompt in A and another in B"):
        paired([sample("p", "a")], [{**sample("p", "b"), "prompt": "Another?"}])


def test_the_judge_sees_summaries_alone_in_both_orders() -> None:
    asked: list[list[str]] = []

    def says(number: int, prompt: str) -> str:
        assert "secret" not in prompt
        asked.append(TEXTS.findall(prompt))
        return reply(1)

    rows = paired([sample("p", "<think>secret</think>one")], [sample("p", "<think>secret</think>two")])
    judge_matches(rows, JUDGE, JudgeModel(Scripted(says), None, "fake"))
    assert sorted(asked) == [["one", "two"], ["two", "one"]]


def match(**more: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(COLUMNS),
        "prompt_id": "p",
        "prompt": "q?",
        "a": "worth 2",
        "b": "worth 1",
        **more,
    }


def failed() -> Completion:
    return Completion("", [], "error", 1, 0, "500: broken", False)


@pytest.mark.parametrize(
    ("when_a_first", "when_b_first", "result", "win"),
    [
        (reply(1), reply(-1), "win", 1.0),
        (reply(-1), reply(1), "loss", 0.0),
        (reply(1), reply(1), "orders_disagree", 0.5),
        (reply(0), reply(-1), "tie", 0.5),
        (reply(0), reply(0), "tie", 0.5),
        (reply(1), "A is better", "unreadable", None),
        (reply(1), failed(), "failed", None),
    ],
)
def test_both_orders_decide_and_what_cannot_be_read_is_no_loss(
    when_a_first: str, when_b_first: str | Completion, result: str, win: float | None
) -> None:
    def says(number: int, prompt: str) -> str | Completion:
        return when_a_first if TEXTS.findall(prompt)[0] == "worth 2" else when_b_first

    (row,) = judge_matches([match()], JUDGE, JudgeModel(Scripted(says), None, "fake"))
    assert (row["result"], row["win"]) == (result, win)
    assert row["a_first_a"] is not None


def test_equal_texts_are_a_tie_that_nobody_is_asked_about() -> None:
    asker = judging(quality)
    (row,) = judge_matches([match(b="worth 2")], JUDGE, asker)
    assert (row["result"], row["win"]) == ("same_text", 0.5)
    assert not asker.engine.asked  # type: ignore[attr-defined]


def test_the_votes_are_as_many_in_both_orders() -> None:
    with pytest.raises(UserError, match="--votes 3"):
        checked(JudgeSettings("fake", votes=3))
    assert checked(JudgeSettings("fake", votes=2)).temperature == 0
    assert checked(JudgeSettings("fake", votes=4)).temperature is None


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), min_size=1), st.randoms())
def test_the_order_of_rows_changes_no_match(names: list[tuple[str, str]], draw: random.Random) -> None:
    a = [sample(prompt, text, n) for n, (prompt, text) in enumerate(names)]
    b = [sample(prompt, f"b {prompt}{n}", n) for prompt in "ab" for n in range(2)]
    shuffled = b[:]
    draw.shuffle(shuffled)
    assert paired(a, b) == paired(a, shuffled)


def test_markdown_is_counted_outside_of_code() -> None:
    text = "# One\n\n- a\n- **b**\n1. c\n```python\n# no heading\n- no item\n```\n#no heading\n"
    assert counts(text) == {"length": len(text), "headings": 1, "lists": 3, "bold": 1}


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1))
def test_differences_are_bounded_and_change_their_sign_with_the_order(texts: list[tuple[str, str]]) -> None:
    there, back = differences(texts), differences([(b, a) for a, b in texts])
    for name, values in there.items():
        assert (abs(values) <= 1).all() and (values == -back[name]).all()
