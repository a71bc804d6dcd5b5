"""How many of a hostile class's samples a run of the tests takes: some, or with `HOSTILE=all` every one."""

import os
import random
from collections.abc import Iterable


def sampled(names: Iterable[str], most: int = 12) -> list[str]:
    """All of `names` under `HOSTILE=all`; else `most` of them, drawn by the seed in `HOSTILE`, by default 0."""
    names = sorted(names)
    chosen = os.environ.get("HOSTILE", "0")
    if chosen == "all" or len(names) <= most:
        return names
    return sorted(random.Random(chosen).sample(names, most))
