"""Compares two cards of responses that were there: nothing is drawn again, so that everything must be the same.

The version of r1data is told where it differs, since it may change scores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from r1data.evaluation.cards.card import ResponsesCard
from r1data.evaluation.cards.differences import (
    Difference,
    Verification,
    differing,
    grader_differences,
    text_of,
    version_differences,
)

CLOSE = 1e-9
"""The relative difference up to which two scores are the same: sums in another order differ in their last digits."""
COMPARED = (
    ("responses", "responses", "digest"),
    ("questions", "questions", "digest"),
    ("unanswered questions", "questions", "unanswered"),
    ("revision", "questions", "revision"),
)
"""Name → section and key of what decides the scores; graders are compared verifier by verifier."""


class ResponsesVerification(Verification):
    """A card of responses beside one of the same responses, verified and scored again.

    `scores` is by `MEASURE of MODEL`; both values must be the same, and where they are not, are among the differences.
    """

    changes = "scores"

    @property
    def reproduced(self) -> bool:
        """Responses, questions, graders and scores are the same."""
        return not self.differences and bool(self.scores)

    @property
    def verdict(self) -> str:
        """What came out, in one line."""
        names = [one.name for one in self.differences if not isinstance(one, ScoreDifference)]
        if names:
            return "not the same measurement: " + ", ".join(names)
        if self.reproduced:
            return "reproduced: the same responses, questions and graders, the same scores"
        return "not reproduced: the same responses, questions and graders, and the scores differ"


class ScoreDifference(Difference):
    """A score that two cards have differently."""


def verify_responses(card: ResponsesCard, again: ResponsesCard) -> ResponsesVerification:
    """What a card of responses and a new one of them have differently."""
    before, now = _values(card), _values(again)
    scores = {
        name: (value, now[name], math.isclose(value, now[name], rel_tol=CLOSE, abs_tol=CLOSE))
        for name, value in before.items()
        if name in now
    }
    same = {name for name, (_, _, is_same) in scores.items() if is_same}
    different_scores = [
        ScoreDifference(name, text_of(before.get(name)), text_of(now.get(name)))
        for name in [*before, *(name for name in now if name not in before)]
        if name not in same
    ]
    return ResponsesVerification(
        (*differing(card, again, COMPARED), *grader_differences(card, again), *different_scores),
        tuple(version_differences(card.versions, again.versions)),
        scores,
        not different_scores,
    )


def _values(card: ResponsesCard) -> Mapping[str, float]:
    """The value of each score, by what it is of."""
    return {
        f"{measure} of {model}": float(score["value"])
        for model, each in card.models.items()
        for measure, score in {**each["scores"], "label": each["label"]}.items()
        if score is not None
    }
