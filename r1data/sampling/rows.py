"""Completions as rows of schema `sample`, and their counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from r1data.data.responses import split
from r1data.data.schema import load_schema
from r1data.sampling.parts import Part
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.until import ENDINGS
from r1data.verifiers.table import COLUMNS as VERDICTS

RESPONSE_IDS = "response_ids"
"""An additional column: the token ids of truncated responses, from which `--continue` can go on."""
COLUMNS = pa.schema(
    [
        *(
            (column.name, column.type)
            for column in load_schema("sample").columns[len(load_schema("prompt").columns) :]
        ),
        (RESPONSE_IDS, pa.list_(pa.int32())),
    ]
)
"""The columns that sampling adds."""


def table(part: Part, numbers: Sequence[int], plan: SamplingPlan, engine: str) -> pa.Table:
    """The rows of some requests, in that order; with verdicts where all of them have one."""
    rows = [{**_row(part, number, plan), "model": plan.model, "engine": engine} for number in numbers]
    prompts = part.prompts.take(pa.array([number // part.n for number in numbers], pa.int64()))
    added = pa.Table.from_pylist(rows, schema=COLUMNS)
    if numbers and all(number in part.verdicts for number in numbers):
        verdicts = [part.verdicts[number].columns for number in numbers]
        schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in VERDICTS.items()])
        verdicts = pa.Table.from_pylist([dict(verdict) for verdict in verdicts], schema=schema)
        added = pa.table({**_columns(added), **_columns(verdicts)})
    # By name: what sampling adds takes the place of columns that the prompts bring under the same names.
    return pa.table({**_columns(prompts), **_columns(added)})


def counts(part: Part, numbers: Sequence[int], seconds: float) -> dict[str, float]:
    """Counts that are summed over shards; tokens are those that the engine read and wrote."""
    reasons = Counter(part.completions[number].finish_reason for number in numbers)
    counts: dict[str, float] = {
        "prompt_tokens": part.prompt_tokens,
        "response_tokens": part.response_tokens,
        "truncated": reasons["length"],
        "failed": reasons["error"],
        "seconds": round(seconds, 3),
    }
    if part.endings and part.retried_requests is None:
        endings = Counter(part.endings.values())
        counts |= {f"prompts_{ending}": endings[ending] for ending in ENDINGS}
        counts["not_drawn"] = len(part.requests) - len(part.completions)
    return counts


def _row(part: Part, number: int, plan: SamplingPlan) -> dict[str, Any]:
    completion, prompt = part.completions[number], number // part.n
    failed = completion.error is not None
    response = "" if failed else part.prefills[prompt] + completion.text
    parts = split(response)
    # How the response was sampled, and its error.
    settings = {**asdict(plan.sampling), "seed": plan.seed, "template": part.template, "system": plan.system}
    if plan.thinking:
        settings["thinking"] = plan.thinking
    settings |= {} if plan.date is None else {"date": plan.date}
    settings |= part.notes[prompt]
    if plan.until and prompt in part.endings:
        settings |= {"until": plan.until.target, "ended": part.endings[prompt]}
    if failed:
        settings["error"] = completion.error
    return {
        "sample_index": number % part.n,
        "response": response,
        "reasoning": parts.reasoning,
        "answer": None if failed else parts.answer,
        "finish_reason": completion.finish_reason,
        "prompt_tokens": completion.prompt_tokens,
        "response_tokens": completion.response_tokens,
        "sampling": json.dumps(settings, ensure_ascii=False),
        # Only where `--continue` can use them: for every response they would take as much space as its text.
        RESPONSE_IDS: completion.token_ids
        if completion.finish_reason == "length" and completion.token_ids
        else None,
    }


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))
