"""Evaluation of supervised training and distillation: that of `r1 eval`, and training is as it is without."""

import json
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r1data.data.source import open_source
from r1data.engines.base import EngineOptions, Sampling
from r1data.errors import UserError
from r1data.evaluation.evaluate import Evaluation, evaluate
from r1data.sampling.plan import SamplingPlan
from r1data.training import launch, sft, students
from r1data.training.evaluation import student
from r1data.training.evaluation.history import Judged
from r1data.training.evaluation.prompts import planned
from r1data.training.evaluation.student import StudentAnswers
from r1data.training.loop import runtime
from r1data.training.plan import plan_sft
from r1data.training.settings import SftSettings
from tests.training import harness
from tests.training.loop.test_resume import interrupted_after, told, weights
from tests.training.tiny import lessons, sums

TWO = replace(harness.SFT, epochs=2)
"""Ten steps."""
MEASURED: dict[str, Any] = {"eval_every": 4, "eval_samples": 2, "eval_max_tokens": 16}


def train(model: Path, out: Path, chosen: SftSettings, command: str = "train-sft") -> dict[str, Any]:
    return launch.run(lessons(20, 0), model=model, out=out, settings=chosen, command=command).manifest


def rows(out: Path) -> dict[int, dict[str, float]]:
    lines = (out / "metrics.jsonl").read_text().splitlines()
    return {row["step"]: row for row in map(json.loads, lines) if "eval/accuracy" in row}


@pytest.fixture
def questions(qwen: Path) -> str:
    return str(harness.write_eval_prompts(qwen, truth="(?s).*[A-M].*", verifier="regex"))


def scripted(monkeypatch: pytest.MonkeyPatch, accuracies: Sequence[float]) -> None:
    """Measurements of 100 prompts with these accuracies, one after the other."""
    remaining = iter(accuracies)

    def judged(self: StudentAnswers) -> list[Judged]:
        right = round(100 * next(remaining))
        return [Judged(number, number < right, 3, False) for number in range(100)]

    monkeypatch.setattr(StudentAnswers, "judged", judged)


@pytest.mark.parametrize(
    "changes", [{}, {"packing": False}, {"lora": 4, "template": "plain"}], ids=["packed", "padded", "lora"]
)
def test_measuring_changes_nothing_of_training(
    changes: dict[str, Any], qwen: Path, questions: str, tmp_path: Path
) -> None:
    chosen = replace(TWO, **changes)
    train(qwen, tmp_path / "without", chosen)
    manifest = train(qwen, tmp_path / "with", replace(chosen, eval_on=questions, **MEASURED))
    assert weights(tmp_path / "with") == weights(tmp_path / "without")
    measured = rows(tmp_path / "with")
    assert list(measured) == [0, 4, 8, 10]
    assert all(row["eval/unscored"] == 0 and row["eval/mean_length"] > 1 for row in measured.values())
    assert manifest["summary"]["eval_prompts"] == 6
    assert manifest["summary"]["eval_accuracy"]["first"] == round(measured[0]["eval/accuracy"], 4)


def test_the_last_measurement_is_what_r1_eval_gives(qwen: Path, questions: str, tmp_path: Path) -> None:
    train(qwen, tmp_path / "out", replace(TWO, eval_on=questions, seed=3, **MEASURED))
    plan = SamplingPlan(
        model=str(tmp_path / "out"),
        n=2,
        sampling=Sampling(temperature=0.6, top_p=0.95, max_tokens=16),
        seed=3,
        engine="transformers",
        dtype="float32",
    )
    asked = Evaluation(questions, open_source(questions, "prompt"), str(tmp_path / "scores"), plan)
    (measured,) = evaluate([asked], EngineOptions(dtype="float32", threads=1))
    scores = measured.scores
    last = rows(tmp_path / "out")[10]
    assert last["eval/accuracy"] == scores.measures["pass@1"].value
    assert last["eval/mean_length"] == scores.measures["tokens"].value
    assert last["eval/clipped_ratio"] == scores.measures["truncated"].value


