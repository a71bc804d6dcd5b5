"""`r1 report`: the page with a run's figures and tables."""

from pathlib import Path
from typing import Annotated

import typer

from . import console
from .options import Json

Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...", help="A run's folder, or several that differ in their seed.", show_default=False
    ),
]
Out = Annotated[
    str | None,
    typer.Option("--out", "-o", metavar="HTML", help="The page to write. [default: report.html in the run]"),
]


def command(runs: Runs, out: Out = None, json: Json = False) -> None:
    """Write the report of a run, or of several seeds with mean and standard error.

    r1 report runs/miniature

    r1 report runs/miniature runs/miniature-seed-2 runs/miniature-seed-3 -o three.html
    """
    from r1data.recipe.report.page import write
    from r1data.recipe.report.runs import read_run
    from r1data.recipe.report.tables import summary

    read = [read_run(Path(run)) for run in runs]
    page = Path(out) if out else Path(runs[0]) / "report.html"
    write(read, page)
    if json:
        console.show({"report": str(page), "scores": summary(read)}, as_json=True, data_command=False)
        return
    console.table("model", summary(read))
    console.say(f"report: {page}")
