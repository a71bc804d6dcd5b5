"""Which curves stand in one chart, and what each chart says in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from r1data.recipe.report import panels
from r1data.window.runs.curves import Curve
from r1data.window.runs.metric_log import MetricLog

MAX_COMPARED = 8
"""Runs over each other at most: as many colours and dashes as an eye tells apart. Ours."""


@dataclass(frozen=True)
class ChartLine:
    """A curve in a chart: of which run (its key) and metric, what the chart calls it, and the number of its colour."""

    run: str
    key: str
    label: str
    curve: Curve
    colour: int = 0


@dataclass(frozen=True)
class Chart:
    """Lines of one unit; `share` is shown in per cent."""

    title: str
    unit: str
    share: bool
    note: str
    lines: list[ChartLine]

    @property
    def text(self) -> str:
        """The chart in words, for who does not see it."""
        told = (f"{line.label}: {summary(line.curve, self.share)}" for line in self.lines if line.curve.last)
        return f"{self.title} over steps. {'; '.join(told)}"


@dataclass(frozen=True)
class NamedLog:
    """A training's log, and what the run is called beside others."""

    run: str
    name: str
    log: MetricLog


def main_charts(log: NamedLog) -> list[Chart]:
    """The charts of the report, of the metrics that there are."""
    curves = dict(log.log.curves)
    return [
        Chart(
            panel.title,
            panel.unit,
            panel.share,
            panel.note,
            [
                ChartLine(log.run, line.key, line.label, curves[line.key], i)
                for i, line in enumerate(panel.lines)
            ],
        )
        for panel in panels.panels(curves)
    ]


def other_charts(log: NamedLog, shown: Iterable[Chart]) -> list[Chart]:
    """Every other metric, each in a chart of its own, by name."""
    known = {line.key for chart in shown for line in chart.lines}
    return [
        Chart(key, "", False, "", [ChartLine(log.run, key, key, curve)])
        for key, curve in sorted(log.log.curves.items())
        if key not in known
    ]


def compared_charts(logs: Sequence[NamedLog]) -> list[Chart]:
    """A chart a metric, with a line for each run that has logged it: those of the report first."""
    known = [dict(each.log.curves) for each in logs]
    keys = list(dict.fromkeys(key for curves in known for key in curves))
    shown: dict[str, tuple[str, str, bool, str]] = {}
    for panel in panels.panels(keys):
        for line in panel.lines:
            title = panel.title if len(panel.lines) == 1 else f"{panel.title}: {line.label}"
            shown.setdefault(line.key, (title, panel.unit, panel.share, panel.note))
    for key in sorted(keys):
        shown.setdefault(key, (key, "", False, ""))
    return [
        Chart(
            *told,
            [
                ChartLine(each.run, key, each.name, curves[key], i)
                for i, (each, curves) in enumerate(zip(logs, known, strict=True))
                if key in curves
            ],
        )
        for key, told in shown.items()
    ]


def is_main(chart: Chart) -> bool:
    """Whether a chart of several runs is one that reports show."""
    return chart.title != chart.lines[0].key


def shown(value: float, share: bool) -> str:
    """A value as charts show it: four digits, in per cent where it is a share."""
    if share:
        return f"{value * 100:.3g} %"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def summary(curve: Curve, share: bool) -> str:
    """Its newest value and its range."""
    if curve.last is None:
        return "no value yet"
    step, value = curve.last
    low, high = shown(curve.low, share), shown(curve.high, share)
    return f"{shown(value, share)} at step {step:,}, between {low} and {high}"
