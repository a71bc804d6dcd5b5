"""A small command line with the shapes that recipes meet: data, models, lists, switches, groups.

Its commands keep a diary (`RECIPE_DIARY`) of what was run, and can be told to fail or to wait.
"""

import os
import sys
import time
from pathlib import Path
from typing import Annotated, Protocol

import typer
from r1data.cli.options import (
    ModelOption,
    OutDirOption,
    OutOption,
    SeedOption,
    SourceArgument,
    SourcesArgument,
)

from r1data.recipe.plan import RecipePlan


class Planner(Protocol):
    """The text of a recipe → its plan."""

    def __call__(self, text: str, *overrides: str, seed: int | None = None) -> RecipePlan: ...


app = typer.Typer()
miniature = typer.Typer()
app.add_typer(miniature, name="miniature")


def _write(out: str, *words: object) -> None:
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "text").write_text(" ".join(map(str, words)))
    with Path(os.environ["RECIPE_DIARY"]).open("a") as diary:
        diary.write(folder.name + "\n")


@app.command("gather")
def gather(
    source: SourceArgument,
    out: OutOption,
    map: Annotated[list[str] | None, typer.Option("--map")] = None,
    language: str = "en",
    wait: Annotated[
        str | None, typer.Option("--wait", help="Take a minute unless this file is there.")
    ] = None,
) -> None:
    """Data from data."""
    if wait and not Path(wait).exists():
        Path(wait).touch()
        time.sleep(60)
    _write(out, source, map, language)


@app.command("train")
def train(
    source: SourceArgument,
    out: OutDirOption,
    model: ModelOption,
    steps: int = 3,
    rate: Annotated[float, typer.Option("--learning-rate", min=0)] = 1e-5,
    merge: Annotated[bool, typer.Option("--merge/--no-merge")] = True,
    seed: SeedOption = 0,
    code: int = 0,
) -> None:
    """A model from data and a model."""
    if code:
        sys.stderr.write("it broke\n")
        raise typer.Exit(code)
    _write(out, source, model, steps, rate, merge, seed)


@app.command("join")
def join(sources: SourcesArgument, out: OutOption) -> None:
    """Data from several data."""
    _write(out, *sources)


@miniature.command("problems")
def problems(out: OutOption, rows: int = 10, seed: SeedOption = 0) -> None:
    """Data from nothing."""
    _write(out, rows, seed)


@miniature.command("other")
def other() -> None:
    """Makes `miniature` a group."""


def run(arguments: list[str]) -> int:
    """As `r1data.cli.invoke`."""
    try:
        app(arguments, standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0
