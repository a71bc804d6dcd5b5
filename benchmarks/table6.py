"""Table 6 of the paper in miniature, with a third column: RL alone, distilled, and on-policy distilled on one student.

`python -m benchmarks.table6 runs/miniature` takes the teacher (`r1`) and the set (`sft-set`) of a finished run of the
recipe, trains `miniature:student` in each way with each seed, and evaluates on test problems of that seed's own. RL and
distillation have the recipe's settings. Prints a table with standard errors over the seeds, and what each way cost:
CPU seconds of training, tokens generated and tokens trained on. A claim is made only beyond two standard errors.
What is finished is not done again. About 3 minutes a seed on two free cores.
"""

import argparse
import json
import math
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import r1data
from r1data.training.miniature import prompts as drawing
from r1data.training.settings import GrpoSettings, OnPolicySettings, Settings, SftSettings

STUDENT = "miniature:student"
ROLLOUT: dict[str, Any] = {"template": "plain", "max_tokens": 64, "schedule": "linear", "warmup_steps": 3}
ON_POLICY = OnPolicySettings(steps=60, prompts_per_step=64, generations=1, lr=1e-3, **ROLLOUT)
DISTILLED = SftSettings(epochs=3, lr=2e-3, batch_size=64, warmup_steps=5, template="plain", max_tokens=128)
RL_ALONE = GrpoSettings(
    steps=60,
    lr=6e-4,
    beta=0,
    loss="dapo-no-resampling",
    overlong="none",
    scale_rewards="batch",
    prompts_per_step=24,
    generations=12,
    steps_per_rollout=1,
    rewards={"accuracy": 1.0, "format": 0.2},
    **ROLLOUT,
)
AFTER = "distilled, then on-policy"
WAYS: dict[str, Settings] = {
    "distilled": DISTILLED,
    "on-policy": ON_POLICY,
    AFTER: ON_POLICY,
    "RL alone": RL_ALONE,
}
"""Ways to train the student; `AFTER` goes on from the distilled one."""
MEASURES = ("pass@1", "CPU s", "generated", "trained")
PAIRS = (
    ("on-policy", "distilled"),
    (AFTER, "distilled"),
    ("on-policy", "RL alone"),
    ("distilled", "RL alone"),
)


def evaluate(problems: Path, model: str, out: Path, seed: int) -> float:
    """pass@1 in percent."""
    scores = r1data.evaluate(
        problems,
        out,
        model=model,
        k=4,
        temperature=1.0,
        top_p=1.0,
        max_tokens=64,
        template="plain",
        seed=seed,
    )
    return 100 * scores.measures["pass@1"].value


def train(way: str, run: Path, prompts: Path, out: Path, shared: dict[str, Any]) -> None:
    """Train the student one way."""
    settings = replace(WAYS[way], **shared)
    if isinstance(settings, OnPolicySettings):
        settings = replace(settings, teachers={"": str(run / "r1")})
        student = str(out.with_name("distilled")) if way == AFTER else STUDENT
        r1data.distill(prompts, out, student=student, settings=settings)
    elif isinstance(settings, SftSettings):
        r1data.distill(run / "sft-set", out, student=STUDENT, settings=settings)
    elif isinstance(settings, GrpoSettings):
        r1data.train_grpo(prompts, out, model=STUDENT, settings=settings)


def tokens(folder: Path) -> tuple[float, float]:
    """Tokens that the student generated, and that it was trained on."""
    manifest = json.loads((folder / "r1.json").read_text())
    parameters = manifest["parameters"]
    if "epochs" in parameters:
        return 0.0, manifest["summary"]["tokens"] * parameters["epochs"]
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    responses = parameters["prompts_per_step"] * parameters["generations"]
    generated = sum(row["completions/mean_length"] for row in rows) * responses
    return generated, generated


def one_seed(run: Path, out: Path, seed: int, ways: list[str], threads: int) -> dict[str, dict[str, float]]:
    """What each way gives for a seed, by measure; kept in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    prompts, problems = out / "prompts", out / "problems"
    drawing.write(str(prompts), 3_000, "train", seed)
    drawing.write(str(problems), 400, "test", seed)
    results = {"base": {"pass@1": evaluate(problems, STUDENT, out / "eval-base", seed)}}
    for way in ways:
        folder = out / way.replace(",", "").replace(" ", "-")
        record = folder.with_suffix(".json")
        if not record.is_file():
            before = time.process_time()
            train(way, run, prompts, folder, {"seed": seed, "threads": threads})
            seconds = time.process_time() - before
            score = evaluate(problems, str(folder), out / f"eval-{folder.name}", seed)
            values = (score, seconds, *tokens(folder))
            record.write_text(json.dumps(dict(zip(MEASURES, values, strict=True))))
        results[way] = json.loads(record.read_text())
        print(f"seed {seed}: {way} {results[way]}", file=sys.stderr, flush=True)
    return results


def with_error(values: list[float]) -> tuple[float, float]:
    """Mean and its standard error over the seeds."""
    return mean(values), stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan


def show(results: list[dict[str, dict[str, float]]], ways: list[str]) -> None:
    """Print the table, and which differences are claimed."""
    print(f"| student | {' | '.join(MEASURES)} |\n|{'---|' * (len(MEASURES) + 1)}")
    scores = {way: with_error([result[way]["pass@1"] for result in results]) for way in ("base", *ways)}
    for way, (value, error) in scores.items():
        costs = [
            f"{mean(r[way][name] for r in results):,.0f}" if way != "base" else "" for name in MEASURES[1:]
        ]
        print(f"| {way} | {' | '.join([f'{value:.1f} ± {error:.1f}', *costs])} |")
    for first, second in PAIRS:
        if first in scores and second in scores:
            difference = scores[first][0] - scores[second][0]
            error = math.hypot(scores[first][1], scores[second][1])
            claim = "beyond two standard errors" if abs(difference) > 2 * error else "nothing follows"
            print(f"{first} − {second}: {difference:+.1f} ± {error:.1f} points: {claim}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="a finished run of recipes/miniature.yaml")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-o", "--out", type=Path, default=Path("runs/table6"))
    asked = parser.parse_args()
    results = [
        one_seed(asked.run, asked.out / f"seed-{seed}", seed, asked.ways, asked.threads)
        for seed in asked.seeds
    ]
    show(results, asked.ways)


if __name__ == "__main__":
    main()
