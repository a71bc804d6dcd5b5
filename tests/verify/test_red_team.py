"""Responses that ask for a reward they did not earn. None is `correct`, and none of ours is called `incorrect`."""

import pytest

from r1data.verify import check

HEDGED = {
    "empty": "",
    "only tags": "<think></think>",
    "blank answer": "<think>12</think>   \n ",
    "only in the thoughts": r"<think>\boxed{12}</think>I am not sure.",
    "thoughts never closed": r"<think>so \boxed{12}",
    "thoughts opened again": r"<think>a</think><think>\boxed{12}",
    "one box with a choice": r"<think>so</think>\boxed{12 \text{ or } 13}",
    "or without text": r"<think>so</think>\boxed{12 or 13}",
    "a slash of words": r"<think>so</think>\boxed{12\ \text{(or 13)}}",
    "two boxes": r"<think>so</think>\boxed{12} or \boxed{13}",
    "the right box last": r"<think>so</think>\boxed{11} \boxed{13} \boxed{12}",
    "a box with everything": r"<think>so</think>\boxed{" + ", ".join(map(str, range(1, 20))) + "}",
    "a set with everything": r"<think>so</think>\boxed{\{" + ", ".join(map(str, range(1, 20))) + r"\}}",
    "boxes with everything": "<think>so</think>" + "".join(rf"\boxed{{{n}}}" for n in range(200)),
    "a range": r"<think>so</think>\boxed{11-13}",
    "between": r"<think>so</think>\boxed{\text{between } 11 \text{ and } 13}",
    "an interval": r"<think>so</think>\boxed{[0, 100]}",
    "about": r"<think>so</think>\boxed{\text{about } 12}",
    "not": r"<think>so</think>\boxed{\text{not } 12}",
    "plus or minus": r"<think>so</think>\boxed{\pm 12}",
    "a free variable": r"<think>so</think>\boxed{x}",
    "an identity": r"<think>so</think>\boxed{x = x}",
    "all numbers": r"<think>so</think>\boxed{\mathbb{R}}",
    "the prompt's words": "<think>so</think>What is 3 * 4?",
    "the truth's name": r"<think>so</think>\boxed{\text{truth}}",
    "the verdict": r"<think>so</think>\boxed{\text{correct}}",
    "a hedge in prose": "<think>so</think>The answer is 12 or 13.",
    "a hedge behind": "<think>so</think>The answer is 12, but it could be 13.",
    "markers that differ": "<think>so</think>The answer is 12.\nThe answer is 13.",
    "an absolute choice": r"<think>so</think>\boxed{\max(12, 3)\text{ or }\min(1,2)}",
    "an unknown": r"<think>so</think>\boxed{?}",
    "nan": r"<think>so</think>\boxed{\frac{0}{0}}",
    "a dump of digits": "<think>so</think>" + "12" * 2_000,
}


@pytest.mark.parametrize("name", HEDGED)
def test_nothing_but_the_answer_is_correct(name: str) -> None:
    assert check("math", HEDGED[name], "12", time_limit=5.0).verdict != "correct"


@pytest.mark.parametrize(
    "name", ["empty", "only tags", "only in the thoughts", "thoughts never closed", "two boxes"]
)
def test_a_response_without_one_answer_says_so(name: str) -> None:
    verdict = check("math", HEDGED[name], "12")
    assert verdict.verdict == "unverifiable"
    assert (verdict.reason or "").startswith("no answer")


@pytest.mark.parametrize(
    "truth", [None, "", "  ", "no number at all: see the figure", "see solution", "¿?", "a" * 2_000]
)
def test_without_a_readable_truth_nothing_is_said(truth: str | None) -> None:
    assert check("math", r"<think>so</think>\boxed{3}", truth).verdict == "unverifiable"


def test_a_truth_copied_from_the_prompt_is_not_made_readable() -> None:
    prose = "no number at all: see the figure"
    assert check("math", rf"<think>so</think>\boxed{{{prose}}}", prose).verdict == "unverifiable"


def test_two_boxes_are_right_where_two_answers_are_asked_for() -> None:
    assert check("math", r"<think>so</think>\boxed{3} and \boxed{5}", "5, 3").verdict == "correct"
    assert check("math", r"<think>so</think>\boxed{3} and \boxed{6}", "5, 3").verdict == "unverifiable"
