"""A response with what is needed to score it, and what is known of it once it is scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from r1data.verifiers.verdict import NamedScores, Verdict, is_right


@dataclass(frozen=True)
class Rollout:
    """A response with what is needed to score it.

    Attributes:
        prompt: what was asked.
        response: the whole text, think tags included.
        truth: what is right, as the verifier reads it.
        verifier: its name; None for a prompt that no rule can decide.
        language: of the prompt, BCP 47.
        finish_reason: `length` where the response was cut at the limit of tokens: an answer that had not ended by then
            is none, and worth 0.
        preference: the set of a general prompt, `helpfulness` or `harmlessness`; None for a reasoning prompt.
        rubric: the prompt's checklist as JSON, as `rubrics.parse` reads it.
        tokens: of the response; None where nobody counted them.
        length_target: tokens that a response should have, for the reward `length-budget`.
    """

    prompt: str
    response: str
    truth: str | None = None
    verifier: str | None = None
    language: str | None = None
    finish_reason: str | None = None
    preference: str | None = None
    rubric: str | None = None
    tokens: int | None = None
    length_target: int | None = None


@dataclass(frozen=True)
class Grade:
    """What a model said of a response: a reward model's score, or the share of a rubric's items that it meets.

    `value` is None where nobody can tell: a server that is gone, a reply that cannot be read. `detail` is for people
    and plain JSON.
    """

    value: float | None
    detail: Any = None


@dataclass(frozen=True)
class Scored:
    """A scored rollout.

    `consistency` is between 0 and 1, None where the thoughts hold no words, or where it could not be measured: then
    `consistency_error` says why.
    """

    rollout: Rollout
    verdict: Verdict | None
    thoughts: str | None
    consistency: float | None
    scores: NamedScores = field(default_factory=dict)
    """By name; empty for a verifier that gives none, and where no reward asks for them."""
    consistency_error: str | None = None
    grades: Mapping[str, Grade] = field(default_factory=dict)
    """What models said of it, by the reward's name; none for a reward that does not concern the prompt."""

    @property
    def correct(self) -> bool | None:
        """Whether the answer is right; no answer is not; None where nobody can tell."""
        return None if self.verdict is None else is_right(self.verdict.verdict, self.verdict.cause)
