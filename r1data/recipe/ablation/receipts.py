"""What an ablation found: each arm's rows and score, what each filter is worth, and what cannot be told.

The worth of a filter is the score with all filters minus the score without that one: above 0 it pays. Both families of
comparisons, against `all` and against `none`, are corrected by Holm's method, each for its own number.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from r1data.data.dataset import Dataset
from r1data.evaluation.statistics import holm
from r1data.recipe.ablation.arms import ALL, NONE, Arm
from r1data.recipe.ablation.comparison import LEVEL, Difference, Scores, paired_difference
from r1data.recipe.ablation.rows import Batches
from r1data.recipe.report.page import save
from r1data.selection.difficulty import READ, is_known

FILE = "receipts.json"
METRIC = "pass@1"


@dataclass(frozen=True)
class ArmRows:
    """What an arm trained on, by seed where that differs. `same_as` is an earlier arm with the same training set."""

    available: int
    available_tokens: int
    rows: Mapping[int, int]
    tokens: Mapping[int, int]
    batches: Mapping[int, Batches]
    shared: Mapping[int, int]
    """Rows that it shares with the arm `all`."""
    same_as: str | None = None


@dataclass(frozen=True)
class Comparison:
    """A paired difference, its chance after Holm's correction, and what that says in a word."""

    difference: Difference
    adjusted_p: float | None
    word: str

    def as_json(self) -> dict[str, Any]:
        return {**self.difference.as_json(), "p_holm": self.adjusted_p, "says": self.word}


@dataclass(frozen=True)
class Receipt:
    """One arm. `worth` is all - arm, `over_none` arm - none; None for the same rows or without a shared question."""

    arm: Arm
    rows: ArmRows
    score: float
    by_seed: Mapping[int, float]
    worth: Comparison | None
    over_none: Comparison | None


@dataclass(frozen=True)
class Receipts:
    """The result of `r1 ablate`."""

    facts: Mapping[str, Any]
    receipts: Sequence[Receipt]
    idle: Sequence[str]
    comparisons: int
    """In each of the two families."""

    def as_json(self) -> dict[str, Any]:
        return {
            **self.facts,
            "metric": METRIC,
            "comparisons": self.comparisons,
            "correction": "Holm",
            "dropped_nothing": list(self.idle),
            "arms": [_json(receipt) for receipt in self.receipts],
        }


def read_scores(uri: Path) -> Scores:
    """Question → share of correct responses among those that could be judged; a question without any is not there."""
    frame = pl.DataFrame(pl.from_arrow(Dataset(uri).table(READ)))
    known = frame.filter(is_known())
    means = known.group_by("prompt_id").agg((pl.col("verdict") == "correct").mean().alias("score"))
    return dict(means.sort("prompt_id").iter_rows())


def compare(
    facts: Mapping[str, Any],
    arms: Sequence[Arm],
    idle: Sequence[str],
    rows: Mapping[str, ArmRows],
    scores: Mapping[str, Mapping[int, Scores]],
) -> Receipts:
    """The receipts from each arm's scores by seed. An arm with the training set of another has that one's scores."""
    worth = _family({a.name: (ALL, a.name) for a in arms if a.name != ALL}, scores, rows, ("pays", "costs"))
    over = _family({a.name: (a.name, NONE) for a in arms if a.name != NONE}, scores, rows, ("above", "below"))
    receipts = []
    for arm in arms:
        own = scores[rows[arm.name].same_as or arm.name]
        by_seed = {seed: _mean(list(values.values())) for seed, values in own.items()}
        receipts.append(
            Receipt(
                arm,
                rows[arm.name],
                _mean(list(by_seed.values())),
                by_seed,
                worth.get(arm.name),
                over.get(arm.name),
            )
        )
    return Receipts(facts, receipts, idle, max(1, sum(rows[a.name].same_as is None for a in arms) - 1))


def _family(
    pairs: Mapping[str, tuple[str, str]],
    scores: Mapping[str, Mapping[int, Scores]],
    rows: Mapping[str, ArmRows],
    words: tuple[str, str],
) -> dict[str, Comparison]:
    """First minus second for each pair of arms; arms with the same training set are compared once, and not with
    themselves."""
    owners = {name: (rows[a].same_as or a, rows[b].same_as or b) for name, (a, b) in pairs.items()}
    distinct = list(dict.fromkeys(pair for pair in owners.values() if pair[0] != pair[1]))
    differences = {
        pair: paired_difference(list(scores[pair[0]].values()), list(scores[pair[1]].values()))
        for pair in distinct
    }
    tested = {pair: each.p for pair, each in differences.items() if each is not None and each.p is not None}
    adjusted = dict(zip(tested, holm(list(tested.values())), strict=True))
    comparisons = {
        pair: Comparison(each, adjusted.get(pair), _word(each, adjusted.get(pair), words))
        for pair, each in differences.items()
        if each is not None
    }
    return {name: comparisons[pair] for name, pair in owners.items() if pair in comparisons}


