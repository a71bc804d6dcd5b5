"""`r1 review`: people accept, edit or reject samples at a desk in the browser."""

import contextlib
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from r1data.errors import UserError

from . import console
from .options import DatasetArgument, DroppedOption, DryRunOption, JsonOption, OutOption
from .view import HostOption, OpenOption, PortOption, TokenFileOption, TokenOption

ReviewerOption = Annotated[
    list[str] | None,
    typer.Option("--reviewer", metavar="NAME", help="Only who has this name reviews; repeat. [default: any name]"),
]  # fmt: skip
TwiceOption = Annotated[
    float | None,
    typer.Option(
        "--twice", min=0, max=1, show_default=False,
        help="Share of the rows that two reviewers read; where they disagree, a third one settles it. [default: 0.1]",
    ),
]  # fmt: skip
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", show_default=False, help="Seed that decides which rows are read twice. [default: 0]"),
]  # fmt: skip
FinishOption = Annotated[
    bool,
    typer.Option("--finish", help="Open no desk: write the dataset from what was decided, and end the review."),
]  # fmt: skip
RequireAllOption = Annotated[
    bool, typer.Option("--require-all", help="Fail to finish if a row is undecided.")
]


def command(
    source: DatasetArgument,
    out: OutOption,
    dropped: DroppedOption = None,
    reviewer: ReviewerOption = None,
    twice: TwiceOption = None,
    seed: SeedOption = None,
    finish: FinishOption = False,
    require_all: RequireAllOption = False,
    host: HostOption = "127.0.0.1",
    port: PortOption = None,
    token: TokenOption = None,
    token_file: TokenFileOption = None,
    open_browser: OpenOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Let people accept, edit or reject samples in the browser; the decisions become a dataset.

    r1 review kept -o reviewed --dropped rejected
    r1 review kept -o reviewed --reviewer ana --reviewer ben --twice 0.2
    r1 review kept -o reviewed --dropped rejected --finish
    """
    from r1data.exchange.review.desk import ReviewDesk, ReviewSettings
    from r1data.exchange.review.opening import preview

    settings = ReviewSettings(tuple(reviewer or ()), twice, seed)
    if dry_run:
        console.show(preview(source, out), as_json=json)
        return
    if dropped is not None and Path(dropped).resolve() == Path(out).resolve():
        raise UserError(f"--dropped {dropped}: is -o itself; choose another folder")
    desk = ReviewDesk.open(source, out, settings, dropped=dropped, require_all=require_all)
    with contextlib.closing(desk):
        if finish or desk.closed:
            waiting = desk.progress().waiting
            console.show(desk.finish().as_json(), as_json=json)
            if waiting:
                console.say(
                    f"{waiting} rows were to be read twice and were read once: that reader's decision stands"
                )
            return
        _open_desk(desk, (host, port, token, token_file, open_browser))
        if desk.summary is not None:
            console.show(desk.summary.as_json(), as_json=json)
        else:
            progress = desk.progress()
            console.show(progress.as_json(), as_json=json)
            options = [f"--dropped {shlex.quote(dropped)}"] if dropped else []
            options += [f"--reviewer {shlex.quote(name)}" for name in reviewer or ()]
            again = " ".join(["r1 review", shlex.quote(source), "-o", shlex.quote(out), *options])
            console.say(
                f"{progress.decided} of {progress.rows} rows are decided; `{again}` goes on, with --finish it writes "
                "the dataset"
            )
    from r1data.window.serving import end_process_if_busy

    end_process_if_busy()


def _open_desk(desk: Any, place: tuple[str, int | None, str | None, str | None, bool]) -> None:
    """Serves the desk until it is told to stop."""
    from r1data.window.library import Library
    from r1data.window.serving import WindowSettings, serve

    library = Library()
    library.open(desk.uri)
    library.desk = desk
    serve(library, WindowSettings(*place), first_page="/review", name="r1 review")
