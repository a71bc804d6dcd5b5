"""How often `r1 plan`'s intervals hold what a whole run then counts, and how wide they are.

    python -m benchmarks.plan
    python -m benchmarks.plan --repeats 100 --worlds uniform bimodal
    python -m benchmarks.plan --miniature 600

Each world draws prompts whose pass rates, readable shares, copies and lengths are known to it alone. A pilot of `m`
prompts × `n` samples is forecast; then the whole set of 20,000 other prompts × 16 samples, at most 4 of a prompt, is
drawn to the last sample and counted. For each figure the JSON says the share of truths inside of the 95% intervals
(`covered`), the mean width of an interval ÷ the truth (`width`; of `missing` ÷ the quota), how many of them nothing
bounds, and how many were looked at; by figure, by world and by pilot. `total` sums four domains. Beside it `peer`: for
the figure `selected` a beta-binomial fitted to each of 200 bootstrap samples of the pilot's prompts, percentiles of
which are the usual interval.

With `--miniature` so many prompts of the miniature world are sampled from its base, verified and filtered; 100 of them
× 4 of their samples are the pilot, the others × 16 the truth; 20 times with another hundred.
"""

import argparse
import functools
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from r1data.recipe.forecast.domains import Domain, forecast_domain, prompt_means
from r1data.recipe.forecast.intervals import Interval, total
from r1data.recipe.forecast.outcomes import binomial, sampling_outcomes
from r1data.recipe.forecast.steps import Branch, BuildPath
from r1data.sampling.until import StoppingRule
from r1data.verifiers.table import VerifyPlan

Floats = npt.NDArray[np.float64]
WHOLE, PLANNED, CAP = 20_000, 16, 4
PILOTS = ((100, 4), (100, 16), (300, 4), (300, 8), (500, 4))
LONGEST = 32_768


@dataclass(frozen=True)
class World:
    """Pass rates of so many prompts; the share of correct responses that is readable; copies; when to stop."""

    rates: Callable[[np.random.Generator, int], Floats]
    readable: float = 0.9
    spread: float = np.inf
    rule: StoppingRule | None = None


def _bimodal(rng: np.random.Generator, count: int) -> Floats:
    return np.where(rng.random(count) < 0.4, rng.beta(1, 40, count), rng.beta(30, 2, count))


def _rare(rng: np.random.Generator, count: int) -> Floats:
    return np.where(rng.random(count) < 0.95, 0.0, rng.beta(2, 2, count))


def _three_kinds(rng: np.random.Generator, count: int) -> Floats:
    return rng.choice([0.0, 0.3, 0.97], count, p=[0.35, 0.35, 0.3])


WORLDS = {
    "uniform": World(lambda rng, count: rng.beta(1, 1, count)),
    "hard": World(lambda rng, count: rng.beta(0.3, 2, count)),
    "easy": World(lambda rng, count: rng.beta(5, 1, count)),
    "u-shaped": World(lambda rng, count: rng.beta(0.3, 0.4, count), readable=0.7),
    "bimodal": World(_bimodal),
    "three kinds": World(_three_kinds),
    "rare": World(_rare),
    "nearly all": World(lambda rng, count: rng.beta(300, 2, count), readable=0.995),
    "copies": World(lambda rng, count: rng.beta(2, 1, count), spread=6.0),
    "until 4": World(lambda rng, count: rng.beta(1, 1, count), rule=StoppingRule(4, PLANNED, 4)),
}


def simulated_prompts(
    world: World, rng: np.random.Generator, count: int, n: int, *, stops: bool
) -> pl.DataFrame:
    """`count` prompts with up to n samples each, as `Pilot.prompts` has them, and the sums of their tokens."""
    rates = world.rates(rng, count)
    shares = rng.beta(20 * world.readable, 20 * (1 - world.readable), count)
    took, right = _sampled(world.rule if stops else None, rates, rng, n)
    good = rng.binomial(right, shares)
    different = np.zeros(count, int)
    spread = world.spread * rng.lognormal(0, 0.5, count) if np.isfinite(world.spread) else np.inf
    for j in range(n):
        new = rng.random(count) < (1.0 if np.isinf(world.spread) else spread / (spread + j))
        different += (j < good) & new
    lengths = (
        rng.lognormal(8.2, 0.8, count)[:, None] * rng.lognormal(0, 0.5, (count, n)) * (1.5 - rates)[:, None]
    )
    lengths = np.minimum(lengths, LONGEST) * (np.arange(n)[None, :] < took[:, None])
    tokens = lengths.sum(axis=1)
    return pl.DataFrame(
        {
            "drawn": took,
            "correct": right,
            "good": good,
            "different": different,
            "prompt_tokens": np.full(count, 100.0),
            "response_tokens": tokens / took,
            "tokens": tokens,
        }
    )


