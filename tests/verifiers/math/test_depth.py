"""Formulas that nest without end are beyond the rules, and no error: the parser's depth has a limit of its own."""

import contextlib
import sys

import pytest

from r1data.verifiers.math import answers
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.algebra.parse import parse_formula
from r1data.verifiers.registry import check

PREFIXES = [
    "√", "\\sqrt ", "\\sin ", "\\ln", "\\sin^2 ", "2^", "3^-", "\\log_", "\\frac1", "\\binom3", "\\surd", "1/", "-",
    "+-", "|", "(", "2^{", "\\sqrt{", "\\lfloor ", "\\arctan ", "\\sqrt[3]", "x_", "\\exp", "2(", "\\sqrt(", "\\log_2",
    "\\sec^2",
]  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("levels", [41, 150, 390])
def test_prefixes_that_nest_without_brackets_raise_no_recursion_error(prefix: str, levels: int) -> None:
    for closing in ("", ")" * levels, "}" * levels):
        with contextlib.suppress(Unsupported):
            parse_formula(prefix * levels + "2" + closing)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_deepest_formulas_that_are_read_leave_room_on_the_stack(prefix: str) -> None:
    limit = sys.getrecursionlimit()
    depth = len(frames()) + 650
    try:
        sys.setrecursionlimit(min(limit, depth))
        answers.agree(prefix * 40 + "2", "x+1")
        answers.agree(prefix * 39 + "x", "2")
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize("levels", [389, 390, 398, 399])
def test_roots_of_roots_are_unverifiable(levels: int) -> None:
    verdict = check("math", "<think>a</think>\\boxed{" + "√" * levels + "2}", "4")
    assert (verdict.verdict, verdict.cause) == ("unverifiable", "undecided")


def frames() -> list[object]:
    frame, found = sys._getframe(), []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back  # type: ignore[assignment]
    return found
