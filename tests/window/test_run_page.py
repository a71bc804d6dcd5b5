"""The pages of runs: a recipe with its drawing, a training with its curves, several over each other, the report."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from r1data.data.small_files import lock_alone
from r1data.recipe import record
from r1data.recipe.report.page import write
from r1data.recipe.report.runs import read_run
from r1data.window.app import build_app
from r1data.window.library import Library, OpenRun
from tests.hostile.pages.markup import STORABLE
from tests.recipe.report.report_fakes import make_run
from tests.window.browser import NARROW, TOKEN, WIDE, Browse, Window, axe

Window_ = Callable[..., Window]


class Reader:
    """A window without a browser on some runs."""

    def __init__(self, *folders: Path) -> None:
        self.library = Library()
        self.runs = [self.library.open(str(folder)) for folder in folders]
        app = build_app(self.library, token=TOKEN, hosts=None)
        self.client = TestClient(app, headers={"Authorization": f"Bearer {TOKEN}"}, follow_redirects=False)

    def text(self, path: str) -> str:
        response = self.client.get(path)
        assert response.status_code == 200, response.text
        return response.text

    def json(self, path: str) -> Any:
        return self.client.get(path).json()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe's run with trainings and evaluations, made up, and its report."""
    folder = make_run(tmp_path_factory.mktemp("runs") / "made-up", problems=3, samples=2)
    for place in folder.iterdir():
        if (place / "r1.json").exists():
            (place / "r1.json").write_text(
                json.dumps(
                    {"finished": True, "command": "train-grpo", "kind": "grpo", "parameters": {"steps": 60}}
                )
            )
    write([read_run(folder)], folder / "report.html")
    return folder


def training(
    folder: Path, steps: int = 40, *, alarms: str = "", finished: bool = True, **parameters: object
) -> Path:
    """A training's folder, as one would leave it after so many steps."""
    place = folder if finished else folder / ".r1"
    place.mkdir(parents=True, exist_ok=True)
    rows = [
        {"step": n, "time": 2.0 * n, "num_tokens": 500.0 * n, "reward": n / steps, "loss": 1 / n, "r1/accuracy": 0.3,
         "own/metric": n % 7}
        for n in range(1, steps + 1)
    ]  # fmt: skip
    (place / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "alarms.jsonl").write_text(alarms)
    request = {
        "command": "train-grpo",
        "kind": "grpo",
        "parameters": {"steps": 60, **parameters},
        "parents": [],
    }
    name = "r1.json" if finished else "run.json"
    (place / name).write_text(json.dumps(request | ({"finished": True} if finished else {})))
    return folder


def test_a_recipe_shows_every_step_and_leads_to_what_it_wrote(finished: Path) -> None:
    reader = Reader(finished)
    text = reader.text(reader.runs[0].path)
    for name in ("eval-base", "r1-zero", "eval-r1"):
        assert f'id="step-{name}"' in text
        link = re.search(rf'<th scope="row"><a href="([^"]+)">{name}</a>', text)
        assert link
        opened = reader.library.runs if link[1].startswith("/r/") else reader.library.datasets
        assert link[1].split("/")[2] in opened
    assert text.count('<g class="step is-done"') == len(read_run(finished).record.steps)


def test_a_report_leads_into_the_window(finished: Path) -> None:
    reader = Reader(finished)
    assert isinstance(reader.runs[0], OpenRun)
    response = reader.client.get(f"{reader.runs[0].path}/report")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'") and "script" not in policy
    links = re.findall(r'href="([^"]+)"', response.text)
    assert links and all(link.startswith(f"{reader.runs[0].path}/step/") for link in links)
    for link in links:
        step = reader.client.get(link)
        assert step.status_code == 303 and step.headers["location"].startswith(("/d/", "/r/"))
    assert "http://127.0.0.1:8311/r/" in (finished / "report.html").read_text()


def test_a_run_without_a_report_says_how_to_write_it(tmp_path: Path) -> None:
    reader = Reader(training(tmp_path / "zero"))
    assert "has no report.html" in reader.client.get(f"{reader.runs[0].path}/report").text
    assert "/report" not in reader.text(reader.runs[0].path)


def test_a_training_shows_its_metrics_alarms_and_what_is_left(tmp_path: Path) -> None:
    alarms = (
        '{"step": 9, "alarm": "mixing", "state": "begins", "text": "32% mix"}\n'
        '{"step": 20, "alarm": "mixing", "state": "ends", "text": ""}\n'
        '{"step": 30, "alarm": "kl", "state": "begins", "text": "too far"}\n{"step": 31, "al'
    )
    reader = Reader(training(tmp_path / "zero", alarms=alarms, finished=False))
    text = reader.text(reader.runs[0].path)
    assert "interrupted" in text and "step 40 of 60" in " ".join(text.split())
    assert "step 9 to 20, over" in text and "step 30, lasts" in text
    for key in ("reward", "loss", "r1/accuracy", "own/metric"):
        assert f'data-key="{key}"' in text


def test_new_points_alone_are_sent(tmp_path: Path) -> None:
    reader = Reader(training(tmp_path / "zero", finished=False))
    path = f"{reader.runs[0].path}/metrics"
    first = reader.json(path)
    assert first["whole"] and first["curves"]["loss"]["steps"] == list(range(1, 41))
    assert reader.json(f"{path}?since={first['cursor']}")["curves"] == {}
    with (tmp_path / "zero/.r1/metrics.jsonl").open("a") as file:
        file.write('{"step": 41, "loss": 7}\n')
    then = reader.json(f"{path}?since={first['cursor']}")
    assert then["curves"] == {"loss": {"from": 41, "steps": [41], "values": [7.0]}} and not then["whole"]
    assert reader.json(f"{path}?since=other.5")["whole"]


