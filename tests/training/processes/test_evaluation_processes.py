"""Evaluation in two processes: the score of one, and a stop that both make."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GenerationConfig

from r1data.engines.models import load_model
from r1data.training import launch
from r1data.training.processes import elastic
from tests.training import harness
from tests.training.processes.test_grpo_processes import _given  # noqa: F401  for every test here
from tests.training.tiny import build_model, sums

pytestmark = pytest.mark.slow


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that ends its responses at many a token: one that is cut has no answer."""
    folder = build_model(tmp_path / "model")
    config = GenerationConfig.from_pretrained(folder)
    config.eos_token_id = [config.eos_token_id, *range(4, 260, 4)]
    config.save_pretrained(folder)
    return folder


@pytest.fixture
def questions(tmp_path: Path) -> str:
    """Seven prompts, which two processes cannot share evenly."""
    right = {"truth": "(?s).*[a-zA-Z].*", "verifier": "regex"}
    rows = [{"prompt": f"{i}+2=", "language": "en", **right} for i in range(7)]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def train(model: Path, out: Path, **changes: Any) -> dict[str, Any]:
    settings = replace(harness.GIVEN, lr=1e-3, **changes)
    return launch.run(sums(), model=model, out=out, settings=settings, command="train-grpo").manifest


def measurements(out: Path) -> list[dict[str, float]]:
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    scores = [{key: row[key] for key in row if key.startswith("eval/")} for row in rows]
    return [score for score in scores if score]


def test_two_processes_measure_what_one_does(model: Path, questions: str, tmp_path: Path) -> None:
    """Of the likeliest tokens: what is drawn depends on the process."""
    measured = {"eval_every": 2, "eval_samples": 4, "eval_temperature": 0.0}
    train(model, tmp_path / "one", eval_on=questions, **measured)
    train(model, tmp_path / "two", eval_on=questions, **measured, processes=2, strategy="ddp")
    one = measurements(tmp_path / "one")
    assert measurements(tmp_path / "two") == one and len(one) == 3
    assert all(0 < score["eval/accuracy"] < 1 for score in one)


def test_two_processes_stop_at_one_step_and_publish_the_best_weights(
    model: Path, questions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elastic, "WORKER", "tests.training.processes.scripted_scores")
    stopped = train(
        model,
        tmp_path / "two",
        steps=6,
        eval_on=questions,
        eval_every=1,
        early_stop=2,
        processes=2,
        strategy="ddp",
    )
    assert stopped["summary"]["eval_steps"] == {"best": 3, "published": 3, "stopped": 5}
    train(model, tmp_path / "three", steps=3)
    best, published = (load_model(tmp_path / name).state_dict() for name in ("three", "two"))
    assert all(torch.allclose(best[key], published[key], atol=1e-4) for key in best)
