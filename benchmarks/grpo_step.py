r"""A step of `r1 train-grpo` beside a step of a bare TRL script with the same settings, in one run.

    python -m benchmarks.grpo_step
    python -m benchmarks.grpo_step --rounds 5 --steps 12 --rewards trivial

The miniature base (0.7M parameters) on its sums: so small that what is not the model weighs as much as it ever can.
All sides generate by transformers on one thread, from the same prompts in the same order, with the same random numbers
at the beginning of each step. Sides, each a process of its own, in turn:

- `bare`: `trl.GRPOTrainer` with two reward functions of its own, on text prompts, without checkpoints: math-verify for
  the answer and an expression for the layout, or with `--rewards trivial` two that read lengths alone;
- `ours`: `r1 train-grpo` with the rewards accuracy and format, its metrics, alarms and recorded rollouts;
- `unrecorded`: the same with `--rollouts none`.

Prints a JSON object: for each side the CPU seconds of a step, those of the processes that verify included (other
programs disturb them less than the clock), medians over the steps of all rounds but each first one; the clock's; tokens
of a response; then the ratios to `bare`, each the median of the rounds' own.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

MODEL, SEED, PROMPTS = "miniature:base", 0, 400
SIDES = ("bare", "ours", "unrecorded")
LAYOUT = re.compile(r"\A\s*<think>.+?</think>\s*\S.*\Z", re.DOTALL)
Times = list[tuple[float, float, float]]
"""Seconds of the clock and of the CPU at the end of each step, and its responses' mean length."""


def main() -> None:
    """Runs everything and prints the figures; with `--side` it is one of the sides."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--generations", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rewards", choices=("math", "trivial"), default="math")
    parser.add_argument("--side", nargs=2)
    options = parser.parse_args()
    if options.side:
        print(json.dumps({"times": run_side(options.side[0], Path(options.side[1]), options)}))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({"load": os.getloadavg()[0], **measured(Path(folder), options)}, indent=2))


def measured(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The sides' figures and their ratios, over all rounds."""
    rounds: dict[str, list[tuple[float, float, float]]] = {side: [] for side in SIDES}
    for number in range(options.rounds):
        # The one that comes first meets cold files: each does once in three rounds.
        for side in (*SIDES[number % 3 :], *SIDES[: number % 3]):
            rounds[side].append(one_round(side, folder))
    figures: dict[str, Any] = {}
    for side, results in rounds.items():
        clock, cpu, length = (statistics.median(values) for values in zip(*results, strict=True))
        figures[side] = {"clock": round(clock, 4), "cpu": round(cpu, 4), "length": round(length, 2)}
    for side in SIDES[1:]:
        for unit, place in (("clock", 0), ("cpu", 1)):
            ratios = [
                one[place] / bare[place] for one, bare in zip(rounds[side], rounds["bare"], strict=True)
            ]
            figures[f"{side} / bare ({unit})"] = round(statistics.median(ratios), 3)
            figures[f"{side} / bare ({unit}), rounds"] = [round(ratio, 3) for ratio in ratios]
    return figures


