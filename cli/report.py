"""`r1 report`: the page with a run's figures and tables."""

from pathlib import Path
from typing import Annotated

import typer

from . import console
from .options import JsonOption

RunsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...", help="A run's folder, or several that differ in their seed.", show_default=False
    ),
]
OutOption = Annotated[
    str | None,
    typer.Option("--out", "-o", metavar="HTML", help="The page to write. [default: report.html in the run]"),
]


def command(runs: RunsArgument, out: OutOption = None, json: JsonOption = False) -> None:
    """Write the report of a run, or of several seeds with mean and standard error.

    r1 report runs/miniature

    r1 report runs/miniature runs/miniature-seed-2 runs/miniature-seed-3 -o three.html
    """
    from r1data.recipe.report.page import write
    from r1data.recipe.report.runs import read_run
    from r1data.recipe.report.tables import summary

    reports = [read_run(Path(run)) for run in runs]
    page = Path(out) if out else Path(runs[0]) / "report.html"
    write(reports, page)
    if json:
        console.show({"report": str(page), "scores": summary(reports)}, as_json=True, data_command=False)
        return
    console.print_table("model", summary(reports))
    console.say(f"report: {page}")