def _sampled(
    rule: StoppingRule | None, rates: Floats, rng: np.random.Generator, n: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Samples drawn and correct ones of each prompt."""
    if rule is None:
        return np.full(len(rates), n), rng.binomial(n, rates)
    took, right = np.zeros(len(rates), int), np.zeros(len(rates), int)
    open_prompts = np.ones(len(rates), bool)
    for _ in range(0, n, rule.round_size):
        took += open_prompts * rule.round_size
        right += open_prompts * rng.binomial(rule.round_size, rates)
        finished = [
            rule.decide([True] * r + [False] * (t - r)) is not None for t, r in zip(took, right, strict=True)
        ]
        open_prompts &= ~np.array(finished)
    return took, right


def way(rule: StoppingRule | None = None) -> BuildPath:
    branch = Branch("", PLANNED, rule, (), {}, VerifyPlan(), None, None)
    return BuildPath("", branch, (), {}, CAP, (), 10, 0.7, ())


@functools.cache
def quota(name: str) -> int:
    """A quota that the world's prompts miss by about a fifth."""
    return int(
        truth(simulated_prompts(WORLDS[name], np.random.default_rng(0), WHOLE, PLANNED, stops=True), 0)[
            "selected"
        ]
        * 1.25
    )


def truth(whole: pl.DataFrame, target: int) -> dict[str, float]:
    """What a whole run counts."""
    selected = np.minimum(whole["different"].to_numpy(), CAP)
    sums = np.cumsum(np.tile(selected, 3))
    return {
        "samples": float(whole["drawn"].sum()),
        "correct": float(whole["correct"].sum()),
        "solved": float((whole["correct"] > 0).sum()),
        "kept": float(whole["different"].sum()),
        "selected": float(selected.sum()),
        "missing": max(0.0, target - float(selected.sum())),
        "response_tokens": float(whole["tokens"].sum()),
        "prompts to fill": float(np.searchsorted(sums, target) + 1),
    }


def figures(domain: Domain) -> dict[str, Interval]:
    return {**domain.whole, "prompts to fill": domain.to_fill["prompts"]}


class Tally:
    """Intervals and truths: how many agree."""

    def __init__(self) -> None:
        self.outcomes: dict[str, list[tuple[bool, float]]] = defaultdict(list)

    def add(self, keys: list[str], interval: Interval, true: float, scale: float) -> None:
        slack = 1e-9 * max(1.0, abs(true))
        inside = interval.low - slack <= true <= interval.high + slack
        width = (interval.high - interval.low) / scale if scale else np.inf
        for key in keys:
            self.outcomes[key].append((inside, width))

    def summary(self, prefix: str) -> dict[str, Any]:
        shares = {}
        for key, pairs in self.outcomes.items():
            if key.startswith(prefix):
                inside, widths = zip(*pairs, strict=True)
                finite = [width for width in widths if np.isfinite(width)]
                shares[key.removeprefix(prefix)] = {
                    "covered": round(float(np.mean(inside)), 3),
                    "width": round(float(np.mean(finite)), 3) if finite else None,
                    "unbounded": len(widths) - len(finite),
                    "of": len(pairs),
                }
        return shares


def simulate(names: list[str], repeats: int, seed: int) -> dict[str, Any]:
    """All worlds × all pilots, `repeats` times."""
    tally, peer = Tally(), Tally()
    for m, n in PILOTS:
        for repeat in range(repeats):
            parts: list[tuple[dict[str, Interval], dict[str, float]]] = []
            for name in names:
                world = WORLDS[name]
                rng = np.random.default_rng([seed, repeat, m, n, list(WORLDS).index(name)])
                pilot = simulated_prompts(world, rng, m, n, stops=False)
                whole = truth(simulated_prompts(world, rng, WHOLE, PLANNED, stops=True), quota(name))
                intervals = figures(_forecast(name, pilot))
                for figure, true in whole.items():
                    if world.rule is not None or figure != "samples":
                        keys = [f"figure {figure}", f"world {name}", f"pilot {m} x {n}", "all"]
                        scale = quota(name) if figure == "missing" else true
                        tally.add([*keys, f"each {name}, {figure}"], intervals[figure], true, scale)
                usual = beta_binomial(pilot, rng)
                peer.add([f"world {name}", "all"], usual, whole["selected"], whole["selected"])
                parts.append((intervals, whole))
            for figure in ("correct", "selected", "missing", "response_tokens"):
                for start in range(0, len(parts) - 3, 4):
                    four = parts[start : start + 4]
                    sums = total(intervals[figure] for intervals, _ in four)
                    true = sum(whole[figure] for _, whole in four)
                    tally.add([f"total {figure}", "all"], sums, true, true)
    kinds = ("all", "figure ", "total ", "world ", "pilot ")
    tallies = {kind.strip(): tally.summary(kind) for kind in kinds}
    worst = sorted(tally.summary("each ").items(), key=lambda each: each[1]["covered"])[:8]
    return {
        **tallies,
        "least covered": dict(worst),
        "peer": {**peer.summary("world "), **peer.summary("all")},
    }


def _forecast(name: str, pilot: pl.DataFrame) -> Domain:
    rule = WORLDS[name].rule
    means = prompt_means(pilot, sampling_outcomes(PLANNED, rule), way(rule), 0.95)
    return forecast_domain(name, pilot, means, prompts=WHOLE, elsewhere=0, quota=quota(name), confidence=0.95)


def beta_binomial(pilot: pl.DataFrame, rng: np.random.Generator, resamples: int = 200) -> Interval:
    """The usual way: a beta-binomial by moments, refitted to bootstrap samples of prompts."""
    good, took = pilot["different"].to_numpy(), pilot["drawn"].to_numpy()
    picks = rng.integers(0, len(good), (resamples, len(good)))
    values = np.array([_selected(good[pick] / took[pick], float(took[0])) for pick in picks]) * WHOLE
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(low, float(np.median(values)), high)


def _selected(shares: Floats, n: float) -> float:
    """Mean of what is chosen of a prompt under a beta-binomial with the mean and variance of these shares."""
    mean, variance = float(shares.mean()), float(shares.var())
    if not 0 < mean < 1:
        return mean * CAP
    within = mean * (1 - mean) / n
    between = min(max((variance - within) * n / (n - 1), 1e-6), mean * (1 - mean) * 0.999)
    size = mean * (1 - mean) / between - 1
    points = np.random.default_rng(0).beta(mean * size, (1 - mean) * size, 2_000)
    return float(np.minimum(np.arange(PLANNED + 1), CAP) @ binomial(PLANNED, points).mean(axis=1))


def miniature(count: int, repeats: int = 20) -> dict[str, Any]:
    """A finished run of the miniature base, split into pilots and the rest."""
    from r1data.data.source import open_source
    from r1data.engines.base import EngineOptions, Sampling
    from r1data.recipe.forecast.pilot import read
    from r1data.recipe.forecast.steps import FilterPolicy
    from r1data.sampling.plan import SamplingPlan
    from r1data.sampling.sample import sample
    from r1data.training.miniature import prompts, world

    policy = FilterPolicy(skip=("repetition",))
    branch = Branch("", PLANNED, None, (), {}, VerifyPlan(), None, policy)
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        table = prompts.table([*world.problems(count, split="test", seed=0)], "test")
        place = Path(folder, "prompts.jsonl")
        place.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
        options = EngineOptions(threads=2, device="cpu")
        plan = SamplingPlan(
            "miniature:base", PLANNED, Sampling(max_tokens=64), 0, "plain", engine="transformers"
        )
        sample(open_source(str(place)), f"{folder}/samples", plan, options)
        rows = open_source(f"{folder}/samples").shards()
        lines = [row for shard in rows for row in shard.table().drop_columns(["response_ids"]).to_pylist()]
        names = sorted({line["prompt_id"] for line in lines})
        for repeat, near in [(r, near) for r in range(repeats) for near in (0.7, 2.0)]:
            pilot_prompts = set(random.Random(repeat).sample(names, 100))
            halves = {
                "pilot": [
                    line for line in lines if line["prompt_id"] in pilot_prompts and line["sample_index"] < 4
                ],
                "whole": [line for line in lines if line["prompt_id"] not in pilot_prompts],
            }
            setting = BuildPath("", branch, (), {}, CAP, (), 10, near, ())
            prompt_counts = {}
            for half, half_lines in halves.items():
                file = Path(folder, f"{half}.jsonl")
                file.write_text("".join(json.dumps(line) + "\n" for line in half_lines))
                prompt_counts[half] = read([open_source(str(file))], setting).prompts
            _compare(
                tally,
                prompt_counts["pilot"],
                prompt_counts["whole"],
                setting,
                "near" if near < 1 else "exact",
            )
    return tally.summary("")


def _compare(tally: Tally, pilot: pl.DataFrame, whole: pl.DataFrame, setting: BuildPath, copies: str) -> None:
    whole = whole.with_columns(tokens=pl.col("response_tokens") * pl.col("drawn"))
    target = int(np.minimum(whole["different"].to_numpy(), CAP).sum() * 1.25)
    means = prompt_means(pilot, sampling_outcomes(PLANNED), setting, 0.95)
    domain = forecast_domain(
        "", pilot, means, prompts=whole.height, elsewhere=0, quota=target, confidence=0.95
    )
    for figure, true in truth(whole, target).items():
        if figure != "samples":
            interval = figures(domain)[figure]
            tally.add([f"{copies} copies, {figure}"], interval, true, target if figure == "missing" else true)


def main() -> None:
    """Runs what is asked for and prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--worlds", nargs="*", default=list(WORLDS))
    parser.add_argument("--miniature", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.miniature:
        print(json.dumps(miniature(arguments.miniature), indent=1))
    else:
        print(json.dumps(simulate(arguments.worlds, arguments.repeats, arguments.seed), indent=1))


if __name__ == "__main__":
    main()
