"""The report of one run of reinforcement learning: from its own files, finished or under way."""

import itertools
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from r1data.cli import app
from typer.testing import CliRunner

from r1data.errors import UserError
from r1data.recipe.report import figures, terminal, training_page, training_runs
from r1data.recipe.report.pool import Curve
from tests.recipe.report.report_fakes import make_run
from tests.recipe.report.test_page import HOSTILE, Tags

RECORDED = Path(__file__).parents[2] / "training/loop/recorded/hacking.jsonl"


def make_training(folder: Path, *, finished: bool = True, rows: int = 40, **parameters: Any) -> Path:
    """A run's folder as r1 train-grpo leaves it, with metrics of a real one."""
    place = folder if finished else folder / ".r1"
    place.mkdir(parents=True)
    request = {
        "command": "train-grpo", "kind": "grpo", "parents": [], "parameters": {"steps": 40, "seed": 1, **parameters},
    }  # fmt: skip
    name = "r1.json" if finished else "run.json"
    (place / name).write_text(json.dumps({**request, **({"finished": True} if finished else {})}))
    lines = RECORDED.read_text().splitlines(keepends=True)[:rows]
    (place / "metrics.jsonl").write_text("".join(lines))
    return folder


def test_a_page_is_whole_asks_for_nothing_and_marks_alarms(tmp_path: Path) -> None:
    text = training_page.html([training_runs.read(make_training(tmp_path / "run"))])
    tags = Tags(text).seen
    assert not {tag for tag, _ in tags} & {"script", "img", "link", "iframe", "object", "form"}
    assert "url(" not in text and 'http-equiv="refresh"' not in text
    assert "fallen from 59% to 18%" in text
    assert '<text class="mark"' in text and ">hacking</text>" in text
    assert "step 40 of 40 · finished" in text
    for title in ("Reward", "Accuracy", "Response length", "Cut at the limit", "Entropy", "Language"):
        assert f"<figcaption>{title}" in text
    assert "Engine against trainer" not in text  # nothing logged


def test_texts_of_a_folder_stay_texts(tmp_path: Path) -> None:
    folder = make_training(tmp_path / "run", **{HOSTILE: HOSTILE})
    (folder / "alarms.jsonl").write_text(
        json.dumps({"step": 3, "alarm": HOSTILE, "state": "begins", "text": HOSTILE}) + "\n"
    )
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"step": 41, f"rewards/{HOSTILE}/mean": 1.0, "rewards/b/mean": 1.0}) + "\n")
    run = training_runs.read(folder)
    text = training_page.html([run])
    assert not {tag for tag, _ in Tags(text).seen} & {"script", "img"}
    assert "\x1b" not in text and "\u202e" not in text
    result = CliRunner().invoke(app, ["report", str(folder)])
    assert result.exit_code == 0 and "\x1b]" not in result.stderr and "\u202e" not in result.stderr


def test_a_run_under_way_has_a_page_beside_its_work(tmp_path: Path) -> None:
    folder = make_training(tmp_path / "run", finished=False, rows=12)
    with (folder / ".r1/metrics.jsonl").open("a") as file:
        file.write('{"step": 13, "rew')
    result = CliRunner().invoke(app, ["report", str(folder)])
    assert result.exit_code == 0, result.stderr
    assert "step 12 of 40" in (folder / ".r1/report.html").read_text()
    assert sorted(path.name for path in folder.iterdir()) == [".r1"]


def test_a_run_that_has_only_begun_has_one_too(tmp_path: Path) -> None:
    folder = make_training(tmp_path / "run", finished=False, rows=0)
    (folder / ".r1/metrics.jsonl").unlink()
    run = training_runs.read(folder)
    assert "No step is logged yet." in training_page.html([run])
    assert "step 0 of 40" in terminal.headline(run)


