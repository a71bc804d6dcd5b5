"""Averages over runs: one run keeps its own standard errors, several give the mean over seeds ± its standard error.

Curves are noisy, so each point is the mean of a window of logged steps around it, and the band is one standard
error: of that mean within the window for one run, over the seeds for several. The window (a tenth of the
training, 5 to 1,000 logged steps) is ours; the paper's figures smooth too and do not say how. Of a long training no
more points are drawn than a figure is wide.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from r1data.evaluation.statistics import estimate_mean
from r1data.recipe.json_types import is_number
from r1data.recipe.report.runs import RecipeRun, ReportedMean

MIN_POINTS, MAX_POINTS = 5, 1_000
MAX_DRAWN = 400


@dataclass(frozen=True)
class Curve:
    """A smoothed curve: x in optimizer steps, the value and its standard error (None where it has none)."""

    steps: tuple[int, ...]
    values: tuple[float, ...]
    errors: tuple[float | None, ...]
    window: int
    runs: int


def score(
    runs: Sequence[RecipeRun], role: str, name: str, problems: str | None = None
) -> ReportedMean | None:
    """A role's score on a set of problems (the first one evaluated, by default), over all `runs` that have it."""
    estimates = []
    for run in runs:
        evaluations = [e for e in run.evaluations.get(role, []) if problems in (None, e.problems)]
        if evaluations and name in evaluations[0].scores.measures:
            estimates.append(evaluations[0].scores.measures[name])
    return over_seeds(estimates) if estimates else None


def over_seeds(estimates: Sequence[ReportedMean]) -> ReportedMean:
    """A single estimate unchanged, or the mean of several with the standard error over them."""
    if len(estimates) == 1:
        return estimates[0]
    mean = estimate_mean([estimate.value for estimate in estimates])
    return ReportedMean(mean.value, mean.error, sum(e.n for e in estimates), len(estimates))


def curve(runs: Sequence[RecipeRun], role: str, key: str) -> Curve | None:
    """The curve of a logged `key`, smoothed, over the runs that have it."""
    return smoothed([_points(run, role, key) for run in runs])


def smoothed(of_runs: Iterable[Mapping[int, float]], window: int | None = None) -> Curve | None:
    """The curve of values by step, over the runs that have any; `window` is by default a tenth of the values."""
    series = [points for points in of_runs if points]
    if not series:
        return None
    # Odd, so that a window has as many steps before its point as behind it, and the same for all runs.
    window = window or min(max(MIN_POINTS, min(len(points) for points in series) // 10), MAX_POINTS) | 1
    # The same steps of all runs; the last one too, where the chart says what the training came to.
    common = [step for step in series[0] if all(step in points for points in series)]
    drawn = set(common[:: math.ceil(len(common) / MAX_DRAWN) or 1] + common[-1:])
    smooth: list[dict[int, ReportedMean]] = []
    for points in series:
        values, half = list(points.values()), window // 2
        smooth.append(
            {
                step: _mean(values[max(0, i - half) : i + half + 1])
                for i, step in enumerate(points)
                if step in drawn
            }
        )
    steps = [step for step in common if step in drawn]
    pooled = [over_seeds([other[step] for other in smooth]) for step in steps]
    return Curve(
        tuple(steps), tuple(p.value for p in pooled), tuple(p.error for p in pooled), window, len(series)
    )


def ends(runs: Sequence[RecipeRun], role: str, key: str) -> tuple[ReportedMean, ReportedMean] | None:
    """The mean of the first and of the last tenth of a training (at least 5 logged steps each)."""
    return ends_of([_points(run, role, key) for run in runs])


def ends_of(of_runs: Iterable[Mapping[int, float]]) -> tuple[ReportedMean, ReportedMean] | None:
    """The same of values by step."""
    firsts, lasts = [], []
    for points in of_runs:
        values = list(points.values())
        part = max(MIN_POINTS, len(values) // 10)
        if len(values) >= 2 * part:
            firsts.append(_mean(values[:part]))
            lasts.append(_mean(values[-part:]))
    return (over_seeds(firsts), over_seeds(lasts)) if firsts else None


def _points(run: RecipeRun, role: str, key: str) -> dict[int, float]:
    """The logged values of a key by step, without what is missing or no number."""
    return {step: float(row[key]) for step, row in run.curves.get(role, []) if is_number(row.get(key))}


def _mean(values: list[float]) -> ReportedMean:
    mean = estimate_mean(values)
    return ReportedMean(mean.value, mean.error, len(values))
