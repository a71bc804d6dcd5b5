"""The state of a recipe's run: waiting, running, interrupted, failed, changed, done, and what waits for what."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from r1data.data.commits import Command
from r1data.data.small_files import is_held, lock_alone
from r1data.data.writer import Writer
from r1data.errors import UserError
from r1data.recipe import record
from r1data.recipe.record import PlannedRecord, Record, StepRecord
from r1data.window.runs.recipe_state import FollowedRecipe

NAMES = ("prompts", "samples", "kept")


def planned(name: str, reads: tuple[str, ...] = (), *words: str) -> PlannedRecord:
    place = f"${{run}}/{name}"
    return PlannedRecord("sample", ["sample", *(f"${{run}}/{i}" for i in reads), "--out", place, *words], place,
                         [f"${{run}}/{i}" for i in reads])  # fmt: skip


def ran(step: PlannedRecord, exit_code: int | None = 0) -> StepRecord:
    inputs = dict.fromkeys(step.reads, "digest")
    return StepRecord(
        step.command,
        list(step.arguments),
        step.output,
        inputs,
        "2026-01-01T10:00:00+00:00",
        3.0,
        1,
        exit_code,
    )


def run_of(
    folder: Path, steps: dict[str, StepRecord], running: str | None = None, **more: PlannedRecord
) -> FollowedRecipe:
    plan = {"prompts": planned("prompts"), "samples": planned("samples", ("prompts",)),
            "kept": planned("kept", ("samples",)), **more}  # fmt: skip
    recipe = {
        "name": "r",
        "description": "",
        "path": "r.yaml",
        "order": list(NAMES),
        "trainings": {},
        "planned": plan,
    }
    going = {"step": running, "started": "2026-01-01T10:00:05+00:00"} if running else {}
    record.write(folder, Record(recipe, 1, {}, record.versions(), record.machine(), steps, going))
    return FollowedRecipe(folder)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / record.LOCK, os.O_RDWR | os.O_CREAT)
    lock_alone(descriptor)
    yield
    os.close(descriptor)


def states(followed: FollowedRecipe) -> dict[str, str]:
    return {step.name: step.state for step in followed.look().steps}


def test_a_step_runs_as_long_as_somebody_holds_the_lock(tmp_path: Path) -> None:
    steps = {"prompts": ran(planned("prompts")), "samples": ran(planned("samples", ("prompts",)), None)}
    followed = run_of(tmp_path, steps, "samples")
    with held(tmp_path):
        assert states(followed) == {"prompts": "done", "samples": "running", "kept": "waiting"}
        assert followed.look().state == "running"
        assert followed.look().steps[1].seconds > 3
    assert states(followed)["samples"] == "interrupted"
    assert followed.look().state == "interrupted"


def test_an_interrupted_step_is_none_that_runs_while_another_one_does(tmp_path: Path) -> None:
    steps = {"prompts": ran(planned("prompts"), None), "samples": ran(planned("samples", ("prompts",)), None)}
    followed = run_of(tmp_path, steps, "samples")
    with held(tmp_path):
        assert states(followed) == {"prompts": "interrupted", "samples": "running", "kept": "waiting"}


def test_failed_and_changed_steps_say_so(tmp_path: Path) -> None:
    steps = {
        "prompts": ran(planned("prompts", (), "--count", "9")),
        "samples": ran(planned("samples", ("prompts",)), 3),
    }
    told = run_of(tmp_path, steps).look()
    assert [(step.state, step.note) for step in told.steps] == [
        ("changed", "made with other options than the recipe has now"),
        ("failed", "exit code 3"),
        ("waiting", ""),
    ]
    assert told.state == "failed"


def test_what_will_be_run_is_known_before(tmp_path: Path) -> None:
    told = run_of(tmp_path, {}).look()
    assert {step.name: step.inputs for step in told.steps} == {
        "prompts": [], "samples": ["prompts"], "kept": ["samples"],
    }  # fmt: skip
    assert told.steps[1].line == f"r1 sample {tmp_path}/prompts --out {tmp_path}/samples"


def test_rows_are_counted_as_they_come_and_other_rows_change_a_reader(tmp_path: Path) -> None:
    writer = Writer.open(str(tmp_path / "prompts"), schema="prompt", command=Command("ingest", {}))
    row = {"prompt_id": "a", "prompt": "1", "domain": "math", "language": "en", "source": "s"}
    writer.publish("part-0", pa.Table.from_pylist([row] * 3))
    sample = ran(planned("samples", ("prompts",)))
    followed = run_of(tmp_path, {"prompts": ran(planned("prompts"), None), "samples": sample}, "prompts")
    with held(tmp_path):
        rows = followed.look().steps[0].output
        assert rows is not None and (rows.rows, rows.complete) == (3, False)
        writer.publish("part-1", pa.Table.from_pylist([row] * 2))
        writer.finish()
        rows = followed.look().steps[0].output
        assert rows is not None and (rows.rows, rows.complete) == (5, True)
    told = followed.look().steps[1]
    assert (told.state, told.note) == ("changed", "made from other rows of prompts than there are now")


@pytest.mark.parametrize("output", ["/etc", "${run}/../elsewhere", "${run}/a/b", "${run}", "s3://bucket/x"])
def test_what_lies_elsewhere_is_not_opened(tmp_path: Path, output: str) -> None:
    step = ran(planned("prompts"))
    step.output = output
    told = run_of(tmp_path, {"prompts": step}).look().steps[0]
    assert told.output is None and told.training is None


def test_a_folder_without_a_run_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run here"):
        FollowedRecipe(tmp_path).look()


def test_who_asks_for_a_lock_does_not_keep_a_run_from_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    asking = os.open(path, os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    assert not is_held(path)
    with pytest.raises(BlockingIOError):
        lock_alone(descriptor)
    os.close(asking)
    lock_alone(descriptor)
    assert is_held(path)
    os.close(descriptor)
    assert not is_held(path) and not is_held(tmp_path / "none")
