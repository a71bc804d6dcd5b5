"""What judges that do not read reach on sets with people's choices, and how often controlled win rates hold the truth.

    python -m benchmarks.win_rate floors ../shared/corpora/pairs/{llmbar,pandalm}.jsonl
    python -m benchmarks.win_rate coverage

`floors`: one judge prefers the longer answer, another tosses a coin. `coverage`: the share of 95% intervals, at no
difference in length, that hold the true rate of simulated judges; A's answers are longer by a third on average, and the
samples of a prompt share a part of the judge's luck.
"""

import math
import random
import sys
from collections.abc import Callable

import numpy as np

from r1data.evaluation.win_rate.agreement import by_subset
from r1data.evaluation.win_rate.biases import percent
from r1data.evaluation.win_rate.control import PRIOR, fit, logistic
from r1data.evaluation.win_rate.matches import Row
from r1data.evaluation.win_rate.published import read_pairs
from r1data.evaluation.win_rate.style import Numbers

REPEATS = 2_000
SHAPES = ((100, 1), (60, 3), (300, 1))
Judge = Callable[[np.random.Generator, Numbers], Numbers]


def longer(row: Row) -> float:
    gap = len(row["a"]) - len(row["b"])
    return 0.5 if not gap else float(gap > 0)


def coin(row: Row) -> float:
    first, second = sorted((row["a"], row["b"]))
    return float((row["a"] == first) == (random.Random(f"0 {first} {second}").random() < 0.5))


def floors(places: list[str]) -> None:
    for place in places:
        rows = [row for row in read_pairs(place) if row["result"] is None]
        for judge in (longer, coin):
            judged = [{**row, "win": judge(row)} for row in rows]
            for name, each in by_subset(judged).items():
                share = "–" if each.share is None else percent(each.share)
                print(f"{place.rpartition('/')[2]}  {judge.__name__:8} {name:24} {share}  of {each.pairs}")


def smooth(rng: np.random.Generator, gaps: Numbers) -> Numbers:
    return logistic(0.4 + 1.5 * np.tanh(gaps / np.std(gaps)))


def longer_or_coin(rng: np.random.Generator, gaps: Numbers) -> Numbers:
    return np.where(rng.random(len(gaps)) < 0.5, (gaps > 0).astype(float), 0.5)


def always_longer(rng: np.random.Generator, gaps: Numbers) -> Numbers:
    return (gaps > 0).astype(float)


JUDGES: tuple[tuple[Judge, float], ...] = (
    (smooth, float(logistic(np.array(0.4)))),
    (longer_or_coin, 0.5),
    (always_longer, 0.5),
)
"""Judges, with the rate at which they would prefer A's answers if these were no longer."""


def held(judge: Judge, rate: float, prompts: int, samples: int, repeats: int) -> float:
    """The share of the intervals that hold `rate`."""
    names = [str(number) for number in np.repeat(np.arange(prompts), samples)]
    number = 0
    for seed in range(repeats):
        rng = np.random.default_rng(seed)
        baseline = np.repeat(np.exp(rng.normal(6, 0.6, (prompts, 1))), samples, 1)
        gaps = (np.exp(rng.normal(6.3, 0.6, (prompts, samples))) - baseline).ravel()
        own, shared = rng.random((prompts, samples)), rng.random((prompts, 1))
        luck = np.where(rng.random((prompts, samples)) < 0.4, shared, own).ravel()
        wins = (luck < judge(rng, gaps)).astype(float)
        design = np.column_stack([np.ones(len(gaps)), np.tanh(gaps / np.std(gaps))])
        fitted = fit(wins, design, [math.inf, PRIOR], names)
        if fitted is not None:
            _, low, high = logistic(np.array(fitted.interval({0: 1.0})))
            number += bool(low <= rate <= high)
    return number / repeats


def coverage() -> None:
    for prompts, samples in SHAPES:
        for judge, rate in JUDGES:
            share = held(judge, rate, prompts, samples, REPEATS)
            print(f"{prompts} prompts x {samples}  {judge.__name__:15} {share:.1%}", flush=True)


if __name__ == "__main__":
    coverage() if sys.argv[1:] == ["coverage"] else floors(sys.argv[2:])
