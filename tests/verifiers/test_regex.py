"""regex: all of the answer, against a pattern of RE2's."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.verifiers.registry import check

T = "<think>so</think>"


@pytest.mark.parametrize(
    "text",
    ["abc-12", r"\boxed{abc-12}", "Answer: abc-12", "<answer>abc-12</answer>", "The answer is abc-12."],
)
def test_the_answer_is_found_where_exact_finds_it(text: str) -> None:
    assert check("regex", T + text, r"[a-z]+-\d+").verdict == "correct"
    assert check("regex", T + text, r"[a-z]+").verdict == "incorrect"


@pytest.mark.parametrize(
    ("pattern", "text", "verdict"),
    [
        ("a|b", "ab", "incorrect"),
        ("a|b", "b", "correct"),
        ("^a$", "a", "correct"),
        ("a.b", "a\nb", "incorrect"),
        ("(?s)a.b", "a\nb", "correct"),
        ("(?i)paris", "PARIS", "correct"),
        ("paris", "PARIS", "incorrect"),
        (r"\d", "٣", "incorrect"),
        (r"\p{Greek}+", "λόγος", "correct"),
        ("a{2,3}", "aaaa", "incorrect"),
    ],
)
def test_all_of_the_answer_matches_as_the_pattern_says(pattern: str, text: str, verdict: str) -> None:
    assert check("regex", T + text, pattern).verdict == verdict


@pytest.mark.parametrize(
    "pattern", ["(?=a)a", "(?<!b)a", r"(a)\1", "(a", "a)|(?:.*", "a)(.*", "*", "[", "a" * 20_000, "\ud800"]
)
def test_a_pattern_that_re2_does_not_know_decides_nothing(pattern: str) -> None:
    verdict = check("regex", T + "a", pattern)
    assert verdict.verdict == "unverifiable"
    assert "pattern" in (verdict.reason or "")


@pytest.mark.parametrize("pattern", [None, ""])
def test_no_pattern_no_verdict(pattern: str | None) -> None:
    assert check("regex", T + "a", pattern).verdict == "unverifiable"


def test_a_large_pattern_is_stopped_at_its_limit() -> None:
    large = "(?:a?){1000}" * 60
    start = time.monotonic()
    verdict = check("regex", T + "a" * 10_000, large, time_limit=0.2)
    assert verdict.verdict == "timeout"
    assert time.monotonic() - start < 30


def test_what_runs_away_elsewhere_is_linear_here() -> None:
    assert check("regex", T + "a" * 9_999 + "!", "(?:a+)+").verdict == "incorrect"


@settings(max_examples=60)
@given(st.text(max_size=30), st.text(max_size=20))
def test_no_text_raises(text: str, pattern: str) -> None:
    assert check("regex", T + text, pattern).verdict in ("correct", "incorrect", "unverifiable")
