"""A verdict: one of five words, with what was found and why.

`incorrect` says that an answer was found and that it is wrong. Whatever else went amiss (no truth, no answer,
a time-out, a checker that crashed or that does not exist) has another word, so that a failure of ours never
reads as a failure of the model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Word = Literal["correct", "incorrect", "unverifiable", "timeout", "error"]
WORDS: tuple[Word, ...] = ("correct", "incorrect", "unverifiable", "timeout", "error")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verifier says. `score` is 1.0 or 0.0, and None wherever the verdict is neither correct nor incorrect.

    `measures` holds what else was found on the way, by name: how many tests passed, seconds taken.
    """

    verdict: Word
    score: float | None = None
    extracted: str | None = None
    reason: str | None = None
    measures: Mapping[str, float] | None = None


Judged = tuple[str, float | None, str | None, str | None, str]
"""A verdict as a row holds it: word, score, extracted, reason, version of the verifier."""


@dataclass(frozen=True, slots=True)
class Case:
    """A row as verifiers see it."""

    response: str
    truth: str | None
    prompt: str | None = None


class Verifier(Protocol):
    """`(response, truth, time_limit in seconds) → Verdict`; what it raises becomes an `error` verdict."""

    def __call__(self, response: str, truth: str | None, time_limit: float, /) -> Verdict: ...


class BatchVerifier(Protocol):
    """`(cases, time_limit in seconds a case) → a verdict for each`, for what is dear to start or asks a model."""

    def __call__(self, cases: Sequence[Case], time_limit: float, /) -> list[Verdict]: ...


AnyVerifier = Verifier | BatchVerifier


def batch(verifier: Callable[[Sequence[Case], float], list[Verdict]]) -> BatchVerifier:
    """Marks a function that takes all rows of a table at once."""
    marked: Any = verifier
    marked.takes_cases = True
    return marked  # type: ignore[no-any-return]


def takes_cases(verifier: AnyVerifier) -> bool:
    """Whether it was marked by `batch`."""
    return getattr(verifier, "takes_cases", False)


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
