"""What comes back, as rows of schema `sample`, and what is counted of it."""

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
from r1data.sampling.plan import Plan
from r1data.sampling.until import ENDINGS
from r1data.verifiers.table import COLUMNS as VERDICTS

RESPONSE_IDS = "response_ids"
"""Column of its own behind the schema's: the token ids of responses that were cut, from which they can go on."""
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


def table(part: Part, numbers: Sequence[int], plan: Plan, engine: str) -> pa.Table:
    """The rows of some requests, in that order; with verdicts where all of them have one."""
    rows = [{**_row(part, number, plan), "model": plan.model, "engine": engine} for number in numbers]
    prompts = part.prompts.take(pa.array([number // part.n for number in numbers], pa.int64()))
    added = pa.Table.from_pylist(rows, schema=COLUMNS)
    if numbers and all(number in part.judged for number in numbers):
        verdicts = [part.judged[number].columns for number in numbers]
        schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in VERDICTS.items()])
        judged = pa.Table.from_pylist([dict(verdict) for verdict in verdicts], schema=schema)
        added = pa.table({**_columns(added), **_columns(judged)})
    return pa.table({**_columns(prompts), **_columns(added)})


def counts(part: Part, numbers: Sequence[int], seconds: float) -> dict[str, float]:
    """What adds up over shards; tokens are those that the engine read and wrote."""
    reasons = Counter(part.completions[number].finish_reason for number in numbers)
    counted: dict[str, float] = {
        "prompt_tokens": part.prompt_tokens,
        "response_tokens": part.response_tokens,
        "truncated": reasons["length"],
        "failed": reasons["error"],
        "seconds": round(seconds, 3),
    }
    if part.endings and part.only is None:
        endings = Counter(part.endings.values())
        counted |= {f"prompts_{ending}": endings[ending] for ending in ENDINGS}
        counted["not_drawn"] = len(part.requests) - len(part.completions)
    return counted


def _row(part: Part, number: int, plan: Plan) -> dict[str, Any]:
    done, prompt = part.completions[number], number // part.n
    failed = done.error is not None
    response = "" if failed else part.prefills[prompt] + done.text
    parts = split(response)
    return {
        "sample_index": number % part.n,
        "response": response,
        "reasoning": parts.reasoning,
        "answer": None if failed else parts.answer,
        "finish_reason": done.finish_reason,
        "prompt_tokens": done.prompt_tokens,
        "response_tokens": done.response_tokens,
        "sampling": json.dumps(_settings(part, number, plan), ensure_ascii=False),
        RESPONSE_IDS: done.token_ids if done.finish_reason == "length" and done.token_ids else None,
    }


def _settings(part: Part, number: int, plan: Plan) -> dict[str, Any]:
    """How the response was drawn, and what went wrong."""
    done, prompt = part.completions[number], number // part.n
    settings = {**asdict(plan.sampling), "seed": plan.seed, "template": part.template, "system": plan.system}
    settings |= part.notes[prompt]
    if plan.until and prompt in part.endings:
        settings |= {"until": plan.until.enough, "ended": part.endings[prompt]}
    return settings if done.error is None else {**settings, "error": done.error}


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))
