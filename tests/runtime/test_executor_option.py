"""`--executor` on the command line and in recipes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

RECIPE = """
inputs:
  rows: {{path: {rows}, holds: responses with a truth}}
{defaults}
steps:
  - verify: {{as: judged, input: "${{rows}}", {option}}}
"""


@pytest.fixture
def rows(write_jsonl: Callable[..., Path]) -> Path:
    return write_jsonl([{"prompt": "1+1", "truth": "2", "response": "</think>2"}])


def recipe(folder: Path, rows: Path, option: str = "", defaults: str = "") -> Path:
    path = folder / "recipe.yaml"
    path.write_text(RECIPE.format(rows=rows, option=option, defaults=defaults))
    return path


def test_an_unknown_executor_is_a_mistake_of_usage(r1: Run, rows: Path, tmp_path: Path) -> None:
    done = r1("verify", rows, "-o", tmp_path / "out", "--executor", "slurm")
    assert done.returncode == 2
    assert "slurm: no such executor" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", ["option", "defaults"])
def test_a_recipe_chooses_the_executor_of_a_step(r1: Run, rows: Path, tmp_path: Path, given: str) -> None:
    option, defaults = {
        "option": ("executor: ray", ""),
        "defaults": ("", "defaults: {verify: {executor: ray}}"),
    }[given]
    done = r1("run", recipe(tmp_path, rows, option, defaults), "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "--executor ray" in done.stdout + done.stderr


def test_a_recipe_with_an_unknown_executor_is_refused_with_its_line(
    r1: Run, rows: Path, tmp_path: Path
) -> None:
    done = r1("run", recipe(tmp_path, rows, "executor: slurm"), "--dry-run", cwd=tmp_path)
    assert done.returncode == 1
    assert 'recipe.yaml:6: step "judged": "executor": slurm: no such executor' in done.stderr
