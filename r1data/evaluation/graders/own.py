"""The graders that need no other package: this project's verifiers, and a plain string match.

The string match is what a script of ten lines does: it reads the last box, else what stands behind `####`, else what
stands behind the last colon of the last line, else that line, and compares letter by letter.
"""

from __future__ import annotations

from collections.abc import Sequence

from r1data.data.responses import CLOSE
from r1data.evaluation.graders.grades import NO_TRUTH, Grade, GradedColumns, Grader, GraderOptions, Response
from r1data.verifiers import registry
from r1data.verifiers.extraction.extract import boxes
from r1data.verifiers.table import version_of

HASHES = "####"
"""Stands before the answer in GSM8K's solutions."""
STRING_VERSION = "1"


def _by_verifiers(responses: Sequence[Response], options: GraderOptions) -> GradedColumns:
    cases = [response.case for response in responses]
    verdicts = registry.check_all(
        [response.verifier for response in responses],
        [case.response for case in cases],
        [case.truth for case in cases],
        [case.prompt for case in cases],
        [case.finish_reason for case in cases],
        time_limit=options.time_limit,
    )
    grades = [Grade(each.verdict, each.extracted, each.cause, each.reason) for each in verdicts]
    return {OURS.name: grades}


def _by_string(responses: Sequence[Response], _options: GraderOptions) -> GradedColumns:
    return {STRING.name: [string_grade(case.response, case.truth) for _, _, case, *_ in responses]}


def string_grade(response: str, truth: str | None) -> Grade:
    """The grade of the plain string match."""
    if truth is None:
        return NO_TRUTH
    answer = plain_answer(response)
    if answer is None:
        return Grade("unverifiable", None, "no_answer", "no text after the thoughts")
    return Grade("correct" if answer == truth.strip() else "incorrect", answer)


def plain_answer(response: str) -> str | None:
    """The answer as the plain string match reads it; None where there is no text after the thoughts."""
    text = response.rpartition(CLOSE)[2].strip()
    if not text:
        return None
    if boxed := boxes(text):
        return boxed[-1].strip()
    if HASHES in text:
        return text.rpartition(HASHES)[2].strip()
    return text.splitlines()[-1].rpartition(":")[2].strip()


def _verifiers_version(_options: GraderOptions) -> str:
    return version_of("math", {})


OURS = Grader("ours", "r1's verifiers, each row's own", _by_verifiers, _verifiers_version)
STRING = Grader(
    "string",
    "the last answer, letter by letter",
    _by_string,
    lambda _options: STRING_VERSION,
    ("math", "exact", "choice"),  # of the others' rows the truth is no answer: a pattern, tests, instructions
)
