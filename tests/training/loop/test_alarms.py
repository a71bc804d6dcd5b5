"""Alarms: which begin on made-up series, on recorded runs and on noise alone."""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.training.loop import alarms
from r1data.training.loop.alarms import Alarm, Watch, events
from r1data.training.loop.series import WINDOW, Series

RECORDED = Path(__file__).with_name("recorded")
"""Metrics of the miniature recipe's runs with seed 1, and of one that was rewarded for format and language alone."""
Row = dict[str, Any]


def begun(rows: Iterable[Row]) -> list[str]:
    return [event.alarm for event in events(rows) if event.state == "begins"]


def series(steps: int, **curves: Callable[[float], float]) -> list[Row]:
    """Rows of metrics; a curve is a function of the share of the run that is over. `_` in a name stands for `/`."""
    return [
        {"step": n, **{name.replace("__", "/"): curve(n / steps) for name, curve in curves.items()}}
        for n in range(1, steps + 1)
    ]


def flat(value: float) -> Callable[[float], float]:
    return lambda _: value


def line(first: float, last: float) -> Callable[[float], float]:
    return lambda share: first + (last - first) * share


def recorded(name: str) -> Iterator[Row]:
    with (RECORDED / f"{name}.jsonl").open() as file:
        yield from map(json.loads, file)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("r1-zero", ["mixing"]),  # as in the paper: a language reward is what it lacks
        ("reasoning-rl-plain", ["mixing"]),
        ("student-rl", ["mixing"]),
        ("reasoning-rl", []),
        ("r1", []),
        ("hacking", ["hacking"]),
    ],
)
def test_recorded_runs(name: str, expected: list[str]) -> None:
    assert begun(recorded(name)) == expected


@pytest.mark.parametrize(
    ("expected", "curves"),
    [
        ("hacking", {"reward": line(0.5, 1.5), "r1__accuracy": line(0.6, 0.3)}),
        ("collapse", {"reward": line(1.5, 0.5), "r1__accuracy": line(0.6, 0.3)}),
        ("length", {"completions__mean_length": line(100, 300), "r1__accuracy": flat(0.5)}),
        ("truncated", {"completions__clipped_ratio": line(0.0, 0.4)}),
        ("truncated", {"completions__clipped_ratio": flat(0.7)}),
        ("all-right", {"groups__all_right": line(0.3, 1.0)}),
        ("all-wrong", {"groups__all_wrong": flat(0.95)}),
        ("no-signal", {"groups__no_signal": flat(1.0), "groups__all_right": flat(0.5)}),
        ("mixing", {"r1__mixed_language": line(0.05, 0.4)}),
        ("entropy-collapse", {"entropy": line(0.5, 0.01)}),
        ("entropy-rise", {"entropy": line(0.5, 4.0)}),
        ("correction", {"rollouts__weight_mass": line(1.0, 0.5)}),
        ("mismatch", {"rollouts__logprob_gap": line(0.002, 0.1)}),
        ("unknown", {"r1__unscored": line(0.0, 0.3)}),
        ("kl", {"kl": lambda share: 0.001 * 2 ** (14 * share)}),
    ],
)
def test_each_begins_once_on_what_it_is_for(
    expected: str, curves: dict[str, Callable[[float], float]]
) -> None:
    assert begun(series(100, **curves)) == [expected]


def test_every_alarm_has_a_case() -> None:
    cases = test_each_begins_once_on_what_it_is_for.pytestmark[0].args[1]
    assert {case[0] for case in cases} == set(alarms.ALARMS.built_in)


@pytest.mark.parametrize(
    "curves",
    [
        {"reward": line(0.5, 1.5), "r1__accuracy": line(0.3, 0.6)},
        {
            "completions__mean_length": line(500, 10_000),
            "r1__accuracy": line(0.15, 0.7),
        },  # the paper's figures
        {"reward": line(0.5, 1.5), "r1__accuracy": line(0.6, 0.3), "pool__retired": line(0, 100)},
        {"reward": line(0.5, 1.5), "r1__accuracy": line(0.6, 0.3), "eval__accuracy": flat(0.5)},
        {"entropy": line(0.6, 0.15), "kl": line(0.0, 0.4), "r1__mixed_language": flat(0.3)},
        {"groups__all_right": flat(0.6), "groups__all_wrong": flat(0.2), "groups__no_signal": flat(0.8)},
    ],
)
def test_what_goes_well_makes_none(curves: dict[str, Callable[[float], float]]) -> None:
    assert begun(series(100, **curves)) == []


def test_an_accuracy_in_evaluation_tells_hacking_that_training_does_not_show() -> None:
    rows = series(100, reward=line(0.5, 1.5), r1__accuracy=line(0.3, 0.6))
    for number, row in enumerate(rows):
        if number % 10 == 9:
            row |= {"eval/accuracy": 0.5 - 0.003 * number, "eval/accuracy_se": 0.02}
    assert begun(rows) == ["hacking"]


