"""Problems and requests of the miniature world as datasets. The settings are ours."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from r1data.data.commits import Command
from r1data.data.writer import Summary, Writer
from r1data.training.miniature import general, world

SHARD_ROWS = 2_000
MIXED = (
    "prompt_id", "prompt", "system", "domain", "language", "verifier", "truth", "source", "license", "meta",
    "preference",
)  # fmt: skip
"""Columns of a mix of problems and requests."""


def write(out: str, count: int, split: world.Split, seed: int, general_share: float = 0.0) -> Summary:
    """Write `count` different problems of a split into the dataset `out`, a share of them general requests.

    Raises UserError where `out` holds something else.
    """
    parameters: dict[str, Any] = {"count": count, "split": split, "seed": seed}
    if not general_share:
        problems = list(world.problems(count, split=split, seed=seed))
        return _write(out, "prompt", "prompts", parameters, problems, lambda some: table(some, split))
    requests = list(general.requests(round(count * general_share), split=split, seed=seed))
    problems = list(world.problems(count - len(requests), split=split, seed=seed))
    rows = [*table(problems, split).to_pylist(), *map(_request, requests)]
    schema = pa.schema([(name, pa.string()) for name in MIXED])
    parameters["general"] = general_share
    return _write(
        out, "prompt", "prompts", parameters, rows, lambda some: pa.Table.from_pylist(some, schema=schema)
    )


def write_answers(out: str, count: int, split: world.Split, seed: int) -> Summary:
    """Write `count` answered general requests into the dataset `out`, as rows of the schema `sft`.

    Raises UserError where `out` holds something else.
    """
    answered = list(general.answers(count, split=split, seed=seed))
    parameters = {"count": count, "split": split, "seed": seed}
    return _write(
        out, "sft", "answers", parameters, [_example(*each) for each in answered], pa.Table.from_pylist
    )


def _write(
    out: str,
    schema: str,
    name: str,
    parameters: dict[str, Any],
    rows: Sequence[Any],
    as_table: Callable[[Sequence[Any]], pa.Table],
) -> Summary:
    with Writer.open(out, schema=schema, command=Command(f"miniature {name}", parameters)) as writer:
        for start in range(0, len(rows), SHARD_ROWS):
            shard = f"part-{start // SHARD_ROWS:05d}"
            if not writer.has(shard):
                writer.publish(shard, as_table(rows[start : start + SHARD_ROWS]))
        return writer.finish()


def _request(request: general.Request) -> dict[str, Any]:
    """A row of a mix of prompts: no verifier, and the set that it belongs to."""
    return {
        "prompt_id": _id(request.prompt),
        "prompt": request.prompt,
        "domain": "general",
        "language": request.language,
        "source": "miniature",
        "license": "Apache-2.0",
        "preference": request.preference,
    }


def _example(request: general.Request, response: str) -> dict[str, Any]:
    turns = [{"role": "user", "content": request.prompt}, {"role": "assistant", "content": response}]
    return {
        "example_id": _id(request.prompt + response),
        "messages": turns,
        "kind": "non_reasoning",
        "domain": "general",
        "language": request.language,
        "source": "miniature",
        "prompt_id": _id(request.prompt),
        "split": "train",
    }


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def table(problems: Sequence[world.SumProblem], split: world.Split) -> pa.Table:
    """One row a problem; `meta` holds the number of operations and the split."""
    return pa.table(
        {
            "prompt_id": [hashlib.sha256(p.prompt.encode()).hexdigest()[:16] for p in problems],
            "prompt": [p.prompt for p in problems],
            "system": pa.nulls(len(problems), pa.string()),
            "domain": ["math"] * len(problems),
            "language": [p.language for p in problems],
            "verifier": ["math"] * len(problems),
            "truth": [str(p.value) for p in problems],
            "source": ["miniature"] * len(problems),
            "license": ["Apache-2.0"] * len(problems),
            "meta": [json.dumps({"operations": p.operations, "split": split}) for p in problems],
        }
    )
