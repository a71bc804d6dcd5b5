"""exact: answers in double square brackets, where the truth stands in them."""

import pytest

from r1data.verifiers.extraction.double_brackets import bracketed
from r1data.verifiers.registry import check

T = "<think>so</think>"


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("### Answer:\n[[38]]", "[[38]]"),
        (r"So the answer is \[ [[81]] \].", "[[81]]"),
        (r"\boxed{\text{[[B]]}}", "[[B]]"),
        ("[[AxAyEzH(x, y, z)]]", "[[AxAyEzH(x,y,z)]]"),
        (r"[[1 \text{ or } -1]]", "[[1or-1]]"),
        ("[[B];[A]]", "[[B];[A]]"),
        ("[[BE BEND]]", "[[be bend]]"),
        ("```\n[[A C T, 0 A 0]]\n```", "[[A C T,0 A 0]]"),
        ("[[(2, 9), (64, 625)]]", "[[((2,9),(64,625))]]"),
        ("[[5]], so [[5]]", "[[5]]"),
        (r"\boxed{128}", "[[128]]"),
        ("Answer: 128", "[[128]]"),
    ],
)
def test_double_brackets_are_a_box(text: str, truth: str) -> None:
    assert check("exact", T + text, truth).verdict == "correct"


def test_another_answer_is_incorrect_and_several_are_none() -> None:
    assert check("exact", T + "It is [[39]].", "[[38]]").verdict == "incorrect"
    assert check("exact", T + "[[A B]]", "[[AB]]").verdict == "correct"  # a truth that lost its blanks
    assert check("exact", T + "[[AB]]", "[[A B]]").verdict == "incorrect"
    assert check("exact", T + "[[38]] or [[39]]", "[[38]]").cause == "no_answer"
    assert check("exact", T + "[C] stands for it", "[[C]]").cause == "undecided"


@pytest.mark.parametrize(
    "text",
    [
        "It is 39. <!-- [[38]] -->",
        "It is not [[38]].",
        "[[38]]. No, it is 39.",
        "<answer>[[38]]</answer> or 39",
    ],
)
def test_brackets_that_are_hidden_denied_or_taken_back_are_none(text: str) -> None:
    assert check("exact", T + text, "[[38]]").verdict == "unverifiable"


def test_brackets_within_are_part_of_the_answer_and_open_ones_are_none() -> None:
    text = "a [[x]] b [[[1],[2]]] [[B];[A]]"
    assert [held for held, _, _ in bracketed(text)] == ["x", "[1],[2]", "B];[A"]
    assert [text[start:end] for _, start, end in bracketed(text)] == ["[[x]]", "[[[1],[2]]]", "[[B];[A]]"]
    assert bracketed("[[" * 20_000) == []


@pytest.mark.parametrize(
    ("text", "truth"),
    [("[[Friend]]", "[[friend refind]]"), ("[[Cat Act]]", "[[act cat]]"), ("[[4+2=6]]", "[[1+5=6]]")],
)
def test_another_solution_than_the_truths_is_undecided(text: str, truth: str) -> None:
    assert check("exact", T + text, truth).cause == "undecided"
