"""A response that says that it does not know has no answer; whatever else it may mean stays undecided."""

import pytest

from r1data.verifiers.registry import check


@pytest.mark.parametrize(
    "text",
    [
        "I do not know.", "I don’t know the answer.", "I'm not sure.",
        "I am sorry, but I do not know how to solve this.",
        "After some thought, I do not know.", "**I don't know**", "Answer: I don't know",
        r"\boxed{\text{I do not know}}",
        "I cannot answer this question.", "Sorry, I can't help with that.", "I couldn't determine the value.",
        "I'm unable to solve it.", "I'm not sure how to do this.", "I have no idea.", "Ich weiß es nicht.",
        "Das weiß ich nicht.", "Keine Ahnung.", "我不知道。", "Je ne sais pas.", "No lo sé.", "わかりません。",
        "Я не знаю.",
        "Não sei.", "모르겠습니다.", "ไม่ทราบ", "Sijui.", "আমি জানি না।", "నాకు తెలియదు.", "Nie wiem.",
    ],
)  # fmt: skip
def test_who_does_not_know_has_no_answer(text: str) -> None:
    verdict = check("math", f"<think>hm</think>{text}", "12")
    assert (verdict.verdict, verdict.cause) == ("unverifiable", "no_answer")


@pytest.mark.parametrize(
    "text",
    [
        "I do not know, but perhaps twelve.", "I'm not sure, it looks like seventeen.",
        "I'm not sure, I'd say a dozen.",
        "It is twelve.", "Nobody knows better than Tom: twelve.", "Ich weiß nicht, aber wohl zwölf.", "twelve",
    ],
)  # fmt: skip
def test_what_may_be_an_answer_stays_undecided(text: str) -> None:
    assert check("math", f"<think>hm</think>{text}", "12").cause == "undecided"


@pytest.mark.parametrize(
    ("text", "truth"), [("I do not know.", "I do not know"), ("I do not know; 12.", "12"), ("No lo sé", "no lo sé")]
)  # fmt: skip
def test_a_right_answer_is_right_whatever_it_says(text: str, truth: str) -> None:
    assert check("math", f"<think>hm</think>{text}", truth).cause != "no_answer"
