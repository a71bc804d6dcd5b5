"""Rows copied through a stage that does nothing, beside bare pyarrow, in one run on the same shards.

    python -m benchmarks.copy --gb 1 --corpus ../shared/corpora/gsm8k/model_solutions.jsonl

`r1` reads a shard, compares its sha256, unpacks it, checks it, packs it (zstd 3, row groups of 1,000 rows, page
checksums), hashes it, makes it durable and commits it. Bare pyarrow reads the same files and writes them with the same
options; it checks, hashes and flushes nothing. `stage_1` and `stage_2` are whole stages with so many workers, their
start included. Seconds are CPU time of all threads and processes, which other work on the machine does not stretch.
Rounds alternate; medians are printed, as a JSON object, and the share of each step.
"""

import argparse
import functools
import hashlib
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.memory import LONGEST, MEAN, sentences, thoughts
from r1data.data import parquet
from r1data.data.commits import Command
from r1data.data.dataset import Dataset
from r1data.data.schema import conform, load_schema
from r1data.data.source import DatasetSource
from r1data.data.writer import Writer
from r1data.exchange.ingest import set_columns
from r1data.runtime.stages import Output, run_stage

SHARD_ROWS = 2_000


def main() -> None:
    """Runs everything and prints the figures."""
    parser = argparse.ArgumentParser(description="A stage that does nothing, beside bare pyarrow.")
    parser.add_argument("--gb", type=float, default=1.0, help="gigabytes of text")
    parser.add_argument("--corpus", type=Path, help="JSON lines whose text is taken apart into sentences")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder) / "samples"
        text = make(samples, int(options.gb * 1e9), sentences(options.corpus))
        pa.set_cpu_count(1)
        times: dict[str, list[float]] = {"r1": [], "pyarrow": [], "stage_1": [], "stage_2": []}
        for number in range(options.rounds):
            times["r1"].append(timed(functools.partial(copy, samples, Path(folder) / f"copy-{number}")))
            times["pyarrow"].append(timed(functools.partial(bare, samples, Path(folder) / "bare")))
            for workers in (1, 2):
                out = Path(folder) / f"stage-{workers}-{number}"
                times[f"stage_{workers}"].append(timed(functools.partial(stage, workers, samples, out)))
        seconds = {name: statistics.median(values) for name, values in times.items()}
        print(json.dumps(figures(text, seconds, times, steps(samples)), indent=2))


def figures(
    text: int, seconds: dict[str, float], times: dict[str, list[float]], shares: dict[str, float]
) -> dict[str, Any]:
    """The medians, the ratio round by round, and where the time goes."""
    ratios = [
        pyarrow_time / r1_time for r1_time, pyarrow_time in zip(times["r1"], times["pyarrow"], strict=True)
    ]
    return {
        "text_mb": round(text / 1e6),
        **{f"{name}_mb_per_core_second": round(text / 1e6 / value, 1) for name, value in seconds.items()},
        "ratio": round(statistics.median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "cpu_ms_per_100_mb": {name: round(value / text * 1e11) for name, value in shares.items()},
    }


def make(folder: Path, size: int, corpus: list[str]) -> int:
    """A dataset of samples whose text takes `size` bytes; returns the bytes of text."""
    draw, text, part = random.Random(0), 0, 0
    writer = Writer.open(folder, schema="sample", command=Command("made"), announce=False)
    while text < size:
        rows = []
        while len(rows) < SHARD_ROWS and text < size:
            length = min(LONGEST, round(draw.lognormvariate(8.6, 0.9) * MEAN / 8_140))
            reasoning = thoughts(corpus, length, draw)
            rows.append(_row(f"q{len(rows) // 4}", len(rows) % 4, reasoning))
            text += 2 * len(reasoning)
        types = pa.schema([(column.name, column.type) for column in load_schema("sample").columns])
        writer.publish(f"part-{part:05d}", pa.Table.from_pylist(rows, types))
        part += 1
    writer.finish()
    return text


def _row(name: str, index: int, reasoning: str) -> dict[str, Any]:
    same = {"domain": "math", "language": "en", "source": "made", "finish_reason": "stop", "model": "m"}
    response = f"<think>{reasoning}</think>7"
    own = {"prompt_id": name, "prompt": "What?", "sample_index": index, "answer": "7"}
    return {**same, **own, "response": response, "reasoning": reasoning}


def stage(workers: int, source: Path, out: Path) -> None:
    """All shards through a stage that sets no column, in processes of their own."""
    output = {"rows": Output(str(out), "sample")}
    nothing = functools.partial(set_columns, constant={})
    run_stage(DatasetSource(str(source)), output, nothing, command=Command("copy"), workers=workers)


def copy(source: Path, out: Path) -> None:
    """What a worker and its parent do for every shard, in this process."""
    writer = Writer.open(out, schema="sample", command=Command("copy"), announce=False)
    for shard in Dataset(source).shards():
        writer.publish(shard.name, shard.table(), ((shard.name, shard.sha256),))
    writer.finish()


def bare(source: Path, out: Path) -> None:
    """All files through pyarrow, with the options of a shard."""
    out.mkdir(exist_ok=True)
    for path in sorted((source / "data").iterdir()):
        table = pq.read_table(path, use_threads=False, page_checksum_verification=True)
        pq.write_table(table, out / path.name, **parquet.options(table.schema))


def steps(source: Path) -> dict[str, float]:
    """CPU seconds of each step, one after the other, over all shards."""
    cpu_seconds: dict[str, float] = dict.fromkeys(("read", "sha256", "decode", "conform", "encode"), 0.0)

    def step(name: str, call: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = call()
        cpu_seconds[name] += time.process_time() - start
        return result

    for shard in Dataset(source).shards():
        raw = step("read", functools.partial(shard.store.read, shard.entry.path))
        step("sha256", hashlib.sha256(raw).digest)
        table = step("decode", functools.partial(parquet.decode, raw, shard.uri))
        table = step("conform", functools.partial(conform, table, load_schema("sample"), shard.name))
        content = step("encode", functools.partial(parquet.encode, table))
        step("sha256", functools.partial(lambda encoded: hashlib.sha256(encoded).digest(), content))
    return cpu_seconds


def timed(call: Callable[[], None]) -> float:
    """CPU seconds of this process and of those that it ended, threads included."""
    start = sum(os.times()[:4])
    call()
    return sum(os.times()[:4]) - start


if __name__ == "__main__":
    main()
