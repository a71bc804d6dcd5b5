"""The judge asked about matches, each in both orders as often.

A's response wins a match where the judge scores it higher in both orders, and loses one where it scores it lower in
both. Everything else that was answered is a tie, worth half a win: the two orders disagree, or the judge gives both the
same score in one. Two equal texts are a tie that nobody is asked about. A match of which one order has no readable
reply is no result: it is counted, and neither a win nor a loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from r1data.errors import UserError
from r1data.evaluation.win_rate.matches import Row
from r1data.verifiers.judge.asking import Answered, JudgeModel, JudgeSettings, ignore
from r1data.verifiers.judge.pairs import AnswerPair, PairScores, compare

WINS = {"win": 1.0, "loss": 0.0, "tie": 0.5, "orders_disagree": 0.5, "same_text": 0.5}
"""What a result is worth to A; others are worth nothing that is known."""
UNDECIDED = ("unreadable", "failed")
"""Results of matches about which the judge was asked in vain."""


def checked(settings: JudgeSettings) -> JudgeSettings:
    """The judge's settings for matches: with a single vote an order it is asked at temperature 0.

    Raises UserError where the votes are odd, so that one order would have more.
    """
    if settings.votes % 2:
        raise UserError(
            f"--votes {settings.votes}: each match is judged in both orders as often; give an even number"
        )
    if settings.temperature is None and settings.votes == 2:
        return replace(settings, temperature=0.0)
    return settings


def asked_about(row: Row) -> bool:
    """Whether the judge is asked about a match."""
    return row["result"] is None and row["a"] != row["b"]


def judge_matches(
    rows: Sequence[Row],
    settings: JudgeSettings,
    asker: JudgeModel | None = None,
    answered: Answered = ignore,
) -> list[Row]:
    """The matches with the judge's scores and A's result; those that have a result stay as they are. `answered` hears
    how many votes there are more.

    Raises UserError where the judge cannot be loaded or reached.
    """
    judged = [dict(row) for row in rows]
    asked = [row for row in judged if asked_about(row)]
    for row in judged:
        if row["result"] is None and not asked_about(row):
            row["result"] = "same_text"
    pairs = [AnswerPair(row["prompt"], row["a"], row["b"]) for row in asked]
    scores = compare(pairs, settings, asker, answered=answered) if pairs else []
    for row, score in zip(asked, scores, strict=True):
        row |= {**_columns(score), "result": result(score), "judge": settings.model}
    for row in judged:
        row["win"] = WINS.get(row["result"])
    return judged


def result(scores: PairScores) -> str:
    """What the scores of both orders are to A."""
    if scores.a_first is None or scores.b_first is None:
        return "failed" if scores.error else "unreadable"
    signs = [_sign(*scores.a_first), _sign(*scores.b_first)]
    if signs[0] * signs[1] < 0:
        return "orders_disagree"
    return {2: "win", -2: "loss"}.get(sum(signs), "tie")


def _sign(a: float, b: float) -> int:
    return (a > b) - (a < b)


def _columns(scores: PairScores) -> dict[str, Any]:
    a_first, b_first = scores.a_first or (None, None), scores.b_first or (None, None)
    return {
        "a_first_a": a_first[0], "a_first_b": a_first[1], "b_first_a": b_first[0], "b_first_b": b_first[1],
    }  # fmt: skip
