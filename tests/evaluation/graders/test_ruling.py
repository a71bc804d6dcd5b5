"""Who is right: a label, else exact arithmetic, else nobody can tell."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.evaluation.graders.ruling import Ruling, exact_number, is_equal, rule


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("18", Fraction(18)),
        ("-1,234.50", Fraction("-1234.5")),
        ("$65,960.", Fraction(65_960)),
        (".5", Fraction(1, 2)),
        ("3/4", Fraction(3, 4)),
        (r"\frac{3}{4}", Fraction(3, 4)),
        (r"-\dfrac{3}{4}", Fraction(-3, 4)),
        (r"-\frac{1} { 4027}", Fraction(-1, 4027)),
        (r"\boxed{7}", Fraction(7)),
        ("1,23", None),
        ("12 apples", None),
        ("x", None),
        ("", None),
        ("-", None),
        ("1/0", None),
        (r"\frac{1}{0}", None),
        ("٣", None),
        ("9" * 61, None),
    ],
)
def test_only_plain_numbers_are_read(text: str, number: Fraction | None) -> None:
    assert exact_number(text) == number


@given(st.fractions())
def test_a_number_is_read_as_it_is_written(number: Fraction) -> None:
    assert exact_number(str(number)) in (number, None)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    exact_number(text)
    assert is_equal(text, text) is True


def test_a_label_decides_whatever_graders_read() -> None:
    assert rule("18", False, ["26", None]) == Ruling(False, "label")
    assert rule("18", False, ["18"]) == Ruling(False, "label", "though the answer equals the truth exactly")


@pytest.mark.parametrize(
    ("answers", "right", "by"),
    [
        (["18", "18.00", None], True, "arithmetic"),
        (["26", "26.0"], False, "arithmetic"),
        (["18", "26"], None, ""),
        (["18 eggs", "26"], None, ""),
        ([None], None, ""),
    ],
)
def test_without_a_label_exact_arithmetic_decides_where_it_can(
    answers: list[str | None], right: bool | None, by: str
) -> None:
    ruling = rule("18", None, answers)
    assert (ruling.right, ruling.by) == (right, by)
    assert ruling.reason


def test_without_a_truth_nothing_can_be_told() -> None:
    assert rule(None, None, ["18"]).right is None


def test_an_answer_in_thoughts_that_were_never_closed_is_none() -> None:
    assert rule("18", None, ["18", None], in_thoughts=True)[:2] == (False, "thoughts")
    assert rule("18", True, ["18", None], in_thoughts=True) == Ruling(True, "label")
