"""What is being made, in the terminal: a drawing of bars in eighths of a character, or one line a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from r1data.data.text import one_line
from r1data.lineage.growth import DatasetState
from r1data.recipe.report import terminal
from r1data.recipe.report.following import (
    MAX_METRICS,
    RecipeState,
    State,
    StepState,
    last_values,
)
from r1data.recipe.report.text import duration
from r1data.recipe.report.training_runs import TrainingRun, is_grpo

if TYPE_CHECKING:
    from rich.console import RenderableType

BLOCKS = "▏▎▍▌▋▊▉█"
MAX_VALUES = 8
"""Values of a column that are drawn, the most frequent. Ours."""
MAX_STEPS = 14
"""Steps of a recipe that are drawn, those around the running one. Ours."""
LABEL = 26
FIGURES = 40
"""Characters of a row of bars beside the bar and its label."""
SHOWN_SUMMARY = 200
STYLES = {
    "done": "green",
    "running": "bold cyan",
    "waiting": "dim",
    "failed": "bold red",
    "interrupted": "yellow",
}
COLOURS = {
    "correct": "green",
    "incorrect": "red",
    "unverifiable": "yellow",
    "timeout": "yellow",
    "error": "yellow",
}


def bar(share: float, width: int) -> str:
    """A share from 0 to 1 as a bar of at most `width` characters, in eighths; what is not 0 shows."""
    if share <= 0:
        return ""
    eighths = max(1, round(min(share, 1.0) * width * 8))
    whole, rest = divmod(eighths, 8)
    return BLOCKS[-1] * whole + (BLOCKS[rest - 1] if rest else "")


def dashboard(state: State, columns: int = 80) -> RenderableType:
    """The drawing, for a console of Rich of so many columns."""
    from rich.console import Group

    if isinstance(state, DatasetState):
        return _dataset(state, columns)
    if isinstance(state, TrainingRun):
        return _training(state, columns)
    parts = [_recipe(state)]
    if state.output is not None:
        parts.append(dashboard(state.output, columns))
    return Group(*parts)


def line(state: State) -> str:
    """One line, for where there is no terminal."""
    if isinstance(state, DatasetState):
        return " · ".join([_name(state.uri), *_figures(state, told_age=False), *_shares(state)])
    if isinstance(state, TrainingRun):
        return terminal.line(state) if is_grpo(state.request) else _headline(state)
    done = sum(step.word == "done" for step in state.steps)
    parts = [f"{one_line(state.name, 60)} · {done} of {len(state.steps)} steps done"]
    parts += [
        f"{one_line(step.name, 60)} {step.word}"
        for step in state.steps
        if step.word in ("running", "failed", "interrupted")
    ]
    if state.output is not None:
        parts.append(line(state.output))
    return " · ".join(parts)


def _dataset(state: DatasetState, columns: int) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    title = Text(f"{_name(state.uri)} · r1 {one_line(state.command, 40)} · {state.schema} rows", style="bold")
    grid = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True, max_width=LABEL, overflow="ellipsis")
    grid.add_column(no_wrap=True, overflow="crop")
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(no_wrap=True, justify="right", style="dim")
    width = max(8, min(columns - LABEL - FIGURES // 2 - 2, 60))
    for name, values in state.counts.items():
        grid.add_row(Text(name.replace("_", " "), style="dim"), Text(""), Text(""), Text(""))
        for value, count in _most(values):
            share = count / max(1, state.counted_rows)
            style = COLOURS.get(value, "cyan") if name == "verdict" else "cyan"
            label = Text(f"  {one_line(value, 60)}")
            grid.add_row(
                label, Text(bar(share, width), style=style), Text(f"{count:,}"), Text(percent(share))
            )
        if len(values) > MAX_VALUES:
            rest = Text(f"  … {len(values) - MAX_VALUES:,} more", style="dim")
            grid.add_row(rest, Text(""), Text(""), Text(""))
    parts: list[RenderableType] = [title, Text(" · ".join(_figures(state))), Text("")]
    if state.counted_rows < state.rows:
        left = state.rows - state.counted_rows
        parts.append(Text(f"counts are of {state.counted_rows:,} rows; {left:,} follow", style="dim"))
    return Group(*parts, grid)


def _training(run: TrainingRun, columns: int) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    if is_grpo(run.request):
        return terminal.dashboard(run, columns)
    grid = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True, max_width=30, overflow="ellipsis")
    grid.add_column(no_wrap=True, overflow="crop", style="cyan")
    grid.add_column(no_wrap=True, justify="right")
    for key, value in list(_told(run).items())[:MAX_METRICS]:
        eighths = terminal.spark(list(run.points(key).values()), max(8, min(columns - 48, 60)))
        grid.add_row(Text(one_line(key, 60)), Text(eighths), Text(terminal.value_text(value, share=False)))
    empty = [] if run.rows else [Text("no step is logged yet", style="dim")]
    return Group(Text(_headline(run), style="bold"), Text(""), grid, *empty)


def _recipe(state: RecipeState) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    done = sum(step.word == "done" for step in state.steps)
    seconds = sum(step.seconds or 0.0 for step in state.steps if step.word != "running")
    title = f"{one_line(state.name, 60)} · {done} of {len(state.steps)} steps done · {duration(seconds)}"
    grid = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for _ in range(4):
        grid.add_column(no_wrap=True, overflow="ellipsis")
    first, last = _window(state.steps)
    if first:
        grid.add_row(Text("done", style="green"), Text(f"… {first:,} before"))
    for step in state.steps[first:last]:
        grid.add_row(
            Text(step.word, style=STYLES[step.word]),
            Text(one_line(step.name, 60)),
            Text(one_line(step.command, 40), style="dim"),
            Text(duration(step.seconds) if step.seconds is not None else "", style="dim"),
        )
    if last < len(state.steps):
        grid.add_row(Text("waiting", style="dim"), Text(f"… {len(state.steps) - last:,} more"))
    return Group(Text(title, style="bold"), grid, Text(""))


def _window(steps: list[StepState]) -> tuple[int, int]:
    """The steps that are drawn: some before the one that is under way, more after it."""
    begun = [place for place, step in enumerate(steps) if step.word != "waiting"]
    first = max(0, min((begun[-1] if begun else 0) - MAX_STEPS // 2, len(steps) - MAX_STEPS))
    return first, min(len(steps), first + MAX_STEPS)


def _name(uri: str) -> str:
    return one_line(uri.rstrip("/").rpartition("/")[2], 60)


def _figures(state: DatasetState, *, told_age: bool = True) -> list[str]:
    parts = [f"{state.rows:,} rows", f"{state.shards:,} shards", _bytes(state.bytes)]
    if state.complete:
        rest = [f"{state.tokens:,} tokens"] if state.tokens else []
        return [*parts, *rest, "complete"]
    if state.rows_per_second is not None:
        parts.append(f"{_rate(state.rows_per_second)} rows/s")
    if state.tokens_per_second is not None:
        parts.append(f"{_rate(state.tokens_per_second)} tokens/s")
    parts.append("not complete")
    age = state.age() if told_age else None
    return parts if age is None else [*parts, f"last commit {duration(age)} ago"]


def _shares(state: DatasetState) -> list[str]:
    """The most frequent values of each column, with their shares."""
    rows = max(1, state.counted_rows)
    return [
        f"{name.replace('_', ' ')} "
        + ", ".join(f"{one_line(value, 40)} {percent(count / rows)}" for value, count in _most(values, 3))
        for name, values in state.counts.items()
    ]


def _most(values: Mapping[str, int], limit: int = MAX_VALUES) -> list[tuple[str, int]]:
    return list(values.items())[:limit]


def percent(share: float) -> str:
    """`47 %`, `0.4 %`."""
    return f"{share * 100:.1f} %" if 0 < share < 0.0995 else f"{share * 100:.0f} %"


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _bytes(count: int) -> str:
    size, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{count:,} bytes" if unit == "bytes" else f"{size:.3g} {unit}"


def _told(run: TrainingRun) -> dict[str, Any]:
    return {key: value for key, value in last_values(run).items() if key != "step"}


def _headline(run: TrainingRun) -> str:
    """Name, steps, the loss, and how it stands."""
    step = int(run.rows[-1]["step"]) if run.rows else 0
    parts = [
        one_line(run.folder.resolve().name, 60),
        f"step {step:,}" + (f" of {run.steps:,}" if run.steps else ""),
    ]
    loss = run.last("loss")
    parts += [f"loss {loss:.3g}"] if loss is not None else []
    if run.finished:
        return " · ".join([*parts, "finished"])
    return " · ".join(parts if run.age is None else [*parts, f"last step {duration(run.age)} ago"])
