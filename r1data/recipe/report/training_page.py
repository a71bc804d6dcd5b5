"""The report of runs of reinforcement learning as one HTML file: alarms, curves, settings.

Of a run under way it may ask the browser to read it again every few seconds, as long as somebody writes it anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from r1data.data.secrets import redact_all
from r1data.recipe.report import panels, pool
from r1data.recipe.report.figures import Series, line_chart
from r1data.recipe.report.links import window_key
from r1data.recipe.report.markup import Content, Markup, document, tag, window_link
from r1data.recipe.report.page import STYLE, save
from r1data.recipe.report.panels import Line, Panel
from r1data.recipe.report.pool import Curve
from r1data.recipe.report.runs import ReportedMean
from r1data.recipe.report.tables import row, table
from r1data.recipe.report.text import duration, number, shortened
from r1data.recipe.report.training_runs import TrainingRun

MAX_SETTINGS, MAX_ALARMS, MAX_MARKS = 100, 50, 4


def write(runs: Sequence[TrainingRun], path: Path, refresh: int = 0) -> None:
    """Writes the page of one run, or of several that differ in their seed."""
    save(html(runs, refresh), path)


def html(runs: Sequence[TrainingRun], refresh: int = 0) -> str:
    """The whole page.

    Args:
        refresh: seconds after which a browser reads it again; 0 is never.
    """
    names = ", ".join(run.folder.resolve().name for run in runs)
    title = f"{shortened(names, 80)}: reinforcement learning"
    header = tag("header", tag("h1", title), tag("p", *_facts(runs), class_="facts"))
    footer = (
        "Written by r1 from the run's own files. Measured on what the training itself sampled, unless a line says "
        "otherwise. Figures are those of the paper, DeepSeek-R1, arXiv 2501.12948, versions 1 and 2."
    )
    sections = [_alarms(runs), _curves(runs), _words(runs), _settings(runs[0])]
    return document(title, STYLE, tag("main", header, *sections, tag("footer", footer)), refresh=refresh)


def _facts(runs: Sequence[TrainingRun]) -> list[Content]:
    parts: list[Content] = []
    for run in runs:
        steps = int(run.rows[-1]["step"]) if run.rows else 0
        state = "finished" if run.finished else "not finished"
        if not run.finished and run.age is not None:
            state += f", last step {duration(run.age)} ago"
        facts = [f"step {steps:,} of {run.steps:,}", state]
        if (seconds := run.last("time")) is not None:
            facts.append(duration(seconds))
        if (tokens := run.last("num_tokens")) is not None:
            facts.append(f"{tokens:,.0f} tokens")
        facts.append(f"seed {run.parameters.get('seed', '–')}")
        link = window_link("in r1 view", f"/r/{window_key(str(run.folder))}")
        parts += [" · ".join(facts), " · ", link, tag("br")]
    return parts[:-1]


def _alarms(runs: Sequence[TrainingRun]) -> Markup:
    items = []
    for run in runs:
        ends: dict[str, list[int]] = {}
        for event in run.events:
            if event.state == "ends":
                ends.setdefault(event.alarm, []).append(event.step)
        for event in run.events:
            if event.state != "begins":
                continue
            end = next((step for step in ends.get(event.alarm, []) if step > event.step), None)
            when = f"step {event.step:,}" + (f" to {end:,}" if end else "")
            whose = f", {run.folder.resolve().name}" if len(runs) > 1 else ""
            items.append(
                tag(
                    "li",
                    tag("b", shortened(event.alarm, 80)),
                    tag("small", f" {when}{whose}"),
                    tag("br"),
                    shortened(event.text, 600),
                    class_="over" if end else "active",
                )
            )
    if not items:
        text = "None." if all(run.rows for run in runs) else "Nothing is logged yet."
        return tag("section", tag("h2", "Alarms"), tag("p", text, class_="note"))
    more = len(items) - MAX_ALARMS
    note = [tag("p", f"{more} more.", class_="note")] if more > 0 else []
    return tag("section", tag("h2", "Alarms"), tag("ul", *items[:MAX_ALARMS], class_="alarms"), *note)


def _curves(runs: Sequence[TrainingRun]) -> Markup:
    keys = [key for run in runs for key in run.metrics()]
    charts = [chart for panel in panels.panels(keys) if (chart := _chart(runs, panel))]
    body = (
        tag("div", *charts, class_="figures") if charts else tag("p", "No step is logged yet.", class_="note")
    )
    return tag("section", tag("h2", "Over the training"), body)


def _chart(runs: Sequence[TrainingRun], panel: Panel) -> Markup | None:
    series = [Series(line.label, curve) for line in panel.lines if (curve := curve_of(runs, line))]
    if not series:
        return None
    window = max(each.curve.window for each in series)
    band = "the standard error over seeds" if len(runs) > 1 else "one standard error"
    notes = [panel.note, f"mean of {window} values, band ± {band}"]
    caption = tag("figcaption", panel.title, tag("span", "; ".join(note for note in notes if note)))
    marks = _marks(runs[0], panel) if len(runs) == 1 else {}
    return tag(
        "figure",
        caption,
        line_chart(series, name=panel.title, unit=panel.unit, share=panel.share, marks_at=marks),
    )


def curve_of(runs: Sequence[TrainingRun], line: Line) -> Curve | None:
    """A metric's curve: smoothed, but with its own standard errors where it is measured now and then."""
    points = [run.points(line.key) for run in runs]
    if not line.key.startswith(panels.NOW_AND_THEN):
        return pool.smoothed(points)
    if line.error is None or len(runs) > 1:
        return pool.smoothed(points, window=1)
    errors, values = runs[0].points(line.error), points[0]
    if not values:
        return None
    return Curve(tuple(values), tuple(values.values()), tuple(errors.get(step) for step in values), 1, 1)


def _marks(run: TrainingRun, panel: Panel) -> Mapping[int, str]:
    """The alarms that read a line of a panel, by the step at which they begin."""
    from r1data.training.loop.alarms import ALARMS

    keys = {line.key for line in panel.lines}
    marks: dict[int, str] = {}
    for event in run.events:
        entry = ALARMS.built_in.get(event.alarm)
        if event.state == "begins" and entry and keys.intersection(entry.reads) and len(marks) < MAX_MARKS:
            before = marks.get(event.step)
            marks[event.step] = f"{before}, {event.alarm}" if before else event.alarm
    return marks


def _words(runs: Sequence[TrainingRun]) -> Markup:
    """Each reflective word in the first and the last tenth of the training."""
    body = []
    for key in panels.words(key for run in runs for key in run.metrics()):
        ends = pool.ends_of([run.points(key) for run in runs])
        if ends is not None:
            first, last = ends
            times = f"{last.value / first.value:.1f} ×" if first.value else "–"
            body.append(row(key.removeprefix(panels.WORD), _number(first), _number(last), times))
    if not body:
        return Markup("")
    note = (
        "words a response, with one standard error: the mean of the first and of the last tenth, as figure 9"
    )
    head = ("word", "first", "last", "")
    return tag("section", tag("h2", "Reflective words"), table("Each word", note, head, body))


def _number(mean: ReportedMean) -> str:
    return number(mean, share=False)


def _settings(run: TrainingRun) -> Markup:
    parameters = redact_all(dict(list(run.parameters.items())[:MAX_SETTINGS]))
    body = [row(shortened(str(name), 80), shortened(str(value), 200)) for name, value in parameters.items()]
    settings = tag("details", tag("summary", "Settings"), table("Settings", "", ("", ""), body))
    return tag("section", tag("h2", "How it was made"), settings)
