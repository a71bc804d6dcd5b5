"""What is said of a program besides its verdict."""

import pytest

from r1data.verifiers.code.scores import lint, relative_times, score_rows, scores
from r1data.verifiers.code.verifier import VERIFIER
from r1data.verifiers.verdict import Verdict
from tests.verifiers.code.programs import ADD, LIMIT, calls, case, verdict

TRUTH = calls("add", ([2, 3], 5), seconds=10)


def took(seconds: float | None, word: str = "correct") -> Verdict:
    return Verdict(word, 1.0, measures=None if seconds is None else {"seconds": seconds})  # type: ignore[arg-type]


def test_lint_counts_findings_a_line() -> None:
    clean, unused, broken, none = lint([ADD, "import os\n" + ADD, "def f(:", None])
    assert clean == 1.0
    assert unused == pytest.approx(1 - 1 / 3)
    assert broken == 0.0
    assert none is None


def test_no_word_in_the_program_switches_lint_off() -> None:
    noisy = "# ruff: noqa\nimport os  # noqa\n" + ADD
    assert lint([noisy]) == [pytest.approx(1 - 1 / 4)]


def test_what_breaks_ruff_costs_its_neighbours_nothing() -> None:
    assert lint(["(" * 150_000, ADD])[1] == 1.0


def test_without_ruff_there_is_no_lint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("r1data.verifiers.code.scores.find_spec", lambda name: None)
    assert lint([ADD]) == [None]


def test_time_is_against_the_limit_and_for_correct_programs_alone() -> None:
    row = case(ADD, TRUTH)
    assert scores(row, took(1.0), LIMIT)["time"] == pytest.approx(0.9)
    assert scores(row, took(1.0, "incorrect"), LIMIT)["time"] is None
    assert scores(row, took(None), LIMIT)["time"] is None
    assert (scores(row, verdict(ADD, TRUTH), LIMIT)["time"] or 0) > 0.9


def test_relative_time_is_against_the_other_correct_ones() -> None:
    found = relative_times([took(1.0), took(2.0), took(4.0), took(9.0, "incorrect")])
    assert found == [1.0, 1.0, pytest.approx(1.5 / 4), None]
    assert relative_times([took(1.0), took(1.0, "incorrect")]) == [None, None]
    assert relative_times([took(0.001), took(0.009)]) == [1.0, 1.0]  # noise
    assert relative_times([]) == []


def test_deep_and_long_lines_cost() -> None:
    deep = "\n".join(" " * n + "if x:" for n in range(8)) + "\n" + " " * 8 + "y = " + "1 + " * 60 + "1"
    plain, crowded = score_rows([case(ADD, TRUTH), case(deep, TRUTH)], [took(1.0), took(1.0)], LIMIT)
    assert plain["shallow"] == plain["short_lines"] == 1.0
    assert crowded["shallow"] == 0.5
    assert crowded["short_lines"] == pytest.approx(8 / 9)


def test_every_score_has_its_name_and_lies_between_0_and_1() -> None:
    rows = [
        case(ADD, TRUTH),
        case("x = '#' * 5  # five", TRUTH),
        case("int x;", TRUTH, "cpp"),
        case("", TRUTH),
    ]
    for found in score_rows(rows, [took(1.0)] * 4, LIMIT):
        assert {*found, "relative_time"} == set(VERIFIER.scores)
        assert all(value is None or 0 <= value <= 1 for value in found.values())
