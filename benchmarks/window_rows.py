"""The rows that `benchmarks.window` looks at: 804,745, as many as the paper's set has, in schema `filtered` or `sft`.

Texts, domains, languages and lengths are those of `benchmarks.candidate_rows` without its plants; verdicts, causes,
drop reasons, models and finish reasons are drawn. A row follows from the seed and its shard's number alone.
"""

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.candidate_rows import RATES, CandidateRow, CandidateSettings, rows
from benchmarks.candidates import candidate, conversation
from r1data.data.commits import Command
from r1data.data.dataset import Dataset
from r1data.data.schema import load_schema
from r1data.data.writer import Draft, Target, Writer

ROWS = 804_745
"""Rows of the paper's set (R1, App. B.3.3), and of the one that `benchmarks.build` makes from a million candidates."""
SCHEMAS = ("filtered", "sft")
VERDICTS = {"correct": 0.7, "incorrect": 0.2, "unverifiable": 0.08, "timeout": 0.01, "error": 0.01}
CAUSES = ("no_answer", "undecided", "bad_truth")
REASONS = ("mixed_language", "long_paragraph", "code_block", "repetition", "incorrect", "duplicate")
MODELS = ("policy-a", "policy-b", "policy-c", "teacher")


@dataclass(frozen=True, slots=True)
class Made:
    """A shard of each dataset, durable and not committed, and the bytes of its texts."""

    drafts: dict[str, Draft]
    text_bytes: int


def make(folder: Path, count: int, scale: float, workers: int = 2) -> dict[str, Any]:
    """Writes a dataset for each of `SCHEMAS` into `folder`; returns rows and bytes. What is there is not made again."""
    if all((folder / name).exists() and Dataset(folder / name).complete for name in SCHEMAS):
        return described(folder)
    settings = CandidateSettings(count, scale, rates=tuple((name, 0.0) for name in RATES))
    command = Command("made", {"rows": count, "scale": scale})
    writers = {
        name: Writer.open(folder / name, schema=name, command=command, announce=False) for name in SCHEMAS
    }
    targets = {name: writer.target for name, writer in writers.items()}
    shards = range(-(-count // settings.shard_rows))
    text_bytes = 0
    with multiprocessing.get_context("spawn").Pool(workers, pa.set_cpu_count, (1,)) as pool:
        for made in pool.imap(partial(_shard, settings, targets), shards):
            text_bytes += made.text_bytes
            for name, draft in made.drafts.items():
                writers[name].adopt(draft)
    for writer in writers.values():
        writer.finish({"text_bytes": text_bytes})
    return described(folder)


def described(folder: Path) -> dict[str, Any]:
    """Rows, bytes of prompts and responses, and bytes on disk of what `make` wrote."""
    datasets = {name: Dataset(folder / name) for name in SCHEMAS}
    return {
        "rows": datasets["sft"].rows,
        "text_mb": round(datasets["sft"].summary["text_bytes"] / 1e6),
        **{
            f"{name}_mb": round(sum(entry.bytes for entry in dataset.entries) / 1e6)
            for name, dataset in datasets.items()
        },
    }


def _shard(settings: CandidateSettings, targets: dict[str, Target], number: int) -> Made:
    made_rows, _ = rows(settings, number)
    draw = np.random.default_rng([settings.seed, number, 1])
    tables = {
        "filtered": _table([_filtered(row, draw) for row in made_rows], "filtered"),
        "sft": _table([conversation(row) for row in made_rows], "sft"),
    }
    text_bytes = tables["filtered"]["prompt"].nbytes + tables["filtered"]["response"].nbytes
    name = f"part-{number:05d}"
    return Made({key: targets[key].draft(name, table) for key, table in tables.items()}, text_bytes)


def _filtered(row: CandidateRow, draw: np.random.Generator) -> dict[str, Any]:
    verdict = str(draw.choice(list(VERDICTS), p=list(VERDICTS.values())))
    dropped = draw.random() < 0.25
    return {
        **candidate(row),
        "model": MODELS[int(draw.integers(len(MODELS)))],
        "verdict": verdict,
        "verdict_cause": str(draw.choice(CAUSES)) if verdict == "unverifiable" else None,
        "finish_reason": "length" if draw.random() < 0.03 else "stop",
        "language_consistency": float(draw.random()),
        "drop_reasons": sorted(set(draw.choice(REASONS, 2).tolist())) if dropped else [],
        "lost_to": None,
    }


def _table(records: Sequence[dict[str, Any]], schema: str) -> pa.Table:
    columns = load_schema(schema).columns
    return pa.table(
        {
            column.name: pa.array([record.get(column.name) for record in records], column.type)
            for column in columns
        }
    )
