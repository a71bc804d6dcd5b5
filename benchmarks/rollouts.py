"""Are rollouts by vLLM on a CPU worth it? R1-Zero with each engine, end to end, in turns.

`python -m benchmarks.rollouts [--model MODEL --prompts DS|FILE …]` trains by `r1 train-grpo --engine transformers` and
`--engine vllm`, each in a process of its own, as often as `--rounds` says, and beside each two steps. It prints,
as medians over rounds: CPU seconds a step (what the long run took beyond the short one), CPU seconds until the first
step (of the short one, less two steps), where a step's seconds go by the clock, and both engines' ratios. CPU seconds,
because they are the same beside other work.
Accuracy and the length of responses stand beside them, since a step costs what its responses are long.

Without `--model` and `--prompts`: the miniature base on its own problems.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ENGINES = ("transformers", "vllm")
PARTS = ("seconds/generation", "seconds/verification", "seconds/training")
LEFT_OUT = 2
"""First steps of a process, in which caches and threads are made."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="miniature:base")
    parser.add_argument(
        "--prompts", help="a dataset or a file of prompt rows; by default 500 miniature problems"
    )
    parser.add_argument("--template", default="plain")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--prompts-per-step", type=int, default=24)
    parser.add_argument("--generations", type=int, default=12)
    parser.add_argument("--max-tokens", type=int, default=96)
    parser.add_argument("--lr", default="6e-4")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prompts = options.prompts or str(miniature_prompts(Path(folder)))
        runs: dict[str, list[dict[str, float]]] = {engine: [] for engine in ENGINES}
        for number in range(options.rounds):
            for engine in ENGINES if number % 2 == 0 else reversed(ENGINES):
                runs[engine].append(measure(engine, prompts, Path(folder) / f"{engine}-{number}", options))
    columns = ["step", "start", *PARTS, "accuracy", "tokens", "gap"]
    medians = {
        engine: {column: statistics.median(run[column] for run in of_engine) for column in columns}
        for engine, of_engine in runs.items()
    }
    sys.stdout.write(
        f"{'':14}" + "".join(f"{column.removeprefix('seconds/'):>14}" for column in columns) + "\n"
    )
    for engine, row in medians.items():
        sys.stdout.write(f"{engine:14}" + "".join(f"{row[column]:14.3g}" for column in columns) + "\n")
    slow, fast = (medians[engine] for engine in ENGINES)
    whole = [row["start"] + row["step"] * options.steps for row in (slow, fast)]
    sys.stdout.write(
        f"a step {slow['step'] / fast['step']:.2f} times as fast, generation "
        f"{slow[PARTS[0]] / fast[PARTS[0]]:.2f} by the clock, the command of {options.steps} steps "
        f"{whole[0] / whole[1]:.2f}; starting the engine pays after "
        f"{max(0.0, fast['start'] - slow['start']) / max(1e-9, slow['step'] - fast['step']):.0f} steps\n"
    )


def miniature_prompts(folder: Path) -> Path:
    out = folder / "prompts"
    command = ["miniature", "prompts", "-o", out, "--count", 500, "--split", "train"]
    subprocess.run([r1(), *map(str, command)], check=True, capture_output=True)
    return out


def measure(engine: str, prompts: str, out: Path, options: argparse.Namespace) -> dict[str, float]:
    """CPU seconds a step and before the first, the parts of a step by the clock, and what was learned."""
    short = train(engine, prompts, out.with_name(out.name + "-short"), LEFT_OUT, options)
    long = train(engine, prompts, out, options.steps, options)
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()][LEFT_OUT:]
    step = (long - short) / (options.steps - LEFT_OUT)
    return {
        "step": step,
        "start": short - LEFT_OUT * step,
        **{name: statistics.mean(row.get(name, 0.0) for row in rows) for name in PARTS},
        "accuracy": statistics.mean(row.get("r1/accuracy", 0.0) for row in rows[-10:]),
        "tokens": statistics.mean(row["completions/mean_length"] for row in rows),
        "gap": max((row.get("rollouts/logprob_gap", 0.0) for row in rows), default=0.0),
    }


def train(engine: str, prompts: str, out: Path, steps: int, options: argparse.Namespace) -> float:
    """CPU seconds of a command that trains."""
    command: dict[str, Any] = {
        "model": options.model,
        "out": out,
        "engine": engine,
        "steps": steps,
        "lr": options.lr,
        "beta": 0,
        "prompts-per-step": options.prompts_per_step,
        "generations": options.generations,
        "steps-per-rollout": 1,
        "max-tokens": options.max_tokens,
        "template": options.template,
        "threads": options.threads,
        "save-steps": steps,
    }
    arguments = [word for name, value in command.items() for word in (f"--{name}", str(value))]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [r1(), "train-grpo", prompts, *arguments, "--reward", "accuracy=1", "--reward", "format=0.2"],
        check=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(options.threads)},
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def r1() -> str:
    return str(Path(sys.executable).parent / "r1")


if __name__ == "__main__":
    main()
