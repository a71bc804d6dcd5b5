"""A run or a dataset while it is made: what its files say, as a drawing and as one line."""

import io
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from r1data.data.small_files import lock_alone, own_lock
from r1data.errors import UserError
from r1data.recipe import record
from r1data.recipe.record import Record, StepRecord
from r1data.recipe.report import following, following_terminal
from r1data.recipe.report.following import RecipeState, follow
from r1data.recipe.report.training_runs import TrainingRun
from tests.lineage.test_growth import samples, writer
from tests.recipe.report.test_training_report import make_training

ORDER = ("pool", "kept", "student", "scores")


def drawn(state: following.State, columns: int = 80) -> str:
    shown = Console(file=io.StringIO(), width=columns, markup=False, highlight=False)
    shown.print(following_terminal.dashboard(state, columns))
    text = shown.file.getvalue()  # type: ignore[attr-defined]
    assert all(len(line) <= columns for line in text.split("\n"))
    return str(text)


def make_run(folder: Path, order: Sequence[str] = ORDER, **steps: StepRecord) -> Path:
    """A run's folder; the last step that has not ended is the one that the record says is run."""
    recipe = {"name": "small", "description": "", "path": "small.yaml", "order": list(order), "trainings": {}}
    open_steps = [name for name, entry in steps.items() if entry.exit is None]
    running = {"step": open_steps[-1], "started": "2026-11-30T12:00:00+00:00"} if open_steps else {}
    record.write(folder, Record(recipe, 1, {}, {}, {}, steps, running=running))
    return folder


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """As if a process ran the recipe."""
    descriptor = own_lock(folder / record.LOCK)
    lock_alone(descriptor)
    try:
        yield
    finally:
        os.close(descriptor)


def read(folder: Path) -> RecipeState:
    state = follow(str(folder)).read()
    assert isinstance(state, RecipeState)
    return state


def step(command: str, exit_code: int | None, output: str | None = None) -> StepRecord:
    return StepRecord(command, [command], output, {}, "2026-11-30T12:00:00+00:00", 12.5, 1, exit_code)


def test_a_recipe_says_what_is_done_running_and_waiting(tmp_path: Path) -> None:
    folder = make_run(tmp_path, pool=step("ingest", 0), kept=step("filter", None, "${run}/kept"))
    with writer(folder / "kept") as out:
        out.publish("part-0", samples(0, "correct", "incorrect"))
    with held(folder):
        state = read(folder)
        assert following.as_json(state) == following.as_json(read(folder))
    assert [each.word for each in state.steps] == ["done", "running", "waiting", "waiting"]
    assert not following.is_complete(state)
    text = drawn(state)
    assert "1 of 4 steps done" in text
    assert "incorrect" in text and "50 %" in text
    assert following_terminal.line(state).startswith(
        "small · 1 of 4 steps done · kept running · kept · 2 rows"
    )


def test_a_step_of_a_run_that_was_killed_is_interrupted(tmp_path: Path) -> None:
    folder = make_run(tmp_path, pool=step("ingest", 0), kept=step("filter", None, "${run}/kept"))
    assert [each.word for each in read(folder).steps] == ["done", "interrupted", "waiting", "waiting"]
    assert "interrupted" in drawn(read(folder))


def test_a_recipe_ends_when_all_steps_are_done(tmp_path: Path) -> None:
    assert following.is_complete(read(make_run(tmp_path, **{name: step("x", 0) for name in ORDER})))


def test_a_failed_step_is_named_until_another_runs(tmp_path: Path) -> None:
    failed = read(make_run(tmp_path / "a", pool=step("ingest", 1))).failed
    assert failed is not None and failed.exit == 1
    again = make_run(tmp_path / "b", pool=step("ingest", 1), kept=step("filter", None))
    with held(again):
        assert read(again).failed is None


def test_a_running_step_that_trains_shows_its_steps_and_alarms(tmp_path: Path) -> None:
    folder = make_run(tmp_path, student=step("train-grpo", None, "${run}/student"))
    make_training(folder / "student", finished=False, rows=30)
    with held(folder):
        text = drawn(read(folder), 160)
    assert "step 30 of 40" in text
    assert "alarm hacking" in text


def test_many_steps_are_drawn_around_the_running_one(tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(60)]
    done = {name: step("filter", 0) for name in names[:30]}
    folder = make_run(tmp_path, names, **done, s30=step("build", None))
    with held(folder):
        text = drawn(read(folder))
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
