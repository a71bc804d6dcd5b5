"""What the encoder of supervised training costs beside the tokenizer alone: rows a second, in the same run.

    python -m benchmarks.encoding MODEL --rows 2000

Rows are sums with thoughts of some hundred tokens, from a seed; `--poisoned` puts the model's end token into every
question, which is then encoded by a copy of the tokenizer under other names. Each way takes the rows in turns, several
times; the medians are printed as a JSON object. `alone` renders nothing and checks nothing: the tokenizer over the same
texts in lists of the same length.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from r1data.engines.models import load_tokenizer
from r1data.engines.templates import default_template
from r1data.training.examples.encoding import Encoder
from r1data.training.examples.prepared import portions
from r1data.training.settings import SftSettings


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description="The encoder beside the tokenizer alone.")
    parser.add_argument("model")
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--poisoned", action="store_true")
    options = parser.parse_args()
    tokenizer = load_tokenizer(options.model)
    rows = made(options.rows, tokenizer.eos_token if options.poisoned else "")
    template = default_template(tokenizer)
    tokens = 0

    def encode() -> None:
        nonlocal tokens
        encoder = Encoder(template, tokenizer, SftSettings())
        assert sum(1 for _ in encoder.all(rows)) == len(rows)
        tokens = encoder.tokens

    def alone() -> None:
        for portion in portions(rows):
            tokenizer([row["messages"][0]["content"] for row in portion], add_special_tokens=False)
            tokenizer([row["messages"][1]["content"] for row in portion], add_special_tokens=False)

    seconds: dict[str, list[float]] = {"encoder": [], "alone": []}
    ways: dict[str, Callable[[], None]] = {"encoder": encode, "alone": alone}
    encode()  # the first one starts the worker and probes the template
    for _ in range(options.rounds):
        for name, way in ways.items():
            start = time.monotonic()
            way()
            seconds[name].append(time.monotonic() - start)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    figures: dict[str, Any] = {"rows": len(rows), "tokens": tokens}
    figures |= {f"{name}_rows_per_second": round(len(rows) / median) for name, median in medians.items()}
    print(json.dumps(figures | {"ratio": round(medians["encoder"] / medians["alone"], 2)}, indent=2))


def made(count: int, poison: str) -> list[dict[str, Any]]:
    """Rows of the `sft` schema."""
    draw = random.Random(0)
    rows = []
    for _ in range(count):
        numbers = [draw.randint(1, 999) for _ in range(draw.randint(20, 60))]
        lines = [f"The sum so far is {sum(numbers[:n])}, plus {number}." for n, number in enumerate(numbers)]
        question = f"What is the sum of {', '.join(map(str, numbers))}?{poison}"
        response = "<think>\n" + "\n".join(lines) + f"\n</think>\n\nIt is {sum(numbers)}."
        messages = [{"role": "user", "content": question}, {"role": "assistant", "content": response}]
        rows.append({"messages": messages, "split": "train"})
    return rows


if __name__ == "__main__":
    main()
