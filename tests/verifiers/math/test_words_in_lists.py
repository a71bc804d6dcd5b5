"""Words with commas between them are no list of values that a number could differ from."""

import pytest

from r1data.verifiers.registry import check


@pytest.mark.parametrize("answer", ["well, twelve", "apples, pears", "12, apples", "首先我们，然后"])
def test_words_where_the_truth_is_a_number_are_undecided(answer: str) -> None:
    got = check("math", rf"\boxed{{{answer}}}", "12")
    assert (got.verdict, got.cause) == ("unverifiable", "undecided")


@pytest.mark.parametrize("answer", ["12, 13", "13, 14", r"因为没有给出c，所以我们无法求解"])
def test_other_lists_and_denials_are_wrong(answer: str) -> None:
    assert check("math", rf"\boxed{{{answer}}}", "12").verdict == "incorrect"
