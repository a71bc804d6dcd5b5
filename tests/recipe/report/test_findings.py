"""A claim is shown when the numbers bear it out, and the sentence says so when they do not."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.recipe.report import findings
from r1data.recipe.report.figures import ticks
from r1data.recipe.report.markup import escaped
from r1data.recipe.report.pool import over_seeds
from r1data.recipe.report.runs import ReportedMean, read_run
from r1data.recipe.report.text import duration, number
from tests.recipe.report.report_fakes import make_run


def told(folder: Path) -> dict[str, findings.ClaimCheck]:
    found = findings.check_claims([read_run(folder)])
    return {check.__name__: finding for check, finding in zip(findings.CLAIMS, found, strict=True)}


def test_claims_that_hold(tmp_path: Path) -> None:
    found = told(
        make_run(
            tmp_path / "run",
            problems=60,
            r1_zero=(0.6, 0.3, 0.6),
            r1=(0.9, 0.05, 0.95),
            student_distilled=(0.7, 0.05, 0.9),
        )
    )
    assert {finding.state for finding in found.values()} == {"shown"}
    assert "times the base" in found["zero_beats_base"].text


def test_claims_that_do_not_hold_say_so(tmp_path: Path) -> None:
    worse = make_run(
        tmp_path / "run",
        problems=60,
        r1_zero=(0.05, 0.3, 0.6),
        r1=(0.05, 0.05, 0.95),
        reasoning_rl=(0.5, 0.9, 0.3),
        student_distilled=(0.29, 0.05, 0.9),
    )
    found = told(worse)
    assert found["zero_beats_base"].state == "not shown"
    assert "the opposite of the paper" in found["zero_beats_base"].text
    assert found["final_keeps_up"].state == "not shown"
    assert "less than two standard errors apart" in found["final_keeps_up"].text
    assert found["language_holds"].state == "not shown"
    assert found["distilling_beats_rl"].state == "not shown"


@pytest.mark.parametrize(
    "high, low, state",
    [((0.5, 0.05), (0.3, 0.05), "shown"), ((0.4, 0.05), (0.3, 0.05), "not shown"),
     ((0.5, None), (0.1, 0.05), "not shown"), ((0.3, 0.01), (0.5, 0.01), "not shown")],
)  # fmt: skip
def test_two_standard_errors_decide(
    high: tuple[float, float | None], low: tuple[float, float | None], state: str
) -> None:
    assert findings.compare(ReportedMean(*high, 9), ReportedMean(*low, 9))[0] == state


def test_seeds_are_pooled_by_their_spread() -> None:
    pooled = over_seeds([ReportedMean(value, 0.9, 10) for value in (0.2, 0.3, 0.4)])
    assert pooled.value == pytest.approx(0.3)
    assert pooled.error == pytest.approx(0.1 / math.sqrt(3))
    assert (pooled.n, pooled.runs) == (30, 3)


@given(st.floats(1e-6, 1e9))
def test_ticks_are_few_even_and_reach_the_top(high: float) -> None:
    marks = ticks(high)
    assert 2 <= len(marks) <= 7
    assert marks[0] == 0 and marks[-1] >= high * 0.999 and marks[-2] < high


@given(st.text())
def test_escaped_text_holds_no_markup(text: str) -> None:
    assert not set(escaped(text)) & set("<>\"'\x00\x1b\u202e")
    escaped(text).encode()


def test_numbers_and_times_read_well() -> None:
    assert number(ReportedMean(0.4761, 0.0213, 9)) == "47.6 ± 2.1"
    assert number(ReportedMean(0.61, 0.034, 9), share=False) == "0.61 ± 0.03"
    assert number(ReportedMean(6094.2, 12.0, 9), share=False) == "6,094 ± 12"
    assert number(ReportedMean(0.5, None, 1)) == "50.0"
    assert [duration(s) for s in (1.23, 42, 200, 18720)] == ["1.2 s", "42 s", "3 min 20 s", "5 h 12 min"]
