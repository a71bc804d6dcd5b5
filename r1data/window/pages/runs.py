"""`/r/{key}`: a recipe's run or a training as it goes; `/runs`: several trainings over each other."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from r1data.data.small_files import read_own
from r1data.errors import UserError
from r1data.recipe.report.links import window_key
from r1data.recipe.report.markup import WINDOW
from r1data.window.library import Library, OpenRun
from r1data.window.rendering import page
from r1data.window.runs import charts
from r1data.window.runs.charts import Chart, NamedLog
from r1data.window.runs.drawing import Drawing, draw
from r1data.window.runs.recipe_state import FollowedRecipe, RecipeState, StepState
from r1data.window.runs.training_state import FollowedTraining, TrainingState
from r1data.window.text import text_html

SIGNS = {
    "done": "✓", "running": "▶", "waiting": "○", "failed": "✗", "interrupted": "‖", "changed": "≠",
}  # fmt: skip
"""What each state looks like beside its name and its colour."""
REPORT = "report.html"
MAX_REPORT_BYTES = 32 << 20
REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""A report is a file that may be anybody's: it is shown with its own styles, without scripts, forms and requests."""


def run(request: Request) -> Response:
    """The page of a run."""
    opened = _opened(request)
    values = _values(request.app.state.library, opened)
    return page(request, "run.html", opened=opened, **values)


def state(request: Request) -> Response:
    """The part of a run's page that changes as it goes."""
    opened = _opened(request)
    return page(request, "_run_state.html", opened=opened, **_values(request.app.state.library, opened))


def step(request: Request) -> Response:
    """Leads to what a step wrote: a dataset's rows or a training. A report's links need no more than the run's key."""
    opened, name = _opened(request), request.path_params["name"]
    followed = opened.followed
    steps = followed.look().steps if isinstance(followed, FollowedRecipe) else []
    chosen = next((each for each in steps if each.name == name), None)
    if chosen is None:
        raise UserError(f"{opened.folder}: has no step {name!r:.80}")
    return RedirectResponse(_address(request.app.state.library, chosen) or f"{opened.path}#step-{name}", 303)


def metrics(request: Request) -> Response:
    """Curves as JSON: the points that came after `since`, the cursor of an earlier answer; all without it.

    `curves` are by metric: `from` is the step from which on the points take the place of those that the reader has.
    """
    followed = _opened(request).followed
    if not isinstance(followed, FollowedTraining):
        raise UserError("a recipe's run logs no metrics; open one of its trainings")
    training = followed.look()
    log = followed.log
    with log.lock:
        known = log.rows_known(request.query_params.get("since", ""))
        curves = {} if known == log.rows and known else {
            key: {"from": points.start, "steps": points.steps, "values": [float(f"{v:.6g}") for v in points.values]}
            for key, curve in log.curves.items()
            if (points := curve.points(known)).steps
        }  # fmt: skip
        answer: dict[str, Any] = {"cursor": log.cursor, "whole": known == 0, "curves": curves}
    answer["alarms"] = [{"step": alarm.start, "name": alarm.name} for alarm in training.alarms]
    answer["running"] = training.state == "running"
    return JSONResponse(answer)


def report(request: Request) -> Response:
    """The run's `report.html`, if `r1 report` has written one."""
    opened = _opened(request)
    place = _report_of(opened)
    content = read_own(place, MAX_REPORT_BYTES) if place else None
    if content is None:
        raise UserError(f"{opened.folder}: has no {REPORT}; `r1 report {opened.folder}` writes it")
    # As a file it names the default port; here its links stay in this window.
    content = content.replace(f'href="{WINDOW}/'.encode(), b'href="/')
    return Response(
        content, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": REPORT_POLICY}
    )


