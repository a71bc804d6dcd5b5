r"""A step of `r1 train-sft` beside a step of a bare TRL script with the same settings, and packed beside padded.

    python -m benchmarks.sft ../shared/corpora/gsm8k/train.jsonl
    python -m benchmarks.sft ../shared/corpora/gsm8k/train.jsonl --rounds 5 --steps 12 --layers 12

Questions and worked solutions of GSM8K, in tokens of a byte-pair vocabulary of 8,192 made of them; a Qwen3 model from a
configuration with random weights: small, so that what is not the model weighs as much as it ever can. Sides, each a
process of its own, one thread, in turn, all on the same examples in the same order:

- `bare`: `trl.SFTTrainer` on token ids, padded, without checkpoints;
- `padded`: `r1 train-sft --no-packing`;
- `packed`: `r1 train-sft`.

Prints a JSON object. For each side the seconds of a step (of the clock, and of the CPU, which other programs disturb
less; medians over the steps of all rounds but each first one) and `around`, the seconds of the process that are no
steps; then ratios, each the median of the rounds' own. `lengths` are tokens of examples: smallest, median, largest.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

BATCH, MICRO_BATCH, SEED = 16, 4, 0
SIDES = ("bare", "padded", "packed")
Times = list[tuple[float, float]]
"""Seconds of the clock and of the CPU, at the end of each step."""


def main() -> None:
    """Runs everything and prints the figures; with `--side` it is one of the sides."""
    parser = argparse.ArgumentParser()
    parser.add_argument("problems", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=192)
    parser.add_argument("--side", nargs=2)
    arguments = parser.parse_args()
    if arguments.side:
        times = run_side(arguments.side[0], Path(arguments.side[1]), arguments.problems, arguments.steps)
        print(json.dumps({"times": times}))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parameters = build(folder / "model", arguments)
        figures = {
            "parameters": parameters,
            "batch": BATCH,
            "micro_batch": MICRO_BATCH,
            "load": os.getloadavg()[0],
        }
        print(json.dumps(figures | measured(folder, arguments), indent=2))


def measured(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """The sides' figures and their ratios, over all rounds."""
    rounds: dict[str, list[tuple[float, float, float]]] = {side: [] for side in SIDES}
    for number in range(arguments.rounds):
        # The one that comes first meets cold files: each does once in three rounds.
        for side in (*SIDES[number % 3 :], *SIDES[: number % 3]):
            rounds[side].append(one_round(side, folder, arguments))
    figures: dict[str, Any] = {"lengths": lengths(folder / "model", arguments)}
    for side, results in rounds.items():
        clock, cpu, around = (statistics.median(values) for values in zip(*results, strict=True))
        figures[side] = {"step": round(clock, 4), "cpu": round(cpu, 4), "around": round(around, 2)}
    for title, ours, theirs in (("overhead", "padded", "bare"), ("speed-up", "padded", "packed")):
        pairs = list(zip(rounds[ours], rounds[theirs], strict=True))
        for unit, place in (("clock", 0), ("cpu", 1)):
            ratios = [one[place] / other[place] for one, other in pairs]
            figures[f"{title} ({unit})"] = round(statistics.median(ratios), 3)
    return figures