def test_several_trainings_stand_in_one_chart_a_metric(tmp_path: Path, finished: Path) -> None:
    reader = Reader(training(tmp_path / "a" / "zero"), training(tmp_path / "b" / "zero"), finished)
    keys = [run.key for run in reader.runs]
    text = reader.text(f"/runs?of={keys[0]}&of={keys[1]}")
    assert text.count('data-key="reward"') == 2 and "a/zero" in text and "b/zero" in text
    # a recipe stands for its trainings, of which there are more than colours
    assert "left out" in reader.text(f"/runs?of={keys[0]}&of={keys[1]}&of={keys[2]}")
    assert reader.client.get("/runs?of=nothing").status_code == 404
    assert "No training is named" in reader.text("/runs")


def test_texts_of_a_run_are_text(tmp_path: Path) -> None:
    """Names, settings, alarms and metrics from elsewhere."""
    alarm = json.dumps({"step": 3, "alarm": STORABLE, "state": "begins", "text": STORABLE})
    folder = training(tmp_path / "zero", alarms=alarm + "\n", **{"model": STORABLE, STORABLE: STORABLE})
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"step": 41, STORABLE[:150]: 1.0, "<img src=x onerror=alert(1)>": 2}) + "\n")
    recipe = make_run(tmp_path / "recipe", problems=1, samples=1)
    run = record.read(recipe)
    assert run
    run.recipe |= {"name": STORABLE, "description": STORABLE, "order": [STORABLE, *run.recipe["order"]]}
    run.steps[STORABLE] = run.steps["eval-base"]
    record.write(recipe, run)
    reader = Reader(folder, recipe)
    for opened in reader.runs:
        text = reader.text(opened.path)
        assert not re.search(r"<(script(?! src=)|img|iframe|form|object|math|style|base)\b", text)
        assert not re.search(r"[\x00-\x08\x1b\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("bad", ["3", "[]", "{", '{"command": 7}', '{"finished": true}'])
def test_a_damaged_training_is_one_plain_page(tmp_path: Path, bad: str) -> None:
    folder = training(tmp_path / "zero")
    (folder / "r1.json").write_text(bad)
    reader = Reader(folder)
    response = reader.client.get(reader.runs[0].path)
    assert response.status_code in (200, 400) and "Traceback" not in response.text


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, True)])
def test_the_pages_can_be_used_by_everybody(
    finished: Path, tmp_path: Path, window: Window_, browse: Browse, width: int, dark: bool
) -> None:
    zero = training(tmp_path / "zero")
    reader = Reader(finished, zero)
    shown = window("view", finished, zero)
    for path in (reader.runs[0].path, reader.runs[1].path, f"/runs?of={reader.runs[0].key}"):
        page = browse(shown.url(path), width=width, dark=dark)
        if path != reader.runs[0].path:
            page.locator("figure.chart canvas").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe(page) == []


def test_charts_are_filtered_smoothed_and_logarithmic(
    tmp_path: Path, window: Window_, browse: Browse
) -> None:
    zero = training(tmp_path / "zero")
    page = browse(window("view", zero).url(Reader(zero).runs[0].path))
    page.locator("figure.chart canvas").first.wait_for()
    page.get_by_label("Metrics named").fill("own")
    assert page.locator("figure.chart:visible").count() == 1
    page.locator("figure.chart:visible canvas").wait_for()
    page.get_by_label("Metrics named").fill("loss")
    page.get_by_label("Smoothing").select_option("0.9")
    page.get_by_label("Logarithmic").check()
    chart = page.locator("figure.chart:visible")
    chart.locator("canvas").wait_for()
    box = chart.locator(".u-over").bounding_box()
    assert box
    page.mouse.move(box["x"] + 2, box["y"] + 20)
    first = chart.locator("[data-part=step]")
    end = time.monotonic() + 20
    while first.inner_text() != "1" and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert first.inner_text() == "1"


def test_a_page_follows_what_is_written(tmp_path: Path, window: Window_, browse: Browse) -> None:
    """Whether somebody trains, steps, alarms, the end: without a reload, with what a reader has opened left open."""
    zero = training(tmp_path / "zero", steps=3, finished=False)
    page = browse(window("view", zero).url(Reader(zero).runs[0].path))
    page.evaluate("window.loadedOnce = true")
    page.locator("h1 .state.is-interrupted").wait_for()
    page.locator("#settings summary").click()
    page.get_by_label("Metrics named").fill("loss")
    descriptor = os.open(zero / ".r1/lock", os.O_RDWR | os.O_CREAT)
    lock_alone(descriptor)
    page.locator("h1 .state.is-running").wait_for()
    with (zero / ".r1/metrics.jsonl").open("a") as file:
        file.write('{"step": 9, "loss": 0.25, "new/metric": 1}\n')
    (zero / ".r1/alarms.jsonl").write_text(
        '{"step": 9, "alarm": "kl", "state": "begins", "text": "too far"}\n'
    )
    loss = page.locator("tr[data-key='loss']")
    page.locator("tr[data-key='new/metric']").wait_for(state="attached")
    page.locator(".alarms", has_text="too far").wait_for()
    loss.locator("[data-part=step]", has_text="9").wait_for()
    page.wait_for_timeout(1000)
    assert loss.locator("[data-part=step]").inner_text() == "9"
    assert page.locator("figure.chart:visible").count() == 1
    os.close(descriptor)
    page.locator("h1 .state.is-interrupted").wait_for()
    assert page.title().endswith(": interrupted · r1")
    assert page.locator("#settings").get_attribute("open") is not None
    assert page.get_by_label("Metrics named").input_value() == "loss"
    assert page.evaluate("window.loadedOnce")
