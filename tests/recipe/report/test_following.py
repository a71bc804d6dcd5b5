"""A run or a dataset while it is made: what its files say, as a drawing and as one line."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from r1data.errors import UserError
from r1data.recipe import record
from r1data.recipe.record import Record, StepRecord
from r1data.recipe.report import following, following_terminal
from r1data.recipe.report.following import RecipeState, follow
from r1data.recipe.report.training_runs import TrainingRun
from tests.lineage.test_growth import samples, writer
from tests.recipe.report.test_training_report import make_training


def drawn(state: following.State, columns: int = 80) -> str:
    shown = Console(file=io.StringIO(), width=columns, markup=False, highlight=False)
    shown.print(following_terminal.dashboard(state, columns))
    text = shown.file.getvalue()  # type: ignore[attr-defined]
    assert all(len(line) <= columns for line in text.split("\n"))
    return str(text)


def make_run(folder: Path, **steps: StepRecord) -> Path:
    order = ["pool", "kept", "student", "scores"]
    recipe = {"name": "small", "description": "", "path": "small.yaml", "order": order, "trainings": {}}
    record.write(folder, Record(recipe, 1, {}, {}, {}, steps))
    return folder


def step(command: str, exit_code: int | None, output: str | None = None) -> StepRecord:
    return StepRecord(command, [command], output, {}, "2026-11-30T12:00:00+00:00", 12.5, 1, exit_code)


def test_a_recipe_says_what_is_done_running_and_waiting(tmp_path: Path) -> None:
    folder = make_run(tmp_path, pool=step("ingest", 0), kept=step("filter", None, "${run}/kept"))
    with writer(folder / "kept") as out:
        out.publish("part-0", samples(0, "correct", "incorrect"))
    state = follow(str(folder)).read()
    assert isinstance(state, RecipeState)
    assert [each.word for each in state.steps] == ["done", "running", "waiting", "waiting"]
    assert not following.is_complete(state)
    text = drawn(state)
    assert "1 of 4 steps done" in text
    assert "incorrect" in text and "50 %" in text
    assert following_terminal.line(state).startswith(
        "small · 1 of 4 steps done · kept running · kept · 2 rows"
    )
    assert following.as_json(state) == following.as_json(follow(str(folder)).read())


def test_a_recipe_ends_when_all_steps_are_done(tmp_path: Path) -> None:
    names = ("pool", "kept", "student", "scores")
    state = follow(str(make_run(tmp_path, **{name: step("x", 0) for name in names}))).read()
    assert following.is_complete(state)


def test_a_failed_step_is_named_until_another_runs(tmp_path: Path) -> None:
    state = follow(str(make_run(tmp_path / "a", pool=step("ingest", 1)))).read()
    assert isinstance(state, RecipeState)
    assert state.failed is not None and state.failed.exit == 1
    again = follow(str(make_run(tmp_path / "b", pool=step("ingest", 1), kept=step("filter", None)))).read()
    assert isinstance(again, RecipeState)
    assert again.failed is None


def test_a_running_step_that_trains_shows_its_steps_and_alarms(tmp_path: Path) -> None:
    folder = make_run(tmp_path, student=step("train-grpo", None, "${run}/student"))
    make_training(folder / "student", finished=False, rows=30)
    text = drawn(follow(str(folder)).read(), 160)
    assert "step 30 of 40" in text
    assert "alarm hacking" in text


def test_many_steps_are_drawn_around_the_running_one(tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(60)]
    done = {name: step("filter", 0) for name in names[:30]}
    recipe: dict[str, Any] = {"name": "long", "description": "", "path": "", "order": names, "trainings": {}}
    record.write(tmp_path, Record(recipe, 1, {}, {}, {}, {**done, "s30": step("build", None)}))
    text = drawn(follow(str(tmp_path)).read())
    assert "… 23 before" in text and "… 23 more" in text
    assert "s30" in text


def test_a_supervised_training_shows_every_metric(tmp_path: Path) -> None:
    place = tmp_path / "student/.r1"
    place.mkdir(parents=True)
    request = {"command": "train-sft", "kind": "sft", "parameters": {}}
    (place / "run.json").write_text(json.dumps(request))
    rows = [{"step": number, "loss": 2 / number, "learning_rate": 1e-5} for number in (1, 2, 4)]
    (place / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"step": 5, "lo')
    state = follow(str(tmp_path / "student")).read()
    assert isinstance(state, TrainingRun)
    text = drawn(state)
    assert "student · step 4 · loss 0.5" in text
    assert "learning_rate" in text
    assert following.as_json(state)["complete"] is False


def test_a_place_where_nothing_is_gets_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing is there yet"):
        follow(str(tmp_path / "nowhere"))


@given(st.floats(0, 1), st.integers(1, 80))
def test_a_bar_fits_and_shows_what_is_there(share: float, width: int) -> None:
    text = following_terminal.bar(share, width)
    assert len(text) <= width
    assert bool(text) == (share > 0)