def one_round(side: str, folder: Path, arguments: argparse.Namespace) -> tuple[float, float, float]:
    """A side's median step (clock, CPU) and the rest of its process, in seconds."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.sft",
        str(arguments.problems),
        "--steps",
        str(arguments.steps),
    ]
    start = time.perf_counter()
    done = subprocess.run(
        [*command, "--side", side, str(folder)],
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )
    seconds = time.perf_counter() - start
    times: Times = json.loads(done.stdout.splitlines()[-1])["times"]
    clock, cpu = ([after[unit] - before[unit] for before, after in pairwise(times)] for unit in (0, 1))
    return statistics.median(clock), statistics.median(cpu), seconds - (times[-1][0] - times[0][0])


def run_side(side: str, folder: Path, problems: Path, steps: int) -> Times:
    """Train so many steps; returns when each ended."""
    from transformers import TrainerCallback

    times: Times = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if "loss" in logs:
                times.append((time.perf_counter(), time.process_time()))

    with tempfile.TemporaryDirectory() as name:
        if side == "bare":
            bare(folder / "model", rows(problems, steps), Path(name), steps, Clock())
        else:
            ours(folder / "model", rows(problems, steps), Path(name) / "out", side == "packed", Clock)
    return times


def ours(model: Path, data: list[dict[str, Any]], out: Path, packing: bool, clock: Any) -> None:
    """`r1 train-sft`."""
    from r1data.training import launch
    from r1data.training.loop import callbacks

    # Every run has one of these; what it measures is added to it, and takes nothing away.
    class Timed(callbacks.Metrics):
        def on_log(self, *args: Any, **kwargs: Any) -> None:
            super().on_log(*args, **kwargs)
            clock().on_log(*args, **kwargs)

    callbacks.Metrics = Timed  # type: ignore[misc]
    launch.run(data, model=model, out=out, settings=replace(settings(), packing=packing), command="train-sft")


def bare(model: Path, data: list[dict[str, Any]], folder: Path, steps: int, clock: Any) -> None:
    """What a script of TRL does, on the same token ids in the same order."""
    import torch

    from r1data.training import sft
    from r1data.training.examples import prepared
    from r1data.training.loop import runtime
    from r1data.training.output import checkpoint

    trl = runtime.import_trl()
    torch.set_num_threads(1)
    run = checkpoint.TrainingRun(folder, checkpoint.run_request("train-sft", {"model": str(model)}, []))
    run.trainer.mkdir(parents=True)
    sft.prepare(data, model, run, settings())
    examples = prepared.read_arrow(run.work / "train.arrow")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    trainer = trl.SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32),
        args=trl.SFTConfig(
            output_dir=str(folder / "out"),
            max_steps=steps,
            learning_rate=settings().lr,
            lr_scheduler_type="cosine_with_min_lr",
            lr_scheduler_kwargs={"min_lr_rate": 0.1},
            per_device_train_batch_size=MICRO_BATCH,
            gradient_accumulation_steps=BATCH // MICRO_BATCH,
            max_length=None,
            train_sampling_strategy="sequential",
            dataset_kwargs={"skip_prepare_dataset": True},
            gradient_checkpointing=False,
            logging_steps=1,
            save_strategy="no",
            use_cpu=True,
            bf16=False,
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=examples.select(prepared.order(len(examples), steps * BATCH, SEED)),
        processing_class=AutoTokenizer.from_pretrained(model),
        callbacks=[clock],
    )
    trainer.train()


def settings() -> Any:
    """Those of all sides."""
    from r1data.training.settings import SftSettings

    return SftSettings(
        epochs=1,
        lr=1e-4,
        batch_size=BATCH,
        micro_batch=MICRO_BATCH,
        max_tokens=2048,
        threads=1,
        save_steps=10**6,
        seed=SEED,
        template="plain",
    )


def rows(problems: Path, steps: int) -> list[dict[str, Any]]:
    """Rows of the `sft` schema, for one pass in so many steps."""
    return list(_rows(problems, steps * BATCH))


def _rows(problems: Path, count: int) -> Iterator[dict[str, Any]]:
    for line in problems.read_text().splitlines()[:count]:
        row = json.loads(line)
        response = f"<think>\n{row['solution']}\n</think>\n\n{row['answer']}"
        messages = [{"role": "user", "content": row["question"]}, {"role": "assistant", "content": response}]
        yield {"messages": messages, "split": "train"}


def lengths(model: Path, arguments: argparse.Namespace) -> list[int]:
    """Smallest, median and largest number of tokens of the examples, near enough: without the template's own."""
    from r1data.engines.models import load_tokenizer

    tokenizer = load_tokenizer(model)
    texts = [
        "\n".join(m["content"] for m in row["messages"]) for row in rows(arguments.problems, arguments.steps)
    ]
    counts = sorted(len(ids) for ids in tokenizer(texts)["input_ids"])
    return [counts[0], counts[len(counts) // 2], counts[-1]]


def build(folder: Path, arguments: argparse.Namespace) -> int:
    """A model folder with random weights; returns its parameters."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    inner = ByteLevelBPETokenizer()
    inner.train(
        [str(arguments.problems)], vocab_size=8192, special_tokens=["<|end|>", "<|pad|>"], show_progress=False
    )
    words = PreTrainedTokenizerFast(
        tokenizer_object=inner._tokenizer, eos_token="<|end|>", pad_token="<|pad|>"
    )
    torch.manual_seed(SEED)
    hidden = arguments.hidden
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(words),
            hidden_size=hidden,
            intermediate_size=4 * hidden,
            num_hidden_layers=arguments.layers,
            num_attention_heads=max(2, hidden // 32),
            num_key_value_heads=1,
            head_dim=32,
            max_position_embeddings=4096,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=words.eos_token_id,
            pad_token_id=words.pad_token_id,
        )
    )
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return int(model.num_parameters())


if __name__ == "__main__":
    main()
