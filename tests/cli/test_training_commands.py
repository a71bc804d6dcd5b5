"""The training commands as a user meets them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.training.tiny import build_model, lessons, sums

Write = Callable[..., Path]
SMALL = ["--generations=2", "--prompts-per-step=2", "--steps-per-rollout=1", "--max-tokens=4", "--steps=1"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("cli") / "model")


def conversations() -> list[dict[str, object]]:
    extra = {"kind": "reasoning", "domain": "math", "language": "en", "source": "test", "tokens": 20}
    return [row | extra | {"example_id": str(i), "prompt_id": str(i)} for i, row in enumerate(lessons(6, 0))]


def test_a_rerun_does_nothing_and_other_arguments_are_refused(
    r1: Run, model: Path, write_jsonl: Write, tmp_path: Path
) -> None:
    rows, out = write_jsonl(sums(4)), tmp_path / "out"
    command = ["train-grpo", rows, "--model", model, "-o", out, *SMALL]
    first = r1(*command, "--json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["steps"] == 1
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert r1(*command).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before
    refused = r1(*command, "--lr", "1e-3")
    assert refused.returncode == 1 and "lr=3e-06, not 0.001" in refused.stderr
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_distill_says_what_it_would_do_with_a_base_that_is_not_here(
    r1: Run, write_jsonl: Write, tmp_path: Path
) -> None:
    rows = write_jsonl(conversations())
    done = r1("distill", rows, "--student", "qwen2.5-32b", "-o", tmp_path / "out", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["base"] == "Qwen/Qwen2.5-32B" and plan["learning_rate"] == "6e-05 → 6e-06, cosine"
    assert (plan["examples"], plan["tokens_an_epoch"], plan["batch"], plan["steps"]) == (6, 120, 64, 1)
    assert plan["training_gib"] == pytest.approx(488.2, abs=0.1)
    assert plan["parameters"] == 32_763_876_352 and "131,072" in plan["positions"]
    assert not (tmp_path / "out").exists()


def test_distill_trains_a_folder(r1: Run, model: Path, write_jsonl: Write, tmp_path: Path) -> None:
    rows = write_jsonl(conversations())
    sized = ("--max-tokens", 600, "--batch-size", 2, "--lr", 0.001, "--threads", 1, "--json")
    done = r1("distill", rows, "--student", model, "-o", tmp_path / "out", *sized)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["examples"] == 6
    assert json.loads((tmp_path / "out/r1.json").read_text())["command"] == "distill"
    assert done.stderr.count("\n") < 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train-grpo", "{sums}", "--model", "{nowhere}"], "nowhere"),
        (["train-grpo", "{sums}", "--model", "{model}", "--reward", "charm=1"], "accuracy, format"),
        (
            ["train-grpo", "{sums}", "--model", "{model}", "--engine", "vllm-server", "--max-tokens", "64"],
            "--engine-url",
        ),
        (
            [
                *("train-grpo", "{sums}", "--model", "{model}", "--engine", "vllm-server"),
                *("--engine-url", "here", "--max-tokens", "64"),
            ],
            "--engine-url here: not an address",
        ),
        (
            [
                "train-grpo",
                "{sums}",
                "--model",
                "{model}",
                "--judge",
                "j",
                "--judge-url",
                "here",
                "--max-tokens",
                "64",
            ],
            "--judge-url here: not an address",
        ),
        (["train-grpo", "{nowhere}", "--model", "{model}"], "nowhere"),
        (["train-sft", "{sums}", "--model", "{model}"], "sft"),
        (["distill", "{sums}", "--student", "qwen2.5-33b"], "qwen2.5-32b"),
        (["distill", "{sums}", "--student", "{model}", "--gpus", "8x80"], "--dry-run"),
        (["train-sft", "{sums}", "--model", "{model}", "--gpus", "8x80"], "--dry-run"),
    ],
)
def test_mistakes_get_one_line(
    arguments: list[str], said: str, r1: Run, model: Path, write_jsonl: Write, tmp_path: Path
) -> None:
    names = {"sums": write_jsonl(sums(4)), "model": model, "nowhere": tmp_path / "nowhere"}
    done = r1(*[word.format(**names) for word in arguments], "-o", tmp_path / "out")
    assert done.returncode == 1, done.stderr
    assert said in done.stderr and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
