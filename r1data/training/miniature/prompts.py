"""Problems of the miniature world as a dataset of the `prompt` schema. The settings are ours."""

import hashlib
import json
from collections.abc import Sequence

import pyarrow as pa

from r1data.data.commits import Command
from r1data.data.writer import Summary, Writer
from r1data.training.miniature import world

SHARD_ROWS = 2_000


def write(out: str, count: int, split: world.Split, seed: int) -> Summary:
    """Write `count` different problems of a split into the dataset `out`.

    Raises UserError where `out` holds something else.
    """
    parameters = {"count": count, "split": split, "seed": seed}
    problems = list(world.problems(count, split=split, seed=seed))
    with Writer.open(out, schema="prompt", command=Command("miniature prompts", parameters)) as writer:
        for start in range(0, count, SHARD_ROWS):
            name = f"part-{start // SHARD_ROWS:05d}"
            if not writer.has(name):
                writer.publish(name, table(problems[start : start + SHARD_ROWS], split))
        return writer.finish()


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
