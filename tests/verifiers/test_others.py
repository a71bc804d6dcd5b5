"""choice, exact and format."""

import pytest

from r1data.verifiers.registry import check

T = "<think>so</think>"


@pytest.mark.parametrize(
    "text",
    [
        "C",
        "(C)",
        "C.",
        "C. 5",
        "C) 5",
        r"\boxed{C}",
        r"\boxed{\text{(C)}}",
        "Answer: C",
        "The answer is (C).",
        "**C**",
        "option C",
        "c",
    ],
)
def test_a_choice_in_any_form(text: str) -> None:
    assert check("choice", T + text, "C").verdict == "correct"
    assert check("choice", T + text, "(C) 5").verdict == "correct"
    assert check("choice", T + text, "B").verdict == "incorrect"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "no_answer"),
        ("B or C", "no_answer"),
        (r"\boxed{B} \boxed{C}", "no_answer"),
        (r"\boxed{B, C}", "no_answer"),
        ("C. no, B", "no_answer"),
        ("I cannot say.", "undecided"),
        ("K", "undecided"),
        ("All of them", "undecided"),
    ],
)
def test_no_choice_and_one_that_cannot_be_read(text: str, cause: str) -> None:
    verdict = check("choice", T + text, "C")
    assert (verdict.verdict, verdict.cause) == ("unverifiable", cause)


def test_a_choice_needs_a_letter_for_truth() -> None:
    assert check("choice", T + "C", "five").cause == "bad_truth"
    assert check("choice", T + "C", None).cause == "no_truth"


@pytest.mark.parametrize(
    "text", ["Paris", " paris. ", "PARIS", r"\boxed{Paris}", "Answer: Paris", "<answer>Paris</answer>"]
)
def test_exact_folds_blanks_and_case(text: str) -> None:
    assert check("exact", T + text, "Paris").verdict == "correct"
    assert check("exact", T + text, "Rome").verdict == "incorrect"


def test_exact_without_an_answer_or_a_truth() -> None:
    assert check("exact", "<think>Paris", "Paris").verdict == "unverifiable"
    assert check("exact", T, "Paris").verdict == "unverifiable"
    assert check("exact", T + "Paris", None).verdict == "unverifiable"
    assert check("exact", T + r"\boxed{Paris} \boxed{Rome}", "Paris").verdict == "unverifiable"
    assert check("exact", T + "x" * 20_000, "Paris").verdict == "unverifiable"


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [
        ("format", "<think>a</think>b", "correct"),
        ("format", "b", "incorrect"),
        ("format", "<think>a</think>", "incorrect"),
        ("format", "<think>a</think><think>a</think>b", "incorrect"),
        ("format-r1-zero", "<think>a</think>b", "incorrect"),
        ("format-r1-zero", "<think>a</think> <answer>b</answer>", "correct"),
    ],
)
def test_format_needs_no_truth(name: str, text: str, verdict: str) -> None:
    assert check(name, text, None).verdict == verdict