def test_a_benchmark_is_asked_as_r1_eval_asks_it(qwen: Path, tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    path.write_text(json.dumps({"question": "What is 3 and 4?", "answer": "#### 7"}) + "\n")
    chosen = replace(TWO, eval_on=f"gsm8k={path}", epochs=0.2, **MEASURED)
    summary = train(qwen, tmp_path / "out", chosen, "distill")["summary"]
    assert summary["eval_prompts"] == 1 and list(rows(tmp_path / "out")) == [0, 1]
    assert summary["eval_sampling"] == {"temperature": 0.6, "top_p": 0.95, "top_k": 0, "max_tokens": 16}
    sampling = student.sampling_of(chosen, 16)
    assert (sampling.temperature, sampling.top_p) == (0.6, 0.95)
    assert student.sampling_of(replace(chosen, eval_temperature=0.0), 16).temperature == 0.0


@pytest.mark.parametrize("lora", [0, 4])
def test_it_stops_where_the_accuracy_rises_no_more_and_publishes_the_best_weights(
    lora: int, qwen: Path, questions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [0.1, 0.2, 0.6, 0.5, 0.55, 0.9])
    base = replace(TWO, lora=lora, template="plain", save_steps=5, schedule="constant")
    chosen = replace(base, eval_on=questions, eval_every=2, early_stop=2)
    steps = train(qwen, tmp_path / "stopped", chosen)["summary"]["eval_steps"]
    assert steps == {"best": 4, "published": 4, "stopped": 8}
    train(qwen, tmp_path / "four", replace(base, epochs=0.8))
    assert weights(tmp_path / "stopped") == weights(tmp_path / "four")


def test_a_run_that_stopped_and_was_killed_makes_no_step_more(
    qwen: Path, questions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [0.5, 0.6, 0.1, 0.1])
    chosen = replace(TWO, eval_on=questions, eval_every=2, early_stop=2, schedule="constant")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(runtime, "finish", interrupt)
        train(qwen, tmp_path / "out", chosen)
    steps = train(qwen, tmp_path / "out", chosen)["summary"]["eval_steps"]
    assert steps == {"best": 2, "published": 2, "stopped": 6}
    assert list(rows(tmp_path / "out")) == [0, 2, 4, 6]
    train(qwen, tmp_path / "two", replace(TWO, epochs=0.4, schedule="constant"))
    assert weights(tmp_path / "out") == weights(tmp_path / "two")


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_metrics_and_weights(qwen: Path, tmp_path: Path) -> None:
    harness.write_eval_prompts(qwen)
    out = tmp_path / "broken"
    assert interrupted_after(8, "sft-evaluated", qwen, out, signal.SIGKILL) == -signal.SIGKILL
    for folder in (out, tmp_path / "whole"):
        harness.main("sft-evaluated", str(qwen), str(folder))
    assert weights(out) == weights(tmp_path / "whole")
    assert told(out) == told(tmp_path / "whole")


@pytest.mark.slow
def test_two_processes_measure_what_one_does(qwen: Path, questions: str, tmp_path: Path) -> None:
    chosen = replace(TWO, eval_on=questions, **MEASURED)
    train(qwen, tmp_path / "one", chosen)
    train(qwen, tmp_path / "two", replace(chosen, processes=2, strategy="ddp"))
    one, two = rows(tmp_path / "one"), rows(tmp_path / "two")
    assert list(one) == list(two)
    assert {key: value for key, value in one[0].items() if key.startswith("eval/")} == {
        key: value for key, value in two[0].items() if key.startswith("eval/")
    }


def test_on_policy_distillation_is_watched_too(qwen: Path, tmp_path: Path) -> None:
    from tests.training.tiny import build_model

    build_model(qwen.with_name("teacher"))
    questions = harness.write_eval_prompts(qwen)
    chosen = replace(harness.on_policy(str(qwen)), steps=3, eval_every=2)
    for name, uri in (("without", None), ("with", str(questions))):
        settings = replace(chosen, eval_on=uri)
        launch.run(sums(), model=qwen, out=tmp_path / name, settings=settings, command="distill")
    assert weights(tmp_path / "with") == weights(tmp_path / "without")
    assert list(rows(tmp_path / "with")) == [0, 2, 3]


def test_a_dry_run_says_how_many_prompts_there_are(qwen: Path, questions: str, tmp_path: Path) -> None:
    chosen = replace(TWO, eval_on=questions)
    plan = plan_sft(lessons(20, 0), students.find(str(qwen)), chosen, tmp_path / "out")
    assert plan["eval_prompts"] == 6
    assert planned(replace(TWO, eval_on="aime24")) == {"eval_prompts": 30}  # fetches nothing


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ([{"prompt": " 3+1= ", "truth": "4", "verifier": "exact"}], "1 of its 1 prompts are trained on too"),
        ([{"prompt": "write a poem", "language": "en"}], "no prompt has a verifier with its truth"),
        ([{"prompt": "1+2=", "verifier": "exact"}], "no prompt has a verifier with its truth"),
        (
            [{"prompt": "so " * 600, "truth": "4"}],
            "its longest prompt has 1,8.. tokens, and .* has 1,024 positions",
        ),
    ],
)
def test_prompts_that_cannot_measure_are_refused(
    questions: list[dict[str, Any]], said: str, qwen: Path, tmp_path: Path
) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in questions))
    with pytest.raises(UserError, match=said):
        train(qwen, tmp_path / "out", replace(TWO, template="plain", eval_on=str(path)))
    assert not (tmp_path / "out").exists()


def test_prompts_that_measure_nothing_are_left_out_and_counted(qwen: Path, tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    some = [{"prompt": "1+2=", "truth": "3"}, {"prompt": "write a poem"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in some))
    chosen = replace(TWO, epochs=0.2, eval_on=str(path), eval_max_tokens=4)
    summary = train(qwen, tmp_path / "out", chosen)["summary"]
    assert (summary["eval_prompts"], summary["eval_left_out"]) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"early_stop": 2}, "--early-stop 2: stops by an evaluation; add --eval-on DS"),
        ({"eval_max_tokens": 2}, "--eval-max-tokens 2: does nothing without --eval-on DS"),
        ({"eval_on": "-"}, "--eval-on -: the pipe is for what is trained on"),
        ({"eval_on": "dev", "eval_every": 0}, "--eval-every 0: give 1 or more"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        replace(TWO, **changes).check()


def test_a_sharded_model_is_refused(questions: str) -> None:
    with pytest.raises(UserError, match="with --strategy fsdp it has a shard; take --strategy ddp"):
        sft.check(replace(TWO, eval_on=questions, processes=2, strategy="fsdp"))
