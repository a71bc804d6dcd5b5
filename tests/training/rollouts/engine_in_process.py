"""What test_in_process.py runs in a process of its own: `gaps FOLDER`, say, or `run FOLDER`."""

import json
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from r1data.engines.models import load_model
from tests.training import harness
from tests.training.tiny import build_model, sums

SHAPE = {"num_attention_heads": 1, "num_key_value_heads": 1, "initializer_range": 0.3}
"""vLLM has no attention for heads of 16 on a CPU."""


def gap(model: Any, engine: Any, temperature: float) -> float:
    """The largest difference of log-probabilities over responses of an engine."""
    from r1data.training.rollouts.in_process import Draw

    prompts = [[5 + n] * (3 + n % 5) for n in range(12)]
    answers = engine.answer(prompts, list(range(12)), Draw(temperature, 40))
    largest = 0.0
    for prompt, response, logprobs in zip(prompts, answers.tokens, answers.logprobs, strict=True):
        with torch.no_grad():
            scores = model(input_ids=torch.tensor([prompt + response])).logits[0, len(prompt) - 1 : -1]
        own = torch.log_softmax(scores / temperature, -1)[torch.arange(len(response)), torch.tensor(response)]
        largest = max(largest, (torch.tensor(logprobs) - own).abs().max().item())
    return largest


def moved(model: Any) -> list[float]:
    from r1data.training.rollouts.in_process import Engine
    from r1data.training.rollouts.weights import as_saved

    engine, gaps = Engine(model, 128), []
    for temperature in (1.0, 1.0, 0.7):
        engine.load(as_saved(model, lambda parameters: nullcontext()))
        gaps.append(gap(model, engine, temperature))
        with torch.no_grad():
            for weights in model.parameters():
                if weights.requires_grad:
                    weights.add_(torch.randn_like(weights) * 0.05)
    return gaps


def gaps(folder: Path) -> dict[str, list[float]]:
    from r1data.training.rollouts import generating

    generating.import_engine(replace(harness.GRPO, engine="vllm"))
    from tests.training.rollouts.test_weights import adapted

    torch.manual_seed(0)
    tied = build_model(folder / "tied", tie_word_embeddings=True, **SHAPE)
    untied = build_model(folder / "untied", "llama", tie_word_embeddings=False, **SHAPE)
    return {
        "tied": moved(load_model(tied, dtype="float32", device="cpu")),
        "untied, adapted": moved(adapted(load_model(untied, dtype="float32", device="cpu"))),
    }


def run(folder: Path) -> None:
    """A run that stops at once, since no engine agrees so well, and the same with the usual limit."""
    from r1data.errors import UserError
    from r1data.training import launch

    model = build_model(folder / "model", tie_word_embeddings=True, **SHAPE)
    settings = replace(harness.GRPO, steps=4, engine="vllm")
    try:
        strict = replace(settings, max_logprob_gap=1e-12)
        launch.run(sums(), model=model, out=folder / "out", settings=strict, command="train-grpo")
    except UserError as error:
        sys.stdout.write(f"{error}\n")
    launch.run(sums(), model=model, out=folder / "out", settings=settings, command="train-grpo")


def distil(folder: Path) -> None:
    """Two steps of on-policy distillation, whose student has more rows in its head than its teacher has tokens."""
    from r1data.training import launch

    teacher = build_model(folder / "teacher", "llama", tie_word_embeddings=False, **SHAPE)
    student = build_model(folder / "student", tie_word_embeddings=True, **{**SHAPE, "vocab_size": 300})
    settings = replace(
        harness.on_policy(str(student)), steps=2, engine="vllm", teachers={"": str(teacher)}, save_steps=None
    )
    launch.run(sums(), model=student, out=folder / "out", settings=settings, command="distill")


def served(folder: Path, port: str) -> int:
    """A run whose responses a server writes; 1 and one line where it is gone."""
    from r1data.errors import UserError
    from r1data.training import launch

    settings = replace(
        harness.GRPO, steps=8, save_steps=1, engine="vllm-server", engine_url=f"http://127.0.0.1:{port}"
    )
    try:
        launch.run(
            sums(), model=folder / "model", out=folder / "out", settings=settings, command="train-grpo"
        )
    except UserError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return 0


def agree(folder: Path) -> None:
    from r1data.cli import app
    from typer.testing import CliRunner

    model = build_model(folder / "model", tie_word_embeddings=True, **SHAPE)
    done = CliRunner().invoke(
        app, ["doctor", "--rollouts", str(model), "--max-tokens", "20", "--json"], catch_exceptions=False
    )
    sys.stdout.write(done.stdout)


if __name__ == "__main__":
    kind, place = sys.argv[1], Path(sys.argv[2])
    if kind in ("run", "distil"):
        {"run": run, "distil": distil}[kind](place)
    elif kind == "served":
        sys.exit(served(place, sys.argv[3]))
    elif kind == "agree":
        agree(place)
    else:
        sys.stdout.write(json.dumps(gaps(place)) + "\n")
