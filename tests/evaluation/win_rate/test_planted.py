"""Judges with a planted bias: it is found, and two equal models come out as equal once it is taken out."""

from collections.abc import Iterable

import pytest

from r1data.evaluation.win_rate.biases import Rate
from r1data.evaluation.win_rate.report import Report
from tests.evaluation.win_rate.judges import (
    Model,
    either,
    first,
    judged,
    longer,
    matches,
    noisy,
    quality,
    with_heading,
)

PROMPTS = 120
SEEDS = range(6)


def holds(rate: Rate | None, value: float = 0.5) -> bool:
    return rate is not None and rate[1] <= value <= rate[2]


def raw(report: Report) -> Rate:
    rate = report.win_rate
    assert rate is not None and rate.low is not None and rate.high is not None
    return rate.value, rate.low, rate.high


def swayed_by(report: Report) -> set[str]:
    """The biases whose interval lies above what is fair."""
    assert report.position is not None and report.position.first_wins.low is not None
    preferences = report.styled.preferences.items()
    names = {name for name, each in preferences if each.interval and each.interval[0] > 0}
    return names | ({"position"} if report.position.first_wins.low > 0.5 else set())


def most(held: Iterable[bool]) -> bool:
    """Whether a 95% interval held as often as is to be expected: it may miss in one of the seeds."""
    return sum(held) >= len(SEEDS) - 1


def test_a_judge_that_prefers_the_first_is_found_and_both_orders_cancel_it() -> None:
    report = judged(matches(Model(headings=0.3), Model(headings=0.3), PROMPTS, 1), first)
    assert swayed_by(report) == {"position"} and holds(raw(report))
    assert report.position is not None and report.position.disagree.value == 1
    assert report.position.a_first.value == 1 and report.position.b_first.value == 0
    assert any("two orders disagree on 100%" in line for line in report.warnings())


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_a_judge_that_prefers_the_longer_is_found_and_corrected(share: float) -> None:
    reports = [
        judged(
            matches(Model(stretch=1.5), Model(), PROMPTS, seed),
            either(share, longer, noisy(quality, 0.2, seed), seed),
        )
        for seed in SEEDS
    ]
    assert all("length" in swayed_by(report) for report in reports)
    assert not any(holds(raw(report)) for report in reports)
    assert most(holds(report.styled.length) for report in reports)
    assert most(holds(report.styled.style) for report in reports)


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_a_judge_that_prefers_the_one_with_a_heading_is_found_and_corrected(share: float) -> None:
    reports = [
        judged(
            matches(Model(headings=0.8), Model(headings=0.2), PROMPTS, seed),
            either(share, noisy(with_heading, 0, seed), quality, seed),
        )
        for seed in SEEDS
    ]
    assert all("headings" in swayed_by(report) for report in reports)
    assert not any(holds(raw(report)) or holds(report.styled.length) for report in reports)
    assert most(holds(report.styled.style) for report in reports)


def test_several_biases_at_once_are_each_found_and_corrected() -> None:
    reports = []
    for seed in SEEDS:
        rows = matches(Model(stretch=1.4, headings=0.7), Model(headings=0.3), 200, seed)
        styled = either(0.4, longer, noisy(with_heading, 0, seed), seed)
        reports.append(judged(rows, either(0.3, first, styled, seed + 100)))
    assert all(swayed_by(report) >= {"position", "length", "headings"} for report in reports)
    assert not any(holds(raw(report)) for report in reports)
    assert most(holds(report.styled.style) for report in reports)


@pytest.mark.parametrize("samples", [1, 3])
def test_an_honest_judge_with_noise_gives_back_the_win_rate(samples: int) -> None:
    a, b = Model(quality=0.5, stretch=1.3, headings=0.5), Model(headings=0.5)
    # of two normal qualities half a standard deviation apart, and a coin's
    rate = 0.7 * 0.6382 + 0.3 * 0.5
    reports = [judged(matches(a, b, PROMPTS, seed, samples), noisy(quality, 0.3, seed)) for seed in SEEDS]
    assert most(holds(raw(report), rate) for report in reports)
    assert most(holds(report.styled.length, rate) for report in reports)
    assert most(holds(report.styled.style, rate) for report in reports)
    for bias in ("position", "length", "headings"):
        assert most(bias not in swayed_by(report) for report in reports)


def test_a_model_that_is_longer_nearly_always_is_not_told_apart_from_its_length() -> None:
    report = judged(matches(Model(stretch=8), Model(), PROMPTS, 1), either(0.9, longer, quality, 1))
    assert report.styled.length is None
    assert report.styled.reasons["length"] == "A's answer is longer in 100% of the matches"
    assert report.lines()["length-controlled"] == f"unknown: {report.styled.reasons['length']}"


def test_where_all_matches_end_alike_nothing_is_controlled() -> None:
    report = judged(matches(Model(quality=50), Model(), 30, 1), quality)
    assert raw(report)[0] == 1 and raw(report)[1] < 0.95
    assert report.styled.length is None and report.styled.reasons["length"] == "all matches end alike"
