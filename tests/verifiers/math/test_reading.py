r"""The principle: the same text is equal, what nobody can read is undecided, and other readings make no mistake."""

import pytest

from r1data.verifiers.math.truths import is_placeholder
from r1data.verifiers.registry import check
from r1data.verifiers.verdict import Verdict


def verified(answer: str, truth: str) -> Verdict:
    return check("math", f"<think>so</think>\\boxed{{{answer}}}", truth, time_limit=20.0)


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        (r"\text{No solution}", "no solution"), (r"\text{January 5}", "January 5"), ("quadrant I", "Quadrant I"),
        ("Two lines", "two lines"), (r"\{2,4,6,\ldots\}", r"\{2,4,6,\dots\}"), ("3:30 p.m.", "3:30 p.m."),
        (r"\text{concave up on } (1,2)", "concave up on $(1, 2)$"), ("the alternating harmonic series",) * 2,
        (r"\int_0^1 f(x)\,dx", r"\int_0^1 f(x)dx"), ("A \\to B", r"A\to B"), ("y'' + y = 0", "y''+y=0"),
        ("9 (apples)", "9 (apples)"), (r"x \equiv 3 \pmod 7", r"x\equiv 3 \pmod{7}"),
    ],
)  # fmt: skip
def test_the_same_text_is_equal_whatever_it_means(answer: str, truth: str) -> None:
    assert verified(answer, truth).verdict == "correct"


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("concave down", "concave up on $(1, 2)$"), ("12", "concave up"),
        ("1/2x", r"\frac{x}{2}"), ("1/2x", r"\frac{1}{2x}"), ("1.234,5", "1234.5"), ("3,5", "3.5"), ("1.234", "1234"),
        ("1 234,5", "1234.5"), ("(1,5; 2,5)", "(1.5, 2.5)"), (r"\approx 3.14", r"\pi"), ("2.7...", "e"),
        ("1011_2", "11"), (r"19 \pmod{12}", "7"), (r"\newcommand{\x}{12}\x", "12"), (r"\sqrt12", r"2\sqrt3"),
        (r"\text{about } 12", "12"), (r"\approx 12", "12"), ("mW", "MW"), ("12 or more", "12 (or more)"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_told_is_undecided(answer: str, truth: str) -> None:
    verdict = verified(answer, truth)
    assert (verdict.verdict, verdict.cause) == ("unverifiable", "undecided")


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        (r"\text{The answer is } 42", "42"), (r"\text{answer: }42", "42"), ("答案是42", "42"), ("Antwort: 42", "42"),
        ("42", "Solution is: $42$"), (r"12 \text{ (approximately)}", "12"), (r"\approx 3.14159", r"\pi"),
        (r"\pi", r"\pi \approx 3.14"), ("3.14", r"\pi \approx 3.14"), ("3.1416", r"\pi \approx 3.14"),
        ("12", "about 12"),
        ("0.1212...", "4/33"), ("0.333...", "1/3"), (r"3.14159\ldots", r"\pi"), ("1/3", "0.333..."), ("0.(3)", "1/3"),
        (r"0.3\bar{6}", r"\frac{11}{30}"), (r"0.\dot{3}", "1/3"), (r"0.\dot{1}4285\dot{7}", "1/7"),
        ("0.3\u0305", "1/3"),
        ("12,34,567", "1234567"), ("12’345", "12345"), ("1.234.567", "1234567"), ("1234,5", "1.234,5"),
        ("1_000", "1000"),
        ("0b1011", "1011_2"), ("2A", "2A_{16}"), ("0x2a", "2A_{16}"), (r"101_{\text{two}}", "101_2"),
        ("(101)_2", "101_2"),
        ("101 base 2", "101_2"), ("3+4j", "3+4i"), (r"5e^{i\pi/3}", r"\frac52+\frac{5\sqrt3}{2}i"),
        (r"2\operatorname{cis} 60^\circ", r"1+i\sqrt3"), (r"7 \bmod 4", "3"), (r"7 \bmod 12", "7"),
        ("9", "9 (apples)"),
        ("9 apples", "9 (apples)"), ("12 inches", "12 (inches of snow)"), ("5; 10", "5 (weeks); 10 (dollars)"),
        ("241,920,000", "$241,920,000$ cans"), (r"\frac{1}{2}", r"$\dfrac{1}{2}$."),
    ],
)  # fmt: skip
def test_other_notations_are_the_same(answer: str, truth: str) -> None:
    assert verified(answer, truth).verdict == "correct"


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("43", "The answer is 42"), ("0.1313...", "4/33"), ("0.444...", "1/3"), (r"3.14160\ldots", "3"),
        ("2B", "2A_{16}"),
        ("12,34,567", "1234568"), ("1.234.567", "1234568"), ("3+5j", "3+4i"), (r"2e^{i\pi/3}", r"1-i\sqrt3"),
        ("3.15", r"\pi \approx 3.14"), (r"7 \bmod 4", "2"), ("8", "9 (apples)"), (r"0.3\bar{5}", r"\frac{11}{30}"),
    ],
)  # fmt: skip
def test_other_values_are_incorrect(answer: str, truth: str) -> None:
    assert verified(answer, truth).verdict == "incorrect"


@pytest.mark.parametrize(
    "truth",
    ["", "  ", "N/A", "n/a", "NA", "N.A.", "None", "null", "NaN", "-", "--", "—", "?", "...", "…", "<NA>", "TBD",
     "not available", "[answer]", "\\N", "."],
)  # fmt: skip
def test_a_placeholder_is_no_truth(truth: str) -> None:
    assert is_placeholder(truth)
    for answer in ("18", truth.strip() or "x"):
        assert verified(answer, truth).cause in ("no_truth", "no_answer")
        assert verified(answer, truth).verdict == "unverifiable"


@pytest.mark.parametrize(
    "truth", ["none", "na", "Na", "0", "no", r"\emptyset", "undefined", "DNE", "x", "-1", "i"]
)
def test_a_word_that_may_be_an_answer_is_a_truth(truth: str) -> None:
    assert not is_placeholder(truth)
    assert verified(truth, truth).verdict == "correct"


@pytest.mark.parametrize("truth", ["see the figure", r"\,", "refer to the solution"])
def test_a_truth_that_is_elsewhere_cannot_be_read(truth: str) -> None:
    assert verified("3", truth).cause == "bad_truth"


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("①", "11_2"),
        ("--5", "11_2"),
        ("3 hours 5/00 minutes", "3 hours"),
        ("3 hours 1.5/2 minutes", "3 hours"),
    ],
)
def test_digits_that_are_no_number_raise_nothing(answer: str, truth: str) -> None:
    for one, other in ((answer, truth), (truth, answer)):
        assert verified(one, other).verdict in ("incorrect", "unverifiable")


def test_an_answer_that_shows_nothing_is_none() -> None:
    assert verified(r"\phantom{12}", "12").cause == "no_answer"