def several(request: Request) -> Response:
    """Trainings over each other: those that `of` names, and all of a recipe's run that it names."""
    library: Library = request.app.state.library
    keys = list(dict.fromkeys(request.query_params.getlist("of")))
    runs = [each for key in keys for each in _trainings(library, library.run(key))]
    runs = list({each.key: each for each in runs}.values())
    shown, left_out = runs[: charts.MAX_COMPARED], runs[charts.MAX_COMPARED :]
    states: list[tuple[OpenRun, TrainingState]] = []
    logs: list[NamedLog] = []
    names = _told_apart(shown)
    for each, name in zip(shown, names, strict=True):
        if isinstance(followed := each.followed, FollowedTraining):
            states.append((each, followed.look()))
            logs.append(NamedLog(each.key, name, followed.log))
    drawn = charts.compared_charts(logs)
    return page(
        request,
        "runs.html",
        keys=keys,
        runs=[(each, name, told) for (each, told), name in zip(states, names, strict=True)],
        left_out=left_out,
        main=[chart for chart in drawn if charts.is_main(chart)],
        others=[chart for chart in drawn if not charts.is_main(chart)],
        shown=charts.shown,
        signs=SIGNS,
    )


def _opened(request: Request) -> OpenRun:
    library: Library = request.app.state.library
    return library.run(request.path_params["key"])


def _values(library: Library, opened: OpenRun) -> dict[str, Any]:
    followed = opened.followed
    values: dict[str, Any] = {"signs": SIGNS, "has_report": _report_of(opened) is not None}
    if isinstance(followed, FollowedRecipe):
        return values | _of_recipe(library, followed.look())
    return values | _of_training(library, opened, followed)


def _of_recipe(library: Library, told: RecipeState) -> dict[str, Any]:
    addresses = {step.name: address for step in told.steps if (address := _address(library, step))}
    drawing = _drawn(tuple((step.name, tuple(step.inputs)) for step in told.steps))
    trainings = [step.name for step in told.steps if step.training is not None]
    return {
        "recipe": told,
        "training": None,
        "drawing": drawing,
        "steps": {step.name: step for step in told.steps},
        "addresses": addresses,
        "others": {
            step.name: [(rows.path.name, f"{library.open_dataset(str(rows.path)).path}/rows", rows.rows)
                        for rows in step.others]
            for step in told.steps
        },
        "trainings": trainings,
    }  # fmt: skip


@lru_cache(8)
def _drawn(inputs: tuple[tuple[str, tuple[str, ...]], ...]) -> Drawing:
    return draw(dict(inputs))


def _address(library: Library, step: StepState) -> str | None:
    """The page of what a step wrote: the rows of a dataset, or a training."""
    if step.training is not None:
        return library.open_run(step.training.folder).path
    if step.output is not None:
        return f"{library.open_dataset(str(step.output.path)).path}/rows"
    return None


def _of_training(library: Library, opened: OpenRun, followed: FollowedTraining) -> dict[str, Any]:
    told = followed.look()
    log = NamedLog(opened.key, opened.name, followed.log)
    main: list[Chart] = charts.main_charts(log)
    rollouts = library.open_dataset(str(told.rollouts)) if told.rollouts else None
    recipe = _recipe_around(library, opened.folder)
    return {
        "recipe": None,
        "training": told,
        "main": main,
        "others": charts.other_charts(log, main),
        "shown": charts.shown,
        "text_html": text_html,
        "rollouts": rollouts,
        "samples": opened.rollouts.look() if told.rollouts else None,
        "around": recipe,
    }


def _recipe_around(library: Library, folder: Path) -> OpenRun | None:
    """The recipe's run that a training is a step of, where it is open."""
    return library.runs.get(window_key(str(folder.resolve().parent)))


def _trainings(library: Library, opened: OpenRun) -> list[OpenRun]:
    followed = opened.followed
    if isinstance(followed, FollowedTraining):
        return [opened]
    folders = [step.training.folder for step in followed.look().steps if step.training is not None]
    return [library.open_run(folder) for folder in folders]


def _told_apart(runs: list[OpenRun]) -> list[str]:
    """Names of runs, with their parent's folder where two have the same."""
    names = [each.name for each in runs]
    return [
        name if names.count(name) == 1 else f"{each.folder.resolve().parent.name}/{name}"
        for each, name in zip(runs, names, strict=True)
    ]


def _report_of(opened: OpenRun) -> Path | None:
    places = (opened.folder / REPORT, opened.folder / ".r1" / REPORT)
    return next((place for place in places if place.is_file() and not place.is_symlink()), None)


routes = [
    Route("/runs", several),
    Route("/r/{key}", run),
    Route("/r/{key}/state", state),
    Route("/r/{key}/step/{name}", step),
    Route("/r/{key}/metrics", metrics),
    Route("/r/{key}/report", report),
]
