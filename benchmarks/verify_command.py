"""`r1 verify` as a command, Parquet to Parquet, beside a script that reads, calls math-verify and writes.

    python -m benchmarks.verify_command ../shared/corpora/gsm8k/model_solutions.jsonl

200,000 samples: GSM8K's solutions over and over, each with the thoughts of another one before it. The command's time
is that of the whole program: start, read, sha256, verify, write (zstd 3), sync and commit. CPU seconds are those of all
its processes, which other work on the machine does not stretch; `rows_per_core_second` is rows over them. The script
reads the same files with pyarrow, calls math-verify on some rows and writes all; its time is that for all rows, by
the share it did. Prints a JSON object.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

import pyarrow as pa

from benchmarks.verify import SHIPPED
from r1data.data.commits import Command
from r1data.data.schema import load_schema
from r1data.data.writer import Writer

R1 = Path(sys.executable).parent / "r1"
SHARD_ROWS = 20_000
SLICE = 1_000
"""Rows that the script verifies."""
SCRIPT = """
import sys, time, pyarrow as pa, pyarrow.parquet as pq
from pathlib import Path
from math_verify import parse, verify
rows, n, took = 0, int(sys.argv[3]), 0.0
out = Path(sys.argv[2]); out.mkdir()
for path in sorted(Path(sys.argv[1]).glob("data/*.parquet")):
    table = pq.read_table(path)
    verdicts = [None] * len(table)
    start = time.process_time()
    for row in range(min(n, len(table))):
        verdicts[row] = verify(parse(table["truth"][row].as_py()), parse(table["response"][row].as_py()))
    took, n = took + time.process_time() - start, n - min(n, len(table))
    pq.write_table(table.append_column("correct", pa.array(verdicts, pa.bool_())), out / path.name, compression="zstd")
print(took)
"""


def main() -> None:
    """Runs everything and prints the figures."""
    parser = argparse.ArgumentParser(description="r1 verify, Parquet to Parquet.")
    parser.add_argument("gsm8k", nargs="?", type=Path, default=SHIPPED)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder) / "samples"
        text = make(samples, options.gsm8k, options.rows)
        figures: dict[str, Any] = {"rows": options.rows, "text_mb": round(text / 1e6)}
        for workers in options.workers:
            runs = [command(samples, Path(folder) / f"{workers}-{n}", workers) for n in range(options.rounds)]
            figures[f"workers_{workers}"] = throughput(options.rows, text, *min(runs, key=lambda run: run[1]))
        seconds = script(samples, Path(folder) / "script", options.rows)
        figures["script"] = {"rows_per_core_second": round(options.rows / seconds)}
        first = figures[f"workers_{options.workers[0]}"]["rows_per_core_second"]
        figures["ratio"] = round(first * seconds / options.rows, 1)
        print(json.dumps(figures, indent=2))


def make(folder: Path, path: Path, rows: int) -> int:
    """A dataset of samples; returns the bytes of its responses."""
    problems = [json.loads(line) for line in path.read_text().splitlines()]
    draw, text = random.Random(0), 0
    writer = Writer.open(folder, schema="sample", command=Command("made"), announce=False)
    types = pa.schema([(column.name, column.type) for column in load_schema("sample").columns])
    for start in range(0, rows, SHARD_ROWS):
        rows = [
            row(problems[n % len(problems)], draw.choice(problems), n)
            for n in range(start, min(rows, start + SHARD_ROWS))
        ]
        text += sum(len(one["response"]) for one in rows)
        writer.publish(f"part-{start // SHARD_ROWS:05d}", pa.Table.from_pylist(rows, types))
    writer.finish()
    return text


def row(answer_row: dict[str, Any], thoughts_row: dict[str, Any], n: int) -> dict[str, Any]:
    """One sample."""
    reasoning, answer = thoughts_row["response"], answer_row["response"]
    return {
        "prompt_id": f"q{n // 16:06d}", "prompt": answer_row.get("question", "?"), "sample_index": n % 16,
        "domain": "math", "language": "en", "source": "gsm8k", "finish_reason": "stop",
        "model": answer_row.get("model", "?"),
        "truth": answer_row["answer"], "reasoning": reasoning, "answer": answer,
        "response": f"<think>\n{reasoning}\n</think>\n\n{answer}",
    }  # fmt: skip


def command(samples: Path, out: Path, workers: int) -> tuple[float, float]:
    """(seconds by the clock, CPU seconds of all processes)."""
    before, start = _children(), time.perf_counter()
    subprocess.run(
        [R1, "verify", samples, "-o", out, "--workers", str(workers)], check=True, capture_output=True
    )
    return time.perf_counter() - start, _children() - before


def script(samples: Path, out: Path, rows: int) -> float:
    """CPU seconds that the script would take for all rows."""
    before, verified = _children(), min(SLICE, rows)
    arguments = [sys.executable, "-c", SCRIPT, samples, out, str(verified)]
    took = float(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)
    return _children() - before - took + took * rows / verified


def _children() -> float:
    usage = getrusage(RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def throughput(rows: int, text: int, seconds: float, cpu: float) -> dict[str, float]:
    """A run's figures."""
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "rows_per_second": round(rows / seconds),
        "rows_per_core_second": round(rows / cpu),
        "mb_per_core_second": round(text / 1e6 / cpu, 1),
    }


if __name__ == "__main__":
    main()
