"""Where the answer stands in a response."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.verifiers import extract
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
        ("I am not sure.", "undecided"),
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
