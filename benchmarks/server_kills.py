r"""vLLM's server killed with SIGKILL and started again under one `r1 sample`, ten times; then the rows are counted.

    python -m benchmarks.server_kills
    python -m benchmarks.server_kills --kills 3

The server and its engine are killed in the midst of responses, at a random moment after it has answered some, and
started again. The quick form of this, with a server that is made for dying, is tests/chaos/test_server_kills.py.
Prints a JSON object: rows, those that are there twice or not at all, those with an error, kills, seconds.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.model_server import ModelServer, tiny_model
from r1data.data.dataset import Dataset

PROMPTS, N, TOKENS = 400, 16, 192


def main() -> None:
    """Runs it and prints what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = ModelServer(tiny_model(folder / "model"))
        server.start()
        start = time.monotonic()
        command = sampling(folder, server.url)
        while "1/1 model" not in (folder / "said").read_text() and command.poll() is None:
            time.sleep(0.2)
        kills = 0
        while command.poll() is None and kills < arguments.kills:
            time.sleep(draw.uniform(3, 8))
            server.kill()
            kills += 1
            time.sleep(draw.uniform(0, 3))
            server.start()
        code = command.wait()
        server.kill()
        print(
            json.dumps(
                {
                    **row_counts(folder / "out"),
                    "kills": kills,
                    "exit": code,
                    "seconds": round(time.monotonic() - start),
                }
            )
        )


def sampling(folder: Path, url: str) -> "subprocess.Popen[bytes]":
    """The command that is to survive it."""
    rows = (json.dumps({"prompt": f"What is {k} + {k * 7 % 50}? "}) + "\n" for k in range(PROMPTS))
    (folder / "prompts.jsonl").write_text("".join(rows))
    line = f"{folder}/prompts.jsonl -o {folder}/out --engine openai --endpoint {url} --model tiny"
    line += f" --tokenizer {folder}/model --template plain -n {N} --max-tokens {TOKENS}"
    with (folder / "said").open("wb") as log:
        return subprocess.Popen([Path(sys.executable).parent / "r1", "sample", *line.split()], stderr=log)


def row_counts(out: Path) -> dict[str, object]:
    """What is there, and what is not as it should be."""
    dataset = Dataset(out)
    rows = [row for table in dataset.tables() for row in table.to_pylist()]
    keys = Counter((row["prompt_id"], row["sample_index"]) for row in rows)
    return {
        "rows": len(rows),
        "missing": PROMPTS * N - len(keys),
        "twice": sum(count > 1 for count in keys.values()),
        "errors": sum(row["finish_reason"] == "error" for row in rows),
        "complete": dataset.complete,
    }


if __name__ == "__main__":
    main()
