"""Where the answer stands in a response."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.verifiers.extraction import extract
from r1data.verifiers.registry import check

THOUGHT = "<think>so</think>"


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{12}",
        r"So $\boxed{12}$.",
        r"\boxed {12}",
        r"\boxed{\boxed{12}}",
        r"\boxed{ x = \boxed{12} }",
        r"\boxed{12} \boxed{",
        "The answer is 12.",
        "**Answer:** 12",
        "Answer: **12**",
        "#### 12",
        "A: 12",
        "Working\nA: 12",
        "12",
        "**12**",
        "<answer>12</answer>",
        "<answer>\n12\n</answer>",
        "The final answer is:\n\n$$12$$",
        "Therefore\n\\[ 12 \\]",
        "So we find\n$x = 12$",
        "The total is 12.",
        "She has 2 bags; the total is 12 apples.",
        "答案是12。",
        "答案：12",
        "最终答案: 12",
        "3 + 9 = 12",
        "The answer is 3.\nThe answer is 12.",
        r"\boxed{3 \cdot 4 = 12}",
        r"\boxed{12}, that is \boxed{12.0}",
    ],
)
def test_found(text: str) -> None:
    assert check("math", THOUGHT + text, "12").verdict == "correct"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "no_answer"),
        (r"\boxed{}", "no_answer"),
        (r"\boxed{12} \boxed{13}", "no_answer"),
        ("He has 12.\nThat is all,\nand so on.", "no_answer"),
        ("I am not sure.", "no_answer"),
        ("See page 12.", "undecided"),
        ("She has 12 apples in 3 bags.", "undecided"),
        ("It may be 12.5 or 12", "undecided"),
        (r"\boxed{12", "undecided"),
        ("Twelve.", "undecided"),
        (r"\boxed{\text{twelve}}", "undecided"),
    ],
)
def test_no_answer_and_one_that_cannot_be_read(text: str, cause: str) -> None:
    verdict = check("math", THOUGHT + text, "12")
    assert (verdict.verdict, verdict.cause) == ("unverifiable", cause)


def test_prose_without_tags_ends_in_its_answer() -> None:
    assert check("math", "He has 3 bags of 4.\nSo he has 12 apples", "12").verdict == "correct"
    assert check("math", "He has 3 bags of 4.\nSo he has 7 apples", "12").verdict == "incorrect"
    assert check("math", "I cannot help with that.", "12").verdict == "unverifiable"


def test_an_equation_on_a_line_of_its_own_is_not_cut_at_its_equals_sign() -> None:
    assert check("math", THOUGHT + "y^2 + x^2 = 1", "x^2 + y^2 = 1", time_limit=20.0).verdict == "correct"


def test_the_truth_may_be_a_worked_solution() -> None:
    assert check("math", THOUGHT + r"\boxed{18}", "16 - 3 - 4 = 9\n9 * 2 = 18\n#### 18").verdict == "correct"
    assert check("math", THOUGHT + r"\boxed{18}", r"We get $\boxed{18}$.").verdict == "correct"


@given(st.text(alphabet=st.sampled_from("\\boxed{}12 \n"), max_size=80))
def test_boxes_never_raise_and_hold_balanced_text(text: str) -> None:
    for content in extract.boxes(text):
        assert content in text


@given(st.integers(0, 30), st.integers(0, 30))
def test_boxes_are_found_however_deep(depth: int, junk: int) -> None:
    text = "{" * junk + r"\boxed{" * depth + r"\boxed{12}" + "}" * depth
    assert extract.boxes(text) == ["12"]


@pytest.mark.parametrize(
    "text",
    [
        "Final Answer: The final answer is $12$. I hope it is correct.", "The answer comes out to 12.",
        "We get the answer 12.",
        "\\textbf{Final Answer: 12}", "$$\\text{The answer is } 12.$$", "**Final answer:**\n- 12 apples",
        "| Answer | 12 |", "✅ 12",
        "<final_answer>12</final_answer>", "[ANSWER] 12 [/ANSWER]", "Answer: 12 (3*4)", "Answer: 12 (twelve)",
        "Answer: 12 or 12.0",
        "12 is the correct answer.", "It is not 13. The answer is 12.",
        "Some say the answer is 13, but the correct answer is 12.",
        "$\\therefore x = 12$", "Thus, $n = 12$ is the smallest such integer.", "The answer to part (a) is 12.",
        "La réponse est donc 12.",
        "Answer: 12\n\n3 bags of 4 apples give 12 apples.",
        "The answer is 12. If there were one more bag, it would be 16.",
        "{\"answer\": 12}", "故答案为：12.", "Итак, ответ: 12",
    ],
)  # fmt: skip
def test_what_honest_models_write(text: str) -> None:
    assert check("math", THOUGHT + text, "12").verdict == "correct"


@pytest.mark.parametrize(
    "text",
    [
        "Half the answer is 12.", "The last digit of the answer is 12.", "The wrong answer is 12.",
        "I don't think the answer is 12.",
        "Suppose the answer is 12.", "Nobody says the answer is 12.", "Others say the answer is 12.",
        "The answer of a fool is 12.",
        "The answer to another question is 12.", "It is false that the answer is 12.", "The answer minus 1 is 12.",
        "Thus 12 is too small.", "The answer is 12. Sorry, 13.", "The answer is 12. Actually, it is 13.",
        "A: 12\nB: 13", "Answer: 12\n\n13",
        "See \\boxed{12} above; my answer: 13", "\\boxed{12} is one candidate; 13 is another.",
        "The answer is 12 unless it is 13.",
        "The answer is near 12.", "The answer is anything but 12.", "Answer: 12!",
        "Hence, the minimum value is 13, attained at x = 12.",
    ],
)  # fmt: skip
def test_what_announces_something_else(text: str) -> None:
    assert check("math", THOUGHT + text, "12").verdict != "correct"


def test_a_dash_that_may_be_a_sign_decides_nothing_against_it() -> None:
    assert check("math", THOUGHT + "ANSWER - 17", "17").verdict == "correct"
    assert check("math", THOUGHT + "ANSWER - 17", "-17").cause == "undecided"
    assert check("math", THOUGHT + "Answer: -17", "-17").verdict == "correct"
