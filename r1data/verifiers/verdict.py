"""Verdicts and verifiers: their types, and the constructors of verdicts.

A verdict is one of five words. `incorrect` means that there is an answer and it is wrong. Any other failure (no truth,
no answer, a time-out, a verifier that crashed or does not exist) has another word and a cause, so that a failure of
ours never counts as a failure of the model. Rewards, pass rates and summaries decide by the verdict and its cause
alone; the reason is for people.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, get_args

from r1data.data.responses import ANSWER_CLOSE, CLOSE
from r1data.data.text import printable, without_controls

VerdictWord = Literal["correct", "incorrect", "unverifiable", "timeout", "error"]
WORDS: tuple[VerdictWord, ...] = get_args(VerdictWord)
DECIDED = ("correct", "incorrect")
ONE_VALUE = "one_value_in_a_sentence"
"""The measure of a verdict `undecided` that `--lenient` would decide."""
"""The reason of an undecided verdict that a lenient reader would have decided."""

Cause = Literal["no_answer", "undecided", "no_truth", "bad_truth", "too_long", "no_checker", "limit", "crash"]
CAUSES: tuple[Cause, ...] = get_args(Cause)
MEANINGS: Mapping[Cause, str] = {
    "no_answer": "without an answer, or with several that differ",
    "undecided": "with an answer that the rules cannot read or compare",
    "no_truth": "without a truth to compare with",
    "bad_truth": "with a truth that cannot be read",
    "too_long": "with an answer or a truth over a limit of size",
    "no_checker": "without a checker: no verifier of that name, no sandbox, no judge, or a package that is missing",
    "limit": "whose check was stopped at a limit of ours, of time or memory",
    "crash": "whose checker failed",
}
"""Which rows have a cause, in words that follow "rows"."""
REMEDIES: Mapping[Cause, str] = {
    "no_answer": "they count as wrong in rewards and pass rates",
    "undecided": "let a model decide with `r1 verify --judge MODEL --judge-unverifiable`",
    "no_truth": "map one at ingest with --map truth=COLUMN",
    "bad_truth": "the column verdict_reason says why; --set verifier=NAME at ingest names another verifier",
    "too_long": "they stay out of rewards and pass rates",
    "no_checker": "the column verdict_reason says which; r1 doctor lists what is missing here",
    "limit": "raise the --time-limit of `r1 verify` where it was time",
    "crash": "the column verdict_reason says how",
}
"""What that comes to, or what to do about it."""
CAUSE_OF: Mapping[str, Cause] = {"unverifiable": "undecided", "timeout": "limit", "error": "crash"}
"""The cause of a verdict that gives none: that of a verifier that leaves it out, and of a row whose verdict is older
than the column `verdict_cause`. None of them is `no_answer`, so that such a row is never worth 0: what an old reason
says is not read. `r1 verify --reverify` gives old rows a cause."""


@dataclass(frozen=True, slots=True)
class Verdict:
    r"""The verdict of a verifier on a response.

    Attributes:
        verdict: one of `WORDS`.
        score: 1.0 or 0.0; None if the verdict is neither `correct` nor `incorrect`.
        extracted: the answer as it was compared, but for control characters, which are written out (`\x1b`).
        reason: why, for people; what does not show is written out.
        measures: further measurements by name: how many tests passed, seconds taken.
        cause: why the verdict is neither `correct` nor `incorrect`, and None where it is one of them. Left out, it
            follows from the verdict (`CAUSE_OF`).
    """

    verdict: VerdictWord
    score: float | None = None
    extracted: str | None = None
    reason: str | None = None
    measures: Mapping[str, float] | None = None
    cause: Cause | None = None

    def __post_init__(self) -> None:
        # Here and nowhere else: both quote a stranger, and whatever they hold must be fit for a file and a terminal.
        # The class is frozen: its own `__setattr__` refuses. Types are checked elsewhere (`failures`).
        extracted, reason = self.extracted, self.reason
        if isinstance(extracted, str) and not extracted.isprintable():
            object.__setattr__(self, "extracted", without_controls(extracted))
        if isinstance(reason, str) and not reason.isprintable():
            object.__setattr__(self, "reason", printable(reason))
        if self.verdict in DECIDED:
            if self.cause is not None:
                raise ValueError(f"a verdict that is {self.verdict} has no cause, and not {self.cause}")
        elif self.cause is None:
            object.__setattr__(self, "cause", CAUSE_OF[self.verdict])


class VerdictColumns(NamedTuple):
    """A verdict as a row holds it; the fields are the columns of the schema `verified`, in their order."""

    verdict: str
    score: float | None
    extracted: str | None
    verdict_cause: str | None
    verdict_reason: str | None
    verifier_version: str


class Case(NamedTuple):
    """A row as verifiers see it.

    Attributes:
        response: the whole text, think tags included.
        truth: what is right, as the verifier reads it.
        prompt: what was asked.
        finish_reason: why the response ended; `length` where it was cut at a limit of tokens.
    """

    response: str
    truth: str | None = None
    prompt: str | None = None
    finish_reason: str | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the response was cut at a limit of tokens before it closed its answer's tags.

        What stands at its end is then unfinished.
        """
        if self.finish_reason != "length":
            return False
        closed = self.response.rfind(ANSWER_CLOSE)
        return closed < 0 or closed < self.response.rfind(CLOSE)