def test_following_says_each_step_and_ends_with_the_run(tmp_path: Path) -> None:
    folder = make_training(tmp_path / "run", finished=False, rows=25)
    page = tmp_path / "page.html"
    make = make_training(tmp_path / "whole")

    def finish() -> None:
        while not page.exists():  # the first look
            time.sleep(0.05)
        (folder / "metrics.jsonl").write_bytes((make / "metrics.jsonl").read_bytes())
        (folder / "r1.json").write_bytes((make / "r1.json").read_bytes())

    ender = threading.Thread(target=finish, daemon=True)
    ender.start()
    result = CliRunner().invoke(app, ["report", str(folder), "--follow", "--every", "0.5", "-o", str(page)])
    ender.join()
    assert result.exit_code == 0
    first, last = result.stderr.splitlines()
    assert "step 25 of 40" in first and "alarm hacking" in first and "finished" in last
    assert 'http-equiv="refresh"' not in page.read_text()


def test_seeds_are_pooled(tmp_path: Path) -> None:
    runs = [training_runs.read(make_training(tmp_path / name, seed=name)) for name in "abc"]
    text = training_page.html(runs)
    Tags(text)
    assert "standard error over seeds" in text and text.count("<b>hacking</b>") == 3


def test_an_accuracy_in_evaluation_keeps_its_own_errors(tmp_path: Path) -> None:
    folder = make_training(tmp_path / "run", rows=5)
    with (folder / "metrics.jsonl").open("a") as file:
        for step in (6, 12):
            file.write(json.dumps({"step": step, "eval/accuracy": 0.5, "eval/accuracy_se": 0.1}) + "\n")
    run = training_runs.read(folder)
    from r1data.recipe.report.panels import EVALUATION

    curve = training_page.curve_of([run], EVALUATION)
    assert curve == Curve((6, 12), (0.5, 0.5), (0.1, 0.1), 1, 1)


def test_what_is_no_such_run_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "sft"
    other.mkdir()
    (other / "r1.json").write_text('{"command": "train-sft", "kind": "sft", "finished": true}')
    with pytest.raises(UserError, match="made by r1 train-sft; give the folder of"):
        training_runs.read(other)
    recipe = make_run(tmp_path / "recipe", problems=2)
    one = make_training(tmp_path / "one")
    for arguments, said in (
        ([str(one), str(recipe)], "a report of its own"),
        ([str(recipe), "--follow"], "--follow shows one run"),
        ([str(tmp_path / "nothing")], "nor r1.json of r1 train-grpo"),
        ([str(one), str(tmp_path / "nothing")], f"{tmp_path / 'nothing'}: no run here"),
    ):
        result = CliRunner().invoke(app, ["report", *arguments])
        assert isinstance(result.exception, UserError) and said in str(result.exception)


def test_a_torn_alarm_of_a_finished_run_is_left_out_and_another_text_refused(tmp_path: Path) -> None:
    folder = make_training(tmp_path / "run")
    (folder / "alarms.jsonl").write_text('{"step": 3, "ala')
    assert training_runs.read(folder).events == []
    (folder / "alarms.jsonl").write_text('{"step": 3}\n')
    with pytest.raises(UserError, match="a line is no alarm"):
        training_runs.read(folder)


@given(st.lists(st.floats(-1e9, 1e9), max_size=200), st.integers(1, 60))
def test_eighths_fit_their_width(values: list[float], width: int) -> None:
    text = terminal.spark(values, width)
    assert len(text) <= width and set(text) <= set(terminal.EIGHTHS)
    assert bool(text) == bool(values)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_a_chart_holds_negative_values(values: list[float]) -> None:
    curve = Curve(tuple(range(1, len(values) + 1)), tuple(values), (None,) * len(values), 1, 1)
    svg = figures.line_chart(
        [figures.Series("x", curve)], name="x", unit="", share=False, marks_at={1: "a"}
    ).html
    points = svg.partition('points="')[2].partition('"')[0].split()
    heights = [float(point.partition(",")[2]) for point in points]
    assert all(0 <= height <= figures.HEIGHT for height in heights)
    # Higher values stand higher, as far as the picture can tell them apart.
    order = sorted(range(len(values)), key=values.__getitem__)
    assert all(heights[a] >= heights[b] - 0.11 for a, b in itertools.pairwise(order))
