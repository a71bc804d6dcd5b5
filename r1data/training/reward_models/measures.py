"""How far a reward model can be trusted, on prompts that it was not trained on.

Pairs: how often the chosen response scores higher (ties count half), what the model takes that chance for (the sigmoid
of the difference, by which it is trained), and how much of it is length. Labels: accuracy at one half, the chance that
a safe response scores above an unsafe one, and the same.

Standard errors take all rows of a prompt as one, since they rise and fall together: the root of the sum over prompts of
the square of a prompt's summed deviations, over n. The calibration error is the mean gap between chance and share in
ten bins of equal width, weighted by rows (Naeini and others, 2015); the Brier score the mean squared gap (Brier, 1950).
Confidence of a pair is that in the response which the model prefers, from 0.5 on.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

BINS = 10


@dataclass(frozen=True, slots=True)
class Rated:
    """A held-out row: scores and lengths in tokens of its responses (one, or chosen and rejected), target, prompt."""

    scores: tuple[float, ...]
    lengths: tuple[int, ...]
    target: float
    group: str


def measure(rows: Sequence[Rated]) -> dict[str, Any]:
    """The figures of held-out rows, all of one form; scores are the head's numbers, before any sigmoid."""
    if not rows:
        return {"rows": 0}
    return _of_pairs(rows) if len(rows[0].scores) == 2 else _of_labels(rows)


def _of_pairs(rows: Sequence[Rated]) -> dict[str, Any]:
    margins = [row.scores[0] - row.scores[1] for row in rows]
    longer = [row.lengths[0] - row.lengths[1] for row in rows]
    right = [_won(margin) for margin in margins]
    accuracy, error = _mean_and_error(right, [row.group for row in rows])
    return {
        "rows": len(rows),
        "prompts": len({row.group for row in rows}),
        "accuracy": accuracy,
        "standard_error": error,
        **_calibration([_sigmoid(abs(margin)) for margin in margins], right, lowest=0.5),
        "brier": _mean([(1 - _sigmoid(margin)) ** 2 for margin in margins]),
        "margin": _mean(margins),
        "length_correlation": _correlation(margins, longer),
        "longer_is_chosen": _mean([_won(gap) for gap in longer]),
        "longer_scores_higher": _mean([_won(a * b) for a, b in zip(margins, longer, strict=True)]),
    }


def _of_labels(rows: Sequence[Rated]) -> dict[str, Any]:
    scores, targets = [row.scores[0] for row in rows], [row.target for row in rows]
    right = [_won(score if target else -score) for score, target in zip(scores, targets, strict=True)]
    accuracy, error = _mean_and_error(right, [row.group for row in rows])
    chances = [_sigmoid(score) for score in scores]
    return {
        "rows": len(rows),
        "prompts": len({row.group for row in rows}),
        "accuracy": accuracy,
        "standard_error": error,
        "safe": _mean(targets),
        "auc": _auc(scores, targets),
        **_calibration(chances, targets, lowest=0.0),
        "brier": _mean([(chance - target) ** 2 for chance, target in zip(chances, targets, strict=True)]),
        "length_correlation": _correlation(scores, [row.lengths[0] for row in rows]),
    }


def in_words(form: str, figures: dict[str, Any]) -> str:
    """The figures in a line for people."""
    if not figures.get("rows"):
        return "no prompt was held out, so that nothing is known of how well the model rates; see --held-out"
    parts = [
        f"held out: {figures['rows']:,} {form} of {figures['prompts']:,} prompts",
        f"accuracy {figures['accuracy']:.1%} ± {figures['standard_error']:.1%} (one standard error)",
        f"calibration error {figures['calibration_error']:.3f}",
        f"Brier {figures['brier']:.3f}",
        f"correlation with length {_shown(figures['length_correlation'])}",
    ]
    return "; ".join(parts)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _calibration(chances: Sequence[float], outcomes: Sequence[float], lowest: float) -> dict[str, Any]:
    """The calibration error, and the table behind it: a row a bin that holds any."""
    bins: dict[int, list[int]] = defaultdict(list)
    width = (1 - lowest) / BINS
    for number, chance in enumerate(chances):
        bins[min(BINS - 1, int((chance - lowest) / width))].append(number)
    table = [
        {
            "from": round(lowest + place * width, 2),
            "rows": len(members),
            "chance": _mean([chances[n] for n in members]),
            "share": _mean([outcomes[n] for n in members]),
        }
        for place, members in sorted(bins.items())
    ]
    gaps = (row["rows"] * abs(row["chance"] - row["share"]) for row in table)
    return {"calibration_error": round(sum(gaps) / len(chances), 6), "reliability": table}


def _mean_and_error(values: Sequence[float], groups: Sequence[str]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    deviations: dict[str, float] = defaultdict(float)
    for value, group in zip(values, groups, strict=True):
        deviations[group] += value - mean
    error = math.sqrt(math.fsum(each * each for each in deviations.values())) / len(values)
    return round(mean, 6), round(error, 6)


def _auc(scores: Sequence[float], targets: Sequence[float]) -> float | None:
    """The chance that a safe response scores above an unsafe one, ties half; None where one of the two is missing."""
    order = sorted(range(len(scores)), key=lambda n: scores[n])
    ranks = [0.0] * len(scores)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            end += 1
        for place in order[start:end]:
            ranks[place] = (start + end + 1) / 2
        start = end
    positive = sum(1 for target in targets if target)
    negative = len(targets) - positive
    if not positive or not negative:
        return None
    total = math.fsum(rank for rank, target in zip(ranks, targets, strict=True) if target)
    return round((total - positive * (positive + 1) / 2) / (positive * negative), 6)


def _correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson's; None where one of the two never changes."""
    a, b = _mean(first), _mean(second)
    covariance = math.fsum((x - a) * (y - b) for x, y in zip(first, second, strict=True))
    size = math.sqrt(math.fsum((x - a) ** 2 for x in first) * math.fsum((y - b) ** 2 for y in second))
    return round(covariance / size, 6) if size > 1e-12 else None


def _mean(values: Sequence[float]) -> float:
    return round(math.fsum(values) / len(values), 6)


def _won(value: float) -> float:
    return 1.0 if value > 0 else 0.5 if value == 0 else 0.0


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0
