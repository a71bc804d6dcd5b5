"""What a grader gets and gives: responses with a truth, and a verdict in this project's words for each.

A grader that only knows right and wrong says `correct` and `incorrect`; where it says nothing (a time-out, a truth that
it cannot read), the verdict is one of the other words and never a wrong answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from r1data.errors import R1Error
from r1data.verifiers.verdict import Case, Cause, VerdictWord

TIME_LIMIT = 10.0
"""Seconds a response, for graders that may hang. Ours."""


class GraderUnavailable(R1Error):
    """A grader cannot run here; the message says why and what to install or name, in one line."""


class Response(NamedTuple):
    """A response to grade.

    Attributes:
        prompt_id: of its question.
        model: that wrote it.
        case: what verifiers see of it.
        verifier: the name of ours that its row is for.
        label: whether it is right, by who made the data; None where nobody says.
    """

    prompt_id: str
    model: str
    case: Case
    verifier: str
    label: bool | None = None


class Grade(NamedTuple):
    """A grader's verdict on a response.

    Attributes:
        verdict: one of `verdict.WORDS`.
        extracted: the answer as the grader read it; None where it read none, or does not say.
        cause: as in `Verdict.cause`.
        reason: for people.
    """

    verdict: VerdictWord
    extracted: str | None = None
    cause: Cause | None = None
    reason: str | None = None

    @property
    def is_right(self) -> bool | None:
        """Whether the response counts as right; None where the grader cannot tell. No answer is wrong."""
        if self.verdict in ("correct", "incorrect"):
            return self.verdict == "correct"
        return False if self.cause == "no_answer" else None


NO_TRUTH = Grade("unverifiable", None, "no_truth", "no truth to compare with")
OTHER_ROWS = Grade("unverifiable", None, "no_checker", "not made for rows of this verifier")
"""The grade of a response that its grader is not given."""


@dataclass(frozen=True, slots=True)
class GraderOptions:
    """What graders are run with.

    Attributes:
        time_limit: seconds a response.
        lm_eval: the interpreter that has lm-evaluation-harness; None where there is none.
        lm_eval_task: the task whose scoring is used.
    """

    time_limit: float = TIME_LIMIT
    lm_eval: str | None = None
    lm_eval_task: str = "gsm8k"


GradedColumns = Mapping[str, list[Grade]]
"""Grades by the name of their column; a grader with several ways to read an answer gives several columns."""


@dataclass(frozen=True, slots=True)
class Grader:
    """One grader.

    Attributes:
        name: in tables, and of its columns.
        summary: what it compares, in one line.
        grade: `(responses, options) → columns`, a grade for each response in order. Raises GraderUnavailable.
        version: of its rules, or of the package that has them. Raises GraderUnavailable.
        verifiers: the verifiers whose rows it can grade; None for all. It is given no others.
    """

    name: str
    summary: str
    grade: Callable[[Sequence[Response], GraderOptions], GradedColumns]
    version: Callable[[GraderOptions], str]
    verifiers: Collection[str] | None = None

    def places(self, responses: Sequence[Response]) -> list[int]:
        """The places of the responses that it can grade."""
        return [
            place
            for place, response in enumerate(responses)
            if self.verifiers is None or response.verifier in self.verifiers
        ]
