"""A response with what is needed to score it, and what is known of it once it is scored."""

from __future__ import annotations

from dataclasses import dataclass, field

from r1data.verifiers.verdict import NamedScores, Verdict, is_right


@dataclass(frozen=True)
class Rollout:
    """A response with what is needed to score it.

    `response` is the whole text, think tags included; `finish_reason` is `length` where it was cut at the limit of
    tokens: an answer that had not ended by then is none, and worth 0.
    """

    prompt: str
    response: str
    truth: str | None = None
    verifier: str | None = None
    language: str | None = None
    finish_reason: str | None = None


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

    @property
    def correct(self) -> bool | None:
        """Whether the answer is right; no answer is not; None where nobody can tell."""
        return None if self.verdict is None else is_right(self.verdict.verdict, self.verdict.cause)
