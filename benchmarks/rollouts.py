"""Are rollouts by vLLM on a CPU worth it? R1-Zero with each engine, end to end, in turns.

`python -m benchmarks.rollouts [--model MODEL --prompts DS|FILE …]` trains by `r1 train-grpo --engine transformers` and
`--engine vllm`, each in a process of its own, as often as `--rounds` says. It prints, as medians over rounds: CPU
seconds a step and before the third step (start, engine and two steps), where a step's seconds go by the clock, and both
engines' ratios. CPU seconds are those of all processes of the command, and the same beside other work.
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
import time
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
    whole = [row["start"] + row["step"] * (options.steps - LEFT_OUT) for row in (slow, fast)]
    clock = [sum(row[part] for part in PARTS) for row in (slow, fast)]
    sys.stdout.write(
        f"a step {slow['step'] / fast['step']:.2f} times as fast ({clock[0] / clock[1]:.2f} by the clock, generation "
        f"{slow[PARTS[0]] / fast[PARTS[0]]:.2f}); the command of {options.steps} steps {whole[0] / whole[1]:.2f}\n"
    )


def miniature_prompts(folder: Path) -> Path:
    out = folder / "prompts"
    command = ["miniature", "prompts", "-o", out, "--count", 500, "--split", "train"]
    subprocess.run([r1(), *map(str, command)], check=True, capture_output=True)
    return out


def measure(engine: str, prompts: str, out: Path, options: argparse.Namespace) -> dict[str, float]:
    """CPU seconds a step and before the third, the parts of a step by the clock, and what was learned."""
    before, done, total = train(engine, prompts, out, options)
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()][done:]
    return {
        "step": (total - before) / (options.steps - done),
        "start": before,
        **{name: statistics.mean(row.get(name, 0.0) for row in rows) for name in PARTS},
        "accuracy": statistics.mean(row.get("r1/accuracy", 0.0) for row in rows[-10:]),
        "tokens": statistics.mean(row["completions/mean_length"] for row in rows),
        "gap": max((row.get("rollouts/logprob_gap", 0.0) for row in rows), default=0.0),
    }


def train(engine: str, prompts: str, out: Path, options: argparse.Namespace) -> tuple[float, int, float]:
    """CPU seconds of a command that trains: after its first steps, the number of those, and at its end."""
    command: dict[str, Any] = {
        "model": options.model,
        "out": out,
        "engine": engine,
        "steps": options.steps,
        "lr": options.lr,
        "beta": 0,
        "prompts-per-step": options.prompts_per_step,
        "generations": options.generations,
        "steps-per-rollout": 1,
        "max-tokens": options.max_tokens,
        "template": options.template,
        "threads": options.threads,
        "save-steps": options.steps,
    }
    arguments = [word for name, value in command.items() for word in (f"--{name}", str(value))]
    started = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [r1(), "train-grpo", prompts, *arguments, "--reward", "accuracy=1", "--reward", "format=0.2"],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(options.threads)},
        stdout=subprocess.DEVNULL,
    )
    before, done = 0.0, 0
    while process.poll() is None and not done:
        rows = out / ".r1" / "metrics.jsonl"
        steps = rows.read_text().count("\n") if rows.exists() else 0
        if steps >= LEFT_OUT:
            before, done = cpu_seconds(process.pid), steps
        time.sleep(0.02)
    if process.wait():
        raise SystemExit(f"{engine}: the command ended with {process.returncode}")
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return before, done, ended.ru_utime + ended.ru_stime - started.ru_utime - started.ru_stime


def cpu_seconds(process: int) -> float:
    """What a process and those that it started have taken so far."""
    import psutil

    main = psutil.Process(process)
    times = [one.cpu_times() for one in (main, *main.children(recursive=True))]
    return float(sum(sum(each[:4]) for each in times))  # user, system, and of children that have ended


def r1() -> str:
    return str(Path(sys.executable).parent / "r1")


if __name__ == "__main__":
    main()