def test_before_the_reward_has_a_course_a_fallen_score_says_nothing_of_it() -> None:
    rows = series(10, reward=line(0.2, 1.0))
    for number, row in enumerate(rows):
        row |= {"eval/accuracy": 0.5 - 0.04 * number, "eval/accuracy_se": 0.02}
    assert begun(rows) == []
    assert begun(
        [*rows, *({**row, "step": 11 + n, "reward": 1.2} for n, row in enumerate(rows[-1:] * 8))]
    ) == ["hacking"]


def test_an_accuracy_in_evaluation_within_its_error_makes_none() -> None:
    rows = series(100, reward=line(0.5, 1.5))
    for number, row in enumerate(rows):
        if number % 10 == 9:
            row |= {"eval/accuracy": 0.5 - 0.0005 * number, "eval/accuracy_se": 0.03}
    assert begun(rows) == []


NOISES = {
    "r1/accuracy": (0.5, 0.1),
    "reward": (1.0, 0.2),
    "completions/mean_length": (500, 60),
    "completions/clipped_ratio": (0.2, 0.08),
    "groups/all_right": (0.4, 0.12),
    "groups/all_wrong": (0.4, 0.12),
    "groups/no_signal": (0.6, 0.12),
    "r1/mixed_language": (0.3, 0.1),
    "r1/unscored": (0.15, 0.06),
    "entropy": (0.3, 0.1),
    "rollouts/weight_mass": (1.0, 0.1),
    "rollouts/logprob_gap": (0.02, 0.006),
    "kl": (0.1, 0.1),
    "eval/accuracy": (0.5, 0.03),
}
"""Mean and standard deviation of a metric of a run in which nothing changes."""


def test_noise_alone_makes_an_alarm_in_fewer_than_one_of_a_hundred_runs() -> None:
    false = 0
    for seed in range(100):
        rng = random.Random(seed)
        rows = []
        for step in range(1, 201):
            row: Row = {name: max(0.0, rng.gauss(*noise)) for name, noise in NOISES.items()}
            if step % 10 or seed % 2:
                del row["eval/accuracy"]
            else:
                row["eval/accuracy_se"] = NOISES["eval/accuracy"][1]
            rows.append(row | {"step": step})
        false += bool(begun(rows))
    assert false == 0


@settings(max_examples=50)
@given(st.lists(st.dictionaries(st.sampled_from(sorted(NOISES)), st.floats(), max_size=6), max_size=60))
def test_whatever_is_logged_no_alarm_fails(rows: list[Row]) -> None:
    for event in events({"step": n, **row} for n, row in enumerate(rows, 1)):
        assert event.state == "ends" or "nan" not in event.text


def test_one_that_goes_on_is_said_once_and_one_that_comes_back_again() -> None:
    rows = series(
        200, completions__clipped_ratio=lambda share: 0.9 if 0.2 < share < 0.5 or share > 0.75 else 0.0
    )
    found = events(rows)
    assert [(event.alarm, event.state) for event in found] == [
        ("truncated", "begins"), ("truncated", "ends"), ("truncated", "begins"),
    ]  # fmt: skip


def test_it_says_numbers_and_what_to_change() -> None:
    event = events(recorded("hacking"))[0]
    assert "from 59% to 18%" in event.text and "--reward" in event.text


def test_a_metric_logged_now_and_then_counts_its_own_values() -> None:
    rows = [{"step": n, **({"groups/all_wrong": 1.0} if n % 16 == 1 else {})} for n in range(1, 16 * WINDOW)]
    event = events(rows)[0]
    assert event.step == 16 * (WINDOW - 1) + 1


def test_the_same_rows_make_the_same_alarms_whenever_they_are_read() -> None:
    rows = list(recorded("hacking"))
    watch = Watch()
    assert [event for row in rows for event in watch.add(row)] == events(rows)


def test_an_alarm_of_another_package_that_fails_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(history: Any) -> str | None:
        raise ZeroDivisionError("oh")

    monkeypatch.setitem(alarms.ALARMS.built_in, "broken", Alarm("broken", ("reward",), broken, "", ""))
    monkeypatch.setattr(alarms.ALARMS, "package", lambda name: "other" if name == "broken" else None)
    assert begun(recorded("hacking")) == ["hacking"]
    assert capsys.readouterr().err.count("its alarm broken failed with ZeroDivisionError: oh") == 1


def test_names_of_stop_on_are_checked() -> None:
    alarms.check_names(("hacking", "any"))
    with pytest.raises(UserError, match="--stop-on hackin: no alarm called hackin"):
        alarms.check_names(("hackin",))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_a_series_knows_its_lowest_and_highest_stretch(values: list[float]) -> None:
    one = Series()
    for step, value in enumerate(values):
        one.add(step, value)
    earlier = [sum(values[i : i + WINDOW]) / WINDOW for i in range(len(values) - 2 * WINDOW + 1)]
    if not earlier:
        assert one.lowest is None or one.highest is None or len(values) >= 2 * WINDOW
        return
    assert one.lowest is not None and one.highest is not None
    assert one.lowest.mean == pytest.approx(min(earlier), abs=1e-6)
    assert one.highest.mean == pytest.approx(max(earlier), abs=1e-6)
    assert one.margin() >= 0
