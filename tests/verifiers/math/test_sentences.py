"""Sentences that answer, those that do for a lenient reader, and those that do not."""

import pytest

from r1data.verifiers.math.sentences import announced_value, conclusion, number_of_words, one_value
from r1data.verifiers.math.verifier import LENIENT
from r1data.verifiers.registry import check, check_all
from r1data.verifiers.verdict import ONE_VALUE, Verdict

T = "<think>so</think>"


def lenient(text: str, truth: str = "12") -> Verdict:
    """The verdict of a lenient reader."""
    return check_all(["math"], [T + text], [truth], overrides={"math": LENIENT})[0]


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("So we get $x=3$.", "3"), ("Therefore, $x = \\frac{3}{4}$.", "3/4"),
        ("Thus the value is $\\frac{3}{4}$.", "3/4"),
        ("所以一共需要18元。", "18"), ("综上所述，a的取值范围是(1,3]。", "(1,3]"), ("所以甲、乙两数的比是3:2。", "3:2"),
        ("First 3+4=7.\nHence there are 12 apples.", "12"), ("Also sind es insgesamt 12.", "12"),
        ("Answer: Tom has 12 apples.", "12"), ("答：小明一共有18个苹果。", "18"), ("Answer: 12 (since 3*4 = 12)", "12"),
        ("Answer: twelve (12)", "12"), ("The answer is $12$, as wanted.", "12"),
        ("1. 3+4=7.\n\n**12 apples** are left.", "12"),
    ],
)  # fmt: skip
def test_a_conclusion_or_an_announced_sentence_answers(text: str, truth: str) -> None:
    assert check("math", T + text, truth).verdict == "correct"


@pytest.mark.parametrize(
    "text",
    ["Tom has 12 apples.", "It takes 12 hours.", "Let me add.\nShe makes $12 every day at the market."],
)
def test_a_sentence_with_one_value_answers_a_lenient_reader_alone(text: str) -> None:
    strict = check("math", T + text, "12")
    assert (strict.verdict, strict.cause, strict.measures) == ("unverifiable", "undecided", {ONE_VALUE: 1.0})
    assert lenient(text).verdict == "correct"
    assert lenient(text, "13").verdict == "incorrect"


@pytest.mark.parametrize(
    "text",
    [
        "See page 12.", "Tom may have 12 apples.", "Tom does not have 12 apples.", "Tom has 12 or 13 apples.",
        "Is it 12?",
        "Tom has at least 12 apples.", "Tom has 12-13 apples.", "He has 12 apples in 3 bags.", "汤姆不是有12个苹果。",
        "大约12个。",
        "Tom has 12 million apples.", "So Tom has 12 hundred apples.", "Perhaps 12.", "So it is not 12.",
        "Therefore 12 or 13.",
    ],
)  # fmt: skip
def test_a_sentence_that_hedges_denies_counts_or_asks_answers_nobody(text: str) -> None:
    assert check("math", T + text, "12").verdict != "correct"
    assert lenient(text).verdict != "correct"


def test_a_unit_and_a_direction_stay_with_the_value() -> None:
    assert one_value("It takes 12 hours.") == "12 hours"
    assert one_value("He walks 5 km north.") == "5 km north"
    assert lenient("It takes 12 minutes.", "12 hours").verdict != "correct"


def test_a_date_or_a_name_with_a_number_is_no_sentence() -> None:
    assert announced_value("January 5") is None
    assert announced_value("Quadrant 1") is None
    assert conclusion("Tom has 12 apples.") is None


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("twelve", "12"),
        ("one hundred and twenty-three", "123"),
        ("two thousand five", "2005"),
        ("minus five", "-5"),
        ("some", None),
    ],
)
def test_number_words(words: str, digits: str | None) -> None:
    assert number_of_words(words) == digits


def test_words_that_contradict_the_digits_beside_them_decide_nothing() -> None:
    assert check("math", T + "Answer: thirteen (12)", "12").verdict != "correct"
