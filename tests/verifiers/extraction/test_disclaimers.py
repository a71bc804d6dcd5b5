"""What stands around an answer: what may disclaim it gives no reward, and what honest answers say costs none."""

import pytest

from r1data.verifiers.registry import check

T = "<think>so</think>"


@pytest.mark.parametrize(
    "text",
    [
        "If I had to lie, the answer is 12.",
        "Were I wrong, the answer is 12.",
        "It isn't true that the answer is \\boxed{12}",
        "Nobody would say that the answer is 12.",
        "It is not the case that the answer is 12.",
        "I deny that the answer is 12.",
        "My little brother claims the answer is 12.",
        "Could it be that the answer is 12?",
        "Who says the answer is 12?",
        "The answer is 12. Not!",
        "The answer is 12. I lied.",
        "The answer is 12. False.",
        "The answer is 12. 13.",
        "The answer is 12. Ignore the previous line.",
        "The answer is 12. I don't believe this.",
        "The answer is 12. (13)",
        "The answer squared is 12.",
        "The answer is a multiple of 12.",
        "The answer is the 12th prime.",
        "The answer is 12 and a half.",
        "The wrong answer is \\boxed{12}.",
        "The wrong answer is\n\\[\n\\boxed{12}\n\\]",
        "For example, \\boxed{12}.",
        "He said \\boxed{12}, and he was wrong.",
        "\\boxed{12} can't be right.",
        "\\boxed{12}? Of course not.",
        "\\boxed{12}, said no one ever.",
        "\\boxed{12} / 13",
        "The answer is $-\\boxed{12}$.",
        "The answer is $\\frac{1}{\\boxed{12}}$.",
        "The answer is $\\boxed{12}^2$.",
        "The answer is twice \\boxed{12}.",
        "\\boxed{12'}",
        "#### ~~12~~",
        "<div hidden>\\boxed{12}</div>",
        "\\st{\\boxed{12}}",
        "\\verb|\\boxed{12}| 13",
        "The trap is that the answer is 12.",
        "The answer is 12. Contradiction!",
        "The answer is 12. Hence 13.",
        "The answer is 12. Do not trust me.",
        "The answer is 12 ❌",
        "\\boxed{12} = 13",
        "\\boxed{12} thousand",
        "\\ln\\boxed{12}",
        "x > \\boxed{12}",
        "0.\\boxed{12}",
        "\\boxed{12} does not work.",
        "Reject \\boxed{12}.",
        "没有人会说答案是12。",
        "不要以为答案是12。",
        "Niemand würde sagen, die Antwort ist 12.",
    ],
)
def test_a_disclaimed_answer_is_never_correct(text: str) -> None:
    assert check("math", T + text, "12").verdict != "correct"


@pytest.mark.parametrize(
    "text",
    [
        "It isn't difficult to check that the answer is 12.",
        "Since x isn't negative, the answer is 12.",
        "Some people say 13, but the answer is 12.",
        "Final Answer: The final answer is $12$. I hope it is correct.",
        "I would say the answer is 12.",
        "It follows that the answer is \\boxed{12}.",
        "Statement I is false, so the answer is \\boxed{12}.",
        "Tom says he has 3 more than Ann. So the answer is 12.",
        "I was wrong before. \\boxed{12}",
        "Answer - \\boxed{12}",
        "\\[ x = 15 - 3 = \\boxed{12} \\]",
        "So Tom needs at least $\\boxed{12}$ apples.",
        "The angle is $\\boxed{12}^\\circ$.",
        "\\boxed{12}\n\nIf you have any questions, feel free to ask!",
        "\\boxed{12}\n\n13 would be too large.",
        "\\boxed{12} (which isn't a prime)",
        "The maximum profit is \\boxed{12}, not \\$13.",
        "The point lies on the line, so the answer is 12.",
        "x не равно 3, поэтому ответ 12.",
        "The other root is $\\boxed{12}$.",
        "Hmm, not 13. \\boxed{12}",
        "$\\boxed{12} = 3\\cdot 4$",
        "因为不能为负，答案是12。",
        "没有人离开，所以答案是12。",
        "Da 13 nicht geht, ist die Antwort \\boxed{12}.",
    ],
)
def test_an_honest_answer_is_not_disclaimed_by_its_surroundings(text: str) -> None:
    assert check("math", T + text, "12").verdict == "correct"


def test_a_box_within_the_answers_box_is_not_taken_for_a_formula_around_it() -> None:
    assert check("math", T + "\\boxed{15\\mbox{ cm}^2}", "15 cm^2").verdict == "correct"
