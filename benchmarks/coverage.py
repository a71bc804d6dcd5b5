"""How often the 95% intervals of `r1 eval` hold the truth, in simulation: `python -m benchmarks.coverage`.

Questions have difficulties from a beta distribution (`spread` small: most are always or never right), and their samples
are drawn with them. Of two models, the second has each question's log-odds shifted, by 0.5 give or take 0.5. The
questions of a cluster share a difficulty, and each adds some of its own. A setting's mean is one of nine around the
nominal one, so that no single lattice of counts decides. Truths are means of a long run.

One table a measure: the coverage and the mean width of the interval. 2,000 evaluations a setting tell 95% ± 1%.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from r1data.evaluation import statistics
from r1data.evaluation.statistics import (
    Estimate,
    estimate_difference,
    estimate_mean,
    estimate_share,
)

Floats = np.ndarray[Any, np.dtype[np.float64]]
LONG_RUN = 100_000
"""Questions (or clusters) that a truth is the mean of."""
AROUND = tuple(np.linspace(-0.02, 0.02, 9).tolist())


@dataclass(frozen=True)
class Setting:
    """Questions, samples of each, their mean and how unlike they are; or so many clusters of `questions` each."""

    questions: int
    samples: int
    mean: float
    spread: float = 1.0
    clusters: int | None = None
    unequal: bool = False

    def difficulties(self, random: np.random.Generator) -> tuple[Floats, list[int] | None]:
        """The chance of a right answer to each question, and its cluster."""
        if self.clusters is None:
            return _beta(random, np.full(self.questions, self.mean), self.spread), None
        sizes = np.full(self.clusters, self.questions)
        if self.unequal:
            sizes = random.integers(1, 2 * self.questions, self.clusters)
        keys = np.repeat(np.arange(self.clusters), sizes)
        shared = _beta(random, np.full(self.clusters, self.mean), self.spread)
        return _beta(random, shared[keys], 10.0), keys.tolist()

    def long(self) -> Setting:
        """The same with so many questions that their mean is the truth."""
        if self.clusters is None:
            return replace(self, questions=LONG_RUN)
        return replace(self, questions=1, clusters=LONG_RUN, unequal=False)


def _beta(random: np.random.Generator, means: Floats, spread: float) -> Floats:
    means = np.clip(means, 1e-4, 1 - 1e-4)
    return np.asarray(random.beta(means * spread, (1 - means) * spread))


Values = Callable[[np.random.Generator, Floats, int], Floats]
"""`(random, chances, samples) → a value a question`."""


def pass_at_1(random: np.random.Generator, chances: Floats, samples: int) -> Floats:
    return np.asarray(random.binomial(samples, chances) / samples)


def pass_at_k(random: np.random.Generator, chances: Floats, samples: int) -> Floats:
    """Of half the samples, at least one right."""
    k = max(1, samples // 2)
    by_count = np.array([statistics.pass_at_k(samples, count, k) for count in range(samples + 1)])
    return np.asarray(by_count[random.binomial(samples, chances)])


def cons_at_k(random: np.random.Generator, chances: Floats, samples: int) -> Floats:
    """The majority, where a wrong sample gives one of two answers."""
    right = random.binomial(samples, chances)
    first = random.binomial(samples - right, 0.5)
    most = np.maximum(first, samples - right - first)
    ties = 1.0 + (first == right) + (samples - right - first == right)
    return np.where((right >= most) & (right > 0), 1 / ties, 0.0)


def second_model(random: np.random.Generator, chances: Floats) -> Floats:
    """The chances of a model that is a little better on most questions."""
    clipped = np.clip(chances, 1e-9, 1 - 1e-9)
    odds = np.log(clipped / (1 - clipped)) + random.normal(0.5, 0.5, len(clipped))
    return np.asarray(1 / (1 + np.exp(-odds)))


Draw = Callable[[np.random.Generator, Setting], tuple[float, Estimate]]
"""One evaluation: the truth and the estimate."""


def share(values: Values) -> Draw:
    @cache
    def truth(setting: Setting) -> float:
        random = np.random.default_rng(1)
        return float(values(random, setting.long().difficulties(random)[0], setting.samples).mean())

    def draw(random: np.random.Generator, setting: Setting) -> tuple[float, Estimate]:
        chances, keys = setting.difficulties(random)
        return truth(setting), estimate_share(values(random, chances, setting.samples).tolist(), keys)

    return draw


@cache
def _shift(setting: Setting) -> float:
    random = np.random.default_rng(1)
    chances, _ = setting.long().difficulties(random)
    return float((second_model(random, chances) - chances).mean())


def difference(random: np.random.Generator, setting: Setting) -> tuple[float, Estimate]:
    chances, keys = setting.difficulties(random)
    both = (second_model(random, chances), chances)
    second, first = (pass_at_1(random, each, setting.samples).tolist() for each in both)
    return _shift(setting), estimate_difference(second, first, keys)


def tokens(random: np.random.Generator, setting: Setting) -> tuple[float, Estimate]:
    """Lengths are log-normal."""
    return float(np.exp(6 + 0.5**2 / 2)), estimate_mean(random.lognormal(6, 0.5, setting.questions).tolist())


def coverage(draw: Draw, setting: Setting, times: int, seed: int = 0) -> tuple[float, float]:
    """The share of intervals that hold the truth, and their mean width."""
    random = np.random.default_rng(seed)
    held, width = 0, 0.0
    for number in range(times):
        shift = AROUND[number % len(AROUND)]
        near = replace(setting, mean=round(min(0.98, max(0.02, setting.mean + shift)), 4))
        truth, estimate = draw(random, near)
        if estimate.low is not None and estimate.high is not None:
            held += estimate.low <= truth <= estimate.high
            width += estimate.high - estimate.low
    return held / times, width / times


DRAWS: dict[str, Draw] = {
    "pass@1": share(pass_at_1),
    "pass@k": share(pass_at_k),
    "cons@k": share(cons_at_k),
    "difference": difference,
    "tokens": tokens,
}
SIZES = ((30, 64), (200, 4), (1_319, 1))
MEANS = (0.05, 0.2, 0.5, 0.8, 0.95)


def settings(name: str) -> Iterator[Setting]:
    """What the table of a measure covers."""
    if name == "tokens":
        yield from (Setting(questions, 1, 0.5) for questions in (30, 200, 1_319))
        return
    for questions, samples in SIZES:
        for mean in MEANS:
            yield from (Setting(questions, samples, mean, spread) for spread in (0.3, 1.0, 5.0))
    for mean in MEANS:
        yield Setting(8, 2, mean, clusters=30, unequal=True)
        yield Setting(11, 1, mean, clusters=250)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=2_000, help="evaluations a setting")
    parser.add_argument("--measure", choices=DRAWS, action="append", help="default: all")
    arguments = parser.parse_args()
    for name in arguments.measure or DRAWS:
        print(
            f"\n{name}\n{'questions':>24} {'samples':>8} {'mean':>6} {'spread':>7} {'coverage':>9} {'width':>8}"
        )
        for setting in settings(name):
            held, width = coverage(DRAWS[name], setting, arguments.times)
            kind = f"{setting.clusters} clusters of {setting.questions}{' ±' if setting.unequal else ''}"
            size = kind if setting.clusters else f"{setting.questions:,}"
            print(
                f"{size:>24} {setting.samples:>8} {setting.mean:>6} {setting.spread:>7} {held:>9.1%} {width:>8.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
