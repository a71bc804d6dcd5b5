r"""Are students of four architectures read alike by transformers and by vLLM, after `r1 distill`?

    python -m benchmarks.students
    python -m benchmarks.students --only qwen3 --problems shared/corpora/gsm8k/train.jsonl

A random base of each architecture (Qwen2, Qwen3, Llama 3.1, DeepSeek-V3 with a dense layer and then experts) gets the
real tokenizer and chat template of its family, is distilled from one set and saved; the saved folder is asked 50
questions greedily by each engine, in processes of their own. `alike` counts answers that are the same to the last
token, `distinct` how many differ among themselves; where one is not, `widest gap` is by how much the scores of both
tokens differed at the first that is another, of scores with a deviation of `scores` (rounding: 1e-3). Needs npm and
a network once for the tokenizers, and vLLM.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from r1data.engines.base import Completion
from r1data.engines.models import load_model, load_tokenizer
from tests.engines.agreement import differences
from tests.training import architectures
from tests.training.architectures import ARCHITECTURES, Problem
from tests.training.real_tokenizers import real_tokenizer

TOKENS = 48
QUESTIONS = 50


def main() -> None:
    """Distils and asks each, and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=ARCHITECTURES, action="append")
    parser.add_argument("--problems", type=Path, help="JSONL with question, solution and answer; else sums")
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=2)
    arguments = parser.parse_args()
    problems = read(arguments.problems) if arguments.problems else sums(arguments.examples + QUESTIONS)
    columns = (
        "architecture",
        "parameters",
        "dtype",
        "steps",
        "loss",
        "seconds",
        "alike",
        "widest gap",
        "scores",
    )
    print(*columns, sep=" | ")
    for name in arguments.only or ARCHITECTURES:
        with tempfile.TemporaryDirectory() as folder:
            row = measure(name, problems, arguments.examples, arguments.epochs, Path(folder))
        print(name, *row.values(), sep=" | ", flush=True)


def measure(name: str, problems: list[Problem], examples: int, epochs: int, folder: Path) -> dict[str, Any]:
    """One architecture's row: it is distilled from the first problems and asked the last."""
    rows = architectures.write_set(folder / "set.jsonl", problems[:examples])
    base = architectures.build(name, folder / "base", real_tokenizer(ARCHITECTURES[name].tokenizer))
    out = folder / "student"
    since = time.monotonic()
    steps = ("--batch-size", "8", "--max-tokens", "1024", "--lr", "1e-3", "--epochs", str(epochs))
    architectures.distil(base, rows, out, *steps, "--threads", "2")
    seconds = time.monotonic() - since
    manifest = json.loads((out / "r1.json").read_text())
    questions = [problem.question for problem in problems[-QUESTIONS:]]
    by_engine = {
        engine: architectures.ask(out, questions, folder / f"{engine}.json", engine, TOKENS)
        for engine in ("transformers", "vllm")
    }
    model, words = load_model(out, device="cpu"), load_tokenizer(out)
    requests = architectures.requests(words, questions)
    completions = [
        {i: Completion("", ids, "stop", 0, len(ids)) for i, ids in enumerate(answers)}
        for answers in by_engine.values()
    ]
    parted = differences(model, requests, *completions)
    with torch.inference_mode():
        scores = model(input_ids=torch.tensor([requests[0].token_ids])).logits
    return {
        "parameters": f"{model.num_parameters() / 1e6:.1f}M",
        "dtype": dtypes(out),
        "steps": manifest["summary"]["steps"],
        "loss": f"{first_loss(out):.2f} → {manifest['last']['loss']:.2f}",
        "seconds": f"{seconds:.0f}",
        "alike": f"{len(questions) - len(parted)} of {len(questions)}",
        "distinct": len({tuple(answer) for answer in by_engine["transformers"]}),
        "widest gap": f"{max((one.gap for one in parted), default=0.0):.1e}",
        "scores": f"{scores.std():.1f}",
    }


def dtypes(folder: Path) -> str:
    """The data types of the saved weights."""
    kinds = set()
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            kinds |= {file.get_slice(key).get_dtype() for key in file.keys()}  # noqa: SIM118
    return "+".join(sorted(kinds))


def first_loss(folder: Path) -> float:
    """The loss of the first step."""
    line = (folder / "metrics.jsonl").read_text().splitlines()[0]
    return float(json.loads(line)["loss"])


def sums(count: int) -> list[Problem]:
    """Sums with their working."""
    pairs = [(17 * i % 97 + 3, 29 * i % 89 + 5) for i in range(count)]
    return [Problem(f"What is {a} + {b}?", f"{a} + {b} = {a + b}", str(a + b)) for a, b in pairs]


def read(path: Path) -> list[Problem]:
    """GSM8K's problems."""
    rows = [json.loads(line) for line in path.open()]
    return [Problem(row["question"], row["solution"].partition("\n#### ")[0], row["answer"]) for row in rows]


if __name__ == "__main__":
    main()
