"""A dataset or a run while it is made: drawn anew in a terminal, elsewhere a line or an object a change."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from r1data.errors import UserError

from . import console

if TYPE_CHECKING:
    from r1data.recipe.report.following import Followed, State

ENDED = "watching changes nothing: what is being made goes on"


def watch(place: str, every: float, *, as_json: bool) -> None:
    """Shows `place` until it is complete.

    Args:
        place: a dataset, or the folder of a training or of a recipe's run.
        every: seconds between two looks.
        as_json: one object a change on stdout, instead of the drawing.

    Raises:
        UserError: nothing is there, or a step of the recipe failed.
        DamagedShard: what is committed is not what was written.
    """
    from r1data.recipe.report.following import follow

    try:
        followed = follow(place)
        if as_json or not sys.stderr.isatty():
            _lines(followed, every, as_json)
        else:
            _drawing(followed, every)
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(ENDED)
        raise


def _drawing(followed: Followed, every: float) -> None:
    from rich.live import Live

    from r1data.recipe.report.following_terminal import dashboard
    from r1data.runtime.terminal import console as rich_console

    shown = rich_console()
    with Live(console=shown, auto_refresh=False) as live:
        while True:
            state = followed.read()
            live.update(dashboard(state, shown.width), refresh=True)
            if _is_over(followed, state):
                break
            _wait(followed, every)
    _refuse_failed(state)


def _lines(followed: Followed, every: float, as_json: bool) -> None:
    from r1data.recipe.report.following import as_json as object_of
    from r1data.recipe.report.following_terminal import line

    last: dict[str, Any] | None = None
    while True:
        state = followed.read()
        current = object_of(state)
        if current != last and followed.is_counted:
            last = current
            if as_json:
                console.show(current, as_json=True, data_command=False)
                sys.stdout.flush()
            else:
                console.say(line(state))
        if _is_over(followed, state):
            break
        _wait(followed, every)
    _refuse_failed(state)


def _is_over(followed: Followed, state: State) -> bool:
    from r1data.recipe.report.following import RecipeState, is_complete

    failed = isinstance(state, RecipeState) and state.failed is not None
    return failed or (is_complete(state) and followed.is_counted)


def _wait(followed: Followed, every: float) -> None:
    if followed.is_counted:
        time.sleep(every)


def _refuse_failed(state: State) -> None:
    from r1data.recipe.report.following import RecipeState

    if isinstance(state, RecipeState) and (step := state.failed):
        raise UserError(
            f"{state.folder}: the step {step.name!r} ended with exit code {step.exit}; mend that and run the "
            "recipe again"
        )
