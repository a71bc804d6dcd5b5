"""Claim: RL with reward models makes answers more helpful and safer and costs no accuracy (R1 2.3.4, in miniature).

`python -m benchmarks.all_scenarios [--seeds 1 2 3] [--out FOLDER]` runs `recipes/miniature-all-scenarios.yaml` once a
seed, with the judge that it needs, and measures by the world's own rules the answers to 200 requests that nothing was
trained on, 4 each, before the stage and after it: the grade of helpfulness (1 to 10), the share of safe responses, and
pass@1 of sums. Standard errors are over prompts. Runs that were cut short go on. Ends with exit code 1 where a score
does not rise by more than two standard errors of the difference, or accuracy falls by more than one.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.responses import split
from r1data.training.miniature import general, judge

PORT = 8_765
"""The recipe's: a run that goes on asks the same address."""
RECIPE = Path(__file__).parents[1] / "recipes" / "miniature-all-scenarios.yaml"


@contextmanager
def served_judge() -> Iterator[str]:
    """The world's rules at an address, for as long as the block lasts."""
    with judge.open_server(PORT) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [row for table in Dataset(str(folder)).tables() for row in table.to_pylist()]


def by_prompt(rows: list[dict[str, Any]], preference: str) -> dict[str, float]:
    """The mean score of each held-out request of a set."""
    scores: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row["preference"] != preference:
            continue
        if preference == "helpfulness":
            answer = split(row["response"]).answer or ""
            scores[row["prompt"]].append(general.helpfulness(row["prompt"], answer))
        else:
            scores[row["prompt"]].append(float(general.is_safe(row["response"])))
    return {prompt: statistics.fmean(values) for prompt, values in scores.items()}


def accuracy(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Pass@1 of each sum."""
    right: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        right[row["prompt_id"]].append(float(row["verdict"] == "correct"))
    return {prompt: statistics.fmean(values) for prompt, values in right.items()}


def compared(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Means before and after, the difference, and its standard error over the same prompts."""
    differences = [after[prompt] - before[prompt] for prompt in before]
    return {
        "before": statistics.fmean(before.values()),
        "after": statistics.fmean(after.values()),
        "difference": statistics.fmean(differences),
        "standard_error": statistics.stdev(differences) / math.sqrt(len(differences)),
    }


def one_seed(out: Path, seed: int, address: str, more: list[str]) -> dict[str, dict[str, float]]:
    words = ["run", str(RECIPE), "-o", str(out), "--set", f"vars.judge={address}"]
    words += ["--seed", str(seed), *more]
    subprocess.run([Path(sys.executable).with_name("r1"), *words], check=True)
    before, after = rows_of(out / "answers-actor"), rows_of(out / "answers-r1")
    return {
        "helpfulness": compared(by_prompt(before, "helpfulness"), by_prompt(after, "helpfulness")),
        "safety": compared(by_prompt(before, "harmlessness"), by_prompt(after, "harmlessness")),
        "accuracy": compared(accuracy(rows_of(out / "eval-actor")), accuracy(rows_of(out / "eval-r1"))),
    }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--out", type=Path, default=Path("all-scenarios"))
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="of the recipe")
    arguments = parser.parse_args()
    more = [word for each in arguments.set for word in ("--set", each)]
    failed = 0
    for seed in arguments.seeds:
        with served_judge() as address:
            figures = one_seed(arguments.out / f"seed-{seed}", seed, address, more)
        for name, figure in figures.items():
            rises = figure["difference"] > 2 * figure["standard_error"]
            holds = figure["difference"] >= -figure["standard_error"]
            good = holds if name == "accuracy" else rises
            failed += not good
            print(
                json.dumps(
                    {"seed": seed, "score": name, "good": good} | {k: round(v, 4) for k, v in figure.items()}
                )
            )
            sys.stdout.flush()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
