"""A run goes on where it stopped, and never mixes two recipes in one folder."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from r1data.errors import UserError
from r1data.recipe import record
from r1data.recipe.plan import RecipePlan
from r1data.recipe.record import Record, fingerprint
from r1data.recipe.run import run, select_steps
from tests.recipe import recipe_fakes
from tests.recipe.recipe_fakes import Planner

PRELOAD = ["pytest", "typer", "r1data.recipe.plan", "r1data.cli.options"]
CHAIN = """\
steps:
  - miniature problems: {as: problems}
  - gather: {as: kept, input: "${problems}"}
  - train: {as: model, input: "${kept}", model: miniature:base}
"""


def go(plan: RecipePlan, only: str | None = None, start: str | None = None) -> tuple[Record, list[str]]:
    said: list[str] = []
    return run(plan, select_steps(plan, only, start), recipe_fakes.run, PRELOAD, said.append), said


def diary() -> list[str]:
    return Path("diary").read_text().split()


def test_every_step_runs_once(planned: Planner) -> None:
    done, said = go(planned(CHAIN))
    _, again = go(planned(CHAIN))
    assert diary() == ["problems", "kept", "model"]
    assert [step.exit for step in done.steps.values()] == [0, 0, 0]
    assert said[1] == "[1/3] problems: miniature problems"
    assert again == [f"[{i}/3] {name}: done before" for i, name in enumerate(diary(), 1)]


def test_a_failed_step_stops_the_run_and_is_run_again(planned: Planner) -> None:
    with pytest.raises(
        UserError, match=r'the step "model" ended with exit code 3; .* r1 train run/kept --out'
    ):
        go(planned(CHAIN, "model.code=3"))
    go(planned(CHAIN))
    assert diary() == ["problems", "kept", "model"]


def test_one_step_alone_and_the_rest_from_a_step(planned: Planner) -> None:
    plan = planned(CHAIN)
    go(plan, only="problems")
    go(plan, start="kept")
    assert diary() == ["problems", "kept", "model"]
    with pytest.raises(UserError, match='no step "modle"'):
        select_steps(plan, only="modle")


def test_other_options_or_input_are_refused(planned: Planner) -> None:
    go(planned(CHAIN))
    with pytest.raises(UserError, match=r'"kept" was made with other options .* delete run/kept'):
        go(planned(CHAIN, "kept.language=zh"))
    shutil.rmtree("run/problems")
    with pytest.raises(UserError, match='"kept" was made from other input'):
        go(planned(CHAIN))
    with pytest.raises(UserError, match="seed 1; choose another folder"):
        go(planned(CHAIN, seed=2))


def test_the_folder_can_be_moved(planned: Planner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(planned(CHAIN))
    (tmp_path / "elsewhere").mkdir()
    shutil.move("run", "elsewhere/run")
    monkeypatch.chdir(tmp_path / "elsewhere")
    _, said = go(planned(CHAIN))
    assert all(line.endswith("done before") for line in said)


def test_an_input_is_told_by_what_it_holds(tmp_path: Path) -> None:
    """A model trained again to the same weights is the same one, a file written again with the same text too."""
    model, rows = tmp_path / "model", tmp_path / "rows.jsonl"

    def written(time: int, weights: bytes = bytes(40 << 20), text: str = "{}") -> tuple[str, str]:
        model.mkdir(exist_ok=True)
        (model / "config.json").write_text("{}")
        (model / "model.safetensors").write_bytes(weights)
        (model / "r1.json").write_text(f'{{"seconds": {time}}}')
        (model / "metrics.jsonl").write_text(f'{{"time": {time}}}')
        (model / "rollouts").mkdir(exist_ok=True)
        (model / "rollouts/commit.json").write_text(f'{{"created": {time}}}')
        rows.write_text(text)
        for path in (rows, *model.iterdir()):
            os.utime(path, (time, time))
        return fingerprint(str(model)), fingerprint(str(rows))

    once = written(1)
    assert written(2) == once
    assert written(2, bytes((40 << 20) - 1) + b"1")[0] != once[0]
    assert written(2, text="[]")[1] != once[1]


def test_missing_inputs_are_named_before_anything_runs(planned: Planner) -> None:
    text = "inputs: {p: {path: data/p, holds: prompts}}\n" + CHAIN.replace("${problems}", "${p}")
    with pytest.raises(UserError, match=r"inputs are missing .*: p = data/p: prompts"):
        go(planned(text))
    assert not Path("run").exists()


def test_a_record_that_is_none_is_refused(planned: Planner) -> None:
    Path("run").mkdir()
    Path("run/run.json").write_text('{"steps": 3}')
    with pytest.raises(UserError, match="not the record of a run"):
        go(planned(CHAIN))


SCRIPT = """
import sys
from pathlib import Path
from tests.recipe import recipe_fakes
from r1data.cli.signatures import signatures
from r1data.recipe.load import load
from r1data.recipe.plan import build
from r1data.recipe.run import run, select_steps
if __name__ == "__main__":
    recipe = load(Path("recipe.yaml"))
    plan = build(recipe, signatures(recipe_fakes.app), Path("run"), recipe.seed)
    try:
        run(plan, select_steps(plan), recipe_fakes.run, ["r1data.recipe.plan"], lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        sys.exit(130)
"""
WAITING = CHAIN.replace('input: "${problems}"', 'input: "${problems}", wait: here').replace(
    '  - train: {as: model, input: "${kept}", model: miniature:base}\n',
    '  - join: {as: end, input: ["${kept}"]}\n',
)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_goes_on(planned: Planner, number: int) -> None:
    planned(WAITING)
    Path("script.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    def started() -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "script.py"], env=environment, start_new_session=True)

    first = started()
    while not Path("here").exists():
        time.sleep(0.05)
    os.killpg(first.pid, number)
    assert first.wait(120) == (-9 if number == signal.SIGKILL else 130)
    interrupted = record.read(Path("run"))
    assert interrupted and interrupted.steps["kept"].exit is None
    assert started().wait(120) == 0
    assert diary() == ["problems", "kept", "end"]
    finished = record.read(Path("run"))
    assert finished and finished.steps["kept"].attempts == 2
