"""Dynamic sampling and prompt pools: accuracy on held-out problems over the tokens that training generated.

`python -m benchmarks.dynamic_sampling -o runs/dynamic` trains `miniature:base` on a small set of sums, plainly, with
`--resample-limit 4` and with `--pool`, for each seed with the same prompts, and measures accuracy on test problems as
it goes (`--eval-on`). Tokens are all that were generated for training, groups thrown away included; those of the
measurements are not. Arms are compared at equal tokens, up to what the shortest run generated. Prints a table with
standard errors over the seeds, and writes one figure. A claim is made only beyond two standard errors of the
differences within seeds. What is finished is not done again. Two minutes of CPU a run.

The settings were chosen before any run with dynamic sampling or a pool, by plain runs of seed 99 on 200 problems,
which are not compared. Half of the prompts have a truth that no response reaches, as wrong labels and problems far too
hard have: together with the groups that are all wrong by chance, 60% of the plain run's groups were without signal. The
others are sums of two or three operations, for which thinking pays soonest. Of the learning rates 3e-4 and 6e-4 the
first took the plain run further in 36 steps, from 35% to 59% against 49%; it is constant, so that runs are comparable
in their middle. Fifteen steps with dynamic sampling were to take about the tokens of 36 without.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

import r1data
from r1data.recipe.report.figures import Series, line_chart
from r1data.recipe.report.pool import Curve
from r1data.training.miniature import prompts, world
from r1data.training.settings import GrpoSettings

RUN = GrpoSettings(
    lr=3e-4,
    beta=0,
    loss="dapo-no-resampling",
    overlong="none",
    scale_rewards="batch",
    prompts_per_step=32,
    generations=4,
    steps_per_rollout=1,
    max_tokens=32,
    template="plain",
    warmup_steps=2,
    rewards={"accuracy": 1.0},
    rollouts="none",
    verify_seconds=60.0,  # on a busy machine too
)
"""As the recipe of the miniature world has it, but for what gives nearly every group signal there: groups of 12, and
the format's reward."""
ARMS: dict[str, dict[str, Any]] = {
    "plain": {"steps": 36, "eval_every": 12},
    "dynamic sampling": {"steps": 15, "eval_every": 5, "resample_limit": 4},
    "pools": {"steps": 36, "eval_every": 12, "pool": True},
}
"""What each does differently; a step with dynamic sampling takes more tokens."""
OPERATIONS = (2, 3)
PROMPTS, PROBLEMS = 192, 300
UNREACHABLE = 2 * world.LARGEST
"""Added to the truth of every other four prompts, two of each number of operations."""
STYLE = (
    "svg{font:12px system-ui,sans-serif;background:#fdfdfb}text{fill:#5b6472}.grid{stroke:#eceef1}.axis{stroke:#dfe2e6}"
    ".line{fill:none;stroke-width:2}.band{opacity:.2;stroke:none}.c0{stroke:#1f5fa8}.c1{stroke:#b4540a}"
    ".c2{stroke:#2f7d4f}.c3{stroke:#8a3f9e}.band.c0{fill:#1f5fa8}.band.c1{fill:#b4540a}.band.c2{fill:#2f7d4f}"
    ".band.c3{fill:#8a3f9e}text.c0{fill:#1f5fa8}text.c1{fill:#b4540a}text.c2{fill:#2f7d4f}text.c3{fill:#8a3f9e}"
    "text{stroke:none}"
)


def generated(row: dict[str, Any]) -> float:
    """Tokens that a step generated for training."""
    sampled = row.get("completions/mean_length", 0) * row.get(
        "r1/n", 0
    )  # a row of a measurement alone has neither
    return float(row.get("resampling/tokens", sampled))


def sums(count: int, split: world.Split, seed: int) -> Iterator[world.SumProblem]:
    """Different short sums."""
    short = (one for one in world.problems(4 * count, split=split, seed=seed) if one.operations in OPERATIONS)
    return islice(short, count)


def write(problems: Sequence[world.SumProblem], split: world.Split, path: Path) -> None:
    """Problems as a plain file of prompts."""
    rows = prompts.table(problems, split).to_pylist()
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def train(arm: str, seed: int, folder: Path, threads: int) -> dict[str, Any]:
    """One arm of one seed: tokens and accuracies at each measurement, and what it took."""
    data, problems = folder / "prompts.jsonl", folder / "problems.jsonl"
    mixed = [
        replace(one, value=one.value + UNREACHABLE) if number % 8 >= 4 else one
        for number, one in enumerate(sums(PROMPTS, "train", seed))
    ]
    write(mixed, "train", data)
    write(list(sums(PROBLEMS, "test", seed)), "test", problems)
    out = folder / arm.replace(" ", "-")
    settings = replace(RUN, **ARMS[arm], seed=seed, threads=threads, eval_on=str(problems))
    before = time.process_time()
    r1data.train_grpo(data, out, model="miniature:base", settings=settings)
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return {**_points(rows), "cpu_seconds": round(time.process_time() - before, 1), "steps": len(rows)}


