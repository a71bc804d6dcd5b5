"""What serving costs: verdicts a second by `r1 serve-verdicts`, beside the same verifiers in one process's threads.

    python -m benchmarks.served_verdicts tests/fixtures/gsm8k/model_solutions.jsonl

Worked solutions with their answers, repeated to `--items`; both take turns in one run, and medians are compared.
`ratio` is served over in process. Prints a JSON object.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from r1data.training.verdict_service.clients.client import VerdictClient
from r1data.verifiers.registry import check_all

R1 = Path(sys.executable).parent / "r1"
TOKEN = "a-token-for-one-benchmark"


def items_of(path: Path, count: int) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    items = [{"prompt": row["question"], "response": row["response"], "truth": row["answer"]} for row in rows]
    return [items[n % len(items)] for n in range(count)]


def in_process(items: list[dict[str, Any]]) -> float:
    start = time.perf_counter()
    columns = ([item[name] for item in items] for name in ("response", "truth", "prompt"))
    check_all(["math"] * len(items), *columns, threads=os.cpu_count() or 1)
    return len(items) / (time.perf_counter() - start)


def served(client: VerdictClient, items: list[dict[str, Any]]) -> float:
    start = time.perf_counter()
    assert len(client.verdicts(items)) == len(items)
    return len(items) / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=Path)
    parser.add_argument("--items", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    items = items_of(options.rows, options.items)
    environment = {**os.environ, "R1_VERDICTS_TOKEN": TOKEN}
    server = subprocess.Popen(
        [R1, "serve-verdicts", "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        line = server.stderr.readline() if server.stderr else ""
        threading.Thread(target=lambda: list(server.stderr or ()), daemon=True).start()
        found = re.search(r"http://\S+", line)
        assert found, line
        client = VerdictClient(found[0], TOKEN)
        served(client, items[:64])
        in_process(items[:64])
        rates = [(in_process(items), served(client, items)) for _ in range(options.rounds)]
    finally:
        server.terminate()
        server.wait()
    here, there = (statistics.median(column) for column in zip(*rates, strict=True))
    print(json.dumps({"in_process": round(here), "served": round(there), "ratio": round(there / here, 3)}))


if __name__ == "__main__":
    main()
