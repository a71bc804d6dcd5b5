"""Stages on 1,000 rows in this process, one of them poisoned: what becomes of it, and of the 999."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from r1data.data.commits import Command
from r1data.data.plain import TableShard
from r1data.data.responses import split
from r1data.data.schema import load_schema
from r1data.data.stores.layout import quarantine_names
from r1data.data.text import storable
from r1data.data.writer import Writer
from r1data.runtime.task import Goal, Stage, Task

ROWS = 1_000
NAME = "part-00000"
POISONED = "poisoned"
"""The licence that tells the poisoned row, whatever becomes of its ids."""
TYPES = {column.name: column.type for name in ("filtered", "sft") for column in load_schema(name).columns}


def row(number: int, **other: Any) -> dict[str, Any]:
    """A verified sample that every filter keeps, unlike all others."""
    thoughts = f"The apples number {number} at first, and {number % 7} more come with each of the {number % 11} boys."
    response = f"<think>{thoughts}</think>All together there are \\boxed{{{number + 3}}} of them."
    reasoning, answer = split(other.get("response") or response)
    return {
        "prompt_id": f"p{number}",
        "prompt": f"Ann has {number} apples and gets 3 more from tree {number * 17}. How many has she?",
        "system": None,
        "domain": "math",
        "language": "en",
        "verifier": "exact",
        "truth": str(number + 3),
        "source": "test",
        "license": "MIT",
        "meta": None,
        "sample_index": 0,
        "response": response,
        "reasoning": reasoning,
        "answer": answer,
        "finish_reason": "stop",
        "prompt_tokens": 20,
        "response_tokens": 40,
        "model": "toy",
        "engine": "toy",
        "sampling": "{}",
        "verdict": "correct",
        "score": 1.0,
        "extracted": str(number + 3),
        "verdict_cause": None,
        "verdict_reason": None,
        "verifier_version": "exact/1",
        **other,
    }


def table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a shard has them."""
    return pa.table({name: pa.array([each[name] for each in rows], TYPES[name]) for name in rows[0]})


def poisoned(clean: pa.Table, place: int, column: str, value: Any) -> pa.Table:
    """The table with a row at `place` that has `value` in a column, as far as the column's type can hold it."""
    value = storable(value) if isinstance(value, str) else value
    bad = table([row(place, license=POISONED, **{column: value})])
    return pa.concat_tables([clean.slice(0, place), bad, clean.slice(place + 1)])


def run(stage: Stage, rows: pa.Table, schemas: Mapping[str, str], folder: Path) -> dict[str, pa.Table]:
    """What a worker writes of a shard, by goal, and the quarantined rows under `quarantine`."""
    goals = []
    for key, schema in schemas.items():
        writer = Writer.open(folder / key, schema=schema, command=Command("test"), announce=False)
        goals.append(Goal(key, writer.target, None))
    drafts = Task(TableShard(NAME, len(rows), "", rows), stage, tuple(goals))()
    outputs = {key: pq.read_table(folder / key / draft.staged) for key, draft in drafts.items()}
    quarantine = folder / next(iter(schemas)) / quarantine_names(NAME)[0]
    if quarantine.exists():
        outputs["quarantine"] = pq.read_table(quarantine)
    return outputs


def others(outputs: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    """The rows of all outputs but the poisoned one."""
    return [each for rows in outputs.values() for each in rows.to_pylist() if each["license"] != POISONED]


def fate(outputs: Mapping[str, pa.Table]) -> list[tuple[str, dict[str, Any]]]:
    """Where the poisoned row is, and what it is there."""
    return [
        (key, each)
        for key, rows in outputs.items()
        for each in rows.to_pylist()
        if each["license"] == POISONED
    ]
