"""A run's folder as a real run would leave it, made up: nothing in it was trained.

`make_run` writes datasets with real commits, `metrics.jsonl` files and `run.json`; numbers follow from a seed.
"""

import json
import math
import random
from pathlib import Path
from typing import Any

import pyarrow as pa

from r1data.data.commits import Command
from r1data.data.writer import Writer
from r1data.recipe import record
from r1data.recipe.record import Record, StepRecord

ROLES = {
    "base": ("eval-base", None, 0.20, 0.10, 0.70),
    "r1-zero": ("eval-r1-zero", "r1-zero", 0.48, 0.35, 0.64),
    "cold-start": ("eval-cold-start", "cold-start", 0.42, 0.08, 0.90),
    "reasoning-rl-plain": ("eval-rl-plain", "rl-plain", 0.50, 0.37, 0.66),
    "reasoning-rl": ("eval-rl", "rl", 0.50, 0.06, 0.95),
    "r1": ("eval-r1", "r1", 0.52, 0.05, 0.96),
    "student-base": ("eval-student", None, 0.16, 0.08, 0.70),
    "student-rl": ("eval-student-rl", "student-rl", 0.29, 0.04, 0.60),
    "student-distilled": ("eval-distilled", "distilled", 0.39, 0.06, 0.95),
}
TRAINED_BY_RL = ("r1-zero", "rl-plain", "rl", "student-rl")
WORKING = {"en": "3 + 4 = 7. wait, check: 7 - 2 = 5.", "mixed": "3 + 4 得 7。 so the answer is 5 然后"}


def make_run(
    folder: Path,
    seed: int = 1,
    problems: int = 20,
    samples: int = 4,
    response: str | None = None,
    **changes: Any,
) -> Path:
    """A finished run in `folder`; `changes` overrides a role's (accuracy, mixed, own) by role name."""
    rng = random.Random(seed)
    steps: dict[str, StepRecord] = {}
    for role, (name, model, *shares) in ROLES.items():
        shares = list(changes.get(role.replace("-", "_"), shares))
        if model:
            _train(folder, steps, model, rng)
        _evaluate(folder, steps, name, model, shares, rng, problems, samples, response)
    recipe = {"name": "made-up", "description": "Numbers of a test.", "path": "r.yaml", "order": list(steps)}
    recipe["trainings"] = {role: [v[1]] for role, v in ROLES.items() if v[1]}
    report = {role: [values[0]] for role, values in ROLES.items()}
    machine = {"system": "Linux", "processor": "x86_64", "cores": 2}
    record.write(folder, Record(recipe, seed, report, record.versions(), machine, steps))
    return folder


def _train(folder: Path, steps: dict[str, StepRecord], name: str, rng: random.Random) -> None:
    checkpoint = folder / name
    checkpoint.mkdir(parents=True)
    (checkpoint / "r1.json").write_text('{"finished": true}')
    if name in TRAINED_BY_RL:
        count = 88 if name == "r1-zero" else 60
        lines = (json.dumps(_logged(name, step, count, rng)) for step in range(1, count + 1))
        (checkpoint / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    arguments = ["train-grpo", "${run}/prompts", "--out", f"${{run}}/{name}", "--steps", "88"]
    steps[name] = StepRecord("train-grpo", arguments, f"${{run}}/{name}", {}, "2026-01-01", 152.3, 1, 0)


def _logged(name: str, step: int, count: int, rng: random.Random) -> dict[str, float]:
    rise = 1 / (1 + math.exp(-8 * (step / count - 0.4)))
    mixed = 0.35 * (1 - rise) + 0.05 if name == "rl" else 0.1 + 0.27 * rise
    return {
        "step": step,
        "time": 1.7 * step,
        "r1/n": 128,
        "r1/accuracy": 0.18 + 0.3 * rise + rng.gauss(0, 0.04),
        "groups/majority": 0.25 + 0.4 * rise + rng.gauss(0, 0.04),
        "r1/mixed_language": max(0.0, mixed + rng.gauss(0, 0.03)),
        "r1/reflective_words": 0.1 + 0.5 * rise + rng.gauss(0, 0.05),
        "completions/mean_length": 14 + 18 * rise + rng.gauss(0, 1),
    }


def _evaluate(
    folder: Path,
    steps: dict[str, StepRecord],
    name: str,
    model: str | None,
    shares: list[float],
    rng: random.Random,
    problems: int,
    samples: int,
    response: str | None,
) -> None:
    rows = [_row(i, j, shares, rng) for i in range(problems) for j in range(samples)]
    rows = [{**row, "response": response or row["response"]} for row in rows]
    with Writer.open(str(folder / name), schema="verified", command=Command("eval", {})) as writer:
        writer.publish("all", pa.Table.from_pylist(rows))
        writer.finish()
    place = f"${{run}}/{model}" if model else "miniature:base"
    arguments = ["eval", "${run}/test", "--out", f"${{run}}/{name}", "--model", place]
    steps[name] = StepRecord("eval", arguments, f"${{run}}/{name}", {}, "2026-01-01", 9.1, 1, 0)


def _row(problem: int, sample: int, shares: list[float], rng: random.Random) -> dict[str, Any]:
    accuracy, mixed, own = shares
    right = rng.random() < accuracy
    kind = "mixed" if rng.random() < mixed else "en"
    language = "en" if kind == "mixed" or rng.random() < own else "zh"
    answer = 5 if right else 6
    return {
        "prompt_id": f"p{problem:04}",
        "prompt": f"3 + {problem} - 2 = ?",
        "domain": "math",
        "language": language,
        "verifier": "math",
        "truth": "5",
        "source": "made up",
        "sample_index": sample,
        "response": f"<think>{WORKING[kind]}</think>\\boxed{{{answer}}}",
        "reasoning": WORKING[kind],
        "answer": f"\\boxed{{{answer}}}",
        "finish_reason": "stop",
        "prompt_tokens": 9,
        "response_tokens": 20 + rng.randrange(20),
        "model": "m",
        "engine": "transformers",
        "sampling": "{}",
        "verdict": "correct" if right else "incorrect",
        "score": float(right),
        "extracted": str(answer),
        "verdict_reason": "same" if right else "other",
        "verifier_version": "math/1",
    }
