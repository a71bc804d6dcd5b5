"""95% intervals hold the truth in 93 to 97% of simulated evaluations; more settings in `benchmarks/coverage.py`."""

import pytest

from benchmarks.coverage import DRAWS, Setting, coverage

TIMES = 2_000


@pytest.mark.parametrize(
    ("measure", "setting"),
    [
        ("pass@1", Setting(30, 64, 0.05, 5.0)),
        ("pass@1", Setting(30, 64, 0.5, 0.3)),
        ("pass@1", Setting(200, 4, 0.95)),
        ("pass@1", Setting(1_319, 1, 0.2)),
        ("pass@1", Setting(8, 2, 0.5, clusters=30, unequal=True)),
        ("pass@k", Setting(30, 64, 0.2)),
        ("pass@k", Setting(200, 4, 0.05)),
        ("cons@k", Setting(30, 64, 0.8)),
        ("cons@k", Setting(200, 4, 0.95)),
        ("difference", Setting(30, 64, 0.05)),
        ("difference", Setting(30, 64, 0.5)),
        ("difference", Setting(30, 64, 0.95)),
        ("difference", Setting(200, 4, 0.2)),
        ("difference", Setting(11, 1, 0.5, clusters=40)),
        ("tokens", Setting(30, 1, 0.5)),
    ],
    ids=str,
)
def test_an_interval_holds_the_truth(measure: str, setting: Setting) -> None:
    held, _ = coverage(DRAWS[measure], setting, TIMES)
    assert 0.93 <= held <= 0.97
