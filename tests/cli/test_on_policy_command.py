"""`r1 distill --on-policy` as a user meets it, in a terminal and in a recipe."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import r1data.cli
from r1data.cli.signatures import signatures

from r1data.recipe.load import load
from r1data.recipe.plan import build
from tests.conftest import Run
from tests.training.tiny import build_model, sums

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("cli") / "model")


def test_a_plan_and_then_the_run(r1: Run, model: Path, write_jsonl: Write, tmp_path: Path) -> None:
    rows, out = write_jsonl(sums(4)), tmp_path / "out"
    command = ["distill", rows, "--on-policy", "--student", model, "--teacher", model, "-o", out, "--json"]
    command += ["--steps=1", "--prompts-per-step=2", "--generations=2", "--max-tokens=4", "--template=plain"]
    plan = json.loads(r1(*command, "--dry-run").stdout)
    assert (plan["prompts"], plan["responses_a_step"], plan["most_tokens_a_step"]) == (4, 4, 16)
    assert plan["learning_rate"] == 5e-5 and not out.exists()
    done = r1(*command)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["reverse_kl"] == pytest.approx(0, abs=1e-6) and summary["generated_tokens"] > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--steps", "3"], "--steps belongs to on-policy distillation"),
        (["--teacher", "x"], "--teacher belongs to on-policy distillation"),
        (["--on-policy"], "--on-policy needs a teacher"),
        (["--on-policy", "--teacher", "x", "--epochs", "2"], "--epochs belongs to supervised training"),
        (["--on-policy", "--teacher", "a", "--teacher", "b"], "all prompts has one already"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    r1: Run, model: Path, write_jsonl: Write, tmp_path: Path, words: list[str], message: str
) -> None:
    done = r1(
        "distill", write_jsonl(sums(2)), "--student", model, "-o", tmp_path / "out", "--dry-run", *words
    )
    assert done.returncode == 1 and message in done.stderr


def test_a_recipe_knows_its_teachers(model: Path, write_jsonl: Write, tmp_path: Path) -> None:
    """A teacher in a folder is an input, whose change is seen; one behind an address is not."""
    recipe = tmp_path / "small.yaml"
    recipe.write_text(
        f"name: small\nsteps:\n  - distill: {{as: student, input: '{write_jsonl(sums(2))}', student: '{model}', "
        f"on-policy: true, teacher: ['math={model}', 'http://localhost:8000']}}\n"
    )
    loaded = load(recipe)
    commands = {n: c for n, c in signatures(r1data.cli.app).items() if c.output_kind != "nothing"}
    (step,) = build(loaded, commands, tmp_path / "run", 1).steps
    assert step.reads.count(str(model)) == 2 and "http://localhost:8000" not in step.reads


def test_prompts_to_evaluate_on_are_an_input_of_a_recipe() -> None:
    commands = signatures(r1data.cli.app)
    for name in ("train-grpo", "train-sft", "distill"):
        option = commands[name].options["eval-on"]
        assert (option.kind, option.benchmarks) == ("dataset", True)


def test_evaluation_is_planned_too(r1: Run, model: Path, write_jsonl: Write, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text(json.dumps({"prompt": "1+2=", "truth": "3"}) + "\n")
    command = ["distill", write_jsonl(sums(2)), "--on-policy", "--student", model, "--teacher", model]
    done = r1(*command, "-o", tmp_path / "out", "--eval-on", questions, "--dry-run", "--json")
    assert json.loads(done.stdout)["eval_prompts"] == 1
