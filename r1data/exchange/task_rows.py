"""The process that makes rows of one reasoning-gym task: a request on stdin, a JSON line for each row on stdout.

A process of its own, because some tasks walk through sets: only under `PYTHONHASHSEED=0` are their rows the same each
time. `random` is seeded for each row, for the tasks that use it. A row depends on the task, its settings, the seed and
its index alone: reasoning-gym seeds its rows by `seed + index`, which makes the rows of seed 1 those of seed 0 moved on
by one, so a block of `BLOCK` rows gets a seed hashed from all of these.
"""

import hashlib
import json
import random
import sys
import warnings
from typing import Any

BLOCK = 500
"""Rows that share one of reasoning-gym's own seeds, and a shard."""


def main() -> None:
    """Answer one request: `task`, `config`, `seed`, `block`, `rows`."""
    warnings.simplefilter("ignore")
    request = json.loads(sys.stdin.read())
    # What a task prints must not stand between the rows.
    out, sys.stdout = sys.stdout, sys.stderr
    for row in rows(**request):
        out.write(json.dumps(row, ensure_ascii=True) + "\n")


def rows(task: str, config: dict[str, Any], seed: int, block: int, rows: int) -> Any:
    """Question and entry of the first `rows` rows of a block. The entry is written as `tag_types` has it."""
    from reasoning_gym.factory import create_dataset

    # 31 bits, so that the seeds counted on from it fit into numpy's 32 bits.
    parts = json.dumps([seed, task, config, block], sort_keys=True).encode()
    own = int.from_bytes(hashlib.sha256(parts).digest()[:4]) >> 1
    dataset = create_dataset(task, **config, seed=own, size=BLOCK)
    for number in range(rows):
        random.seed(own + number)
        entry = dataset[number]
        yield {"question": entry["question"], "entry": tag_types(entry)}


def tag_types(value: Any) -> Any:
    """The value as JSON, with tuples, sets and non-text keys tagged: `{"!tuple": […]}`.

    numpy's values become Python's; what else JSON lacks becomes its text.
    """
    if isinstance(value, dict):
        # A key that begins like a tag would be read back as one.
        if all(isinstance(key, str) and key[:1] != "!" for key in value):
            return {str(key): tag_types(item) for key, item in value.items()}
        return {"!dict": [[tag_types(key), tag_types(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"!tuple": [tag_types(item) for item in value]}
    if isinstance(value, (set, frozenset)):
        # Sets have no order of their own, and the truth must be the same text each time.
        return {"!set": sorted((tag_types(item) for item in value), key=json.dumps)}
    if isinstance(value, list):
        return [tag_types(item) for item in value]
    if hasattr(value, "tolist"):
        return tag_types(value.tolist())
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


if __name__ == "__main__":
    main()