class Check(Protocol):
    """`(case, time_limit in seconds) → Verdict`; what it raises becomes an `error` verdict."""

    def __call__(self, case: Case, time_limit: float, /) -> Verdict: ...


class BatchCheck(Protocol):
    """`(cases, time_limit in seconds a case) → a verdict for each`, for what is dear to start or asks a model."""

    def __call__(self, cases: Sequence[Case], time_limit: float, /) -> list[Verdict]: ...


NamedScores = Mapping[str, float | None]
"""Scores of a response by name, from 0 to 1; None where there is nothing to say."""
ScoreGroups = Callable[[Sequence[Case], Sequence[Verdict], Sequence[str], float], Sequence[NamedScores]]
"""`(cases, verdicts, prompts, time_limit) → the scores of each`; equal prompts are the same question."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """One verifier, with all that help, docs, rewards and judges need to know of it.

    Attributes:
        name: what the column `verifier` says.
        check: gives the verdicts: a `Check` for one response, or a `BatchCheck` where `batch` is true.
        version: of its rules; stands in `verifier_version` as `name/version`.
        summary: what it compares, in one line.
        needs_truth: whether rows without a truth are beyond it.
        judge_may_review: whether it compares an answer with a truth as a judge can, so that `--judge-unverifiable`
            may hand over what it leaves undecided.
        batch: whether `check` takes all rows of a table at once.
        scores: names of the scores that `score` gives.
        score: what else can be measured of responses, for `--scores` and for rewards.
        answer_form: a response that gives `{answer}` and nothing else, where one answer may be the truth of another:
            `r1 eval` votes by it. Empty where answers are the same if their text is.
    """

    name: str
    check: Check | BatchCheck
    version: str
    summary: str
    needs_truth: bool = True
    judge_may_review: bool = False
    batch: bool = False
    scores: tuple[str, ...] = ()
    score: ScoreGroups | None = None
    answer_form: str = ""


def correct(extracted: str | None, reason: str | None = None) -> Verdict:
    """The answer was found and it is right."""
    return Verdict("correct", 1.0, extracted, reason)


def incorrect(extracted: str | None, reason: str | None = None) -> Verdict:
    """An answer was found and it is wrong."""
    return Verdict("incorrect", 0.0, extracted, reason)


def unverifiable(cause: Cause, reason: str, extracted: str | None = None) -> Verdict:
    """Nothing can be said, for that cause."""
    return Verdict("unverifiable", None, extracted, reason, cause=cause)


def no_answer(where: str, extracted: str | None = None) -> Verdict:
    """The response holds no answer, or several that differ: the one unknown that is its own doing and is worth 0.

    `where` ends the sentence that begins with "no answer", such as "after the thoughts: it is blank".
    An answer that is there and cannot be read is `undecided`.
    """
    return unverifiable("no_answer", f"no answer {where}", extracted)


def undecided(reason: str, extracted: str | None = None) -> Verdict:
    """There is an answer, and the rules cannot read it or cannot tell."""
    return unverifiable("undecided", reason, extracted)


def no_truth() -> Verdict:
    """The row has nothing to compare with."""
    return unverifiable("no_truth", "no truth to compare with")


def is_right(verdict: str, cause: str | None) -> bool | None:
    """Whether a verdict counts as right (True) or wrong (False: a wrong answer, or none); None if it is unknown.

    Responses of which it is unknown are left out of rewards and pass rates.
    """
    if verdict in DECIDED:
        return verdict == "correct"
    return False if cause == "no_answer" else None
