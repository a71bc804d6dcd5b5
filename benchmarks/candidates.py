"""Makes verified candidates to build the 800k set from, with plants that say what a filter or search ought to find.

    python -m benchmarks.candidates made --rows 100000 --scale 0.1

`made/candidates` holds samples with a verdict (`correct`, all), `made/general` the conversations that are half of the
general domain, most of them without thoughts, and `made/evaluation.jsonl` 10,000 questions with solutions. Domains
stand as in the paper's table, so that 1,000,000 rows have 1.24 times each of its quotas; responses have its average
lengths times `--scale`, log-normal, at four characters a token (1.6 in Chinese, an eighth of the prompts). Three to
five samples a prompt. The text is `benchmarks.synthetic_text`'s. All follows from `--seed`, whatever the number of
processes. Prints a JSON object: rows by domain and by plant, bytes, and what zstd 3 makes of the text.

Column `planted` is null or one of these; `planted_kind` says which sort of it:

    near:ID          nearly the same as response ID (`prompt_id/sample_index`), see `benchmarks.planting`
    exact:ID         the same to the letter
    contaminated:N   holds a run of 10 to 30 words of the evaluation file's line N, in prompt, thoughts or answer
    short:N          holds 9 words of line N, and is to stay
    other:ID         no copy of ID: its prompt with other numbers, or a third of its sentences; is to stay
    bad:REASON       thoughts that a filter is to drop

Half of the copies stand in their original's shard, half in shards of their own at the end.
"""

import argparse
import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.candidate_rows import PAPER, CandidateRow, CandidateSettings, evaluation_lines, rows
from benchmarks.synthetic_text import vocabulary_of
from r1data.data.commits import Command
from r1data.data.plain import content_id
from r1data.data.schema import load_schema
from r1data.data.writer import Draft, Target, Writer

SCHEMAS = {"candidates": "verified", "general": "sft"}
LABELS = [("planted", pa.string()), ("planted_kind", pa.string())]


@dataclass(frozen=True, slots=True)
class ShardDraft:
    """A shard's drafts by dataset, the rows that are to stand in other shards, and counts."""

    drafts: dict[str, Draft]
    far: Sequence[CandidateRow]
    counts: Counter[str]


