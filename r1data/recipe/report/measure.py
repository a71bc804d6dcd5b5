"""Scores of an evaluation's rows, each with its standard error: `evaluate`'s, and reflective words besides.

Samples of one problem are alike, so every standard error is over problems, not over samples.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from r1data.evaluation import evaluate
from r1data.training.measures import REFLECTIVE

EXAMPLES = 3


@dataclass(frozen=True)
class Estimate:
    """A mean, its standard error (None where one value has none), the values behind it, and the runs."""

    value: float
    error: float | None
    n: int
    runs: int = 1


@dataclass(frozen=True)
class Example:
    """One response, as the model gave it."""

    prompt: str
    response: str
    verdict: str
    truth: str | None


@dataclass(frozen=True)
class Scores:
    """What an evaluation found: problems, samples of each, and score by name; `cons@k` whatever k was."""

    problems: int
    samples: int
    measures: dict[str, Estimate]


def measured(table: pa.Table) -> Scores:
    """The scores of `table`, which has the columns of `verified`."""
    scores = evaluate.score(table)
    found = dict(scores.measures)
    if f"cons@{scores.k}" in found:
        found["cons@k"] = found[f"cons@{scores.k}"]
    words = _reflective(table)
    if words:
        found["reflective"] = evaluate.estimate(words)
    measures = {name: Estimate(e.value, e.error, e.prompts) for name, e in found.items()}
    return Scores(scores.prompts, scores.k, measures)


def _reflective(table: pa.Table) -> list[float]:
    """Reflective words a response, the mean of each problem."""
    counts: dict[str, list[int]] = {}
    pairs = zip(table["prompt_id"].to_pylist(), table["response"].to_pylist(), strict=True)
    for problem, response in pairs:
        counts.setdefault(problem, []).append(len(REFLECTIVE.findall(response)))
    return [statistics.fmean(group) for group in counts.values()]


def examples(table: pa.Table) -> list[Example]:
    """The first sample of the first problems in the order of their ids: no choosing."""
    first = table.filter(pc.equal(table["sample_index"], 0)).sort_by("prompt_id").slice(0, EXAMPLES)
    keys = ("prompt", "response", "verdict", "truth")
    return [Example(**{key: row[key] for key in keys}) for row in first.to_pylist()]