def _word(difference: Difference, adjusted_p: float | None, words: tuple[str, str]) -> str:
    if difference.low is None or difference.high is None or difference.low <= 0 <= difference.high:
        return "not significant"
    if adjusted_p is None or adjusted_p >= LEVEL:
        return "not significant after Holm"
    return words[difference.value < 0]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def table(receipts: Receipts) -> dict[str, dict[str, str]]:
    """Arm → column → text, scores and differences in points of per cent."""
    owners = {each.arm.name: each.rows.same_as or each.arm.name for each in receipts.receipts}
    return {
        each.arm.name: {
            "rows": f"{min(each.rows.rows.values()):,} of {each.rows.available:,}",
            "dropped": f"{each.arm.dropped:,}" if each.arm.dropped else "–",
            METRIC: f"{each.score * 100:.1f}%",
            f"{ALL} - arm": interval_text(each.worth, owners[each.arm.name] == owners[ALL]),
            f"arm - {NONE}": interval_text(each.over_none, owners[each.arm.name] == owners[NONE]),
            "the filter": "–" if each.arm.name == ALL else _verdict(each, owners),
        }
        for each in receipts.receipts
    }


def interval_text(comparison: Comparison | None, same_rows: bool) -> str:
    """`+1.2 [-0.3, +2.7]`, in points; – between an arm and itself, or one with the same rows."""
    if comparison is None:
        return "–" if same_rows else "no shared question"
    each = comparison.difference
    if each.low is None or each.high is None:
        return f"{each.value * 100:+.1f}"
    return f"{each.value * 100:+.1f} [{each.low * 100:+.1f}, {each.high * 100:+.1f}]"


def _verdict(receipt: Receipt, owners: Mapping[str, str]) -> str:
    if receipt.worth is not None:
        return receipt.worth.word
    return "changes no row" if owners[receipt.arm.name] == owners[ALL] else "no shared question"


def explanation(receipts: Receipts) -> list[str]:
    """What the figures cover, in sentences."""
    first = next((each.worth.difference for each in receipts.receipts if each.worth), None)
    lines = []
    if first is not None:
        seeds = f"{first.seeds} seeds" if first.seeds > 1 else "one seed"
        lines.append(
            f"Differences in points of {METRIC}, paired over {first.questions:,} questions and {seeds}; 95% intervals "
            f"over {first.over}"
            + (
                "."
                if first.seeds > 1
                else ": another seed may differ by more than they say. Give --seeds 1,2,3."
            )
        )
        lines.append(
            f"{receipts.comparisons} comparisons with each of all and none; what a filter does is said where Holm's "
            f"correction for so many leaves p < {LEVEL}."
        )
    if receipts.idle:
        lines.append(f"Dropped nothing here, not trained: {', '.join(receipts.idle)}.")
    lines += [
        f"{each.arm.name} has the training set of {each.rows.same_as}: trained once."
        for each in receipts.receipts
        if each.rows.same_as
    ]
    return lines


def write(receipts: Receipts, folder: Path) -> Path:
    """Writes `receipts.json`."""
    path = folder / FILE
    text = json.dumps(receipts.as_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    save(text, path)
    return path


def _json(receipt: Receipt) -> dict[str, Any]:
    arm, rows = receipt.arm, receipt.rows
    by_seed = {
        str(seed): {
            "rows": rows.rows[seed],
            "tokens": rows.tokens[seed],
            "shared_with_all": rows.shared[seed],
            "batch": rows.batches[seed].batch,
            "epochs": rows.batches[seed].epochs,
            "steps": rows.batches[seed].steps,
            "score": None if math.isnan(score := receipt.by_seed[seed]) else score,
        }
        for seed in rows.rows
    }
    return {
        "arm": arm.name,
        "left_out": list(arm.left_out),
        "dropped": arm.dropped,
        "available_rows": rows.available,
        "available_tokens": rows.available_tokens,
        "same_as": rows.same_as,
        "score": None if math.isnan(receipt.score) else receipt.score,
        "seeds": by_seed,
        "all_minus_arm": receipt.worth.as_json() if receipt.worth else None,
        "arm_minus_none": receipt.over_none.as_json() if receipt.over_none else None,
    }
