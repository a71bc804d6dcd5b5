"""A run of reinforcement learning in the terminal: a line of eighths for each metric, its first and last value, alarms.

Values are those of the page, smoothed as there and thinned to the width that there is. All that is shown goes through
`runtime.terminal`, which makes texts of strangers visible characters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from r1data.data.text import one_line
from r1data.recipe.report import panels
from r1data.recipe.report.text import duration, shortened
from r1data.recipe.report.training_page import curve_of
from r1data.recipe.report.training_runs import TrainingRun
from r1data.training.loop.alarms import still_active

if TYPE_CHECKING:
    from rich.console import RenderableType

EIGHTHS = "▁▂▃▄▅▆▇█"
WIDTH = 32
"""Characters of a line of eighths."""
REST = 62
"""Characters of a row beside it."""
NAME, LABEL = 80, 40
"""Characters of a folder's name, and of a metric's or an alarm's."""
MAX_SHOWN = 3
"""Alarms that are shown, the latest."""


def spark(values: Sequence[float], width: int = WIDTH) -> str:
    """The values as characters of eight heights, the lowest to the highest; thinned to `width` by means."""
    if not values:
        return ""
    size = max(1, math.ceil(len(values) / width))
    means = [math.fsum(values[i : i + size]) / len(values[i : i + size]) for i in range(0, len(values), size)]
    low, high = min(means), max(means)
    if high <= low:
        return EIGHTHS[3] * len(means)
    return "".join(EIGHTHS[min(7, int(8 * (value - low) / (high - low)))] for value in means)


def rows(run: TrainingRun, width: int = WIDTH) -> list[tuple[str, str, str, str, str]]:
    """Panel, line, eighths, first value and last value of each metric that the run has logged."""
    shown = []
    for panel in panels.panels(run.metrics()):
        for number, line in enumerate(panel.lines):
            curve = curve_of([run], line)
            if curve is not None:
                title = "" if number else panel.title
                first, last = (value_text(curve.values[end], panel.share) for end in (0, -1))
                shown.append((title, one_line(line.label, LABEL), spark(curve.values, width), first, last))
    return shown


def value_text(value: float, share: bool) -> str:
    """`47 %`, `0.031`, `1,204`."""
    if share:
        return f"{value * 100:.0f} %" if abs(value) >= 0.0995 or value == 0 else f"{value * 100:.1f} %"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def headline(run: TrainingRun) -> str:
    """Name, steps, time, tokens a second, and how long the rest will take or when it last logged."""
    step = int(run.rows[-1]["step"]) if run.rows else 0
    parts = [one_line(run.folder.resolve().name, NAME), f"step {step:,} of {run.steps:,}"]
    seconds, tokens = run.last("time"), run.last("num_tokens")
    if seconds:
        parts.append(duration(seconds))
        if tokens:
            parts.append(f"{tokens / seconds:,.0f} tokens/s")
    if run.finished:
        parts.append("finished")
    elif seconds and step and run.steps > step:
        parts.append(f"{duration(seconds / step * (run.steps - step))} left")
        if run.age is not None and run.age > max(60.0, 5 * seconds / step):
            parts.append(f"last step {duration(run.age)} ago: stopped?")
    return " · ".join(parts)


def line(run: TrainingRun) -> str:
    """One line of the last step, for where there is no terminal."""
    keys = ("reward", "r1/accuracy", "eval/accuracy", "completions/mean_length", "entropy")
    last = ((key if key == "eval/accuracy" else key.rpartition("/")[2], run.last(key)) for key in keys)
    parts = [f"{name} {value:.3g}" for name, value in last if value is not None]
    parts += [f"alarm {event.alarm}" for event in still_active(run.events)]
    return " · ".join([headline(run), *parts])


def alarm_lines(run: TrainingRun) -> list[str]:
    """The latest alarms that have begun and not ended, as sentences."""
    active = still_active(run.events)
    lines = [
        f"{one_line(each.alarm, LABEL)}, step {each.step:,}: {one_line(shortened(each.text, 400))}"
        for each in active[-MAX_SHOWN:]
    ]
    return [*lines, f"and {len(active) - MAX_SHOWN} more"] if len(active) > MAX_SHOWN else lines


def dashboard(run: TrainingRun, columns: int = 80) -> RenderableType:
    """The whole picture, for a console of Rich of so many columns."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False)
    grid.add_column(style="bold", no_wrap=True, max_width=22, overflow="ellipsis")
    grid.add_column(no_wrap=True, max_width=18, overflow="ellipsis", style="dim")
    grid.add_column(no_wrap=True, overflow="crop", style="cyan")
    grid.add_column(no_wrap=True, justify="right", style="dim")
    grid.add_column(no_wrap=True, justify="right")
    for title, label, eighths, first, last in rows(run, max(8, min(columns - REST, 60))):
        grid.add_row(Text(title), Text(label), Text(eighths), Text(first), Text(last))
    alarms = [Text(f"alarm {line}", style="red") for line in alarm_lines(run)]
    empty = [] if run.rows else [Text("no step is logged yet", style="dim")]
    # Alarms first: a terminal with few lines loses the end.
    return Group(Text(headline(run), style="bold"), *alarms, Text(""), grid, *empty)