def one_round(side: str, folder: Path) -> tuple[float, float, float]:
    """A side's median step, of the clock and of the CPU in seconds, and its responses' mean length."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.grpo_step", *sys.argv[1:], "--side", side, str(folder)],
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )
    times: Times = json.loads(done.stdout.splitlines()[-1])["times"]
    clock, cpu = ([after[unit] - before[unit] for before, after in pairwise(times)] for unit in (0, 1))
    return statistics.median(clock), statistics.median(cpu), statistics.mean(step[2] for step in times)


def run_side(side: str, folder: Path, options: argparse.Namespace) -> Times:
    """Train so many steps; returns when each ended."""
    from transformers import TrainerCallback

    times: Times = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if "loss" in logs:
                times.append((time.perf_counter(), cpu_seconds(), logs["completions/mean_length"]))

    with tempfile.TemporaryDirectory(dir=folder) as name:
        if side == "bare":
            bare(Path(name), options, Clock())
        else:
            ours(Path(name) / "out", options, Clock, "keep" if side == "ours" else "none")
    return times


def cpu_seconds() -> float:
    """CPU seconds of this process and of those that it has started."""
    import psutil

    mine = psutil.Process()
    times = [process.cpu_times() for process in (mine, *mine.children(recursive=True))]
    ended = mine.cpu_times()
    return sum(one.user + one.system for one in times) + ended.children_user + ended.children_system


def ours(out: Path, options: argparse.Namespace, clock: Any, rollouts: str) -> None:
    """`r1 train-grpo`."""
    from r1data.training import launch
    from r1data.training.loop import callbacks

    # Every run has one of these; what it measures is added to it, and takes nothing away.
    class Timed(callbacks.Metrics):
        def on_log(self, *args: Any, **kwargs: Any) -> None:
            super().on_log(*args, **kwargs)
            clock().on_log(*args, **kwargs)

    callbacks.Metrics = Timed  # type: ignore[misc]
    chosen = replace(settings(options), rollouts=rollouts)
    launch.run(rows(), model=MODEL, out=out, settings=chosen, command="train-grpo")


def bare(folder: Path, options: argparse.Namespace, clock: Any) -> None:
    """What a script of TRL does."""
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM

    from r1data.engines.models import load_tokenizer, local_folder
    from r1data.training.grpo.pools import PromptSource
    from r1data.training.loop import callbacks, runtime

    trl = runtime.import_trl()
    torch.set_num_threads(1)
    chosen = settings(options)
    model = local_folder(MODEL)
    tokenizer = load_tokenizer(model)
    tokenizer.padding_side = "left"
    order = PromptSource(PROMPTS, SEED).take(chosen.steps * chosen.prompts_per_step, 0)
    trainer = trl.GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32),
        reward_funcs=[accuracy, layout] if options.rewards == "math" else [short, even],
        args=trl.GRPOConfig(
            output_dir=str(folder / "out"),
            max_steps=chosen.steps,
            learning_rate=chosen.lr,
            lr_scheduler_type="constant",
            per_device_train_batch_size=chosen.micro_batch,
            gradient_accumulation_steps=chosen.sequences // (chosen.micro_batch or 1),
            num_generations=chosen.generations,
            max_completion_length=chosen.max_tokens,
            temperature=1.0,
            top_k=0,
            beta=0.0,
            loss_type="grpo",
            epsilon=chosen.epsilon,
            use_bias_correction_kl=False,
            shuffle_dataset=False,
            gradient_checkpointing=False,
            logging_steps=1,
            save_strategy="no",
            use_cpu=True,
            bf16=False,
            report_to="none",
            disable_tqdm=True,
            seed=SEED,
        ),
        train_dataset=Dataset.from_list([rows()[place] for place in order]).select_columns(
            ["prompt", "truth"]
        ),
        processing_class=tokenizer,
        callbacks=[callbacks.Seeds(SEED), clock],
    )
    trainer.train()


def accuracy(completions: list[str], truth: list[str], **_: Any) -> list[float]:
    """As scripts score answers: by math-verify, in the process itself."""
    from math_verify import parse, verify

    golds = {one: parse(f"${one}$") for one in set(truth)}
    return [
        float(verify(golds[gold], parse(text.rsplit("</think>", 1)[-1])))
        for text, gold in zip(completions, truth, strict=True)
    ]


def layout(completions: list[str], **_: Any) -> list[float]:
    """1 for thoughts between their tags and something after them."""
    return [float(LAYOUT.match(text) is not None) for text in completions]


def short(completions: list[str], **_: Any) -> list[float]:
    """A reward that costs nothing."""
    return [1.0 / (1 + len(text)) for text in completions]


def even(completions: list[str], **_: Any) -> list[float]:
    """Another one."""
    return [float(len(text) % 2 == 0) for text in completions]


def settings(options: argparse.Namespace) -> Any:
    """Those of all sides."""
    from r1data.training.settings import GrpoSettings

    return GrpoSettings(
        steps=options.steps,
        lr=1e-5,  # so small that responses stay as long as they are
        beta=0.0,
        epsilon=10.0,
        prompts_per_step=options.prompts,
        generations=options.generations,
        steps_per_rollout=1,
        max_tokens=options.tokens,
        micro_batch=options.prompts * options.generations // 2,
        template="plain",
        rewards={"accuracy": 1.0, "format": 0.2},
        threads=1,
        save_steps=10**6,
        seed=SEED,
    )


def rows() -> list[dict[str, Any]]:
    """Problems of the miniature world."""
    from r1data.training.miniature import prompts, world

    return list(prompts.table(list(world.problems(PROMPTS, split="train", seed=SEED)), "train").to_pylist())


if __name__ == "__main__":
    main()