def main() -> None:
    """Makes everything and prints what there is."""
    parser = argparse.ArgumentParser(description="Verified candidates with plants.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--scale", type=float, default=0.1, help="lengths as a share of the paper's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    start = time.monotonic()
    report = make(options.out, CandidateSettings(options.rows, options.scale, options.seed), options.workers)
    print(json.dumps({**report, "seconds": round(time.monotonic() - start, 1)}, indent=2))


def make(folder: Path, settings: CandidateSettings, workers: int = 2) -> dict[str, Any]:
    """Writes `candidates`, `general` and `evaluation.jsonl` into a folder; returns what they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "evaluation.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(evaluation_lines(settings.seed))
    command = Command("made", {"rows": settings.rows, "scale": settings.scale, "seed": settings.seed})
    writers = {
        name: Writer.open(folder / name, schema=schema, command=command, announce=False)
        for name, schema in SCHEMAS.items()
    }
    targets = {name: writer.target for name, writer in writers.items()}
    counts: Counter[str] = Counter()
    far: list[CandidateRow] = []
    with multiprocessing.get_context("spawn").Pool(workers, pa.set_cpu_count, (1,)) as pool:
        shards = range(-(-settings.rows // settings.shard_rows))
        for result in pool.imap(partial(_shard, settings, targets), shards):
            far += result.far
            counts += _publish(result, writers)
        order = np.random.default_rng(settings.seed).permutation(len(far)).tolist()
        parts = [order[start:][: settings.shard_rows] for start in range(0, len(far), settings.shard_rows)]
        tasks = [(f"part-9{number:04d}", [far[place] for place in part]) for number, part in enumerate(parts)]
        for result in pool.imap(partial(_far_shard, targets), tasks):
            counts += _publish(result, writers)
    for writer in writers.values():
        writer.finish()
    return _report(counts)


def _shard(settings: CandidateSettings, targets: dict[str, Target], number: int) -> ShardDraft:
    own_rows, far = rows(settings, number)
    return _draft_shard(targets, f"part-{number:05d}", own_rows, far)


def _far_shard(targets: dict[str, Target], task: tuple[str, list[CandidateRow]]) -> ShardDraft:
    return _draft_shard(targets, *task, ())


def _draft_shard(
    targets: dict[str, Target], name: str, own_rows: Sequence[CandidateRow], far: Sequence[CandidateRow]
) -> ShardDraft:
    """A shard of each dataset that has rows in it, durable, and what it holds."""
    tables = {
        "candidates": table([candidate(row) for row in own_rows if not row.conversation], "verified"),
        "general": table([conversation(row) for row in own_rows if row.conversation], "sft"),
    }
    drafts = {key: targets[key].draft(name, table) for key, table in tables.items() if len(table)}
    text = "".join(map(_response, own_rows)).encode()
    counts = Counter(f"rows {row.domain}" for row in own_rows)
    for row in own_rows:
        counts[f"tokens {row.domain}"] += _tokens(row)
    counts += Counter(f"planted {row.planted.split(':')[0]}" for row in own_rows if row.planted)
    counts += Counter({"bytes": len(text), "zstd": pa.Codec("zstd", 3).compress(text).size})
    return ShardDraft(drafts, far, counts)


def _publish(result: ShardDraft, writers: dict[str, Writer]) -> Counter[str]:
    for name, draft in result.drafts.items():
        writers[name].adopt(draft)
    return result.counts


def _report(counts: Counter[str]) -> dict[str, Any]:
    domains = {name: counts[f"rows {name}"] for name in PAPER}
    return {
        "rows": sum(domains.values()),
        "by_domain": domains,
        "tokens_on_average": {
            name: round(counts[f"tokens {name}"] / max(1, n), 1) for name, n in domains.items()
        },
        "planted": {key.split()[1]: n for key, n in sorted(counts.items()) if key.startswith("planted ")},
        "text_mb": round(counts["bytes"] / 1e6, 1),
        "zstd_3": round(counts["zstd"] / counts["bytes"], 3),
    }


def table(rows: Sequence[dict[str, Any]], schema: str) -> pa.Table:
    """Rows of a schema, with their labels, as a table."""
    columns = [(column.name, column.type) for column in load_schema(schema).columns]
    return pa.Table.from_pylist(list(rows), pa.schema([*columns, *LABELS]))


def _response(row: CandidateRow) -> str:
    return row.answer if row.thoughts is None else f"<think>\n{row.thoughts}\n</think>\n\n{row.answer}"


def _tokens(row: CandidateRow) -> int:
    return max(1, round(len(_response(row)) / vocabulary_of(row.language).token))


def _common(row: CandidateRow) -> dict[str, Any]:
    return {
        "prompt_id": row.prompt_id,
        "sample_index": row.sample_index,
        "domain": row.domain,
        "language": row.language,
        "source": "made",
        "planted": row.planted,
        "planted_kind": row.kind,
    }


def candidate(row: CandidateRow) -> dict[str, Any]:
    """A row as one of schema `verified`, with its labels."""
    verifier = {"general": "judge", "code": "code", "logic": "exact"}.get(row.domain, "math")
    return {
        **_common(row),
        "prompt": row.prompt,
        "verifier": verifier,
        "truth": row.truth,
        "response": _response(row),
        "reasoning": row.thoughts,
        "answer": row.answer,
        "finish_reason": "stop",
        "response_tokens": _tokens(row),
        "model": "made",
        "engine": "made",
        "verdict": "correct",
        "score": 1.0,
        "extracted": row.truth,
        "verifier_version": f"{verifier} 1",
    }


def conversation(row: CandidateRow) -> dict[str, Any]:
    """A row as one of schema `sft`, with its labels."""
    return {
        **_common(row),
        "example_id": content_id(row.prompt_id, str(row.sample_index)),
        "messages": [
            {"role": "user", "content": row.prompt},
            {"role": "assistant", "content": _response(row)},
        ],
        "kind": "non_reasoning" if row.thoughts is None else "reasoning",
        "tokens": _tokens(row),
        "split": "train",
    }


if __name__ == "__main__":
    main()
