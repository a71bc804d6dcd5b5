"""One- and two-digit sums, by seed, for reinforcement learning of a real model (`recipes/real-rl.yaml`).

    python recipes/real/sums.py FOLDER [SEED]

writes `rl-train.jsonl`, `rl-dev.jsonl` and `rl-test.jsonl`: sums of two numbers, each of one or two digits as often,
until the few of two one-digit numbers are used up. No question stands in two files, and each kind of sum is as
frequent in one as in the others, but for chance. Rates and lengths are tuned on the dev split alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

EXAMPLES = "3 + 4: The answer is 7.\n12 + 5: The answer is 17.\n"
"""They show the model, which is told nothing else, what is asked for."""
COUNTS = {"rl-test": 200, "rl-dev": 100, "rl-train": 2000}


def questions(draw: Random) -> Iterator[tuple[str, int]]:
    """Question after question with its answer, each once."""
    seen = {(3, 4), (12, 5)}
    while True:
        a, b = (draw.randint(1, 9) if draw.random() < 1 / 2 else draw.randint(10, 99) for _ in range(2))
        if (a, b) not in seen:
            seen.add((a, b))
            yield f"{EXAMPLES}{a} + {b}:", a + b


def write(folder: Path, seed: int) -> None:
    """Write the three files."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = Random(f"one- and two-digit sums of seed {seed}")
    all_drawn = list(islice(questions(draw), sum(COUNTS.values())))
    # What is drawn first holds most of the 80 easy sums: one file would be easier than the others.
    draw.shuffle(all_drawn)
    drawn = iter(all_drawn)
    for name, count in COUNTS.items():
        rows = [
            {"prompt": text, "truth": str(answer), "verifier": "math", "domain": "math", "language": "en"}
            for text, answer in (next(drawn) for _ in range(count))
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    write(Path(sys.argv[1]), seed=int(sys.argv[2]) if sys.argv[2:] else 1)
