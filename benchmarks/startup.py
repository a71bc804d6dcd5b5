"""What starting a command costs: CPU time of every command on one row, beside `python -c "import pyarrow, polars"`.

    python -m benchmarks.startup            # all commands
    python -m benchmarks.startup verify cat

CPU time is user and system time of the process and of all that it started and waited for. Commands and the bare import
take turns, so that other work on the machine meets both; the medians are compared. Bytecode is written before (a first
round is not counted), as `make` does when it installs. Commands that load a model are measured with `--dry-run`.
`ratio` is a command's median over that of the bare import; `doctor`, which asks torch for its GPUs in a process of its
own, is compared with `import torch`. Prints a JSON object; `--limit 2.5` exits with 1 where a command is above it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

R1 = Path(sys.executable).parent / "r1"
BARE = {"bare": "import pyarrow, polars", "bare torch": "import torch"}
COMPARED_WITH = {"doctor": "bare torch"}
"""A command → the bare import that it is compared with, if it is not the first."""
ROW = {
    "prompt_id": "row-1",
    "prompt": "What is one and one?",
    "truth": "2",
    "response": "<think>\nOne and one are two.\n</think>\n\nThe answer is \\boxed{2}.",
}
RECIPE = """
steps:
  - ingest: {as: samples, input: rows.jsonl}
  - filter: {as: kept, input: "${samples}"}
"""
PREPARED = [
    "ingest rows.jsonl -o samples",
    "verify samples -o verified",
    "filter verified -o kept",
    "build kept -o sft",
]
COMMANDS = {
    "help": "--help",
    "version": "--version",
    "ingest": "ingest rows.jsonl -o {out}",
    "verify": "verify samples -o {out}",
    "filter": "filter verified -o {out}",
    "filter unverified": "filter samples -o {out}",
    "build": "build kept -o {out}",
    "select": "select verified -o {out} --pass-rate 0:1",
    "make-tests --dry-run": "make-tests samples -o {out} --dry-run",
    "export": "export sft --to trl -o {out}",
    "push": "push sft ./{out}",
    "pull": "pull sft -o {out}",
    "inspect": "inspect kept",
    "why": "why row-1 kept",
    "cat": "cat kept",
    "cat --format arrow": "cat kept --format arrow",
    "diff": "diff samples verified",
    "check": "check kept",
    "gc": "gc kept",
    "doctor": "doctor",
    "run --dry-run": "run recipe.yaml --dry-run -o {out}",
    "miniature prompts": "miniature prompts -n 10 -o {out}",
    "sample --dry-run": "sample prompts.jsonl -o {out} --model miniature:base --dry-run",
    "cold-start --dry-run": "cold-start prompts.jsonl -o {out} --method reflect --model miniature:base --dry-run",
    "general --dry-run": "general prompts.jsonl -o {out} --model miniature:base --dry-run",
    "eval --dry-run": "eval prompts.jsonl -o {out} --model miniature:base --dry-run",
    "train-sft --dry-run": "train-sft sft -o {out} --model miniature:base --dry-run",
    "train-grpo --dry-run": "train-grpo prompts.jsonl -o {out} --model miniature:base --dry-run",
    "distill --dry-run": "distill sft -o {out} --student miniature:student --dry-run",
}
"""What is measured: a name → a command line; `{out}` is a new place for each run."""


def main() -> int:
    """Measures, prints and returns the exit code."""
    parser = argparse.ArgumentParser(description="CPU time that starting a command takes.")
    parser.add_argument("commands", nargs="*", help="the names of some commands; all of them without")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, help="exit with 1 where a ratio is above it")
    options = parser.parse_args()
    names = [name for name in COMMANDS if not options.commands or name.split(" -")[0] in options.commands]
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(names, options.rounds, Path(folder))
    print(json.dumps(figures, indent=2))
    slow = [
        name for name, row in figures["commands"].items() if options.limit and row["ratio"] > options.limit
    ]
    return 1 if slow else 0


def measure(names: Sequence[str], rounds: int, folder: Path) -> dict[str, object]:
    """CPU seconds of the bare import and of the commands, all in `folder`, and the commands' ratios."""
    (folder / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    prompt = {name: value for name, value in ROW.items() if name != "response"}
    (folder / "prompts.jsonl").write_text(json.dumps(prompt) + "\n")
    (folder / "recipe.yaml").write_text(RECIPE)
    for line in PREPARED:
        cpu_seconds([str(R1), *line.split()], folder)
    compared_with = {name: COMPARED_WITH.get(name, "bare") for name in names}
    bare = [name for name in BARE if name in compared_with.values()]
    seconds: dict[str, list[float]] = {name: [] for name in (*bare, *names)}
    for number in range(rounds + 1):
        for name in seconds:
            used = cpu_seconds(
                command_line(name, f"{number}-{names.index(name) if name in names else 0}"), folder
            )
            if number:  # the first round has written bytecode
                seconds[name].append(used)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "rounds": rounds,
        "bare_cpu_seconds": {BARE[name]: round(medians[name], 3) for name in bare},
        "commands": {
            name: {
                "cpu_seconds": round(medians[name], 3),
                "ratio": round(medians[name] / medians[compared_with[name]], 2),
            }
            for name in names
        },
    }


def command_line(name: str, out: str) -> list[str]:
    """The words that start a bare import or a command, which writes to `out`."""
    if name in BARE:
        return [sys.executable, "-c", BARE[name]]
    return [str(R1), *COMMANDS[name].format(out=out).split()]


def cpu_seconds(words: Sequence[str], folder: Path) -> float:
    """CPU seconds, user and system, of a command line and all that it waited for. Raises RuntimeError if it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    stderr_text = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} exits with {process.returncode}: {stderr_text[-2_000:]}")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
