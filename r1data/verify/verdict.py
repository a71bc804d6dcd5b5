"""A verdict: one of five words, with what was found and why.

`incorrect` says that an answer was found and that it is wrong. Whatever else went amiss (no truth, no answer,
a time-out, a checker that crashed or that does not exist) has another word, so that a failure of ours never
reads as a failure of the model.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

Word = Literal["correct", "incorrect", "unverifiable", "timeout", "error"]
WORDS: tuple[Word, ...] = ("correct", "incorrect", "unverifiable", "timeout", "error")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verifier says. `score` is 1.0 or 0.0, and None wherever the verdict is neither correct nor incorrect."""

    verdict: Word
    score: float | None = None
    extracted: str | None = None
    reason: str | None = None


class Verifier(Protocol):
    """`(response, truth, time_limit in seconds) → Verdict`; what it raises becomes an `error` verdict."""

    def __call__(self, response: str, truth: str | None, time_limit: float, /) -> Verdict: ...


def correct(extracted: str | None, reason: str | None = None) -> Verdict:
    """The answer was found and it is right."""
    return Verdict("correct", 1.0, extracted, reason)


def incorrect(extracted: str | None, reason: str | None = None) -> Verdict:
    """An answer was found and it is wrong."""
    return Verdict("incorrect", 0.0, extracted, reason)


def unverifiable(reason: str, extracted: str | None = None) -> Verdict:
    """Nothing can be said. Reasons that start with "no answer" mean that the response holds none."""
    return Verdict("unverifiable", None, extracted, reason)


def no_answer(why: str, extracted: str | None = None) -> Verdict:
    """The response holds no answer, or more than one: the one kind of unknown that is the response's own doing."""
    return unverifiable(f"no answer {why}", extracted)