def _points(rows: list[dict[str, Any]]) -> dict[str, Any]:
    tokens = 0.0
    points: list[tuple[float, float]] = []
    for row in rows:
        before = tokens
        tokens += generated(row)
        if (accuracy := row.get("eval/accuracy")) is not None:
            # The measurement before the first step may stand with it.
            points.append((before if not points else tokens, accuracy))
    dry = [float(row["groups/no_signal"]) for row in rows if "groups/no_signal" in row]
    return {
        "points": points,
        "tokens": tokens,
        "no_signal": mean(dry) if dry else math.nan,
        "pool": {name: rows[-1].get(f"pool/{name}") for name in ("active", "retired", "waiting")},
    }


def at(points: Sequence[tuple[float, float]], tokens: float) -> float:
    """Accuracy after so many tokens, between two measurements in a straight line."""
    return float(np.interp(tokens, [x for x, _ in points], [y for _, y in points]))


def with_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean and its standard error."""
    return mean(values), stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan


def most(results: dict[str, list[dict[str, Any]]]) -> float:
    """Tokens that every run has generated by its last measurement."""
    return float(min(run["points"][-1][0] for runs in results.values() for run in runs))


def show(results: dict[str, list[dict[str, Any]]]) -> None:
    """Print the table, and what follows from it."""
    marks = [most(results) * share for share in (0.25, 0.5, 0.75, 1.0)]
    names = [f"{mark / 1000:.0f}k tokens" for mark in marks]
    print(f"| arm | {' | '.join(names)} | groups without signal |\n|---|{'---|' * (len(marks) + 1)}")
    for arm, runs in results.items():
        cells = [with_error([100 * at(run["points"], mark) for run in runs]) for mark in marks]
        shown = [f"{value:.1f} ± {error:.1f}" for value, error in cells]
        print(f"| {' | '.join([arm, *shown])} | {mean(run['no_signal'] for run in runs):.0%} |")
    for arm in list(results)[1:]:
        for mark, name in zip(marks, names, strict=True):
            pairs = zip(results[arm], results["plain"], strict=True)
            value, error = with_error(
                [100 * (at(a["points"], mark) - at(b["points"], mark)) for a, b in pairs]
            )
            claim = "beyond two standard errors" if abs(value) > 2 * error else "nothing follows"
            print(f"{arm} − plain at {name}: {value:+.1f} ± {error:.1f} points: {claim}")


def draw(results: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """One figure of all arms: accuracy over tokens, with a band of one standard error."""
    grid = [int(most(results) * n / 20_000) for n in range(21)]
    series = []
    for arm, runs in results.items():
        values = [with_error([at(run["points"], 1000 * mark) for run in runs]) for mark in grid]
        means, errors = tuple(v for v, _ in values), tuple(e for _, e in values)
        series.append(Series(arm, Curve(tuple(grid), means, errors, 1, len(runs))))
    svg = line_chart(series, name="accuracy on held-out problems", unit="accuracy", share=True).html
    svg = svg.replace("optimizer steps", "thousand tokens generated").replace(
        " at step ", " at thousand tokens "
    )
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" width="720" ', 1)
    path.write_text(svg.replace(">", f"><style>{STYLE}</style>", 1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=ARMS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("-o", "--out", type=Path, default=Path("runs/dynamic"))
    asked = parser.parse_args()
    results: dict[str, list[dict[str, Any]]] = {arm: [] for arm in asked.arms}
    for seed in asked.seeds:
        for arm in asked.arms:
            folder = asked.out / f"seed-{seed}"
            folder.mkdir(parents=True, exist_ok=True)
            record = folder / f"{arm.replace(' ', '-')}.json"
            if not record.is_file():
                record.write_text(json.dumps(train(arm, seed, folder, asked.threads)))
            results[arm].append(json.loads(record.read_text()))
            print(f"seed {seed}, {arm}: {results[arm][-1]}", file=sys.stderr, flush=True)
    show(results)
    if asked.arms[0] == "plain" and len(asked.seeds) > 1:  # a band needs two
        draw(results, asked.out / "dynamic_sampling.svg")


if __name__ == "__main__":
    main()
