"""The questions of `make real` and `make real-rl`: none twice, worked answers right, files alike."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
import r1data.cli
from r1data.cli.signatures import signatures

from r1data.data.resources import resource
from r1data.recipe.load import load
from r1data.recipe.plan import build
from r1data.verifiers.registry import check
from tests.conftest import Run

FILES = ("test", "cold-start", "train")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("questions")
    runpy.run_path(str(resource("recipes") / "real/questions.py"))["write"](folder, seed=3)
    return {name: read(folder / f"{name}.jsonl") for name in FILES}


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_no_question_is_asked_twice(rows: dict[str, list[dict[str, Any]]]) -> None:
    prompts = [row["prompt"] for name in FILES for row in rows[name]]
    assert len(prompts) == len(set(prompts))


def test_every_worked_answer_is_correct(rows: dict[str, list[dict[str, Any]]]) -> None:
    assert {check("math", row["response"], row["truth"]).verdict for row in rows["cold-start"]} == {"correct"}


def test_only_the_cold_start_is_worked(rows: dict[str, list[dict[str, Any]]]) -> None:
    assert not any("response" in row for name in ("test", "train") for row in rows[name])


@pytest.fixture(scope="module")
def sums(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The last line of each prompt."""
    folder = tmp_path_factory.mktemp("sums")
    runpy.run_path(str(resource("recipes") / "real/sums.py"))["write"](folder, seed=3)
    return {
        name: [row["prompt"].splitlines()[-1] for row in read(folder / f"{name}.jsonl")]
        for name in ("rl-test", "rl-train")
    }


def test_no_sum_is_trained_on_and_evaluated(sums: dict[str, list[str]]) -> None:
    assert not {*sums["rl-test"]} & {*sums["rl-train"]}


def test_easy_sums_are_as_frequent_in_the_evaluation_as_in_training(sums: dict[str, list[str]]) -> None:
    one_digit = {
        name: sum(len(text) == len("1 + 1:") for text in texts) / len(texts) for name, texts in sums.items()
    }
    assert one_digit["rl-test"] == pytest.approx(one_digit["rl-train"], abs=0.05)


def test_questions_without_an_expected_answer_are_refused_before_training(r1: Run, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"prompt": "What is 1 + 1?", "answer": "2"}\n')
    recipe = load(resource("recipes") / "real.yaml", [f"inputs.questions={questions}"])
    plan = build(recipe, signatures(r1data.cli.app), tmp_path / "run", 1)
    done = r1(*next(step.arguments for step in plan.steps if step.name == "prompts"))
    assert done.returncode == 1 and "no column 'truth'" in done.stderr
