"""The stage that makes preference pairs of samples: two responses, a judge's mean scores, the better one chosen.

A judge scores both from 1 to 10, asked several times in both orders; a pair is kept where the means differ by more than
`gap` (R1 App.: 1, on a scale that the paper does not give), and lengths are balanced. What a judge did not answer, or
not readably, is unknown: such a pair is dropped and counted, and has no score. The rows of a prompt are looked for
within a shard, where `r1 sample` puts them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from r1data.sampling.preferences.candidates import Aspect, Candidate, find
from r1data.sampling.preferences.lengths import Length, unbalanced
from r1data.verifiers.judge.asking import JudgeModel, JudgeSettings
from r1data.verifiers.judge.pairs import HARM, HELP, AnswerPair, PairScores, compare

REASON = "pair_reason"
"""Column of dropped rows: why a response is in no pair."""
_COUNTS = b"r1.make-pairs"
COLUMNS = {
    "preference_id": pa.string(),
    "prompt": pa.string(),
    "chosen": pa.string(),
    "rejected": pa.string(),
    "aspect": pa.string(),
    "source": pa.string(),
    "prompt_id": pa.string(),
    "domain": pa.string(),
    "language": pa.string(),
    "license": pa.string(),
    "chosen_index": pa.int64(),
    "rejected_index": pa.int64(),
    "chosen_score": pa.float64(),
    "rejected_score": pa.float64(),
    "votes": pa.int64(),
    "judge": pa.string(),
}
"""Of a pair: those of the schema `preference`, then whose responses they are and what the judge said."""


@dataclass(frozen=True, slots=True)
class PairSettings:
    """What decides the pairs, besides the judge.

    Attributes:
        aspect: what is compared.
        gap: the means must differ by more.
        ratio: the longer response may have so many times the characters of the other.
        balance: whether lengths are balanced.
        most: pairs of a prompt, at most.
        guidelines: what is harm, for harmlessness.
    """

    aspect: Aspect = "helpfulness"
    gap: float = 1.0
    ratio: float = 2.0
    balance: bool = True
    most: int | None = None
    guidelines: str = ""


def make_table(
    table: pa.Table, settings: PairSettings, judge: JudgeSettings, asker: JudgeModel | None = None
) -> dict[str, pa.Table]:
    """The pairs of a table of samples, and the rows that are in none, with why.

    Raises UserError where the judge cannot be loaded or reached.
    """
    rows = table.to_pylist()
    candidates = find(rows, settings.aspect, judge.seed, settings.most)
    scores = _compared(candidates.pairs, settings, judge, asker)
    reasons = dict(candidates.left_out)
    decided = []
    for pair, score in zip(candidates.pairs, scores, strict=True):
        reason = _undecided(score, settings.gap)
        if reason is None:
            decided.append((pair, score))
        else:
            reasons |= dict.fromkeys(pair.rows, reason)
    lengths = [_length(pair, score) for pair, score in decided]
    dropped = unbalanced(lengths, settings.ratio, judge.seed) if settings.balance else {}
    for number, reason in dropped.items():
        reasons |= dict.fromkeys(decided[number][0].rows, reason)
    kept = [
        _row(rows, pair, score, settings.aspect, judge.model)
        for number, (pair, score) in enumerate(decided)
        if number not in dropped
    ]
    preferences = pa.Table.from_pylist(kept, schema=pa.schema(list(COLUMNS.items())))
    return {"pairs": _counted(preferences, kept, reasons), "dropped": with_reasons(table, reasons)}


def with_reasons(table: pa.Table, reasons: Mapping[int, str]) -> pa.Table:
    """The rows that have a reason, with it."""
    numbers = sorted(reasons)
    dropped = table.take(pa.array(numbers, pa.int64()))
    if REASON in dropped.column_names:
        dropped = dropped.drop_columns([REASON])
    return dropped.append_column(REASON, pa.array([reasons[number] for number in numbers], pa.string()))


def count(table: pa.Table) -> Mapping[str, float]:
    """A shard's counts for the summary: responses in no pair, by reason; sums of lengths and scores of the pairs."""
    counts: dict[str, float] = json.loads((table.schema.metadata or {}).get(_COUNTS, b"{}"))
    return counts


def noted(table: pa.Table, counts: Mapping[str, float]) -> pa.Table:
    """The table with counts, which `count` reads: a stage gives back tables and nothing else."""
    return table.replace_schema_metadata({_COUNTS: json.dumps(counts).encode()})


def _compared(
    pairs: Sequence[Candidate], settings: PairSettings, judge: JudgeSettings, asker: JudgeModel | None
) -> list[PairScores]:
    if not pairs:
        return []
    template = HELP if settings.aspect == "helpfulness" else HARM
    more = {"guidelines": settings.guidelines} if template == HARM else None
    compared = [AnswerPair(pair.prompt, *pair.texts) for pair in pairs]
    return compare(compared, judge, asker, template, more)


def _undecided(score: PairScores, gap: float) -> str | None:
    """Why a pair has no better response; None where it has one."""
    if score.gap is None:
        return "judge_failed" if score.error else "judge_unreadable"
    return None if abs(score.gap) > gap else "small_gap"


def _length(pair: Candidate, score: PairScores) -> Length:
    chosen, rejected = _order(score)
    return Length(len(pair.texts[chosen]), len(pair.texts[rejected]), "\0".join((pair.prompt, *pair.texts)))


def _order(score: PairScores) -> tuple[int, int]:
    """Which of the two is chosen, and which rejected."""
    return (0, 1) if (score.gap or 0.0) > 0 else (1, 0)


def _row(
    rows: Sequence[Mapping[str, Any]], pair: Candidate, score: PairScores, aspect: Aspect, judge: str
) -> dict[str, Any]:
    chosen, rejected = _order(score)
    texts, means = pair.texts, (score.a, score.b)
    first, second = rows[pair.rows[chosen]], rows[pair.rows[rejected]]
    parts = (pair.prompt, texts[chosen], texts[rejected])
    return {
        "preference_id": hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16],
        **dict(zip(("prompt", "chosen", "rejected"), parts, strict=True)),
        "aspect": aspect,
        "source": str(first.get("source") or "unknown"),
        **{name: first.get(name) for name in ("prompt_id", "domain", "language", "license")},
        "chosen_index": first.get("sample_index"),
        "rejected_index": second.get("sample_index"),
        "chosen_score": means[chosen],
        "rejected_score": means[rejected],
        "votes": score.votes,
        "judge": judge,
    }


def _counted(
    preferences: pa.Table, kept: Sequence[Mapping[str, Any]], reasons: Mapping[int, str]
) -> pa.Table:
    counts: dict[str, float] = {
        f"dropped_{name}": number for name, number in Counter(reasons.values()).items()
    }
    counts["chosen_characters"] = sum(len(row["chosen"]) for row in kept)
    counts["rejected_characters"] = sum(len(row["rejected"]) for row in kept)
    counts["longer_is_chosen"] = sum(len(row["chosen"]) > len(row["rejected"]) for row in kept)
    counts["shorter_is_chosen"] = sum(len(row["chosen"]) < len(row["rejected"]) for row in kept)
    return noted(preferences, counts)
