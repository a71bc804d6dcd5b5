"""`r1 report`: the page with a run's figures and tables, and a run under way in the terminal."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r1data.errors import UserError

from . import console
from .options import JsonOption

if TYPE_CHECKING:
    from r1data.recipe.report.training_runs import TrainingRun

RunsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...",
        help="A run's folder, of a recipe or of r1 train-grpo, or several that differ in their seed.",
        show_default=False,
    ),
]
OutOption = Annotated[
    str | None,
    typer.Option("--out", "-o", metavar="HTML", help="The page to write. [default: report.html in the run]"),
]
FollowOption = Annotated[
    bool,
    typer.Option(
        "--follow", help="Show a run of r1 train-grpo as it goes, until it ends; with --out the page too."
    ),
]
EveryOption = Annotated[float, typer.Option(metavar="SECONDS", min=0.5, help="With --follow: how often.")]


def command(
    runs: RunsArgument,
    out: OutOption = None,
    follow: FollowOption = False,
    every: EveryOption = 2.0,
    json: JsonOption = False,
) -> None:
    """Write the report of a run, or of several seeds with mean and standard error.

    r1 report runs/miniature

    r1 report runs/miniature runs/miniature-seed-2 runs/miniature-seed-3 -o three.html

    r1 report zero --follow
    """
    from r1data.recipe.report import training_runs
    from r1data.recipe.report.runs import read_run

    folders = [Path(run) for run in runs]
    trainings = [folder for folder in folders if training_runs.is_training(folder)]
    if follow:
        if len(folders) > 1 or not trainings:
            raise UserError(
                f"{folders[-1] if len(folders) > 1 else folders[0]}: --follow shows one run of r1 train-grpo; "
                "give its folder alone"
            )
        _follow(folders[0], Path(out) if out else None, every)
    elif len(trainings) == len(folders):
        _report_trainings([training_runs.read(folder) for folder in folders], out, json)
    elif trainings:
        for folder in folders:
            if folder not in trainings:
                read_run(folder)  # which says what a folder without any run lacks
        raise UserError(
            f"{trainings[0]}: is one training, and another RUN is a recipe's run; give each to a report of its own"
        )
    else:
        _report_recipes(folders, out, json)


def _report_recipes(folders: list[Path], out: str | None, as_json: bool) -> None:
    from r1data.recipe.report.page import write
    from r1data.recipe.report.runs import read_run
    from r1data.recipe.report.tables import summary

    reports = [read_run(folder) for folder in folders]
    page = Path(out) if out else folders[0] / "report.html"
    write(reports, page)
    if as_json:
        console.show({"report": str(page), "scores": summary(reports)}, as_json=True, data_command=False)
        return
    console.print_table("model", summary(reports))
    console.say(f"report: {page}")


def _report_trainings(runs: "list[TrainingRun]", out: str | None, as_json: bool) -> None:
    from r1data.recipe.report import terminal, training_page
    from r1data.runtime.terminal import console as rich_console

    page = Path(out) if out else runs[0].work / "report.html"
    training_page.write(runs, page)
    if as_json:
        console.show(
            {"report": str(page), "runs": [run.summary() for run in runs]}, as_json=True, data_command=False
        )
        return
    shown = rich_console()
    for run in runs:
        shown.print(terminal.dashboard(run, shown.width))
    console.say(f"report: {page}")


def _follow(folder: Path, page: Path | None, every: float) -> None:
    """Until the run has ended; a terminal is drawn anew, elsewhere each new step is a line."""
    from rich.live import Live

    from r1data.recipe.report import terminal, training_page, training_runs
    from r1data.runtime.terminal import console as rich_console

    def read() -> "TrainingRun":
        run = training_runs.read(folder)
        if page is not None:
            training_page.write([run], page, refresh=0 if run.finished else max(1, round(every)))
        return run

    run = read()
    if sys.stderr.isatty():
        shown = rich_console()
        with Live(console=shown, auto_refresh=False) as live:
            while True:
                live.update(terminal.dashboard(run, shown.width), refresh=True)
                if run.finished:
                    return
                time.sleep(every)
                run = read()
    step = -1
    while True:
        if run.rows and run.rows[-1]["step"] > step:
            step = int(run.rows[-1]["step"])
            console.say(terminal.line(run))
        if run.finished:
            return
        time.sleep(every)
        run = read()
